"""What a web process serves: an application, and at a reload another one in its place, without losing a request."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from config.logging import log_event, log_failure
from config.running import RELOAD
from config.settings import Settings, load_settings
from gateway import create_app
from gateway.installation import Installation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Served:
    """A WSGI application that another can take the place of; a request stays with the one where it began.

    In place, because granian's own reload ends a process, and with it the connections whose request has not yet come.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or load_settings()
        self.app = create_app(self._settings)
        _keep_edition(_installation(self.app))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app(environ, start_response)

    def reload(self) -> None:
        """Serve the county, the tree and the texts as they are now; with a mistake in them, go on as before."""
        try:
            fresh = create_app(self._settings)
        except Exception as error:
            log_failure("reload_failed", error)
            return
        before, self.app = self.app, fresh
        _installation(before).close()
        del before
        # `create_app` took both applications out of the collector's sight.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        _keep_edition(_installation(fresh))
        log_event("reloaded", edition=_installation(fresh).editions.current.hash)

    def reload_when_asked(self) -> None:
        """From now on at the signal RELOAD, in a thread of its own. For the main thread, before there are others."""
        # They inherit it: the signal is left to the one that waits for it.
        signal.pthread_sigmask(signal.SIG_BLOCK, [RELOAD])
        threading.Thread(target=self._wait, name="reload", daemon=True).start()

    def _wait(self) -> None:
        while True:
            signal.sigwait([RELOAD])
            self.reload()


def _installation(app: Flask) -> Installation:
    found: Installation = app.extensions["sikiza"]
    return found


def _keep_edition(installation: Installation) -> None:
    """Who has to start while the tree is being edited finds this one; who asked for a reload sees that it is done."""
    # Where the database does not answer now, the first session keeps it.
    with suppress(SQLAlchemyError), installation.statements.connect() as connection:
        installation.editions.keep(connection, datetime.now(UTC))

"""The gateway: `create_app` is the one place where the web side is wired."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from config.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The web application for `settings` (default: from the environment).

    Imports stand in here: whoever needs a module of the core alone (a worker, a test) loads no web.
    """
    from flask import Flask

    from config.settings import load_settings
    from gateway import cli, health, security
    from gateway.callbacks import routes as callbacks
    from gateway.crew import views as crew
    from gateway.installation import open_installation
    from gateway.phone import views as phone
    from gateway.triage import views as triage

    settings = settings or load_settings()
    installation = open_installation(settings)
    app = Flask(__name__, static_folder=None)
    app.extensions["sikiza"] = installation
    csrf = security.protect(app, settings)
    callback_routes = callbacks.blueprint(installation)
    csrf.exempt(callback_routes)
    app.register_blueprint(callback_routes)
    crew_routes = crew.blueprint(installation)
    csrf.exempt(crew_routes)  # the token in the address is the right, and no cookie adds to it
    app.register_blueprint(crew_routes)
    app.register_blueprint(health.blueprint(installation))
    app.register_blueprint(triage.blueprint(installation))
    if settings.demo:
        app.register_blueprint(phone.blueprint(installation))
    cli.register(app)
    # What is loaded now lives as long as the process: the collector need not look through it while somebody dials.
    gc.freeze()
    return app

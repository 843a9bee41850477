"""The callbacks that the provider fake owes: posted when they are due, and again until they are acknowledged."""

from __future__ import annotations

import heapq
import http.client
import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

ANSWER_SECONDS = 5.0


class Owed:
    """Posts forms to `url` from one background thread; with `url` None nothing is owed.

    What is not acknowledged with exactly 200 is posted again after each of `pauses`, in seconds; others do not wait
    for it, so that the order may change, as with the real provider.
    """

    def __init__(self, url: str | None, pauses: Sequence[float]) -> None:
        self._url, self._pauses = url, pauses
        self._heap: list[tuple[float, int, int, Mapping[str, str]]] = []
        self._turn, self._changed, self._stopping = itertools.count(), threading.Condition(), False
        self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)

    def owe(self, fields: Mapping[str, str], delay: float = 0.0, tries: int = 0) -> None:
        """Post `fields` in `delay` seconds; `tries` says how often it was tried already."""
        if not self._url:
            return
        with self._changed:
            heapq.heappush(self._heap, (time.monotonic() + delay, next(self._turn), tries, fields))
            self._changed.notify()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout=ANSWER_SECONDS)

    def _run(self) -> None:
        while due := self._next():
            _, _, tries, fields = due
            if not _post_form(self._url or "", fields) and tries < len(self._pauses):
                self.owe(fields, self._pauses[tries], tries + 1)

    def _next(self) -> tuple[float, int, int, Mapping[str, str]] | None:
        """Wait for the next one that is due; None when all is over."""
        with self._changed:
            while not self._stopping:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._heap)
                self._changed.wait(wait)
        return None


def _post_form(url: str, fields: Mapping[str, str]) -> bool:
    """Whether the other side acknowledged with exactly 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", parts.path, urlencode(fields), form)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

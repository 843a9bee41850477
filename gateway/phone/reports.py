"""The delivery reports that the provider fake owes, posted in order by one background thread."""

from __future__ import annotations

import http.client
import queue
import threading
import time
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

TRIES = 5  # after 1, 2, 4 and 8 seconds: enough for a web process that is still starting
ANSWER_SECONDS = 5.0


class Reports:
    """Posts each report to `url` some `delay` seconds after it was owed; with `url` None there are none."""

    def __init__(self, url: str | None, delay: float) -> None:
        self._url, self._delay = url, delay
        self._owed: queue.Queue[tuple[float, dict[str, str]] | None] = queue.Queue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def owe(self, provider_id: str, number: str) -> None:
        report = {"id": provider_id, "status": "Success", "phoneNumber": number, "networkCode": "63902"}
        if self._url:
            self._owed.put((time.monotonic() + self._delay, report))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._owed.put(None)  # wakes the thread
        self._thread.join(timeout=ANSWER_SECONDS)

    def _run(self) -> None:
        while (owed := self._owed.get()) and not self._stopping.is_set():
            due, report = owed
            self._stopping.wait(max(0.0, due - time.monotonic()))
            self._deliver(report)

    def _deliver(self, report: dict[str, str]) -> None:
        for attempt in range(TRIES):
            if self._stopping.is_set() or _post_form(self._url or "", report):
                return
            self._stopping.wait(2**attempt)


def _post_form(url: str, fields: dict[str, str]) -> bool:
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

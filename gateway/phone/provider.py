"""The provider fake: takes SMS as Africa's Talking does, keeps them for the demo's phone, and misbehaves on request."""

from __future__ import annotations

import argparse
import ipaddress
import signal
import sys
import threading
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import TypedDict

from gateway.phone import modes
from gateway.phone.answers import Listener
from gateway.phone.modes import Mode
from gateway.phone.owed import Owed

MESSAGES_KEPT, MESSAGES_SHOWN = 10_000, 200
ARRIVALS_GIVEN = 100
"""How many texts one fetch gives, as the real one does."""
REPORT_PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds: enough for a web process that is still starting."""
TEXT_TRIES = 12 * 60
"""Africa's Talking repeats an incoming text every minute for twelve hours; here a minute is `retry_delay` long."""
FIRST_ARRIVAL = 15_071

# The keys are those of the JSON that others read; `from` is a keyword of Python.
Message = TypedDict("Message", {"id": str, "from": str, "to": str, "text": str, "at": str})
Arrival = TypedDict("Arrival", {"linkId": str, "text": str, "to": str, "id": int, "date": str, "from": str})


class Provider:
    """The fake as a server on loopback; `with Provider() as provider:` starts and stops it.

    `mode` is what `gateway.phone.modes.parse` reads. `requests` counts the requests to send and `fetches` those to read
    the inbox; `last_headers` and `last_body` are those of the latest one to send. Reports go to `delivery_url`,
    incoming texts to `sms_url`. Times are in seconds. Raises ValueError for a host beyond loopback and an unknown mode.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, delivery_url: str | None = None, report_delay: float = 1.0,
        sms_url: str | None = None, retry_delay: float = 1.0, short_code: str = "22123",
    ) -> None:  # fmt: skip
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("the provider fake listens on loopback only")
        self._reports, self._report_delay = Owed(delivery_url, REPORT_PAUSES), report_delay
        self._texts, self._short_code = Owed(sms_url, [retry_delay] * (TEXT_TRIES - 1)), short_code
        self.drip_delay, self.slow_delay = 1.0, 5.0
        self.requests, self.fetches, self.last_body = 0, 0, b""
        self.last_headers: dict[str, str] = {}
        self.stopping = threading.Event()
        self._mode, self._behaviour, self._lock = "ok", modes.parse("ok"), threading.Lock()
        self._messages: deque[Message] = deque(maxlen=MESSAGES_KEPT)
        self._arrivals: deque[Arrival] = deque(maxlen=MESSAGES_KEPT)
        self._last_arrival = FIRST_ARRIVAL - 1
        self._server = Listener((host, port), self)
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self.redirect_to = self.url + "/elsewhere"
        self._thread = threading.Thread(target=self._serve, name="provider", daemon=True)

    @property
    def mode(self) -> str:
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self._mode, self._behaviour = mode, modes.parse(mode)

    # Texts to residents

    @property
    def messages(self) -> list[Message]:
        """The messages taken so far, oldest first; at most MESSAGES_KEPT."""
        with self._lock:
            return list(self._messages)

    def inbox(self, number: str, since: str | None = None) -> list[Message]:
        """The latest messages to one number, newest last; only those after the id `since` where that is given."""
        shown = [message for message in self.messages if message["to"] == number][-MESSAGES_SHOWN:]
        ids = [message["id"] for message in shown]
        return shown[ids.index(since) + 1 :] if since in ids else shown

    def note_request(self, headers: dict[str, str], body: bytes) -> Mode:
        """Count one request to send and give the mode that it meets."""
        with self._lock:
            self.requests, self.last_headers, self.last_body = self.requests + 1, headers, body
            return self._behaviour

    def take(self, number: str, text: str, sender: str, reports: tuple[modes.Report, ...] = ()) -> Message:
        """Keep one message and owe the delivery reports on it."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        message: Message = {"id": f"ATXid_{uuid.uuid4().hex}", "from": sender, "to": number, "text": text, "at": at}
        with self._lock:
            self._messages.append(message)
        for place, (status, reason) in enumerate(reports, start=1):
            report = {"id": message["id"], "status": status, "phoneNumber": number, "networkCode": "63902"}
            because = {"failureReason": reason} if reason else {}
            self._reports.owe(report | because, place * self._report_delay)
        return message

    # Texts from residents

    def receive(
        self, number: str, text: str, *, lost: bool = False, to: str = "", link_id: str = "", at: datetime | None = None
    ) -> int:
        """Let a text arrive at our short code: it stands in the inbox and, unless `lost`, its callback is owed.

        Returns its id in the inbox; the callback has another one, as facts about the real provider suggest.
        """
        at, to = at or datetime.now(UTC), to or self._short_code
        with self._lock:
            self._last_arrival += 1
            arrival: Arrival = {
                "linkId": link_id, "text": text, "to": to, "id": self._last_arrival, "from": number,
                "date": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }  # fmt: skip
            self._arrivals.append(arrival)
        if not lost:
            self._texts.owe(
                {
                    "id": str(uuid.uuid4()), "from": number, "to": to, "text": text, "linkId": link_id,
                    "date": f"{at:%Y-%m-%d %H:%M:%S}", "cost": "KES 0.00", "networkCode": "63902",
                }
            )  # fmt: skip
        return arrival["id"]

    def arrivals(self, last_id: int) -> tuple[Mode, list[Arrival]]:
        """Count one fetch; the mode that it meets, and the first texts after `last_id`, oldest first."""
        with self._lock:
            self.fetches += 1
            later = [arrival for arrival in self._arrivals if arrival["id"] > last_id]
            return self._behaviour, later[:ARRIVALS_GIVEN]

    # Running

    def start(self) -> Provider:
        self._thread.start()
        self._reports.start()
        self._texts.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
        self._reports.stop()
        self._texts.stop()

    def __enter__(self) -> Provider:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)


def main() -> None:
    """Run the fake until Ctrl-C or TERM: `python -m gateway.phone.provider --port N --delivery-url URL`."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--delivery-url", help="where delivery reports go")
    options.add_argument("--callback-url", help="where texts go that are posted to /inbound")
    options.add_argument("--short-code", default="22123", help="whom those texts are for")
    chosen = options.parse_args()
    ended = threading.Event()
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, lambda *_: ended.set())
    with Provider(
        port=chosen.port, delivery_url=chosen.delivery_url, sms_url=chosen.callback_url, short_code=chosen.short_code
    ) as provider:
        sys.stdout.write(f"provider {provider.url}\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()

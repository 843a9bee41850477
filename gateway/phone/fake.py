"""What the demo's page asks of the provider fake: the texts that reached a phone, and how it misbehaves today."""

from __future__ import annotations

import http.client
import ipaddress
import json
from urllib.parse import urlencode, urlsplit

FAKE_SECONDS = 2.0
"""How long the page may wait for the provider fake, which runs on the same machine: longer means it is gone."""
INBOX_BYTES = 1_000_000
"""More than the 200 longest messages that the fake keeps for one number."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Texts = list[dict[str, str]]


def texts_to(number: str, base_url: str) -> Texts | None:
    """The texts that the provider fake at `base_url` holds for a number, oldest first; None when no fake is there."""
    held = _ask(base_url, "GET", f"/inbox?{urlencode({'to': number})}")
    if not isinstance(held, list):
        return None
    return [{str(name): str(value) for name, value in text.items()} for text in held if isinstance(text, dict)]


def mode_of(base_url: str) -> str | None:
    """The mode of the provider fake at `base_url`; None when no fake is there."""
    return _mode(_ask(base_url, "GET", "/mode"))


def change_mode(base_url: str, mode: str) -> bool:
    """Give the provider fake at `base_url` another mode. False when no fake is there, or it knows no such mode."""
    return _mode(_ask(base_url, "POST", "/mode", urlencode({"mode": mode}))) == mode


def _mode(said: object) -> str | None:
    mode = said.get("mode") if isinstance(said, dict) else None
    return mode if isinstance(mode, str) else None


def _ask(base_url: str, method: str, path: str, body: str | None = None) -> object:
    """The JSON that the fake answers; None when there is none."""
    address = urlsplit(base_url)
    # The browser may not make this server call another machine, and the real provider has no such pages.
    if address.scheme != "http" or not is_loopback(address.hostname or ""):
        return None
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=FAKE_SECONDS)
    try:
        connection.request(method, f"{address.path.rstrip('/')}{path}", body, FORM if body else {})
        answer = connection.getresponse()
        return json.loads(answer.read(INBOX_BYTES)) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, told without asking the DNS."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

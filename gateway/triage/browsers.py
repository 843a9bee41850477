"""What a browser calls itself, in words by which an officer knows it again: `Chrome on Android`."""

from __future__ import annotations

from collections.abc import Sequence

# The first that is found counts: most browsers name those that they descend from as well.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Opera", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("UCBrowser", "UC Browser"), ("PHX/", "Phoenix"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("KAIOS", "KaiOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("CrOS", "Chromebook"), ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def name_of(user_agent: str) -> str:
    """Never what the browser sent itself, which may be anything."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    return f"{browser or 'A browser'} on {system}" if system else browser or "A browser"


def _first(names: Sequence[tuple[str, str]], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")

"""What holds for an incoming text from either source, callback or inbox: its bounds, and whom nobody can answer."""

from __future__ import annotations

from config.settings import Settings
from gateway.people.phone import normalise

MAX_SENDER = 60
MAX_TEXT = 4000
"""Letters that are kept; the longest joined SMS of any handset has fewer than half."""
MAX_LINK_ID = 120


def why_unanswerable(sender: str, settings: Settings) -> str | None:
    """Why nobody can be answered: our own codes, or a sender that is no telephone. Never an echo, never a bill."""
    if sender.lstrip("+") in (settings.short_code, settings.sender_id):
        return "from our own code"
    return "sender is no telephone" if normalise(sender) is None else None

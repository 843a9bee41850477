"""By which days a case is bound for others: what its history names, until what stood under it is taken out again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.cases.spans import Event

BINDS = frozenset({"merged", "supported", "led_by"})
"""What puts another case under this one, which is then bound by the days that the line names."""
DAYS = ("due", "answer_by", "stop", "desk_due", "first_due")
"""The days that such a line may name; where the other case is taken out again, the line `unmerged` repeats them."""


def unbound(events: Sequence[Event]) -> frozenset[int]:
    """The places of the lines that bind no more, as what they put under the case was taken out of it again.

    Where it was sent up in between, residents were told of the day that was broken: it stays.
    """
    binding: list[int] = []
    void: set[int] = set()
    for at, event in enumerate(events):
        if event.name == "raised":
            binding = []
        elif event.name in BINDS and _named(event):
            binding.append(at)
        elif event.name == "unmerged" and _named(event):
            same = [one for one in binding if _named(events[one]) == _named(event)]
            void |= set(same[-1:])
            binding = [one for one in binding if one not in void]
    return frozenset(void)


def _named(event: Event) -> dict[str, str]:
    return {name: event.data[name] for name in DAYS if event.data.get(name)}


def day_of(event: Event, name: str) -> datetime | None:
    """A day that a line names."""
    return datetime.fromisoformat(event.data[name]) if event.data.get(name) else None

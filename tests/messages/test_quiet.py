"""The hours of the night, by Nairobi's clock whatever the server's is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.messages.quiet import is_quiet


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(17, 59, False), (18, 0, True), (20, 59, True), (21, 0, True), (0, 0, True), (3, 59, True), (4, 0, False)],
)
@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-7))])
def test_the_night_is_from_nine_to_seven_in_nairobi(hour: int, minute: int, quiet: bool, zone: timezone) -> None:
    now = datetime(2026, 11, 22, hour, minute, tzinfo=UTC).astimezone(zone)
    assert is_quiet(now, (21, 7)) is quiet


@pytest.mark.parametrize(("hours", "quiet"), [((0, 6), True), ((6, 6), False), ((22, 0), False), ((23, 3), True)])
def test_a_night_may_lie_on_either_side_of_midnight_or_nowhere(hours: tuple[int, int], quiet: bool) -> None:
    assert is_quiet(datetime(2026, 11, 22, 22, 30, tzinfo=UTC), hours) is quiet

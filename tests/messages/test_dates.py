"""The dates of the provider: three forms, and nothing that is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.messages.dates import said_at

AT = datetime(2026, 11, 22, 9, 5, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-22T09:05:02Z", AT),
        ("2026-11-22 09:05:02", AT),
        (" 2026-11-22T09:05:02.445Z ", AT.replace(microsecond=445_000)),
        ("2026-11-22 09:05:02.123456789", AT.replace(microsecond=123_456)),
        ("2026-11-22T12:05:02+03:00", AT),
        ("2026-11-22T12:05:02+0300", AT),
    ],
)
def test_each_form_is_read_in_utc(written: str, read: datetime) -> None:
    assert said_at(written) == read


@pytest.mark.parametrize(
    "written",
    [None, "", "yesterday", "2026-11-22", "20261122T090502Z", "2026-13-22T09:05:02Z", "2026-11-22T25:05:02Z",
     "0001-01-01T00:00:00+03:00", "9999-12-31T23:59:59-03:00", "٢٠٢٦-11-22 09:05:02", "1795338302"],
)  # fmt: skip
def test_anything_else_is_no_date_and_no_error(written: str | None) -> None:
    assert said_at(written) is None

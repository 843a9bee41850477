"""The dates of the provider, who writes them in three ways."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def said_at(text: str | None) -> datetime | None:
    """When a text was sent, in UTC: `2018-03-19T08:34:18.445Z`, `2017-05-03T06:04:45Z` or `2017-05-03 06:04:45`.

    A date that names no zone is in UTC. None for anything else: a text is never refused for its date.
    """
    written = (text or "").strip()
    if not _DATE.fullmatch(written):
        return None
    try:
        read = datetime.fromisoformat(written)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

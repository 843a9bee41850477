"""The county's time: kept in UTC, shown and counted in Nairobi."""

from __future__ import annotations

from zoneinfo import ZoneInfo

NAIROBI = ZoneInfo("Africa/Nairobi")

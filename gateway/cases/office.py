"""What every decision about a case goes by: the county, its calendar, its letters and its vault."""

from __future__ import annotations

from dataclasses import dataclass

from config.county import County
from gateway.cases.clock import Calendar
from gateway.messages.letters import Letters
from gateway.people.vault import Vault
from menus.tree import Menu


@dataclass(frozen=True)
class Office:
    county: County
    calendar: Calendar
    menu: Menu
    letters: Letters
    vault: Vault

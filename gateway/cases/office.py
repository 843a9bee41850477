"""What every decision about a case goes by: the county, its calendar, its letters and its vault."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from config.county import County
from gateway.cases import notices
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

    @cached_property
    def notice(self) -> str:
        """The version of the privacy notice that residents are shown now."""
        return notices.version_of(notices.texts_of(self.menu, self.letters))

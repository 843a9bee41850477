"""How an SMS of ours reads: wordings with the installation's constants, in the resident's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from config.zone import NAIROBI
from menus.sms import Wordings
from menus.tree import Menu


@dataclass(frozen=True)
class Letters:
    """Composes SMS. `can_reply`: our sender can be answered; `free`: nothing that a text names costs the resident."""

    wordings: Wordings
    menu: Menu
    constants: Mapping[str, str]
    can_reply: bool
    free: bool

    def compose(self, name: str, language: str, slots: Mapping[str, str]) -> str:
        return self.wordings.text(name, language, {**self.constants, **slots}, reply=self.can_reply, free=self.free)

    def promise(self, due: datetime | None, language: str) -> str:
        """The promised day as residents read it: `Alh 3 Des`."""
        # A language that the menu has no more reads like the first one, as in `Wordings.text`.
        known = language if language in self.menu.languages else self.menu.languages[0]
        return self.menu.long_day(due.astimezone(NAIROBI).date(), known) if due else ""

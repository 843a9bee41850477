"""What people of the demo write, taken from texts.yml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import yaml

from config.county import Ward

FILE = Path(__file__).with_name("texts.yml")
MIXED = 0.2
"""How often somebody writes in the other language than the one she chose."""
ANY = "OTHER"


class Texts:
    """Draws texts with `rng`. A language that the file does not have reads Kiswahili."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._all: Mapping[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)

    def complaint(
        self, category: str, problem: str | None, language: str, ward: Ward | None, place: str | None = None
    ) -> str | None:
        """What a resident writes about this, or None where the file has nothing about the category."""
        by_problem = self._all["residents"].get(category)
        if not by_problem:
            return None
        if problem is None:
            problem = self._rng.choice([*by_problem])
        language = self._mixed(language)
        return self._fill(self._draw(by_problem.get(problem) or by_problem[ANY], language), language, ward, place)

    def added(self, language: str, ward: Ward | None) -> str:
        """What she adds later."""
        return self._fill(self._draw(self._all["added"], language), language, ward)

    def answer(self, language: str, ward: Ward | None) -> str:
        """What she answers to an officer's question."""
        return self._fill(self._draw(self._all["answers"], language), language, ward)

    def place(self, language: str) -> str:
        return self._draw(self._all["places"], language)

    def officer(self, kind: str, language: str = "en") -> str:
        """What an officer writes: notes, questions, letters, referrals, thanks or confidential."""
        found: Any = self._all["officers"][kind]
        return str(self._rng.choice(found)) if isinstance(found, list) else self._draw(found, language)

    def reason(self, ending: str, language: str) -> str:
        """What an officer tells a resident about an ending."""
        return self._draw(self._all["officers"]["endings"][ending], language)

    def _draw(self, by_language: Mapping[str, Sequence[str]], language: str) -> str:
        return self._rng.choice(by_language.get(language) or by_language["sw"])

    def _mixed(self, language: str) -> str:
        if self._rng.random() > MIXED:
            return language
        return "en" if language == "sw" else "sw"

    def _fill(self, text: str, language: str, ward: Ward | None, place: str | None = None) -> str:
        name = ward.name if ward else ("hapa" if language == "sw" else "our area")
        where = f"{place[0].lower()}{place[1:]}" if place else self.place(language)
        return text.replace("{place}", where).replace("{ward}", name)

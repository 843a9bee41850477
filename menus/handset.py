"""A phone in memory: it dials the pure walk as a network would, and knows what the network still leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from menus.engine import Catalogue, Facts, Finish, Need, Show, Trace, trace, walk
from menus.lettering import septets
from menus.networks import SAFARICOM, SESSION_SECONDS, Network
from menus.proof.timing import User, answering
from menus.tree import Menu

MAX_NEEDS = 20
"""Needs answered in one hop, as in the gateway."""

NUMBER = "+254722000141"


class NoSession(Exception):
    """Nothing is under way on this phone: it has not dialled, or its session is over."""


class Office(Protocol):
    """Whoever answers: knows each phone, and does what is asked for once."""

    def profile(self, phone: str, network: str) -> Mapping[str, Any]:
        """What is known of a phone that dials: `language`, `values`, `slots` and `facts` of `menus.engine.Facts`.

        `network` is the code of the network that it dials from.
        """
        ...

    def answer(self, need: Need, phone: str) -> Mapping[str, Any]:
        """The answer to one need, as `menus.engine.Facts.answers` has it."""
        ...

    def over(self, phone: str, left: Trace) -> None:
        """A session of this phone is over, and this is how far it had come."""
        ...


@dataclass
class Handset:
    """One phone. `inputs` is what was typed in this session, one a hop; `needs` all that was asked of the office."""

    menu: Menu
    catalogue: Catalogue
    office: Office
    phone: str = NUMBER
    network: Network = SAFARICOM
    inputs: list[str] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    shown: Show | Finish | None = None
    """The last screen, which stays on a phone that has lost its session."""
    is_open: bool = False
    """Whether a session is under way: a screen waits for an answer."""
    facts: Facts | None = None
    """All that the walk of this session knows, with the answers that the office gave."""
    _answered: list[tuple[str, str]] = field(default_factory=list)
    """The screens of this session that were answered, each with what was typed."""

    def dial(self, tail: str = "") -> Show | Finish:
        """Begin a session; one under way is lost. `tail` is a ward code or a reference behind the service code."""
        self.drop()
        profile = self.office.profile(self.phone, self.network.code)
        self.facts = Facts(
            catalogue=self.catalogue,
            language=profile.get("language", ""),
            values=profile.get("values", {}),
            slots=profile.get("slots", {}),
            facts=frozenset(profile.get("facts", ())),
            start=tail,
        )
        self.inputs, self.needs, self._answered = [], [], []
        return self._hop(self.facts)

    def type(self, typed: str) -> Show | Finish:
        """One answer, one hop; what is longer than the network takes is cut. Raises NoSession."""
        if self.facts is None or self.shown is None or not self.is_open:
            raise NoSession
        typed = typed[: self.network.answer]
        self._answered.append((self.shown.text, typed))
        self.inputs.append(typed)
        return self._hop(self.facts)

    def again(self) -> Show | Finish:
        """The last hop is delivered once more: the same bytes. Raises NoSession where nothing was ever dialled."""
        if self.facts is None:
            raise NoSession
        return self._walk(self.facts)

    def drop(self) -> None:
        """The network loses the session, if there is one."""
        if self.is_open:
            self._over()

    @property
    def hops(self) -> int:
        """How often the network has asked us in this session; the dial is the first time."""
        return len(self.inputs) + 1 if self.facts else 0

    @property
    def language(self) -> str:
        """The language of the screen that shows."""
        return trace(self.menu, self.inputs, self.facts).language if self.facts else self.menu.languages[0]

    @property
    def used(self) -> int:
        """Septets of the screen that shows."""
        return septets(self.shown.text) if self.shown else 0

    @property
    def left(self) -> int:
        """Septets that this network would still show."""
        return self.network.screen - self.used

    def seconds_left(self, user: User) -> float:
        """Seconds that the network still leaves to this session, if `user` has read and typed all of it."""
        typing = sum(answering(user, screen, typed) for screen, typed in self._answered)
        return SESSION_SECONDS - typing - user.network * self.hops

    def _hop(self, facts: Facts) -> Show | Finish:
        self.shown = self._walk(facts)
        self.is_open = True
        if isinstance(self.shown, Finish):
            self._over()
        return self.shown

    def _walk(self, facts: Facts) -> Show | Finish:
        for _ in range(MAX_NEEDS):
            step = walk(self.menu, self.inputs, facts)
            if not isinstance(step, Need):
                return step
            self.needs.append(step)
            answered = {**facts.answers, step.key: self.office.answer(step, self.phone)}
            self.facts = facts = replace(facts, answers=answered)
        raise RuntimeError("the walk asks without end")

    def _over(self) -> None:
        assert self.facts is not None
        self.is_open = False
        self.office.over(self.phone, trace(self.menu, self.inputs, self.facts))

"""What a property test of sessions remembers beside the gateway: who typed what, what was shown, what must be kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from config.county import County
from gateway.cases.categories import FEEDBACK, NATIONAL
from gateway.cases.sensitivity import sensitive_category
from menus.engine import Trace
from tests.callbacks.handset import SERVICE_CODE

_KEY = re.compile(r"(?:^|\n|  )(\d\d?) ")


@dataclass
class Matter:
    """A report that was begun and not sent, first in `session`; she was last at it in the session number `began`.

    `id` is that of its row, 0 where none was seen yet.
    """

    category: str
    ward: int | None
    problem: str
    language: str
    session: str
    began: int
    asked: bool = False
    id: int = 0

    @property
    def said(self) -> tuple[str, int, str, str, bool]:
        return self.category, self.ward or 0, self.problem, self.language, self.asked

    def is_of(self, category: str, ward: int | None, problem: str) -> bool:
        """Whether it is, as far as it was said, the same matter."""
        return (self.category, self.ward) == (category, ward) and self.problem in ("", problem)


@dataclass
class Report:
    """A report that she was thanked for, or that was filed for her as it was."""

    phone: str
    session: str
    words: list[str] = field(default_factory=list)
    hidden: bool = False
    withdrawn: bool = False
    incomplete: bool = False

    def is_hers(self, call: Call) -> bool:
        """Whether this session may change it; nobody guesses a secret here."""
        return not self.withdrawn and (call.id == self.session or (call.phone == self.phone and not self.hidden))


@dataclass
class Call:
    """One session as its phone lives through it, and how far PostgreSQL and Redis must know it.

    `inputs` is what was typed, of which the first `together` came with the first hop, behind `tail`. Hop number n has
    that many inputs. `in_row` and `in_redis` are the latest hops that each knows; None: Redis lost the session.
    """

    id: str
    phone: str
    network: str
    edition: str
    dialled: str = SERVICE_CODE
    tail: str = ""
    inputs: list[str] = field(default_factory=list)
    together: int = 0
    screen: str = ""
    shown: dict[str, str] = field(default_factory=dict)
    answers: frozenset[str] = frozenset()
    in_row: int = 0
    in_redis: int | None = None
    over: bool = False
    closed: bool = False
    reference: str = ""
    offered: int = 0
    """The draft that its home screen offers."""
    resumed: int = 0

    # What is sent

    @property
    def last(self) -> int:
        return len(self.inputs)

    def text(self, number: int | None = None) -> str:
        """What the network sends at a hop; None: at the latest."""
        typed = [one.replace("@", "\u00a1") for one in self.inputs[:number]]
        return "*".join([self.tail, *typed] if self.tail else typed)

    def fields(self, text: str, phone: str = "") -> list[tuple[str, str]]:
        """In the order of the wire; from another phone, if one is given."""
        return [
            ("phoneNumber", phone or self.phone), ("serviceCode", self.dialled), ("text", text), ("sessionId", self.id),
            ("networkCode", self.network),
        ]  # fmt: skip

    def is_strange(self, text: str) -> bool:
        """Whether this is neither what was typed, nor the beginning of it, nor more."""
        latest = self.text()
        typed = [self.text(number) for number in range(self.last)]
        return "" not in (text, latest) and text not in typed and not f"{text}*".startswith(f"{latest}*")

    # What it leads to

    def walked(self, number: int | None = None) -> list[str]:
        """What was typed up to a hop. An empty answer to the first screen looks like the first hop again."""
        inputs = self.inputs[:number]
        return [] if inputs == [""] and not self.tail else inputs

    @property
    def is_open(self) -> bool:
        return self.screen.startswith("CON ")

    @property
    def keys(self) -> list[str]:
        """The keys that stand on the screen; any where none does."""
        return _KEY.findall(self.screen) or ["1"]

    # Who knows it

    def note(self, number: int, has_redis: bool) -> None:
        """Hop `number` was delivered. PostgreSQL is told where Redis knows less, or what was typed may be two."""
        typed = self.inputs[number - 1] if number else ""
        may_be_two = "*" in typed or not typed
        if not has_redis:
            self.in_row = max(self.in_row, number)
        elif self.in_redis is None or number > self.in_redis + 1:
            self.in_row = self.in_redis = max(self.in_row, number)
        elif number == self.in_redis + 1:
            self.in_redis = number
            self.in_row = max(self.in_row, number) if may_be_two else self.in_row

    def known(self, has_redis: bool) -> int:
        """The latest hop that is known to whoever closes it there."""
        return max(self.in_row, self.in_redis or 0) if has_redis else self.in_row

    def is_known(self, has_redis: bool) -> bool:
        """Whether the latest hop is known to whoever serves the next one there."""
        known = self.in_redis if has_redis and self.in_redis is not None else self.in_row
        return not self.closed and self.text(known) == self.text()

    def is_safe(self, number: int, has_redis: bool) -> bool:
        """Whether a hop may be delivered there without a loss that is accepted.

        Where Redis has lost the session and a late hop is the first that it hears of it, it takes for one answer what
        was typed between that hop and the next.
        """
        return not has_redis or self.in_redis is not None or max(self.in_row, number) == self.last

    def can_tell_stars(self, has_redis: bool) -> bool:
        """A star typed at the very hop at which Redis is away, or has lost the session, is the accepted loss.

        As a first answer it cannot be told from two empty ones.
        """
        return has_redis and self.in_redis is not None and bool(self.inputs)


class Model:
    """What must be true of every phone."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.calls: list[Call] = []
        self.drafts: dict[str, list[Matter]] = {}
        """Of each phone, the one that she was at last comes last."""
        self.reports: dict[str, Report] = {}
        self.lost: dict[int, str] = {}
        """SMS that did not arrive and were not read on a screen since: their ids, and what they are about."""

    def begun(self, call: Call, reached: Trace) -> Matter | None:
        """What must be kept of a session that went no further: a place and a category, nothing secret."""
        values, code = reached.values, reached.values.get("category", "")
        ward = int(values["ward"]) if values.get("ward") else None
        if reached.stopped is None or "case.filed" in reached.facts or not self._is_begun(code):
            return None
        if ward is None and "ward.unknown" not in reached.facts:
            return None
        if ward is None and sensitive_category(self.county, values.get("typed", "")):
            return None
        category, problem = self.county.category(code), values.get("problem", "")
        of_category = [one.code for one in category.problems] if category else []
        return Matter(
            code, ward, problem if problem in of_category else "", reached.language, call.id, self.calls.index(call)
        )

    def keep(self, call: Call, matter: Matter) -> None:
        """It is left behind. One of each matter stands; what she took up becomes what she made of it."""
        drafts, meant = self.drafts.get(call.phone, []), (matter.category, matter.ward)
        same = [one for one in drafts if (one.category, one.ward) == meant]
        if not matter.problem and not call.resumed:
            found = same[-1:]  # the one that she left last, whose problem stands
        else:
            found = [one for one in drafts if call.resumed == one.id != 0 or one.is_of(*meant, matter.problem)]
        if call.resumed and not found:
            return  # filed meanwhile
        first = min(found, key=lambda one: (not one.asked, one.id), default=matter)
        said = matter.problem or ("" if call.resumed else first.problem)
        kept = replace(matter, session=first.session, asked=first.asked, id=first.id, problem=said)
        stand = [*(one for one in drafts if one not in found), kept]
        self.drafts[call.phone] = sorted(stand, key=lambda one: one.began)

    def send(self, call: Call, code: str, ward: int | None, problem: str) -> None:
        """She has filed it: it is no draft any more. Praise and secrets are other things than what she took up."""
        resumed = call.resumed if self._is_begun(code) or code == NATIONAL else 0
        drafts = self.drafts.get(call.phone, [])
        drafts[:] = [
            one
            for one in drafts
            if not (resumed == one.id != 0 or one.session == call.id or one.is_of(code, ward, problem))
        ]

    def drop(self, phone: str, draft: int) -> None:
        drafts = self.drafts.get(phone, [])
        drafts[:] = [one for one in drafts if one.id != draft]

    def see_letter(self, message: int) -> None:
        """She has seen this SMS, and with it those before it about the same report."""
        about = self.lost.get(message)
        for earlier in [one for one in self.lost if self.lost[one] == about and one <= message]:
            del self.lost[earlier]

    def _is_begun(self, code: str) -> bool:
        category = self.county.category(code)
        return category is not None and not category.sensitive and code not in (*FEEDBACK, NATIONAL)

"""What a rehearsal remembers in the place of a database: phones, cases, drafts, and SMS that may be lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.cases.desk_models import Incident
from gateway.cases.models import Case, Confirmation, Status
from gateway.cases.references import checked
from gateway.cases.residents_own import LISTED
from menus.networks import Network


@dataclass
class Own:
    """A case, and who may see it: its phone (None: the number is not kept), or whoever knows its secret."""

    case: Case
    phone: str | None
    secret: str | None = None


@dataclass
class Letter:
    """An SMS of which nobody knows whether it arrived."""

    reference: str
    text: str


@dataclass
class Known:
    """What is remembered of one phone."""

    language: str
    ward_code: int | None = None
    asked_for_a_call: bool = False


@dataclass
class Draft:
    """A report that broke off: what had been chosen, and in which language."""

    chosen: Mapping[str, str]
    language: str

    @property
    def matter(self) -> tuple[str | None, str | None]:
        """Two drafts of one phone that agree in this are one."""
        return self.chosen.get("category"), self.chosen.get("ward") or None


@dataclass
class Begun:
    """What a session under way knows: its network, the matter that it began with, what it took up and has filed."""

    network: Network
    question: str | None = None
    letter: Letter | None = None
    draft: Draft | None = None
    resumed: Draft | None = None
    filed: set[str] = field(default_factory=set)


@dataclass
class Memory:
    """Everything by phone, the latest last, but for the cases, which come in the order in which they were kept."""

    cases: list[Own] = field(default_factory=list)
    phones: dict[str, Known] = field(default_factory=dict)
    drafts: dict[str, list[Draft]] = field(default_factory=lambda: defaultdict(list))
    letters: dict[str, list[Letter]] = field(default_factory=lambda: defaultdict(list))
    sessions: dict[str, Begun] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    """What officers have published and not ended."""
    landmarks: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Of each ward, what its administrator has put on the phone."""

    def published(self, ward: str, category: str, problem: str) -> Incident | None:
        """What is published about this problem in a ward, by its code."""
        asked = (ward, category, problem)
        return next(
            (one for one in self.incidents if (str(one.ward_code), one.category, one.problem) == asked), None
        )  # fmt: skip

    def next_reference(self) -> str:
        """References come in a row that is always the same: 4821 7739, 7310 0043, 9798 2350, …"""
        return checked(1_000_000 + (3_821_773 + 2_488_231 * len(self.cases)) % 9_000_000)

    def remember(self, phone: str, language: str, ward_code: int | None = None) -> Known:
        """Remember a language, and a ward where one is given."""
        known = self.phones.setdefault(phone, Known(language))
        known.language = language
        known.ward_code = ward_code or known.ward_code
        return known

    def forget(self, own: Own) -> None:
        """Her number goes from this case, and she with it where nothing else is kept of her."""
        phone, own.phone = own.phone, None
        known = self.phones.get(phone or "")
        if known and not known.asked_for_a_call and all(other.phone != phone for other in self.cases):
            del self.phones[phone or ""]

    def keep_draft(self, phone: str, draft: Draft) -> None:
        """Keep a report that broke off; the one that it goes on with, or one of the same matter, it replaces."""
        drafts, resumed = self.drafts[phone], self.sessions[phone].resumed
        for at, kept in enumerate(drafts):
            if kept is resumed or (resumed is None and kept.matter == draft.matter):
                drafts[at] = draft
                return
        drafts.append(draft)

    def sent(self, phone: str, draft: Draft) -> None:
        """What was begun is filed: the draft that this session took up, and those of the same matter, go."""
        resumed = self.sessions[phone].resumed
        self.drafts[phone] = [
            kept for kept in self.drafts[phone] if kept is not resumed and kept.matter != draft.matter
        ]  # fmt: skip

    def own(self, phone: str, reference: str, secret: str) -> Own | None:
        """The case, if this phone may see it: it was filed from there, or in this session, or the secret is right."""
        for own in self.cases:
            if own.case.reference == reference and own.case.status is not Status.WITHDRAWN:
                hers = own.phone == phone or reference in self.sessions[phone].filed
                return own if hers or (secret and secret == own.secret) else None
        return None

    def listed(self, phone: str) -> list[Case]:
        """Her latest cases. Sensitive ones are on no list."""
        hers = [own.case for own in reversed(self.cases) if own.phone == phone]
        shown = [case for case in hers if not case.sensitive and case.status is not Status.WITHDRAWN]
        return sorted(shown, key=lambda case: case.received_at, reverse=True)[:LISTED]

    def asked(self, phone: str) -> Case | None:
        """Her case of which she is asked whether it is fixed."""
        for own in self.cases:
            asked = own.case.status is Status.RESOLVED and own.case.confirmation is Confirmation.ASKED
            if asked and own.phone == phone and not own.case.sensitive:
                return own.case
        return None

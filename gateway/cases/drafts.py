"""Reports begun on the phone and not sent: kept, offered, asked about once, and in the end filed as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.county import County, TermUnit, Ward
from config.logging import log_failure
from gateway.cases import asking
from gateway.cases.categories import FEEDBACK, NATIONAL
from gateway.cases.filing import Filed, Report, file_case
from gateway.cases.intake import alone
from gateway.cases.models import Case, Channel, Draft
from gateway.cases.office import Office
from gateway.cases.residents_own import landmark_of
from gateway.cases.sensitivity import sensitive_category
from gateway.messages import outbox
from gateway.messages.conversation import has_words
from gateway.people.models import Resident
from gateway.people.phone import mask

PATIENCE = timedelta(minutes=10)
"""Most who were cut off dial again at once: until then nobody is texted about it."""
ASKING = "draft"
"""The wording of the SMS that asks."""
TRY_AGAIN = timedelta(hours=1)
"""After something went wrong with one: its key may come back."""
_CHOSEN = ("ward", "sub_county", "category", "problem", "typed")
_PLACE = ("landmark", "place_words")
"""Known only where the hop that would have filed the report was not answered."""


@dataclass(frozen=True)
class Begun:
    """What one session had said when it broke off. `resumed` is the draft that it had taken up, if any."""

    session_id: str
    phone_hash: bytes
    phone_sealed: bytes
    language: str
    chosen: Mapping[str, str]
    began_at: datetime
    resumed: int | None = None

    @property
    def ward_code(self) -> int | None:
        return int(self.chosen["ward"]) if self.chosen.get("ward") else None


def worth_keeping(county: County, values: Mapping[str, str], facts: frozenset[str]) -> Mapping[str, str] | None:
    """What to keep of a walk that broke off: a place and a category, not filed. None where that is too little.

    Nor is anything kept that is sensitive: who begins to tell and stops may have been found out.
    """
    category = county.category(values.get("category", ""))
    placed = bool(values.get("ward")) or "ward.unknown" in facts
    if "case.filed" in facts or not placed or category is None or category.sensitive:
        return None
    if category.code in FEEDBACK or category.code == NATIONAL:
        return None
    # Her own words only where nothing else tells the place. Empty values count: they replace those of the resident.
    chosen = {name: values.get(name, "") for name in _CHOSEN}
    chosen["typed"] = "" if chosen["ward"] else chosen["typed"]
    if all(problem.code != chosen["problem"] for problem in category.problems):
        chosen["problem"] = ""  # of another category, which she changed
    place = {name: values[name] for name in _PLACE if values.get(name)}
    own = f"{chosen['typed']} {place.get('place_words', '')}"
    return None if sensitive_category(county, own) else {**chosen, **place}


def keep(session: Session, office: Office, begun: Begun, now: datetime) -> None:
    """Keep a report that broke off; where it is the same matter as one that is kept, that one goes on."""
    alone(session, begun.phone_hash)
    found = _same_matter(session, begun)
    if begun.resumed and not found:
        return  # sent meanwhile, or dropped, by SMS
    ask_at = now + PATIENCE
    draft = found[0] if found else Draft(
        session_id=begun.session_id, phone_hash=begun.phone_hash, phone_sealed=begun.phone_sealed, ask_at=ask_at,
        expires_at=ask_at + _wait(office),
    )  # fmt: skip
    for other in found[1:]:
        session.delete(other)
    draft.language, draft.category, draft.ward_code = begun.language, begun.chosen["category"], begun.ward_code
    # What she said before stands, where she says nothing else now; what she took up is as she leaves it.
    before = [] if begun.resumed else [one.chosen for one in found]
    said = {name: value for chosen in [*before, begun.chosen] for name, value in chosen.items() if value}
    draft.chosen, draft.began_at = {**begun.chosen, **said}, begun.began_at
    _give_time(draft, now)
    session.add(draft)


def _same_matter(session: Session, begun: Begun) -> list[Draft]:
    """The drafts that this report goes on with, locked: what she took up, and the same as far as it was said.

    What she was asked about comes first: about one matter nobody is asked twice.
    """
    same = (Draft.category == begun.chosen["category"]) & Draft.ward_code.is_not_distinct_from(begun.ward_code)
    hers = session.scalars(
        select(Draft)
        .where(Draft.phone_hash == begun.phone_hash, or_(Draft.id == begun.resumed, same))
        .order_by(Draft.ask_at.nulls_first(), Draft.id)
        .with_for_update()
    ).all()
    problem = begun.chosen.get("problem")
    if not problem and begun.resumed is None:
        return sorted(hers, key=lambda draft: draft.began_at)[-1:]  # two problems of one kind are two matters
    return [draft for draft in hers if draft.id == begun.resumed or draft.chosen.get("problem", "") in ("", problem)]


def _give_time(draft: Draft, now: datetime) -> None:
    """She was at it just now: nobody texts her or files it before she has had the time to go on."""
    soon = now + PATIENCE
    draft.expires_at = max(draft.expires_at, soon)
    if draft.ask_at is not None:
        draft.ask_at = max(draft.ask_at, soon)


def _wait(office: Office) -> timedelta:
    """How long a draft waits for an answer before it is filed as it is."""
    term = office.county.charter.term("draft")
    return timedelta(hours=term.amount * (1 if term.unit is TermUnit.HOURS else 24))


def take_up(session: Session, draft_id: int, phone_hash: bytes, now: datetime) -> Draft | None:
    """She goes on with it. None if it is gone."""
    draft = open_draft(session, draft_id)
    if draft is None or draft.phone_hash != phone_hash:
        return None
    _give_time(draft, now)
    return draft


def drop(session: Session, draft_id: int, phone_hash: bytes) -> None:
    """She does not want it sent."""
    session.execute(delete(Draft).where(Draft.id == draft_id, Draft.phone_hash == phone_hash))
    outbox.cancel_question(session, phone_hash, ASKING)


def open_draft(session: Session, draft_id: int) -> Draft | None:
    """The draft, locked, if it still is one."""
    return session.get(Draft, draft_id, with_for_update=True)


# What time does


def ask_due(session: Session, office: Office, now: datetime) -> int:
    """One SMS about the draft whose time for it came first. How many."""

    def ask(draft: Draft, resident_id: int, stopped: bool) -> None:
        draft.ask_at = None
        if not stopped:
            draft.expires_at = now + _wait(office)
            asking.ask_draft(session, office, resident_id, draft, now)

    return _first(session, office, Draft.ask_at, now, ask)


def file_expired(session: Session, office: Office, now: datetime) -> int:
    """File the draft as *incomplete* that waited longest for an answer which did not come. How many.

    Also where she could not be asked, because another question was open all day: her report is not to wait for that.
    """

    def file_as_it_is(draft: Draft, resident_id: int, stopped: bool) -> None:
        file_draft(session, office, draft, now, incomplete=True, quiet=stopped)

    return _first(session, office, Draft.expires_at, now, file_as_it_is)


def _first(
    session: Session, office: Office, time: InstrumentedAttribute[Any], now: datetime,
    do: Callable[[Draft, int, bool], None],
) -> int:  # fmt: skip
    """Do it for the first draft whose `time` has come, its resident, and whether she asked for no more texts.

    One in a transaction, the resident locked before the draft, as who files has it: so nobody waits for long, nor two
    for each other.
    """
    due = select(Draft.id, Draft.phone_hash).where(time <= now).order_by(time, Draft.id).limit(1)
    found = session.execute(due).first()
    if found is None:
        return 0
    alone(session, found.phone_hash)
    try:
        with session.begin_nested():
            return _do_first(session, office, found.id, time <= now, do)
    except Exception as error:
        # One that no key opens must not keep all others from their turn.
        log_failure("draft_failed", error, draft=found.id)
        session.execute(update(Draft).where(Draft.id == found.id).values({time: now + TRY_AGAIN}))
        return 1


def _do_first(
    session: Session, office: Office, draft_id: int, due: ColumnElement[bool], do: Callable[[Draft, int, bool], None]
) -> int:
    """0 where another process has done it meanwhile."""
    seen = session.get(Draft, draft_id)
    if seen is None:
        return 0
    resident_id, stopped = _know(session, office, seen)
    draft = session.scalars(
        select(Draft).where(Draft.id == draft_id, due).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if draft:
        do(draft, resident_id, stopped)
    return 1 if draft else 0


def _know(session: Session, office: Office, draft: Draft) -> tuple[int, bool]:
    """The resident of a draft, locked and known from now on: she may answer. And whether she asked for no texts."""
    row = session.execute(
        insert(Resident)
        .values(
            phone_hash=draft.phone_hash, phone_sealed=draft.phone_sealed,
            phone_mask=mask(office.vault.open(draft.phone_sealed)), language=draft.language,
        )
        # Known already: nothing of her is changed, but the statement locks her row and gives it.
        .on_conflict_do_update(index_elements=["phone_hash"], set_={"phone_hash": draft.phone_hash})
        .returning(Resident.id, Resident.stopped_at)
    ).one()  # fmt: skip
    return row.id, row.stopped_at is not None


# What she does about it by SMS


def send(session: Session, office: Office, draft: Draft, text: str, ward: Ward | None, now: datetime) -> Case:
    """File it with the words of her answer, and with the ward that it names where none was known."""
    if ward and draft.ward_code is None:
        draft.ward_code = ward.code
    words = text.strip() if has_words(text) else None
    filed = file_draft(session, office, draft, now, words=words, wording="received_text")
    return session.scalars(select(Case).where(Case.reference == filed.reference)).one()


def let_go(session: Session, office: Office, draft: Draft, resident_id: int, now: datetime) -> None:
    """She does not want it sent, and is told that it is not."""
    session.delete(draft)
    outbox.cancel_question(session, draft.phone_hash, ASKING)
    if outbox.may_reply(session, resident_id, now):
        said = office.letters.compose("draft_dropped", draft.language, {})
        outbox.queue(session, office.vault, resident_id, None, "draft_dropped", said, now, automatic=True, wanted=True)


def file_draft(
    session: Session, office: Office, draft: Draft, now: datetime, *, words: str | None = None,
    incomplete: bool = False, wording: str | None = None, quiet: bool = False,
) -> Filed:  # fmt: skip
    """File a draft, with `words` where she has sent some; it is no draft any more, and nothing is asked about it."""
    report = Report(
        channel=Channel.USSD,
        source_id=f"draft:{draft.id}",
        category=draft.category,
        language=draft.language,
        phone=office.vault.open(draft.phone_sealed),
        problem=draft.chosen.get("problem"),
        ward_code=draft.ward_code,
        landmark=landmark_of(office, draft.chosen),
        words=words,
        incomplete=incomplete,
        wording=wording,
        quiet=quiet,
    )
    session.delete(draft)
    session.flush()
    outbox.cancel_question(session, draft.phone_hash, ASKING)
    return file_case(session.connection(), office, report, now)

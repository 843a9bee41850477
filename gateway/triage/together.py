"""The one form round the queue: what is done in a row, and with all that are selected. All of it, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from flask import Blueprint, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, selectinload
from werkzeug.datastructures import MultiDict

from config.county import County
from gateway.cases import carrying, merging, versions
from gateway.cases.actions import Refused
from gateway.cases.models import Case, Ending, Kind
from gateway.cases.office import Office
from gateway.cases.references import is_reference, spoken
from gateway.cases.visibility import visible_to
from gateway.db import as_owner, is_busy, officer_session
from gateway.installation import Installation
from gateway.people.masking import masked
from gateway.people.models import ALONE, Officer
from gateway.triage import deeds, english, forms, history, home, narrowing, offers, replies, traces
from gateway.triage.asked import DEEDS, MERGE, Asked, Unclear, not_done, read, row_after
from gateway.triage.deeds import Doing, Stale
from gateway.triage.filters import Filters, Tab
from gateway.triage.sign_in import officer
from workers.queues import wake

TYPED = 20
"""Letters of something typed that is no reference."""
NOT_YOURS = "is not in your queue."
BUSY = "Somebody else is changing one of these cases at this moment. Try again."
NOT_OFFERED = "cannot be done with it as it stands: it is {}."
NO_SMS = "nothing can be sent to its resident."
NO_WAIT = "cannot be put to waiting for its resident."
NO_ENDING = "does not end like that: answer it, or say why it cannot be answered."
NO_TEXT = "is one that this ready text does not fit."
WHICH = {
    ("route", "ward"): "Choose a ward.", ("refer", "to"): "Choose a department or a body.",
    (MERGE, "to"): "Choose which one stands for all; nothing chosen is the oldest.",
}  # fmt: skip
"""What is wrong where a choice of the other lists was left standing: action and field of its form."""
NOT_ALIKE = "cannot stand with others: only open reports with a promised day."


class Hindered(Exception):
    """Some of the cases stand in the way of all of them: `named` has a sentence for each that is to blame, and `stale`
    has those that have changed since the page was shown."""

    def __init__(self, why: str, named: Mapping[str, str], stale: Collection[str] = ()) -> None:
        super().__init__(why)
        self.named, self.stale = named, stale


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """POST `/triage/queue`. A selection with one case that cannot be changed changes nothing, and says which."""

    @routes.post("/triage/queue", endpoint="together")
    def carry_out() -> ResponseReturnValue:
        if officer().holds(*ALONE):  # they have no queue
            abort(404)
        asked_for, number = _back(request.form.get("back", ""), installation.office.county)

        def again(why: str, named: Sequence[tuple[str, str]] = (), told: Collection[str] = ()) -> str:
            form = MultiDict(request.form)
            return home.render(installation, asked_for, number, home.Again(form, why, named, told))

        try:
            asked = read(request.form)
            sentence = _carry_out(installation, asked, datetime.now(UTC))
        except Unclear as unclear:
            return again(str(unclear)), 422
        except Hindered as hindered:
            return again(str(hindered), _named(installation, asked, hindered), hindered.stale), 409
        except OperationalError as error:
            if not is_busy(error):
                raise
            return again(BUSY), 409
        if asked.what == MERGE or deeds.DEEDS[DEEDS[asked.what][0]].sends:
            wake(installation.redis)
        flash(sentence)
        left = not_done(request.form)
        if any(name == "case" or (name.startswith("words") and words.strip()) for name, words in left.items()):
            return home.render(installation, asked_for, number, home.Again(left, done=True))
        row = row_after(request.form, stays=_stays(asked.what, asked_for.show))
        return redirect(narrowing.address(asked_for.args(), number, f"r{row}" if row else None), 303)


def _back(query: str, county: County) -> tuple[Filters, int]:
    """The list from which the form came, and its page. Only what such a list knows is read: it leads nowhere else."""
    args = dict(parse_qsl(query[:1000]))
    page = args.get("page", "")
    return Filters.read(args, county), int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1


def _stays(what: str, show: Tab) -> bool:
    """Whether a case mostly goes on standing in the list in which that was done with it."""
    return what in ("note", "write") or (what == "take" and show in (Tab.TODO, Tab.LATE))


# Carrying it out


def _carry_out(installation: Installation, asked: Asked, now: datetime) -> str:
    """Do all of it in one transaction; returns the sentence for the officer. Raises Unclear, Hindered."""
    with officer_session(installation.engine, officer()) as session:
        if asked.what == MERGE and asked.to and not is_reference(asked.to):
            raise Unclear(WHICH[MERGE, "to"])
        wanted = [*asked.references, asked.to] if asked.what == MERGE and asked.to else asked.references
        cases = _hold(session, officer(), wanted)
        missing = {reference: NOT_YOURS for reference in wanted if reference not in cases}
        if asked.what == MERGE:
            if missing:
                raise Hindered("", missing)
            with as_owner(session):
                return _merge(session, installation.office, asked, cases, now)
        with as_owner(session):
            return _each(session, installation, asked, cases, missing, now)


def _hold(session: Session, who: Officer, references: Collection[str]) -> dict[str, Case]:
    """By its reference, each of the cases that she sees, all locked in the order in which everybody locks several."""
    known = [reference for reference in references if is_reference(reference)]
    query = visible_to(who).where(Case.reference.in_(known)).order_by(Case.id)
    # The resident in a statement of her own: officers may lock no row of hers.
    held = query.with_for_update(key_share=True).options(selectinload(Case.resident))
    return {case.reference: case for case in session.scalars(held)}


def _each(
    session: Session, installation: Installation, asked: Asked, cases: Mapping[str, Case], missing: Mapping[str, str],
    now: datetime,
) -> str:  # fmt: skip
    office, demo = installation.office, installation.settings.demo
    action, fixed = DEEDS[asked.what]
    deed, said, wrong, stale = deeds.DEEDS[action], [], dict(missing), []
    for reference in asked.references:
        if reference in wrong:
            form = deed.form(office, None, _filled(asked, asked.words, fixed))
            if form.validate() and deeds.saved_before(session, office, reference, officer(), action, form, now):
                del wrong[reference]
                said.append(deeds.REPETITION)
            continue
        case = cases[reference]
        if why := _unfit(office, asked, case, now):
            wrong[reference] = why
            continue
        form = deed.form(office, None, _data(office, asked, case, fixed, now))
        if not form.validate():
            field, why = forms.problems_of(form)[0]
            raise Unclear(WHICH.get((action, field), why) if asked.to else why)
        doing = Doing(session, office, case, officer(), form, now, demo, asked.seen.get(reference))
        try:
            with session.begin_nested():
                said.append(deeds.carry_out(action, doing))
        except Stale:
            stale.append(reference)
        except Refused as refusal:
            wrong[reference] = _refusal(refusal, action, case)
    if wrong or stale:
        raise Hindered("", wrong, stale)
    return _sentence(session, office, asked, said, cases)


def _data(
    office: Office, asked: Asked, case: Case, fixed: Mapping[str, str], now: datetime
) -> MultiDict[str, str]:  # fmt: skip
    """The form of the case page, filled in as it would be there."""
    words = asked.words or (replies.text(office, case, asked.reply, now) or "" if asked.reply else "")
    return _filled(asked, words, fixed)


def _filled(asked: Asked, words: str, fixed: Mapping[str, str]) -> MultiDict[str, str]:
    return MultiDict({"words": words, "to": asked.to, "ward": asked.to, "month": asked.month, **fixed})


def _unfit(office: Office, asked: Asked, case: Case, now: datetime) -> str:
    """What the page of this case would not have offered, although its action is."""
    if asked.reply and not asked.words and replies.text(office, case, asked.reply, now) is None:
        return NO_TEXT
    if asked.what == "wait" and not offers.may_wait(case):
        return NO_WAIT
    endings = [f"end:{ending}" for ending in offers.OF_REQUESTS]
    wrong = asked.what.startswith("end:") and case.kind is Kind.REQUEST and asked.what not in endings
    return NO_ENDING if wrong else ""


def _refusal(refusal: Refused, action: str, case: Case) -> str:
    if action in offers.offered(case, officer()):
        return str(refusal)
    return NO_SMS if action == "write" else NOT_OFFERED.format(english.state(case).lower())


def _merge(session: Session, office: Office, asked: Asked, cases: Mapping[str, Case], now: datetime) -> str:
    if len(cases) < 2:
        raise Unclear("Select at least two cases of the same problem.")
    lead = cases[asked.to] if asked.to else merging.lead_among(session, list(cases.values()))
    others = [case for case in cases.values() if case is not lead]
    if all(case.lead_id == lead.id for case in others):
        return deeds.REPETITION
    seen = asked.seen
    stale = [
        reference
        for reference, case in cases.items()
        if reference in seen and versions.since(session, case, seen[reference], officer())
    ]
    unlike = {reference: NOT_ALIKE for reference, case in cases.items() if not carrying.is_alike(case)}
    if stale or unlike:
        raise Hindered("", unlike, stale)
    try:
        merging.merge(session, office, others, lead, officer(), now)
    except Refused as refusal:
        raise Hindered(str(refusal), {}) from refusal
    count = "The other stands" if len(others) == 1 else f"{len(others)} cases stand"
    return f"{count} under {spoken(lead.reference)} now, and ends with it. Each keeps its own promise."


# What she is told


def _named(installation: Installation, asked: Asked, hindered: Hindered) -> list[tuple[str, str]]:
    """Each case that is to blame with its sentence, in the order of the form; what has changed is told line by line."""
    told = dict(hindered.named)
    if hindered.stale:
        with officer_session(installation.engine, officer()) as session:
            changed = list(session.scalars(visible_to(officer()).where(Case.reference.in_(hindered.stale))))
            traces.leave(session, "listed", changed)
            for case in changed:
                told[case.reference] = _changes(session, installation.office, case, asked.seen[case.reference])
    order = {reference: place for place, reference in enumerate([*asked.references, asked.to])}
    return [(one[:TYPED], told[one]) for one in sorted(told, key=lambda one: order[one])]


def _changes(session: Session, office: Office, case: Case, seen: int) -> str:
    fresh = history.fresh(session, office, case, officer(), seen)
    lines = [f"{line.sentence}{_quoted(line.words)} ({english.minute(line.at)})" for line in fresh]
    return f"has changed: {'; '.join(lines)}." if lines else "has changed."


def _quoted(words: str) -> str:
    return f": “{masked(words)}”" if words else ""


def _sentence(
    session: Session, office: Office, asked: Asked, said: Sequence[str], cases: Mapping[str, Case]
) -> str:  # fmt: skip
    """What was done, in one sentence: of a single case that of its own page."""
    done = [one for one in said if one != deeds.REPETITION]
    if len(done) <= 1:
        return done[0] if done else deeds.REPETITION
    several, one = f"{len(done)} cases", next(iter(cases.values()))
    match DEEDS[asked.what][0]:
        case "take":
            return f"{several} are yours."
        case "note":
            return f"The note is saved with {several}. Only officers read it."
        case "write" if asked.what == "wait":
            return (
                f"The residents of {several} are written to. The cases wait for the answers, their clocks stand still."
            )
        case "write":
            return f"The residents of {several} are written to."
        case "assign":
            return f"{several} are with {session.get_one(Officer, int(asked.to)).name} now. Their clocks run on."
        case "refer":
            return f"{several} are now with {english.holder(office.county, one)}. The promised days stay."
        case "route":
            return f"{several} went to {english.ward_name(office.county, int(asked.to))} ward. Their clocks run on."
        case _ if asked.what == f"end:{Ending.NOT_A_REPORT}":
            return f"{several}: not a report, you say. Another officer must agree where none has said so before."
        case _:
            ending = Ending(asked.what.removeprefix("end:"))
            names = dict.fromkeys(english.ending(case.kind, ending) for case in cases.values())
            return f"{several} ended: {' or '.join(name[0].lower() + name[1:] for name in names)}."

"""On paper: the register for the notice board, what is read aloud, the month's report, a poster, a sheet for the radio.

Nothing personal stands on any of them: no words of a resident, no number, no place that she typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.county import County, Ward
from config.wording import Text
from gateway.cases import landmarks, reports, standing
from gateway.cases.clock import local_day
from gateway.cases.desk_models import MonthlyReport
from gateway.cases.filing import OTHER
from gateway.cases.models import OPEN, Case, Kind
from gateway.cases.office import Office
from gateway.cases.visibility import visible_to
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people.models import Officer, Role
from gateway.triage import dialling, traces
from gateway.triage.sign_in import officer
from menus.tree import Menu

WARDS = (Role.WARD, Role.SUB_COUNTY)
"""Whose pages about a ward these are."""
SHEETS = (*WARDS, Role.HOTLINE, Role.COUNTY)
"""Who prints a poster or a sheet for the radio: nothing of any case stands on them."""
LISTED = 200
"""Lines of a register: eight pages of a notice board."""
ENDED_LATELY = timedelta(days=30)
ALOUD = timedelta(days=30)
"""How far back the read-aloud summary looks."""
MONTHS = 24


@dataclass(frozen=True)
class Line:
    """One case as it stands on a notice board; texts in every language of the county."""

    reference: str
    subject: Text
    place: str
    received: Text
    due: Text | None
    state: Text
    holder: Text | None
    late: bool


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/paper` and what can be printed from there."""
    engine, office = installation.engine, installation.office

    def wards() -> Sequence[Ward]:
        return _wards(office.county, officer())

    @routes.get("/triage/paper")
    def paper() -> ResponseReturnValue:
        _only(SHEETS)
        with officer_session(engine, officer()) as session:
            written = _months(session) if officer().holds(*WARDS) else []
            return render_template("triage/paper.html", wards=wards(), months=written)

    @routes.get("/triage/paper/register")
    def register() -> ResponseReturnValue:
        ward, now = _ward_of_hers(wards()), datetime.now(UTC)
        with officer_session(engine, officer()) as session:
            cases = _cases(session, officer(), ward, now)
            traces.leave(session, "exported", cases, sheet="register")
            lines = _lines(session, office, ward, cases, now)
        return render_template("triage/paper_register.html", ward=ward, lines=lines, now=now, most=LISTED)

    @routes.get("/triage/paper/read-aloud")
    def read_aloud() -> ResponseReturnValue:
        ward, now = _ward_of_hers(wards()), datetime.now(UTC)
        with officer_session(engine, officer()) as session, as_owner(session):  # figures alone leave this block
            told = reports.figures(session, [ward.code], now - ALOUD, now)[ward.code]
        return render_template(
            "triage/paper_aloud.html", ward=ward, told=told, since=now - ALOUD, now=now,
            how=dialling.of(installation, ward), subjects=_subjects(office, told.problems),
        )  # fmt: skip

    @routes.get("/triage/paper/months/<month>/<int:ward_code>")
    def month(month: str, ward_code: int) -> ResponseReturnValue:
        ward = next((one for one in wards() if one.code == ward_code), None) or abort(404)
        with officer_session(engine, officer()) as session:
            report = session.get(MonthlyReport, (ward.code, _month(month))) or abort(404)
            told = reports.written(report)
            return render_template(
                "triage/paper_month.html", ward=ward, report=report, told=told,
                subjects=_subjects(office, told.problems), categories=_subjects(office, told.categories),
            )  # fmt: skip

    @routes.get("/triage/paper/poster")
    def poster() -> ResponseReturnValue:
        _only(SHEETS)
        ward = _ward(wards())
        return render_template("triage/paper_poster.html", ward=ward, how=dialling.of(installation, ward))

    @routes.get("/triage/paper/radio")
    def radio() -> ResponseReturnValue:
        _only(SHEETS)
        ward = _ward(wards())
        return render_template("triage/paper_radio.html", ward=ward, how=dialling.of(installation, ward))


def _only(roles: Sequence[Role]) -> None:
    if not officer().holds(*roles):
        abort(404)


def _wards(county: County, who: Officer) -> Sequence[Ward]:
    """Those that she answers for; for a poster of the hotline or the county administrator every one."""
    if who.holds(Role.HOTLINE, Role.COUNTY):
        return county.wards
    return [ward for ward in county.wards if ward.code in who.wards or ward.sub_county in who.sub_counties]


def _ward(among: Sequence[Ward]) -> Ward | None:
    """The ward that the address asks for, else the only one there is."""
    asked = request.args.get("ward", "")
    if asked:
        return next((ward for ward in among if str(ward.code) == asked), None) or abort(404)
    return among[0] if len(among) == 1 else None


def _ward_of_hers(among: Sequence[Ward]) -> Ward:
    """The same for who reads cases or figures of a ward: hers, and not every one that she may print a poster for."""
    _only(WARDS)
    who = officer()
    hers = [ward for ward in among if ward.code in who.wards or ward.sub_county in who.sub_counties]
    return _ward(hers) or (hers[0] if hers else abort(404))


# The register


def _cases(session: Session, who: Officer, ward: Ward, now: datetime) -> list[Case]:
    """The ward's open grievances, and those that ended lately; the oldest first."""
    lately = or_(Case.status.in_(OPEN), Case.resolved_at >= now - ENDED_LATELY)
    query = visible_to(who).where(
        Case.ward_code == ward.code, Case.kind == Kind.GRIEVANCE, ~Case.sensitive, ~Case.practice,
        Case.status != "withdrawn", Case.joined_id.is_(None), lately,
    )  # fmt: skip
    return list(session.scalars(query.order_by(Case.received_at, Case.id).limit(LISTED)))


def _lines(session: Session, office: Office, ward: Ward, cases: Sequence[Case], now: datetime) -> list[Line]:
    known = landmarks.listed(session, office.county, ward.code)
    return [_line(office, case, known, now) for case in cases]


def _line(office: Office, case: Case, known: frozenset[str], now: datetime) -> Line:
    county, menu, opened = office.county, office.menu, case.status in OPEN
    return Line(
        case.reference, _subject(county, case.category, case.problem),
        case.landmark if case.landmark in known else "", _day(menu, case.received_at),
        _day(menu, case.due_at) if opened and case.due_at else None,
        standing.state(menu, case, now), standing.holder(county, menu, case) if opened else None,
        standing.is_late(case, now),
    )  # fmt: skip


def _day(menu: Menu, when: datetime) -> Text:
    day = local_day(when)
    return menu.all_languages(lambda language: menu.long_day(day, language))


def _subject(county: County, code: str, problem: str | None) -> Text:
    """`Maji: Bomba limepasuka`, in every language; without a problem, or with another one than is listed, `Maji`."""
    category = county.category(code)
    if category is None:
        return dict.fromkeys(county.languages, code)
    said = next((one.label for one in category.problems if one.code == problem and one.code != OTHER), None)
    if said is None:
        return category.label
    return {language: f"{short}: {said[language]}" for language, short in category.short.items() if language in said}


def _subjects(office: Office, counted: Mapping[str, int]) -> list[tuple[Text, int]]:
    """What was reported most, in words: of `WATER:BURST_PIPE` or `WATER`."""
    pairs = ((code.partition(":"), many) for code, many in counted.items())
    return [(_subject(office.county, code, problem or None), many) for (code, _, problem), many in pairs]


# The months


def _months(session: Session) -> list[MonthlyReport]:
    """The reports that her posts show her, the newest first: the policies choose them."""
    query = select(MonthlyReport).order_by(MonthlyReport.month.desc(), MonthlyReport.ward_code)
    return list(session.scalars(query.limit(MONTHS * 12)))


def _month(written: str) -> date:
    """`2026-11` → its first day."""
    try:
        return datetime.strptime(written, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        abort(404)

"""On paper: the register for the notice board, what is read aloud, the month's report, a poster, a sheet for the radio.

Nothing personal stands on any of them: no words of a resident, no number, no place that she typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.county import County, Ward
from config.wording import Text
from gateway.cases import reports, visibility
from gateway.cases.clock import local_day
from gateway.cases.desk_models import MonthlyReport
from gateway.cases.office import Office
from gateway.db import as_owner, officer_session
from gateway.installation import Installation
from gateway.people.models import Officer, Role
from gateway.triage import board, dialling, traces
from gateway.triage.sign_in import officer, only

WARDS = (Role.WARD, Role.SUB_COUNTY)
"""Whose pages about a ward these are."""
SHEETS = (*WARDS, Role.HOTLINE, Role.COUNTY)
"""Who prints a poster or a sheet for the radio: nothing of any case stands on them."""
LANGUAGES = ("sw", "en")
"""Those that the sheets are written in; what is for a notice board begins with the first."""
ALOUD = timedelta(days=30)
"""How far back the read-aloud summary looks."""
MONTHS = 24


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/paper` and what can be printed from there."""
    engine, office = installation.engine, installation.office

    def wards() -> Sequence[Ward]:
        return _wards(office.county, officer())

    @routes.get("/triage/paper")
    def paper() -> ResponseReturnValue:
        only(*SHEETS)
        with officer_session(engine, officer()) as session:
            written = _months(session) if officer().holds(*WARDS) else []
            return render_template("triage/paper.html", wards=wards(), months=written)

    @routes.get("/triage/paper/register")
    def register() -> ResponseReturnValue:
        ward, now, language = _ward_of_hers(office.county), datetime.now(UTC), _language(LANGUAGES[0])
        with officer_session(engine, officer()) as session:
            cases = board.cases(session, officer(), ward, now)
            traces.leave(session, "exported", cases, sheet="register")
            lines = board.lines(session, office, ward, cases, language, now)
        return render_template(
            "triage/paper_register.html", ward=ward, lines=lines, today=_day(now, language),
            most=board.LISTED, **_in(language),
        )  # fmt: skip

    @routes.get("/triage/paper/read-aloud")
    def read_aloud() -> ResponseReturnValue:
        ward, now = _ward_of_hers(office.county), datetime.now(UTC)
        with officer_session(engine, officer()) as session, as_owner(session):  # figures alone leave this block
            told = reports.figures(session, [ward.code], now - ALOUD, now)[ward.code]
        return render_template(
            "triage/paper_aloud.html", ward=ward, told=told, since=now - ALOUD, now=now,
            how=dialling.of(installation, ward), subjects=_spoken(_subjects(office, told.problems)),
        )  # fmt: skip

    @routes.get("/triage/paper/months/<month>/<int:ward_code>")
    def month(month: str, ward_code: int) -> ResponseReturnValue:
        ward = next((one for one in wards() if one.code == ward_code), None) or abort(404)
        with officer_session(engine, officer()) as session:
            report = session.get(MonthlyReport, (ward.code, _month(month))) or abort(404)
            told, language = reports.written(report), _language(officer().language)
            return render_template(
                "triage/paper_month.html", ward=ward, told=told, written=_day(report.made_at, language),
                month=board.month(report.month, language), subjects=_subjects(office, told.problems),
                categories=_subjects(office, told.categories), **_in(language),
            )  # fmt: skip

    @routes.get("/triage/paper/poster")
    def poster() -> ResponseReturnValue:
        only(*SHEETS)
        ward = _ward(wards())
        return render_template("triage/paper_poster.html", ward=ward, how=dialling.of(installation, ward))

    @routes.get("/triage/paper/radio")
    def radio() -> ResponseReturnValue:
        only(*SHEETS)
        ward = _ward(wards())
        return render_template("triage/paper_radio.html", ward=ward, how=dialling.of(installation, ward))


def _wards(county: County, who: Officer) -> Sequence[Ward]:
    """Those that she answers for; for a poster of the hotline or the county administrator every one."""
    return county.wards if who.holds(Role.HOTLINE, Role.COUNTY) else visibility.wards_of(county, who)


def _ward(among: Sequence[Ward]) -> Ward | None:
    """The ward that the address asks for, else the only one there is; None is the whole county."""
    asked = request.args.get("ward", "")
    if asked:
        return next((ward for ward in among if str(ward.code) == asked), None) or abort(404)
    return among[0] if len(among) == 1 else None


def _ward_of_hers(county: County) -> Ward:
    """The same for who reads cases or figures of a ward: hers, and not every one that she may print a poster for."""
    only(*WARDS)
    hers = visibility.wards_of(county, officer())
    return _ward(hers) or (hers[0] if hers else abort(404))


# Languages


def _language(usual: str) -> str:
    """The one that the address asks for, else `usual`, else the first."""
    asked = request.args.get("language", usual)
    return asked if asked in LANGUAGES else LANGUAGES[0]


def _in(language: str) -> Mapping[str, object]:
    """What a sheet in one language is given: that one, and those that it leads to."""
    return {"language": language, "others": [one for one in LANGUAGES if one != language]}


def _day(when: datetime, language: str) -> str:
    """`1 Aprili 2026`."""
    day = local_day(when)
    return f"{day.day} {board.month(day, language)}"


def _subjects(office: Office, counted: Mapping[str, int]) -> list[tuple[Text, int]]:
    """What was reported most, in words: of `WATER:BURST_PIPE` or `WATER`."""
    pairs = ((code.partition(":"), many) for code, many in counted.items())
    return [(board.subject(office.county, code, problem or None), many) for (code, _, problem), many in pairs]


def _spoken(subjects: Sequence[tuple[Text, int]]) -> list[tuple[Text, int]]:
    """The same as they are read out: `Taa, Haziwaki`, and `Bili ya maji` alone for `Maji: Bili ya maji`."""

    def said(name: str) -> str:
        about, _, problem = name.partition(": ")
        return problem if about.casefold() in problem.casefold() else name.replace(": ", ", ")

    return [({language: said(name) for language, name in text.items()}, many) for text, many in subjects]


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

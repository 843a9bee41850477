"""What we hold of a number: all of it for whose desk it is, and of what is confidential not even that there is any."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from gateway.cases import actions, conflicts, holdings, notices, requests
from gateway.cases.models import Case
from gateway.people.models import Officer, Role
from tests.cases.stage import AMINA, Stage


def held_of(stage: Stage, reference: str, officer: Officer) -> holdings.Holdings:
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        held = holdings.read(session, case, officer)
    assert held is not None
    return held


def exported(stage: Stage, reference: str, officer: Officer) -> dict[str, Any]:
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        found = holdings.export(session, stage.office, case, officer, stage.now)
    assert found is not None
    return found


def references(held: holdings.Holdings) -> list[str]:
    return [case.reference for case in held.cases]


def ask_to_see(stage: Stage) -> tuple[str, list[str]]:
    """Wanjiku asks for her data; her request's reference, and those of the confidential desks."""
    stage.receive("DATA")
    with stage.transaction() as session:
        found = session.scalars(select(Case).where(Case.category == "data_see").order_by(Case.id)).all()
    return found[0].reference, [case.reference for case in found[1:]]


def test_the_desk_reads_every_report_of_the_number_whoever_has_it_now(stage: Stage) -> None:
    water, roads = stage.file(), stage.file(category="ROADS")
    stage.file(phone=AMINA)
    request, _ = ask_to_see(stage)
    held = held_of(stage, request, stage.officer(Role.HOTLINE))
    assert references(held) == [request, roads, water]
    assert (held.phone, held.language, held.ward_code) == ("+254 7** *** 001", "sw", 1014)
    assert (held.sent, held.received, held.calls, held.stopped_at) == (3, 1, 0, None)


def test_a_confidential_report_is_on_the_ombudsmans_page_alone(stage: Stage) -> None:
    water, secret = stage.file(), stage.file(category="CORRUPT", words="Hongo ya daraja")
    request, [mirror] = ask_to_see(stage)
    hotline, ombudsman = stage.officer(Role.HOTLINE), stage.officer(Role.OMBUDSMAN)
    plain = exported(stage, request, hotline)
    assert references(held_of(stage, request, hotline)) == [request, water]
    assert secret not in str(plain)
    assert mirror not in str(plain)
    assert references(held_of(stage, mirror, ombudsman)) == [mirror, secret]
    hers = exported(stage, mirror, ombudsman)
    assert [one["words"] for one in hers["reports"] if one["reference"] == secret] == ["Hongo ya daraja"]
    assert water not in str(hers)
    assert hers["texts_about_no_report"] == []


def test_the_page_of_the_desk_is_the_same_with_and_without_something_confidential(stage: Stage) -> None:
    """But for how many texts she was sent by then: those about it are counted for the ombudsman."""
    hotline = stage.officer(Role.HOTLINE)
    stage.file()
    without = held_of(stage, ask_to_see(stage)[0], hotline)
    stage.set("TRUNCATE cases, message, incoming_sms, intake, resident CASCADE")
    stage.file()
    stage.file(category="STAFF")
    within = held_of(stage, ask_to_see(stage)[0], hotline)
    assert len(within.cases) == len(without.cases)
    assert (within.sent, within.received, within.calls) == (without.sent, without.received, without.calls)


def test_what_is_about_the_officer_herself_is_out_of_her_sight_here_too(stage: Stage) -> None:
    secret = stage.file(category="STAFF", words="Karani wa simu ni mkali")
    agent, other, ombudsman = stage.officer(Role.HOTLINE), stage.officer(Role.HOTLINE), stage.officer(Role.OMBUDSMAN)
    stage.do(conflicts.name, secret, ombudsman, [agent.id])
    stage.do(actions.release, secret, ombudsman, "Si siri.")
    request, _ = ask_to_see(stage)
    assert references(held_of(stage, request, agent)) == [request]
    assert references(held_of(stage, request, other)) == [request, secret]


def test_what_is_handed_out_has_her_words_the_texts_and_who_looked_at_her_number(stage: Stage) -> None:
    water = stage.file(words="Bomba limepasuka", landmark="Kwa Juma")
    stage.set("UPDATE message SET status = 'sent', sent_at = :now", now=stage.now)
    ward = stage.officer()
    stage.do(actions.show_number, water, ward, "Kuuliza mahali")
    stage.do(actions.note, water, ward, "Neno la ndani")
    with stage.transaction() as session:
        notices.keep(session, stage.office, stage.now)
    request, _ = ask_to_see(stage)
    found = exported(stage, request, stage.officer(Role.HOTLINE))
    [report] = [one for one in found["reports"] if one["reference"] == water]
    assert (report["words"], report["place"], report["ward"]) == ("Bomba limepasuka", "Kwa Juma", "Shirere")
    assert report["who_looked_at_the_number"] == [
        {"at": "2026-11-23T09:00+03:00", "who": "Rose", "why": "Kuuliza mahali"}
    ]
    assert [text["sent"] for text in report["texts"]] == ["to her"]
    assert [one["what"] for one in report["history"]] == ["filed", "number_shown", "note"]
    assert found["privacy_notices"][0]["version"] == stage.office.notice
    assert "Neno la ndani" not in str(found)
    assert "+254711000001" not in str(found)


def test_when_it_is_erased_nothing_is_held(stage: Stage) -> None:
    stage.file()
    request = stage.file(category="data_erase")
    agent = stage.officer(Role.HOTLINE)
    stage.do(requests.erase, request, agent, "Alipigiwa.")
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == request)).one()
        assert holdings.read(session, case, agent) is None
        assert holdings.export(session, stage.office, case, agent, stage.now) is None


def test_each_version_of_the_notice_is_kept_once_with_its_words(stage: Stage) -> None:
    for _ in range(2):
        with stage.transaction() as session:
            assert notices.keep(session, stage.office, stage.now) == 0
    with stage.transaction() as session:
        kept = notices.read(session, stage.office.notice)
        assert kept is not None
        assert kept.since == stage.now
        assert "Faragha: Kaunti ya Kakamega huhifadhi nambari" in kept.texts["sw"][0]
        assert " 24 months " in kept.texts["en"][0]
        assert notices.read(session, "000000000000") is None
    assert notices.version_of(kept.texts) == stage.office.notice
    assert notices.version_of({"sw": ["Faragha"]}) != notices.version_of({"sw": ["Faragha."]})

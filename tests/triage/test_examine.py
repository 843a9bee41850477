"""What the auditor reads: figures, histories without words, and no other page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from gateway.cases import actions
from gateway.cases.models import Case, Ending
from gateway.cases.references import spoken
from gateway.db import officer_session
from gateway.people.models import Audit, Role
from tests.cases.stage import SHEYWE, Stage
from tests.triage.conftest import Browser

WORDS = "Bomba limepasuka karibu na soko"
LIST = "/triage/examine/cases"


@pytest.fixture
def auditor(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.AUDITOR)


def figures(page: str) -> dict[str, str]:
    return dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", page))


def test_her_figures_count_what_is_not_confidential_and_no_practice(auditor: Browser, stage: Stage) -> None:
    stage.file(words=WORDS)
    stage.file(phone="+254733000002", ward_code=SHEYWE, category="ROADS")
    stage.file(phone="+254733000003", category="CORRUPT")
    practice = stage.file(phone="+254733000004")
    stage.set("UPDATE cases SET practice = true WHERE reference = :it", it=practice)
    page = auditor.read("/triage/")
    assert figures(page)["Cases"] == "2"
    assert figures(page)["Not raised"] == "2"
    assert "Shirere" in page
    assert WORDS not in page
    assert figures(auditor.read(f"/triage/?ward={SHEYWE}"))["Cases"] == "1"
    assert figures(auditor.read("/triage/?category=CORRUPT"))["Cases"] == "0"
    assert figures(auditor.read("/triage/?month=2001-01&state=x&ward=y"))["Cases"] == "0"


def test_what_residents_say_is_counted_apart(auditor: Browser, stage: Stage) -> None:
    for number, said in enumerate(("confirmed", "confirmed", "unconfirmed", "disputed")):
        reference = stage.file(phone=f"+25473300001{number}")
        stage.set(
            "UPDATE cases SET confirmation = :said, status = 'closed', ending = 'fixed' WHERE reference = :it",
            said=said, it=reference,
        )  # fmt: skip
    shown = figures(auditor.read("/triage/"))
    assert (shown["Confirmed by the resident"], shown["Not confirmed"], shown["Disputed"]) == ("2", "1", "1")
    assert shown["Fixed"] == "4"


def test_a_history_has_codes_times_and_names_but_no_words(auditor: Browser, ward: Browser, stage: Stage) -> None:
    reference = stage.file(words=WORDS, landmark="Kwa Mzee Juma")
    stage.do(actions.note, reference, ward.who, "Niliongea na jirani")
    stage.do(actions.end, reference, ward.who, Ending.CANNOT_NOW, "Hakuna pesa mwaka huu")
    page = auditor.read(f"{LIST}/{reference}")
    for told in ("Note by Rose", "Ended by Rose: Cannot be done now", "Shirere", spoken(reference)):
        assert told in page
    for hidden in (WORDS, "Mzee Juma", "jirani", "Hakuna pesa", "+254", "***"):
        assert hidden not in page
    assert f'href="{LIST}/{reference}"' in auditor.read(f"{LIST}?state=resolved")
    assert reference not in auditor.read(f"{LIST}?state=new")
    found = auditor.get(f"/triage/examine/case?reference={spoken(reference).replace(' ', '+')}")
    assert (found.status_code, found.location) == (303, f"{LIST}/{reference}")
    assert auditor.get("/triage/examine/case?reference=12").location == LIST
    with stage.transaction() as session:
        read = session.scalars(select(Audit).where(Audit.name == "history_read")).all()
    assert [line.case_ids for line in read] == [[stage.case(reference).id]]


def test_a_confidential_case_does_not_exist_for_her(auditor: Browser, stage: Stage) -> None:
    reference = stage.file(category="CORRUPT")
    unknown = auditor.get(f"{LIST}/00000000")
    answer = auditor.get(f"{LIST}/{reference}")
    assert (answer.status_code, answer.text) == (404, unknown.text)
    assert spoken(reference) not in auditor.read(LIST)


def test_the_pages_of_the_others_are_none_of_hers(auditor: Browser, stage: Stage) -> None:
    reference = stage.file(words=WORDS)
    for address in (
        f"/triage/cases/{reference}", "/triage/find?reference=48217739", "/triage/texts", "/triage/call-backs",
        "/triage/announce", "/triage/costs", "/triage/giving-up", "/triage/call",
    ):  # fmt: skip
        assert auditor.get(address).status_code == 404, address
    assert auditor.act(reference, "take").status_code == 404
    assert auditor.act(reference, "number", words="x").status_code == 404
    assert stage.history(reference) == ["filed"]


def test_her_pages_are_nobody_elses(browser: Callable[..., Browser], stage: Stage) -> None:
    reference = stage.file()
    for role in Role:
        if role is not Role.AUDITOR:
            reader = browser(role)
            for address in (LIST, f"{LIST}/{reference}", "/triage/examine/case?reference=48217739"):
                assert reader.get(address).status_code == 404, (role, address)


@pytest.mark.parametrize(
    "asked",
    [
        "SELECT * FROM cases", "SELECT words FROM cases", "SELECT landmark FROM cases", "SELECT reason FROM cases",
        "SELECT resident_id FROM cases", "SELECT words FROM case_event", "SELECT * FROM case_event",
        "SELECT * FROM resident", "SELECT * FROM message", "SELECT * FROM incoming_sms", "SELECT * FROM call_back",
        "SELECT password_hash FROM officer", "UPDATE cases SET status = 'new'", "SELECT * FROM sign_in",
    ],
)  # fmt: skip
def test_her_role_of_the_database_reads_no_words_and_no_number(auditor: Browser, stage: Stage, asked: str) -> None:
    stage.file(words=WORDS)
    with officer_session(stage.engine, auditor.who) as session:
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text(asked))
        session.rollback()


def test_her_role_of_the_database_sees_no_confidential_case(auditor: Browser, stage: Stage) -> None:
    plain, secret = stage.file(), stage.file(category="CORRUPT", phone="+254733000002")
    with officer_session(stage.engine, auditor.who) as session:
        assert session.scalars(select(Case.reference)).all() == [plain]
        assert session.scalar(text("SELECT count(*) FROM case_event")) == 1
    assert stage.history(secret) == ["filed"]


def test_her_list_goes_on_page_by_page(auditor: Browser, stage: Stage) -> None:
    for number in range(52):
        stage.file(phone=f"+2547330001{number:02}")
    first = auditor.read(LIST)
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further
    assert len(auditor.references(LIST)) == 50
    assert len(auditor.references(further[1].replace("&amp;", "&"))) == 2

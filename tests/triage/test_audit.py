"""The audit on its page: which line each page leaves, who reads it, and who was affected between two times."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from config.zone import NAIROBI
from gateway.cases import actions
from gateway.cases.models import Ending
from gateway.cases.references import spoken
from gateway.db import officer_session
from gateway.people import audit
from gateway.people.models import Audit, Role
from gateway.triage.audit_words import LABELS
from tests.cases.aside import put_aside
from tests.cases.stage import Stage
from tests.triage.conftest import Browser

Open = Callable[..., Browser]
PAGE, AFFECTED = "/triage/audit", "/triage/audit/affected"
READERS = (Role.COUNTY, Role.AUDITOR, Role.OMBUDSMAN, Role.COUNTY_SECRETARY)
OPENED = "Opened the case"


def lines(stage: Stage, name: str) -> list[Audit]:
    with stage.transaction() as session:
        return list(session.scalars(select(Audit).where(Audit.name == name).order_by(Audit.id)))


def sentences(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def test_every_page_that_shows_cases_leaves_one_line_with_their_ids(ward: Browser, stage: Stage) -> None:
    first, second = stage.case(stage.file()), stage.case(stage.file(phone="+254733000009"))
    ward.get("/triage/")
    ward.case(first.reference)
    ward.get("/triage/cases/00000000")
    [listed], [opened] = lines(stage, "listed"), lines(stage, "case_opened")
    assert sorted(listed.case_ids or []) == [first.id, second.id]
    assert (opened.case_ids, opened.officer_id, opened.confidential) == ([first.id], ward.who.id, False)
    assert opened.address == "127.0.0.1"


def test_what_ended_before_is_shown_beside_a_case_on_record(ward: Browser, stage: Stage) -> None:
    old = stage.file(problem="BURST_PIPE")
    stage.do(actions.end, old, ward.who, Ending.CANNOT_NOW, "Hakuna pesa.")
    new = stage.file(phone=stage.phone(), problem="BURST_PIPE")
    assert "How the same problem ended before" in ward.case(new)
    seen = [case_id for line in lines(stage, "listed") for case_id in line.case_ids or []]
    assert stage.case(old).id in seen


def test_a_page_that_shows_no_case_leaves_no_line(ward: Browser, stage: Stage) -> None:
    ward.get("/triage/")
    assert lines(stage, "listed") == []


def test_a_refused_form_shows_the_case_again_and_leaves_a_line_again(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    assert ward.act(reference, "note", words="").status_code == 422
    assert len(lines(stage, "case_opened")) == 1


def test_texts_set_aside_are_read_on_record_and_confidential_ones_apart(browser: Open, stage: Stage) -> None:
    put_aside(stage, words="Maji hayatoki")
    browser(Role.HOTLINE).get("/triage/texts")
    [line] = lines(stage, "texts_listed")
    assert (line.case_ids, line.confidential, len(line.data["texts"])) == ([], False, 1)


@pytest.mark.parametrize("role", list(Role))
def test_the_audit_opens_for_its_readers_alone(browser: Open, role: Role) -> None:
    reader = browser(role)
    assert reader.get(PAGE).status_code == (200 if role in READERS else 404)
    of_cases = role in READERS and role is not Role.COUNTY
    assert reader.get(AFFECTED).status_code == (200 if of_cases else 404)
    assert reader.get(f"{AFFECTED}.csv?since=2026-11-01&until=2026-11-02").status_code == (200 if of_cases else 404)


def test_each_reader_sees_her_own_part_and_nothing_of_the_others(browser: Open, ward: Browser, stage: Stage) -> None:
    plain, secret = stage.file(), stage.file(category="CORRUPT", phone="+254733000009")
    hers = stage.file(category="CORRUPT", phone="+254733000010")
    stage.set("UPDATE cases SET about_ombudsman = true, desk = 'county_secretary' WHERE reference = :it", it=hers)
    ombudsman, secretary, auditor = browser(Role.OMBUDSMAN), browser(Role.COUNTY_SECRETARY), browser(Role.AUDITOR)
    county = browser(Role.COUNTY)
    ward.case(plain)
    ombudsman.case(secret)
    secretary.case(hers)
    shown = {reader.who.id: reader.read(PAGE) for reader in (ombudsman, secretary, auditor, county)}
    for reader, reference in ((ombudsman, secret), (secretary, hers), (auditor, plain)):
        page = shown[reader.who.id]
        assert OPENED in sentences(page)
        for other in (plain, secret, hers):
            assert (spoken(other) in page) is (other == reference)
    page = shown[county.who.id]
    assert OPENED not in page
    assert not any(spoken(one) in page for one in (plain, secret, hers))
    for unknown in (secret, hers):
        assert sentences(auditor.read(f"{PAGE}?case={unknown}")) == []
    assert sentences(ombudsman.read(f"{PAGE}?case={hers}")) == []


def test_lines_about_accounts_are_read_by_who_makes_them_and_by_the_auditor(browser: Open, stage: Stage) -> None:
    somebody = stage.officer()
    with stage.transaction() as session:
        audit.append(session, "sign_in_failed", about_id=somebody.id, address="10.0.0.7")
        audit.append(session, "post_given", about_id=somebody.id, role="ward", ward=1014)
    for role in READERS:
        page = browser(role).read(PAGE)
        assert ("Sign-in failed" in sentences(page)) is (role in (Role.COUNTY, Role.AUDITOR)), role
    county = browser(Role.COUNTY)
    page = county.read(f"{PAGE}?officer={somebody.id}&sort=account")
    assert sentences(page) == ["Gave a post"]
    assert "Ward administrator; Shirere ward" in page
    assert "By itself" in page
    assert "from 10.0.0.7" in county.read(f"{PAGE}?sort=sign_in")


def test_who_saw_a_case_before_it_became_confidential_is_read_by_the_ombudsman_then(
    browser: Open, ward: Browser, stage: Stage
) -> None:
    reference, auditor, ombudsman = stage.file(), browser(Role.AUDITOR), browser(Role.OMBUDSMAN)
    ward.case(reference)
    ward.get("/triage/")
    assert OPENED in sentences(auditor.read(PAGE))
    stage.set("UPDATE cases SET sensitive = true, desk = 'confidential' WHERE reference = :it", it=reference)
    assert spoken(reference) not in auditor.read(PAGE)
    assert OPENED not in sentences(auditor.read(PAGE))
    assert {OPENED, "Was shown 1 case"} <= set(sentences(ombudsman.read(f"{PAGE}?case={reference}")))


def test_the_audit_is_searched_by_case_officer_time_and_kind(browser: Open, ward: Browser, stage: Stage) -> None:
    first, second = stage.file(), stage.file(phone="+254733000009")
    other, auditor = browser(), browser(Role.AUDITOR)
    ward.case(first)
    other.case(second)
    stage.do(actions.take, second, other.who)
    found = auditor.read(f"{PAGE}?case={spoken(second).replace(' ', '+')}")
    assert set(sentences(found)) == {OPENED, "Taken", "Filed"}
    assert spoken(first) not in found
    assert spoken(second) not in auditor.read(f"{PAGE}?officer={ward.who.id}&sort=opened")
    assert sentences(auditor.read(f"{PAGE}?officer={other.who.id}&sort=changed")) == ["Taken"]
    now = stage.now.astimezone(NAIROBI)
    assert (
        sentences(auditor.read(f"{PAGE}?sort=opened&since={now - timedelta(hours=1):%Y-%m-%dT%H:%M}")) == [OPENED] * 2
    )
    assert sentences(auditor.read(f"{PAGE}?sort=opened&until={now - timedelta(days=1):%Y-%m-%d}")) == []


@pytest.mark.parametrize(
    "asked", ["case=12", "since=gestern", "until=2026-13-40", "officer=999999", "officer=x", "sort=everything"]
)
def test_a_search_that_cannot_be_read_says_so_at_the_field(browser: Open, asked: str) -> None:
    answer = browser(Role.AUDITOR).get(f"{PAGE}?{asked}")
    assert answer.status_code == 422
    assert f'id="audit-{asked.partition("=")[0]}-wrong"' in answer.text or "Not a valid choice" in answer.text


def test_older_lines_follow_page_by_page_and_none_twice(browser: Open, ward: Browser, stage: Stage) -> None:
    reference, auditor = stage.file(), browser(Role.AUDITOR)
    stage.set(
        "INSERT INTO audit (name, officer_id, case_ids, at) SELECT 'case_opened', :who, ARRAY[:id],"
        " now() - (n / 3) * interval '1 second' FROM generate_series(1, 120) AS n",
        who=ward.who.id, id=stage.case(reference).id,
    )  # fmt: skip
    address, seen = f"{PAGE}?case={reference}", 0
    for _ in range(5):
        page = auditor.read(address)
        seen += len(sentences(page))
        further = re.search(r'rel="next" href="([^"]+)"', page)
        if not further:
            break
        address = further[1].replace("&amp;", "&")
    assert seen == 121
    assert auditor.get(f"{PAGE}?before=nonsense").status_code == 200


def test_who_was_affected_is_told_case_by_case(browser: Open, ward: Browser, stage: Stage) -> None:
    first, second = stage.file(words="Maji hayatoki"), stage.file(phone="+254733000009")
    secret = stage.file(category="CORRUPT", phone="+254733000010")
    auditor, ombudsman = browser(Role.AUDITOR), browser(Role.OMBUDSMAN)
    ward.get("/triage/")
    ward.case(first)
    ward.act(first, "number", words="To call her")
    ward.act(second, "take")
    ombudsman.case(secret)
    now = stage.now.astimezone(NAIROBI)
    window = f"since={now - timedelta(hours=1):%Y-%m-%dT%H:%M}&until={now + timedelta(hours=1):%Y-%m-%dT%H:%M}"
    page = auditor.read(f"{AFFECTED}?{window}")
    figures = dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", page))
    assert figures == {
        "Cases, each once": "2", "Opened": "1", "Listed": "2", "Exported": "0", "Number shown": "1", "Changed": "1",
        "Residents whose number was shown": "1", "Texts set aside, listed": "0",
    }  # fmt: skip
    assert spoken(secret) not in page
    assert "Maji" not in page
    answer = auditor.get(f"{AFFECTED}.csv?{window}&officer={ward.who.id}")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert {(row["Reference"], row["What"], row["Who"]) for row in rows} == {
        (spoken(first), "Listed", "Rose"), (spoken(second), "Listed", "Rose"), (spoken(first), "Opened", "Rose"),
        (spoken(first), "Number shown", "Rose"), (spoken(second), "Changed", "Rose"),
    }  # fmt: skip
    [exported] = lines(stage, "exported")
    assert sorted(exported.case_ids or []) == [stage.case(first).id, stage.case(second).id]
    hers = ombudsman.read(f"{AFFECTED}?{window}")
    assert spoken(secret) in hers
    assert spoken(first) not in hers


def test_who_was_affected_can_be_asked_for_an_address_of_the_network(
    browser: Open, ward: Browser, stage: Stage
) -> None:
    first, second = stage.file(), stage.file(phone="+254733000009")
    other, auditor = browser(), browser(Role.AUDITOR)
    ward.case(first)
    other.client.environ_base["REMOTE_ADDR"] = "10.9.9.9"
    other.case(second)
    today = f"since={stage.now.astimezone(NAIROBI):%Y-%m-%d}&until={stage.now.astimezone(NAIROBI):%Y-%m-%d}"
    page = auditor.read(f"{AFFECTED}?{today}&address=10.9.9.9")
    assert spoken(second) in page
    assert spoken(first) not in page
    assert "<dd>0</dd>" in auditor.read(f"{AFFECTED}?{today}&address=10.1.1.1")


@pytest.mark.parametrize("asked", ["since=2026-11-01&until=2026-10-01", "since=2026-01-01&until=2026-03-01", "since=x"])
def test_two_times_that_make_no_window_are_refused(browser: Open, asked: str) -> None:
    auditor = browser(Role.AUDITOR)
    assert auditor.get(f"{AFFECTED}?{asked}").status_code == 422
    assert auditor.get(f"{AFFECTED}.csv?{asked}").status_code == 404


def test_lines_are_told_in_words_and_long_lists_are_folded(browser: Open, ward: Browser, stage: Stage) -> None:
    for number in range(4):
        stage.file(phone=f"+25473300001{number}")
    ward.get("/triage/")
    with stage.transaction() as session:
        audit.append(session, "ward_covered", ward=1014, why="silent")
        audit.append(session, "sign_in_failed", about_id=ward.who.id, by="password", locked=True)
        audit.append(session, "leave_set", officer_id=ward.who.id, first_day="2026-11-22", last_day="2026-11-29")
        audit.append(session, "trainer_added", officer_id=ward.who.id, trainer=77)
    page = browser(Role.AUDITOR).read(PAGE)
    assert "Was shown 4 cases" in sentences(page)
    assert "<summary>4 cases</summary>" in page
    for told in ("Shirere ward; Why: silent", "By itself", "By password; Locked", "From Sun 22 Nov; Until Sun 29 Nov"):
        assert told in page
    assert page.count("Nobody signed in") == 1
    assert "77" not in re.sub(r"\d{4} \d{4}|/\d{8}", "", page[page.index("Added a trainer") :][:200])


def test_an_officer_who_left_is_still_found_and_named(browser: Open, ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    ward.case(reference)
    stage.set("UPDATE officer SET active = false, left_at = now(), name = 'Rose Left' WHERE id = :id", id=ward.who.id)
    page = browser(Role.AUDITOR).read(f"{PAGE}?officer={ward.who.id}")
    assert "Rose Left" in page


def test_the_look_at_a_number_without_a_case_stands_in_the_audit(browser: Open, stage: Stage) -> None:
    stage.set(
        "INSERT INTO call_back (hour, due_at, resident_id) SELECT 'any', now(), resident.id FROM cases"
        " JOIN resident ON resident.id = resident_id WHERE reference = :it",
        it=stage.file(),
    )  # fmt: skip
    hotline = browser(Role.HOTLINE)
    number = re.search(r"/triage/call-backs/(\d+)/number", hotline.read("/triage/call-backs"))
    assert number
    assert hotline.post(f"/triage/call-backs/{number[1]}/number").status_code == 200
    [line] = lines(stage, "number_shown")
    assert (line.case_ids, line.data) == ([], {"call_back": int(number[1])})


def test_the_list_of_call_backs_leaves_a_line_about_the_cases_in_it(browser: Open, stage: Stage) -> None:
    case = stage.case(stage.file(hour="any"))
    hotline = browser(Role.HOTLINE)
    hotline.get("/triage/call-backs")
    [line] = lines(stage, "listed")
    assert (line.case_ids, line.officer_id, line.confidential) == ([case.id], hotline.who.id, False)


@pytest.mark.parametrize(
    ("way", "name"), [("case", "text_filed"), ("again", "text_tried_again"), ("aside", "text_set_aside")]
)
@pytest.mark.parametrize("role", [Role.HOTLINE, Role.OMBUDSMAN, Role.COUNTY_SECRETARY])
def test_whoever_settles_a_text_set_aside_leaves_a_line_for_who_may_read_of_it(
    browser: Open, stage: Stage, role: Role, way: str, name: str
) -> None:
    secret, about = role is not Role.HOTLINE, role is Role.COUNTY_SECRETARY
    text_id = put_aside(stage, "Karani alitaka hongo" if secret else "Maji", sensitive=secret, about_ombudsman=about)
    who = browser(role)
    assert who.post(f"/triage/texts/{text_id}/{way}").status_code == 303
    assert who.post(f"/triage/texts/{text_id}/{way}").status_code == 303
    [line] = lines(stage, name)
    assert (line.officer_id, line.case_ids, line.confidential) == (who.who.id, [], secret)
    assert line.data == {"texts": [text_id], "about_ombudsman": about}
    for reader in (Role.AUDITOR, Role.OMBUDSMAN, Role.COUNTY_SECRETARY):
        sees = reader is (role if secret else Role.AUDITOR)
        assert (LABELS[name] in sentences(browser(reader).read(PAGE))) is sees, reader


def test_a_limit_and_an_announcement_leave_a_line_each_once(browser: Open, stage: Stage) -> None:
    county = browser(Role.COUNTY)
    for _ in range(2):
        county.post("/triage/costs/limit", amount="20,000")
    [limit] = lines(stage, "spending_limit_set")
    assert (limit.officer_id, limit.case_ids, limit.data) == (county.who.id, None, {"amount": "20000"})
    told = {"ward": "1014", "words_sw": "Maji yanarudi kesho", "words_en": "Water is back tomorrow", "nonce": "n" * 20}
    for _ in range(2):
        assert county.post("/triage/announce", **told).status_code == 303
    [announced] = lines(stage, "announced")
    assert (announced.officer_id, announced.data) == (county.who.id, {"ward": 1014, "people": 0})


def test_the_auditor_is_shown_no_address_of_an_officer_and_none_of_the_network(
    browser: Open, ward: Browser, stage: Stage
) -> None:
    ward.case(stage.file())
    auditor = browser(Role.AUDITOR)
    for address in (PAGE, AFFECTED):
        page = auditor.read(address)
        assert OPENED in page or address != PAGE
        assert ("@" in page, "127.0.0.1" in page) == (False, False)
    for column in ("email FROM officer", "address FROM audit"):
        with officer_session(stage.engine, auditor.who) as session, pytest.raises(ProgrammingError, match="denied"):
            session.execute(text(f"SELECT {column}"))

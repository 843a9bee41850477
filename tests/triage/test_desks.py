"""The hotline's desk, the ombudsman's call-backs and the county administrator's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from gateway.cases import erasing
from gateway.cases.models import CallBack, Case, Channel, Desk, Kind, NumberLook, Status
from gateway.cases.references import spoken
from gateway.db import officer_session
from gateway.people.models import Role
from tests.cases.stage import AMINA, SHIRERE, WANJIKU, Stage
from tests.triage.conftest import TOKEN, Browser


@pytest.fixture
def hotline(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.HOTLINE)


@pytest.fixture
def ombudsman(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.OMBUDSMAN)


def ask_to_be_called(stage: Stage, reference: str | None, hour: str = "today") -> int:
    """Wanjiku asks to be called, about a case or about nothing; the id of her call-back."""
    resident, case = stage.resident(), stage.case(reference) if reference else None
    assert resident is not None
    with stage.transaction() as session:
        call = CallBack(
            resident_id=resident.id, case_id=case.id if case else None, hour=hour, due_at=stage.now + timedelta(hours=8)
        )
        session.add(call)
        session.flush()
        return call.id


# Cases without a ward


def test_the_hotline_gives_cases_without_a_ward_their_ward(hotline: Browser, ward: Browser, stage: Stage) -> None:
    reference = stage.file(ward_code=None, channel=Channel.SMS, words="Hakuna maji Ingotse")
    stage.file()
    assert hotline.references() == [reference]
    page = hotline.case(reference)
    assert "Give it a ward" in page
    assert '<optgroup label="Lurambi">' in page
    answer = hotline.act(reference, "route", ward=str(SHIRERE))
    assert answer.location == "/triage/"
    assert (stage.case(reference).ward_code, stage.case(reference).desk) == (SHIRERE, Desk.WARD)
    assert hotline.references() == []
    assert reference in ward.references()


# Logging a call


def form_of(hotline: Browser, phone: str = "") -> str:
    """The page of the form, for a caller with this number."""
    return hotline.post("/triage/log-call/caller", phone=phone).text


def nonce_of(page: str) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page)
    assert found
    return found[1]


def log(hotline: Browser, **fields: str) -> str:
    """Send the form as the page gave it; the text of the answer."""
    nonce = fields.pop("nonce", None) or nonce_of(form_of(hotline))
    usual = {"nonce": nonce, "language": "sw", "ward": "1014", "phone": "0711 000 001"}
    usual |= {} if "about" in fields else {"code": "11"}
    return hotline.post("/triage/log-call", **(usual | fields)).text


def test_a_logged_call_is_a_case_with_a_reference_to_read_aloud(hotline: Browser, ward: Browser, stage: Stage) -> None:
    page = log(hotline, place="Soko", words="Maji hayatoki tangu Jumatatu")
    case = stage.only_case()
    assert f'data-testid="reference">{case.reference[:4]} {case.reference[4:]}</p>' in page
    assert (case.channel, case.category, case.problem) == (Channel.HOTLINE, "WATER", "NO_WATER")
    assert (case.ward_code, case.landmark, case.words) == (SHIRERE, "Soko", "Maji hayatoki tangu Jumatatu")
    assert stage.resident(WANJIKU) is not None
    assert stage.letters(case.reference) == [("received_text", "queued")]
    assert ward.references() == [case.reference]
    assert "Promised: an answer by" in page
    assert "Secret number" not in page


def test_a_form_sent_again_when_its_answer_is_forgotten_shows_the_reference_and_no_secret(
    hotline: Browser, stage: Stage
) -> None:
    nonce = nonce_of(form_of(hotline))
    assert "Secret number" in log(hotline, nonce=nonce, phone="")
    reference = stage.only_case().reference
    stage.set("UPDATE intake SET answer = '{}'")
    page = log(hotline, nonce=nonce, phone="")
    assert f'data-testid="reference">{reference[:4]} {reference[4:]}</p>' in page
    assert "Secret number" not in page
    assert stage.only_case().reference == reference


def test_the_same_form_sent_again_files_nothing_more_and_reads_the_same(hotline: Browser, stage: Stage) -> None:
    nonce = nonce_of(form_of(hotline))
    said = [TOKEN.sub("", log(hotline, nonce=nonce, words="Maneno").partition("<main")[2]) for _ in range(2)]
    assert said[0] == said[1]
    assert "Maneno mengine</textarea>" in log(hotline, nonce=nonce, words="Maneno mengine"), "and other words come back"
    assert stage.count(Case) == 1
    assert len(stage.letters()) == 1


def test_the_nonce_of_another_agent_opens_nothing(
    hotline: Browser, browser: Callable[..., Browser], stage: Stage
) -> None:
    nonce = nonce_of(form_of(hotline))
    mine = log(hotline, nonce=nonce)
    assert log(browser(Role.HOTLINE), nonce=nonce) != mine
    assert stage.count(Case) == 2


def test_who_gives_no_number_gets_a_secret_that_is_read_aloud_once(hotline: Browser, stage: Stage) -> None:
    page = log(hotline, phone="")
    case = stage.only_case()
    found = re.search(r'<b class="number">(\d{4})</b>', page)
    assert found
    assert case.resident_id is None
    assert case.secret_hash == stage.office.vault.secret_hash(case.reference, found[1])
    assert "No SMS is sent: there is no number." in page
    assert stage.letters() == []


def test_without_a_ward_it_goes_to_the_county_desk(hotline: Browser, stage: Stage) -> None:
    log(hotline, ward="")
    assert stage.only_case().desk is Desk.COUNTY
    assert hotline.references() == [stage.only_case().reference]


@pytest.mark.parametrize(
    ("about", "category", "kind"),
    [
        ("OTHER:", "OTHER", Kind.GRIEVANCE),
        ("IDEA:", "IDEA", Kind.FEEDBACK),
        ("PRAISE:", "PRAISE", Kind.FEEDBACK),
        ("DISASTER:", "DISASTER", Kind.GRIEVANCE),
    ],
)
def test_everything_that_people_call_about_can_be_filed(
    hotline: Browser, stage: Stage, about: str, category: str, kind: Kind
) -> None:
    log(hotline, about=about)
    assert (stage.only_case().category, stage.only_case().kind) == (category, kind)


def test_a_national_matter_is_recorded_as_referred(hotline: Browser, stage: Stage) -> None:
    log(hotline, code="891")
    case = stage.only_case()
    assert (case.status, case.desk, case.referred_to) == (Status.REFERRED, Desk.OUTSIDE, "Kenya Power (KPLC)")


def test_a_confidential_call_goes_past_the_ward_to_the_ombudsman_with_its_call_back(
    hotline: Browser, ward: Browser, ombudsman: Browser, stage: Stage
) -> None:
    log(hotline, code="s1", hour="evening", words="Anataka ushauri")
    case = stage.only_case()
    assert (case.sensitive, case.words) == (True, None)
    assert stage.letters() == []
    assert ward.references() == hotline.references() == []
    assert "Wants a call <b>in the evening</b>" in ombudsman.read("/triage/call-backs")
    assert "Nobody waits for a call." in hotline.read("/triage/call-backs")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"about": ""}, "Choose what it is about."),
        ({"about": "WATER:MAGIC"}, "Not a valid choice."),
        ({"ward": "9999"}, "No ward is called so."),
        ({"phone": "12"}, "This is not a telephone number."),
        ({"phone": "0711 000 001x" * 3}, "This is not a telephone number."),
        ({"phone": "", "hour": "morning"}, "To call back, we need the number."),
        ({"words": "x" * 2001}, "Too long: at most 2000 letters."),
        ({"nonce": "<script>"}, "Reload the page and try again."),
        ({"language": "fr"}, "Not a valid choice."),
    ],
)
def test_a_call_that_is_not_complete_is_not_filed_and_says_why(
    hotline: Browser, stage: Stage, fields: dict[str, str], sentence: str
) -> None:
    page = log(hotline, **{"words": "Maji", **fields})
    assert sentence in page
    assert "<script>" not in page
    assert stage.count(Case) == 0


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.HOTLINE])
def test_only_the_hotline_logs_calls(browser: Callable[..., Browser], stage: Stage, role: Role) -> None:
    reader = browser(role)
    assert reader.get("/triage/log-call").status_code == 404
    assert reader.post("/triage/log-call", about="WATER:NO_WATER").status_code == 404
    assert stage.count(Case) == 0


# Call-backs


def test_the_list_shows_who_waits_since_when_and_no_number(hotline: Browser, stage: Stage) -> None:
    reference = stage.file()
    ask_to_be_called(stage, reference, "tomorrow_morning")
    page = hotline.read("/triage/call-backs")
    assert "Wants a call <b>tomorrow morning</b>" in page
    assert "+254 7** *** 001" in page
    assert WANJIKU not in page
    assert f"{reference[:4]} {reference[4:]}" in page


def test_the_case_of_a_call_back_is_open_to_the_desk_until_the_call_is_made(hotline: Browser, stage: Stage) -> None:
    reference, other, secret = stage.file(), stage.file(), stage.file(category="STAFF")
    call = ask_to_be_called(stage, reference)
    ask_to_be_called(stage, secret)
    page = hotline.read("/triage/call-backs")
    assert re.findall(r"/triage/cases/(\d+)", page) == [reference]
    codes = [hotline.get(f"/triage/cases/{one}").status_code for one in (reference, other, secret)]
    assert codes == [200, 404, 404]
    hotline.post(f"/triage/call-backs/{call}/number")
    hotline.post(f"/triage/call-backs/{call}/done", outcome="reached")
    assert hotline.get(f"/triage/cases/{reference}").status_code == 404


def test_showing_the_number_of_a_case_is_a_line_of_its_history(hotline: Browser, stage: Stage) -> None:
    reference = stage.file()
    call = ask_to_be_called(stage, reference)
    page = hotline.post(f"/triage/call-backs/{call}/number").text
    assert f'href="tel:{WANJIKU}"' in page
    shown = stage.events(reference)[-1]
    assert (shown.name, shown.officer_id, shown.words) == (
        "number_shown", hotline.who.id, "The resident asked to be called.",
    )  # fmt: skip
    assert WANJIKU not in hotline.read("/triage/call-backs")


def looks(stage: Stage, call: int) -> list[tuple[int, str]]:
    """Who looked at the number of a call-back, and why."""
    with stage.transaction() as session:
        query = select(NumberLook).where(NumberLook.call_back_id == call).order_by(NumberLook.id)
        return [(look.officer_id, look.reason) for look in session.scalars(query)]


@pytest.mark.parametrize("about_a_case", [True, False])
def test_every_look_at_a_number_is_kept_whoever_looks_next_or_closes_the_call_back(
    hotline: Browser, browser: Callable[..., Browser], stage: Stage, about_a_case: bool
) -> None:
    reference = stage.file()
    call = ask_to_be_called(stage, reference if about_a_case else None)
    colleague, closer = browser(Role.HOTLINE), browser(Role.HOTLINE)
    stage.set("UPDATE officer SET name = 'Otieno' WHERE id = :id", id=colleague.who.id)
    for reader in (hotline, colleague, hotline):
        assert f'href="tel:{WANJIKU}"' in reader.post(f"/triage/call-backs/{call}/number").text
    page = closer.read("/triage/call-backs")
    assert re.findall(r"looked at by (\w+), \w+ \d", page) == ["Rose", "Otieno"]
    assert closer.post(f"/triage/call-backs/{call}/done", outcome="reached").status_code == 409, "she had no number"
    for _ in range(2):
        closer.post(f"/triage/call-backs/{call}/number")
        closer.post(f"/triage/call-backs/{call}/done", outcome="unreachable")
        stage.set("UPDATE call_back SET tried_at = tried_at - interval '7 days'")
    why = "The resident asked to be called."
    readers = (hotline, colleague, hotline, closer, closer)
    assert looks(stage, call) == [(reader.who.id, why) for reader in readers]
    with stage.transaction() as session:
        row = session.get_one(CallBack, call)
        assert (row.done_by, row.outcome) == (closer.who.id, "unreachable")


@pytest.mark.parametrize("change", ["UPDATE number_look SET officer_id = 1", "DELETE FROM number_look"])
def test_no_officer_can_change_or_remove_a_look(hotline: Browser, stage: Stage, change: str) -> None:
    stage.file()
    call = ask_to_be_called(stage, None)
    hotline.post(f"/triage/call-backs/{call}/number")
    denied = pytest.raises(ProgrammingError, match="permission denied")
    with denied, officer_session(stage.engine, hotline.who) as session:
        session.execute(text(change))
    assert len(looks(stage, call)) == 1


@pytest.mark.parametrize(("outcome", "sentence"), [("reached", "you spoke"), ("unreachable", "not reached")])
def test_a_call_back_leaves_the_list_with_what_came_of_it(
    hotline: Browser, stage: Stage, outcome: str, sentence: str
) -> None:
    reference = stage.file()
    call = ask_to_be_called(stage, reference)
    stage.set("UPDATE call_back SET tried_at = now() - interval '7 days'")
    hotline.post(f"/triage/call-backs/{call}/number")
    assert hotline.post(f"/triage/call-backs/{call}/done", outcome=outcome).location == "/triage/call-backs"
    assert sentence in hotline.said()
    with stage.transaction() as session:
        row = session.get_one(CallBack, call)
        assert (row.done_by, row.outcome) == (hotline.who.id, outcome)
        assert row.done_at is not None
    assert stage.events(reference)[-1].data == {"outcome": outcome}
    assert "Nobody waits for a call." in hotline.read("/triage/call-backs")
    other = "reached" if outcome == "unreachable" else "unreachable"
    assert hotline.post(f"/triage/call-backs/{call}/done", outcome=other).status_code == 409


def test_an_outcome_that_does_not_exist_changes_nothing(hotline: Browser, stage: Stage) -> None:
    stage.file()
    call = ask_to_be_called(stage, None)
    assert hotline.post(f"/triage/call-backs/{call}/done", outcome="calling").status_code == 400
    with stage.transaction() as session:
        assert session.get_one(CallBack, call).done_at is None


def test_call_backs_of_confidential_cases_are_on_the_ombudsmans_list_only(
    hotline: Browser, ombudsman: Browser, stage: Stage
) -> None:
    stage.file(category="GBV", hour="morning", phone=AMINA)
    with stage.transaction() as session:
        [call] = [row.id for row in session.query(CallBack)]
    assert hotline.post(f"/triage/call-backs/{call}/number").status_code == 404
    assert hotline.post(f"/triage/call-backs/{call}/done", outcome="reached").status_code == 404
    assert f'href="tel:{AMINA}"' in ombudsman.post(f"/triage/call-backs/{call}/number").text


@pytest.mark.parametrize("role", [Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.COUNTY])
def test_nobody_else_has_a_call_back_list(browser: Callable[..., Browser], stage: Stage, role: Role) -> None:
    stage.file()
    call = ask_to_be_called(stage, None)
    reader = browser(role)
    assert reader.get("/triage/call-backs").status_code == 404
    assert reader.post(f"/triage/call-backs/{call}/number").status_code == 404
    assert reader.post(f"/triage/call-backs/{call}/done", outcome="reached").status_code == 404


def test_a_number_that_was_hidden_meanwhile_is_not_shown(hotline: Browser, stage: Stage) -> None:
    reference = stage.file()
    call = ask_to_be_called(stage, reference)
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(reference).id)
        erasing.hide_number(session, stage.office, case, stage.now)
    assert hotline.post(f"/triage/call-backs/{call}/number").status_code == 404
    assert "Nobody waits for a call." in hotline.read("/triage/call-backs")


# The county administrator


def test_the_county_page_has_officers_and_figures_and_no_case(
    browser: Callable[..., Browser], ward: Browser, stage: Stage
) -> None:
    reference = stage.file(words="Maji hayatoki kabisa")
    stage.file(phone=AMINA)
    stage.set("UPDATE message SET status = 'failed' WHERE id = 1")
    stage.receive("Karibu", sender="SAFARICOM")
    stage.set("UPDATE officer SET active = false WHERE id IN (SELECT officer_id FROM post WHERE role = 'ward')")
    county = browser(Role.COUNTY)
    page = county.read("/triage/")
    assert "SMS leave normally." in page
    assert re.search(r"<dt>Not delivered</dt><dd>1</dd>", page)
    assert re.search(r"<dt>Waiting to be sent</dt><dd>1</dd>", page)
    assert "Incoming texts set aside: <b>1</b>" in page
    assert "Officers (1)" in page
    assert re.search(r"Rose</a></th>\s*<td>Shirere ward</td>\s*<td>Has left", county.read("/triage/officers"))
    for private in (reference, spoken(reference), "hayatoki", "Karibu", "254"):
        assert private not in TOKEN.sub("", page)


def test_a_halted_outbox_says_what_to_do(browser: Callable[..., Browser], stage: Stage) -> None:
    stage.set("INSERT INTO outbox_halt (id, code, until) VALUES (1, '405', now() + interval '5 minutes')")
    page = browser(Role.COUNTY).read("/triage/")
    assert "No SMS leaves at present" in page
    assert "All SMS stopped: the SMS account is empty. Tell ICT." in page


def test_what_ict_has_to_look_into_is_counted_without_what_is_confidential(
    browser: Callable[..., Browser], stage: Stage
) -> None:
    stage.file()
    stage.file(category="CORRUPT")
    stage.set("UPDATE message SET status = 'failed', code = 'InsufficientCredit', sent_at = now()")
    page = browser(Role.COUNTY).read("/triage/")
    assert "<li>1 SMS: SMS not delivered: the SMS account is empty. Tell ICT.</li>" in page
    stage.set("UPDATE message SET sent_at = now() - interval '8 days'")
    assert "To look into" not in browser(Role.COUNTY).read("/triage/")

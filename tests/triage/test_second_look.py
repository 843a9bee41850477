"""On the case page: a second officer's word, and news of a body outside the county."""

from __future__ import annotations

from collections.abc import Callable

from gateway.cases import actions
from gateway.people.models import Role
from tests.cases.stage import Stage
from tests.triage.conftest import Browser


def test_no_report_is_proposed_by_one_and_ended_by_another(
    stage: Stage, ward: Browser, browser: Callable[..., Browser]
) -> None:
    reference, above = stage.file(quiet=True), browser(Role.SUB_COUNTY)
    answer = ward.act(reference, "end", ending="not_a_report", words="Nambari ya jaribio.")
    assert answer.status_code == 303
    assert "Another officer must agree" in ward.said()
    page = ward.case(reference)
    assert "You proposed that it is no report" in page
    assert f"{reference}/agree" not in page
    assert "Waits for a second officer" in ward.read("/triage/?show=waiting")
    assert "Your word is needed" in above.read("/triage/")
    assert "Nambari ya jaribio." in above.case(reference)
    assert above.act(reference, "agree").status_code == 303
    assert stage.case(reference).ending == "not_a_report"


def test_looking_at_the_sms_of_a_proposal_says_that_none_is_sent_yet(stage: Stage, ward: Browser) -> None:
    answer = ward.act(stage.file(quiet=True), "end", ending="not_a_report", words="Jaribio.", look="y")
    assert "Nothing is sent until another officer agrees. Then:" in answer.text
    other = stage.file(quiet=True, phone="+254733000009")
    answer = ward.act(other, "end", ending="cannot_now", words="Hakuna.", look="y")
    assert "until another officer agrees. Then:" not in answer.text
    assert "The resident will get:" in answer.text


def test_whoever_proposed_it_cannot_agree_by_hand(stage: Stage, ward: Browser) -> None:
    reference = stage.file(quiet=True)
    ward.act(reference, "end", ending="not_a_report", words="Matusi.")
    assert ward.act(reference, "agree").status_code == 409
    assert stage.case(reference).ending is None


def test_a_second_officer_says_that_it_is_a_report(
    stage: Stage, ward: Browser, browser: Callable[..., Browser]
) -> None:
    reference, above = stage.file(quiet=True), browser(Role.SUB_COUNTY)
    ward.act(reference, "end", ending="not_a_report", words="Matusi.")
    assert above.act(reference, "reject", words="").status_code == 422
    assert above.act(reference, "reject", words="Ana shida ya kweli.").status_code == 303
    assert "goes on as a report" in above.said()
    assert stage.history(reference)[-1] == "not_a_report_rejected"


def test_the_other_body_s_number_and_whom_to_ask_stand_with_the_case(stage: Stage, ward: Browser) -> None:
    reference = stage.file(quiet=True)
    ward.act(reference, "refer", to="elsewhere", body="KeNHA", words="Barabara kuu.", number="KN-7", contact="Bi A")
    page = ward.case(reference)
    assert "News from KeNHA" in page
    assert "Ask: Bi A." in page
    for fact in ("<dt>Ask there</dt><dd>Bi A</dd>", "<dt>Their number</dt><dd>KN-7</dd>", "<dt>Ask again</dt><dd>on "):
        assert fact in page
    assert "Their reference: KN-7." in page
    refused = ward.act(reference, "end", ending="not_ours", words="Ni ya KeNHA.")
    assert refused.status_code == 409
    assert "KeNHA has not taken it yet" in refused.text
    ward.act(reference, "news", words="Wameipokea.", number="KN-8", accepted="y")
    assert "they have taken it" in ward.said()
    assert ward.act(reference, "end", ending="not_ours", words="Ni ya KeNHA.").status_code == 303


def test_when_news_is_due_the_ward_is_asked_for_it_at_the_top(stage: Stage, ward: Browser) -> None:
    reference = stage.file(quiet=True)
    stage.do(actions.refer, reference, ward.who, "Barabara kuu.", body="KeNHA")
    assert "Ask KeNHA for news" not in ward.read("/triage/")
    stage.set("UPDATE cases SET news_due_at = now() - interval '1 day'")
    assert "Ask KeNHA for news" in ward.read("/triage/")
    assert "Ask KeNHA for news" in ward.case(reference)

"""Once a case is confidential, nothing of an officer's words about it leaves, however far it had come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from config.settings import Settings
from gateway.cases import actions, guesses
from gateway.messages.africastalking import Outcome
from gateway.messages.failures import SmsHalted, SmsRetryable, SmsUnknown
from gateway.messages.handover import Accepted, Handover
from gateway.messages.sending import OFFICERS_WORDS, Due
from gateway.people.models import Officer
from tests.cases.stage import AMINA, Stage
from tests.messages.sms import begin, claim, receipt, record, sweep

HIDE = "UPDATE cases SET sensitive = true WHERE reference = :reference"


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, datetime.now(UTC) - timedelta(seconds=2))


@pytest.fixture
def rose(stage: Stage) -> Officer:
    return stage.officer()


def written(stage: Stage, rose: Officer) -> str:
    """The reference of a case about which an officer's words wait to be sent."""
    reference = stage.file()
    stage.set("UPDATE message SET status = 'delivered'")
    stage.do(actions.write, reference, rose, "Kuhusu hongo uliyotaja kwa karani")
    return reference


def hide(stage: Stage, reference: str, rose: Officer) -> None:
    stage.do(guesses.hide, reference, rose, "CORRUPT", "ni hongo")


def leaves(stage: Stage) -> list[str]:
    """The words of all that is sent when every wait is over."""
    for _ in range(2):
        stage.set("UPDATE message SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL")
        stage.set("DELETE FROM outbox_halt")
        sweep(stage)
        stage.set("UPDATE message SET due_at = now() - interval '1 second'")
    return [due.text for due in claim(stage) if begin(stage, due)]


def spoken_of(stage: Stage) -> list[tuple[str, str]]:
    return [letter for letter in stage.letters() if letter[0] == "from_officer"]


def test_what_waits_is_cancelled_at_its_claim(stage: Stage, rose: Officer) -> None:
    reference = written(stage, rose)
    stage.set(HIDE, reference=reference)
    assert (leaves(stage), spoken_of(stage)) == ([], [("from_officer", "cancelled")])


def test_what_is_claimed_is_not_begun(stage: Stage, rose: Officer) -> None:
    reference = written(stage, rose)
    [due] = claim(stage)
    hide(stage, reference, rose)
    assert not begin(stage, due)
    assert not any("hongo" in words for words in leaves(stage))
    assert spoken_of(stage) == [("from_officer", "cancelled")]


def test_what_follows_in_a_claim_is_not_begun(stage: Stage, rose: Officer) -> None:
    reference = written(stage, rose)
    stage.file(phone=AMINA)
    stage.set("UPDATE message SET wanted = (wording <> 'from_officer')")
    first, following = claim(stage)
    begin(stage, first)
    hide(stage, reference, rose)
    accepted = Accepted(first, receipt(Outcome.ACCEPTED), "ATXid_1")
    assert not Handover(stage.engine, stage.installation.statements).hand_over(accepted, following)
    assert sorted(stage.letters())[0] == ("from_officer", "claimed")
    assert not any("hongo" in words for words in leaves(stage))


@pytest.mark.parametrize("early", [True, False])
def test_what_is_in_doubt_is_not_sent_again(stage: Stage, rose: Officer, early: bool) -> None:
    reference, due = written(stage, rose), _begun(stage)
    if early:
        record(stage, due, SmsUnknown("deadline"))
    hide(stage, reference, rose)
    if not early:
        record(stage, due, SmsUnknown("deadline"))
    assert not any("hongo" in words for words in leaves(stage))
    assert spoken_of(stage) == [("from_officer", "failed")]


@pytest.mark.parametrize("failure", [SmsHalted("http-401"), SmsRetryable("connect")])
def test_what_is_refused_for_now_is_not_tried_again(
    stage: Stage, rose: Officer, failure: SmsHalted | SmsRetryable
) -> None:
    reference, due = written(stage, rose), _begun(stage)
    hide(stage, reference, rose)
    record(stage, due, failure)
    assert not any("hongo" in words for words in leaves(stage))
    assert spoken_of(stage) == [("from_officer", "cancelled")]


def _begun(stage: Stage) -> Due:
    [due] = claim(stage)
    assert begin(stage, due)
    return due


def test_what_tells_nothing_still_leaves(stage: Stage) -> None:
    reference = stage.file(category="CORRUPT")
    [due] = claim(stage)
    assert (begin(stage, due), stage.letters(reference)) == (True, [("received_confidential", "claimed")])


def test_every_wording_with_an_officers_words_about_a_case_is_known(stage: Stage) -> None:
    with_words = {
        name
        for name, variants in stage.office.letters.wordings.texts.items()
        if any("{officer_words}" in words for text in variants.values() for words in text.values())
    }
    told = {"fixed", "promise_broken", "promise_broken_top", "open_too_long", "sent_higher"}
    assert with_words - {"announcement"} | told == set(OFFICERS_WORDS)

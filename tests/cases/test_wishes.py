"""Keywords by SMS: what each does, what she is told, and what a shared phone never reveals."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import undefer

from gateway.cases import erasing
from gateway.cases.models import Case, Channel, Status
from gateway.messages.models import IncomingSms
from gateway.people.models import Resident
from tests.cases.stage import AMINA, PROMISE, SHIRERE, WANJIKU, Stage


def spoken(reference: str) -> str:
    return f"{reference[:4]} {reference[4:]}"


def settle(stage: Stage) -> None:
    """What waits to be sent is sent."""
    stage.set("UPDATE message SET status = 'sent', sent_at = now()")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (
            "HELP",
            "Kakamega County: text your problem and ward here, free, or dial *384*123#."
            " Also: STATUS and number, STOP, LANGUAGE, DATA, DELETE. Emergency: 999.",
        ),
        (
            "msaada",
            "Kaunti ya Kakamega: andika hapa shida na wadi yako, bure, au piga *384*123#."
            " Pia: HALI na nambari, SIMAMA, LUGHA, DATA, FUTA. Dharura: 999.",
        ),
    ],
)
def test_a_stranger_who_asks_for_help_is_told_in_the_language_that_she_asked_in(
    stage: Stage, words: str, answer: str
) -> None:
    incoming = stage.receive(words)
    assert (stage.last_text(), stage.count(Case)) == (answer, 0)
    assert incoming.why == "keyword help"
    [message] = stage.messages()
    assert (message.wanted, message.automatic, message.case_id) == (True, True, None)


# How it stands


@pytest.mark.parametrize("words", ["HALI {}", "status {}", "{}", "hali ya ripoti {} tafadhali"])
def test_status_with_her_reference_says_who_has_it_since_when_and_what_was_promised(stage: Stage, words: str) -> None:
    reference = stage.file()
    incoming = stage.receive(words.format(spoken(reference)))
    assert stage.last_text() == (
        f"{spoken(reference)}: imepokelewa. Kwa: Msimamizi wa wadi tangu 23 Nov. Ahadi ya jibu: Alh 3 Des."
    )
    assert (incoming.case_id, stage.only_case().words) == (stage.only_case().id, None)


def test_status_alone_tells_of_the_only_report_or_lists_the_latest(stage: Stage) -> None:
    first = stage.file()
    stage.receive("hali")
    assert stage.last_text().startswith(f"{spoken(first)}: imepokelewa.")
    later = [stage.file(category=code) for code in ("ROADS", "LIGHT", "HEALTH")]
    stage.receive("hali yangu")
    shown = ", ".join(f"{spoken(reference)} imepokelewa" for reference in reversed(later))
    assert stage.last_text() == f"Ripoti zako: {shown}. Kujua zaidi tuma HALI na nambari kwa 22123."


@pytest.mark.parametrize("category", ["CORRUPT", "STAFF"])
def test_of_a_confidential_report_only_its_state_is_told_and_no_list_has_it(stage: Stage, category: str) -> None:
    secret = stage.file(category=category)
    stage.receive(f"hali {secret}")
    assert stage.last_text() == f"{spoken(secret)}: imepokelewa"
    stage.receive("HALI")
    assert stage.last_text().startswith("Kaunti ya Kakamega: hakuna ripoti ya kuorodhesha kwa simu hii.")


def test_of_violence_of_somebody_else_and_of_nobody_the_same_is_told(stage: Stage) -> None:
    references = [stage.file(category="GBV"), stage.file(phone=AMINA), "48217739"]
    stage.file()
    answers = set()
    for reference in references:
        stage.receive(f"hali {reference}")
        answers.add(stage.last_text())
    assert answers == {
        "Kaunti ya Kakamega: hatukupata ripoti hiyo kwa simu hii. Hakiki nambari."
        " Kwa siri yake piga *384*123# chagua 3; swali: 0800 724 388."
    }


# Stop and start


def test_stop_stops_everything_but_the_answer_to_what_she_does_next(stage: Stage) -> None:
    stage.receive("Hakuna maji Shirere")
    settle(stage)
    stage.receive("SIMAMA")
    assert stage.last_text() == (
        "Kaunti ya Kakamega: hatutakutumia SMS tena, ila ukituandikia. Kuanza tena tuma ANZA kwa 22123."
    )
    stage.file(category="ROADS", channel=Channel.SMS)  # something she does
    stage.receive("hali")
    assert [(row.wording, row.status.value) for row in stage.messages()[1:]] == [
        ("stopped", "queued"), ("received", "queued"), ("state_list", "queued"),
    ]  # fmt: skip
    stage.set("UPDATE cases SET status = 'resolved', ending = 'fixed', confirmation = 'asked'")
    stage.receive("ANZA")
    assert stage.last_text().startswith("Kaunti ya Kakamega: tutakutumia SMS za ripoti zako.")
    resident = stage.resident()
    assert resident is not None
    assert resident.stopped_at is None


def test_stop_of_a_stranger_holds_for_what_we_would_have_sent_her_later(stage: Stage) -> None:
    stage.receive("STOP")
    resident = stage.resident()
    assert resident is not None
    assert (resident.stopped_at, stage.letters()) == (stage.now, [("stopped", "queued")])


def test_what_waits_to_be_sent_when_she_stops_is_not_sent(stage: Stage) -> None:
    stage.receive("Hakuna maji Shirere")
    stage.receive("stop")
    assert stage.letters() == [("received_text", "cancelled"), ("stopped", "queued")]


# Language


def test_language_changes_to_the_other_one_also_for_what_was_reported_before(stage: Stage) -> None:
    reference = stage.file()
    stage.receive("LUGHA")
    assert stage.last_text() == ("All right, we write to you in English. Kwa Kiswahili tuma LUGHA kwa 22123.")
    assert stage.case(reference).language == "en"
    stage.receive("hali")
    assert stage.last_text().startswith(f"{spoken(reference)}: received. With: Ward administrator since 23 Nov.")
    stage.receive("kiswahili")
    assert stage.last_text() == "Sawa, tutakuandikia kwa Kiswahili. For English text LANGUAGE to 22123."
    stage.receive("language swahili")
    assert stage.case(reference).language == "sw"


def test_the_language_that_she_chose_is_not_guessed_anew(stage: Stage) -> None:
    stage.receive("There is no water in Shirere since Monday")
    stage.receive("Barabara ya Butere ina mashimo mengi sana")
    with stage.transaction() as session:
        assert {case.language for case in session.query(Case)} == {"en"}


# Data


# Delete


def test_delete_asks_once_more_and_a_yes_erases_words_and_number(stage: Stage) -> None:
    reference = stage.file(words="Bomba la kwa Juma limepasuka")
    stage.receive(f"FUTA {spoken(reference)}")
    assert stage.last_text() == (
        f"Ufute ripoti {spoken(reference)}? Maneno yake hufutwa na hayarudi. Jibu NDIYO kufuta au LA kuacha, bure."
    )
    assert stage.case(reference).status is Status.NEW
    stage.receive("ndiyo")
    case = stage.case(reference)
    assert (case.status, case.words, case.resident_id) == (Status.WITHDRAWN, None, None)
    assert stage.last_text() == f"{spoken(reference)} imefutwa pamoja na maneno yake."
    [*_, told] = stage.messages()
    assert (told.status.value, told.case_id) == ("queued", None)
    with stage.transaction() as session:
        assert erasing.forget_deleted(session) == 0  # that SMS has to leave
    settle(stage)
    with stage.transaction() as session:
        assert erasing.forget_deleted(session) == 1
    assert stage.count(Resident) == 0


def test_of_a_deleted_report_no_text_of_hers_and_no_sender_is_kept(stage: Stage) -> None:
    stage.receive("Hakuna maji Shirere kwa Juma")
    reference = stage.only_case().reference
    stage.receive(f"futa {reference}")
    stage.receive("ndiyo")
    vault = stage.office.vault
    with stage.transaction() as session:
        kept = session.query(IncomingSms).options(undefer(IncomingSms.sender_sealed)).order_by(IncomingSms.id).all()
        texts = [(vault.open(one.text_sealed), vault.open(one.sender_sealed), one.case_id is None) for one in kept]
    assert texts == [("", "", False), ("", "", False), ("ndiyo", WANJIKU, True)]


@pytest.mark.parametrize("words", ["la", "Hapana", "usifute", "2"])
def test_a_no_keeps_it(stage: Stage, words: str) -> None:
    reference = stage.file()
    stage.receive(f"delete {reference}")
    stage.receive(words)
    assert stage.case(reference).status is Status.NEW
    assert stage.last_text() == f"Sawa, {spoken(reference)} haikufutwa."


def test_silence_keeps_it(stage: Stage) -> None:
    reference = stage.file()
    stage.receive(f"delete {reference}")
    stage.later(days=1, minutes=1)
    stage.sweep()
    assert stage.questions() == [("delete", "expired", None)]
    assert stage.case(reference).status is Status.NEW


def test_whether_to_delete_is_asked_before_what_was_open_and_that_is_asked_again_after_it(stage: Stage) -> None:
    stage.receive("Maji yamekatika kwetu")
    reference = stage.only_case().reference
    stage.receive(f"futa {reference}")
    assert stage.questions() == [("which_ward", "waiting", None), ("delete", "open", None)]
    stage.receive("la")
    assert stage.questions() == [("which_ward", "open", None), ("delete", "answered", "no")]
    stage.receive("Shirere")
    assert stage.only_case().ward_code == SHIRERE


@pytest.mark.parametrize("words", ["FUTA", "delete my report"])
def test_delete_without_a_reference_says_how(stage: Stage, words: str) -> None:
    stage.file()
    stage.receive(words)
    assert stage.last_text().startswith("Kufuta ripoti iliyo wazi tuma FUTA na nambari yake kwa 22123.")
    assert stage.questions() == []


def test_what_has_ended_what_is_confidential_and_what_is_not_hers_is_not_deleted_by_sms(stage: Stage) -> None:
    ended, secret, foreign = stage.file(), stage.file(category="CORRUPT"), stage.file(phone=AMINA)
    stage.set("UPDATE cases SET status = 'closed' WHERE reference = :reference", reference=ended)
    for reference in (ended, secret, foreign):
        stage.receive(f"delete {reference}")
    assert [row.wording for row in stage.messages() if row.automatic] == ["delete_not", "delete_not", "not_yours"]
    assert stage.questions() == []


def test_at_most_five_answers_an_hour_to_keywords_too(stage: Stage) -> None:
    stage.file()
    for words in ("help", "hali", "data", "futa", "msaada", "status", "my data"):
        stage.receive(words)
    assert len([row for row in stage.messages() if row.automatic]) == 5
    assert stage.count(IncomingSms) == 7


def test_stop_and_a_deletion_are_told_however_many_answers_went_before(stage: Stage) -> None:
    reference = stage.file()
    stage.receive(f"futa {reference}")
    for words in ("help", "data", "msaada", "my data", "menu"):
        stage.receive(words)
    stage.receive("ndiyo")
    assert stage.letters()[-1] == ("deleted", "queued")
    stage.receive("simama")
    assert stage.letters()[-1] == ("stopped", "queued")


def test_who_was_not_asked_whether_to_delete_deletes_nothing_with_a_yes(stage: Stage) -> None:
    reference = stage.file()
    for words in ("help", "data", "msaada", "my data", "menu"):
        stage.receive(words)
    stage.receive(f"futa {reference}")
    assert stage.questions() == []
    stage.receive("ndiyo")
    assert stage.case(reference).status is Status.NEW


def test_a_promise_stays_what_it_was_however_often_she_asks(stage: Stage) -> None:
    reference = stage.file()
    stage.later(days=3)
    stage.receive("mmefika wapi", WANJIKU)
    assert (stage.case(reference).due_at, stage.case(reference).words) == (PROMISE, "mmefika wapi")
    assert stage.last_text().endswith("Ahadi ya jibu: Alh 3 Des.")

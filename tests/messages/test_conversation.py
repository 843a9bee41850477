"""What a text turns out to be: a table of texts as residents write them, in Kiswahili, English and both."""

from __future__ import annotations

import pytest

from gateway.messages.conversation import Decided, Decision, decide, has_words, reference_in, says_more
from gateway.messages.keywords import Asked, Keyword
from gateway.messages.models import QuestionKind

FIXED, WARD, DRAFT = QuestionKind.FIXED, QuestionKind.WHICH_WARD, QuestionKind.DRAFT
DELETE = QuestionKind.DELETE

ANSWERS_TO_FIXED = [
    ("1", Decision.YES),
    ("7", Decision.YES),
    ("2", Decision.NO),
    ("8", Decision.NO),
    (" 1. ", Decision.YES),
    ("ndio", Decision.YES),
    ("Ndiyo", Decision.YES),
    ("NDIYO!!", Decision.YES),
    ("ndyo", Decision.YES),
    ("yes", Decision.YES),
    ("Yes please", Decision.YES),
    ("y", Decision.YES),
    ("tayari", Decision.YES),
    ("Tayari imetengenezwa jana asubuhi", Decision.YES),
    ("kweli", Decision.YES),
    ("sawa asante", Decision.YES),
    ("Ndiyo, asante sana kwa kazi nzuri", Decision.YES),
    ("Ni kweli", Decision.YES),
    ("imetatuliwa", Decision.YES),
    ("its fixed", Decision.YES),
    ("It is true.", Decision.YES),
    ("yes it's fixed thank you", Decision.YES),
    ("yeah", Decision.YES),
    ("bado", Decision.NO),
    ("its not fixed", Decision.NO),
    ("haijatengenezwa", Decision.NO),
    ("BADO!", Decision.NO),
    ("bdo", Decision.NO),
    ("la", Decision.NO),
    ("no", Decision.NO),
    ("not yet", Decision.NO),
    ("hapana", Decision.NO),
    ("si kweli", Decision.NO),
    ("sio kweli", Decision.NO),
    ("uongo", Decision.NO),
    ("Bado, mafundi hawajafika hata siku moja", Decision.NO),
    ("Hapana bado hakuna maji", Decision.NO),
    ("bado water iko low sana", Decision.NO),
    # Only what is clear counts as confirmed.
    ("ndio lakini bado haijafanywa", Decision.NO),
    ("Ndio bado", Decision.NO),
    ("yes but no", Decision.NO),
    ("sawa lakini bado", Decision.NO),
]


@pytest.mark.parametrize(("text", "decision"), ANSWERS_TO_FIXED)
def test_what_answers_fixed(text: str, decision: Decision) -> None:
    decided = decide(text, FIXED)
    assert (decided.decision, decided.why) == (decision, "answers fixed")


@pytest.mark.parametrize(
    "text",
    [
        "no water in Shirere since Monday",
        "La msingi shuleni limevunjika",
        "yes there is another problem at the market",
        "Hakuna dawa zahanati ya Sheywe",
        "sawa kuna shida nyingine ya barabara",
        "2026 ilikuwa mbaya sana kwa barabara",
    ],
)
def test_a_new_complaint_is_no_answer_to_fixed(text: str) -> None:
    assert decide(text, FIXED).decision is Decision.NEW


@pytest.mark.parametrize(
    ("text", "ward_named", "decision", "why"),
    [
        ("Shirere", True, Decision.WARD, "answers which ward"),
        ("wadi ya Shirere", True, Decision.WARD, "answers which ward"),
        ("It is Butsotso East ward", True, Decision.WARD, "answers which ward"),
        ("1014", True, Decision.WARD, "answers which ward"),
        ("karibu na soko", False, Decision.PLACE, "answers which ward, unknown place"),
        ("sijui", False, Decision.PLACE, "answers which ward, unknown place"),
        ("5", False, Decision.NOTHING, "number that answers nothing"),
        ("", False, Decision.NOTHING, "empty"),
        ("sokoni Lubao", False, Decision.PLACE, "answers which ward, unknown place"),
        ("at the hospital", False, Decision.PLACE, "answers which ward, unknown place"),
        ("Hapa Shirere pia taa za barabarani haziwaki", True, Decision.NEW, "new case"),
        ("barabara ya kwenda shule imeharibika kabisa", False, Decision.NEW, "new case"),
    ],
)
def test_what_answers_which_ward(text: str, ward_named: bool, decision: Decision, why: str) -> None:
    decided = decide(text, WARD, ward_named=ward_named)
    assert (decided.decision, decided.why) == (decision, why)


@pytest.mark.parametrize("text", ["sokoni Lubao", "at the hospital", "karibu na shule ya msingi", "near the market"])
def test_a_place_answers_which_ward_even_where_it_could_be_a_matter(text: str) -> None:
    assert decide(text, WARD, matter_named=True).decision is Decision.PLACE


def test_eight_digits_alone_ask_how_that_report_stands_whosever_it_is() -> None:
    assert decide("4821 7739", None) == Decided(Decision.KEYWORD, "reference alone", Asked(Keyword.STATUS))


def test_a_short_text_that_says_what_is_wrong_is_a_report_and_no_answer_to_which_ward() -> None:
    assert decide("taa za barabarani haziwaki", WARD, matter_named=True).decision is Decision.NEW
    assert decide("Shirere maji", WARD, matter_named=True, ward_named=True).decision is Decision.WARD


ANSWERS_ABOUT_A_DRAFT = [
    # What she began to tell, however it begins.
    ("Bomba limepasuka karibu na soko", Decision.DRAFT),
    ("maji", Decision.DRAFT),
    ("No water Shirere", Decision.DRAFT),
    ("no medicine", Decision.DRAFT),
    ("Hakuna maji", Decision.DRAFT),
    ("hapana maji", Decision.DRAFT),
    ("La msingi shuleni", Decision.DRAFT),
    ("si salama", Decision.DRAFT),
    ("Acha nieleze: daraja limeanguka", Decision.DRAFT),
    ("Futa madeni ya maji ya soko", Decision.DRAFT),
    ("cancel water bill wrong", Decision.DRAFT),
    ("stop cutting trees Sheywe forest", Decision.DRAFT),
    ("drop in pressure", Decision.DRAFT),
    ("bado", Decision.DRAFT),
    ("3 days no water", Decision.DRAFT),
    # Send it.
    ("ndio", Decision.DRAFT),
    ("NDIYO.", Decision.DRAFT),
    ("yes", Decision.DRAFT),
    ("tuma", Decision.DRAFT),
    ("Send it please", Decision.DRAFT),
    ("ok", Decision.DRAFT),
    # Drop it.
    ("FUTA", Decision.DROP),
    ("futa!", Decision.DROP),
    ("Futa ripoti hiyo", Decision.DROP),
    ("tafadhali futa", Decision.DROP),
    ("ndio futa", Decision.DROP),
    ("naomba ufute", Decision.DROP),
    ("DELETE", Decision.DROP),
    ("Delete it please", Decision.DROP),
    ("please delete my report", Decision.DROP),
    ("cancel", Decision.DROP),
    ("acha", Decision.DROP),
    ("iache", Decision.DROP),
    ("hapana", Decision.DROP),
    ("Hapana asante", Decision.DROP),
    ("la", Decision.DROP),
    ("No.", Decision.DROP),
    ("no thank you", Decision.DROP),
    ("usitume", Decision.DROP),
    ("don't send", Decision.DROP),
    ("do not send it", Decision.DROP),
    ("sitaki", Decision.DROP),
]


@pytest.mark.parametrize(("text", "decision"), ANSWERS_ABOUT_A_DRAFT)
@pytest.mark.parametrize("invited", [True, False])
@pytest.mark.parametrize("ward_named", [True, False])
def test_what_answers_about_a_report_that_was_begun(
    text: str, decision: Decision, invited: bool, ward_named: bool
) -> None:
    decided = decide(text, DRAFT, invited=invited, ward_named=ward_named)
    why = {Decision.DRAFT: "completes the draft", Decision.DROP: "drops the draft"}[decision]
    assert (decided.decision, decided.why) == (decision, why)


@pytest.mark.parametrize("text", ["1", "7", "8", "0", "3 4", ""])
def test_a_digit_neither_sends_nor_drops_what_was_begun(text: str) -> None:
    assert decide(text, DRAFT).decision is Decision.NOTHING


def test_words_that_name_one_of_her_cases_are_not_about_the_draft() -> None:
    assert decide("4821 7739 bado hakuna maji", DRAFT, own_reference=True).decision is Decision.WORDS


@pytest.mark.parametrize("given", [{}, {"own_reference": True, "reference_asked": True}])
def test_correct_alone_answers_what_she_was_asked(given: dict[str, bool]) -> None:
    text = "Correct 4821 7739" if given else "Correct"
    assert decide(text, FIXED, **given).decision is Decision.YES
    assert decide("rekebisha", None, awaited=True).decision is Decision.WORDS
    assert decide("rekebisha", FIXED).asked is None
    for one in (decide("Correct", None), decide("correct my data", FIXED)):
        assert (one.decision, one.asked) == (Decision.KEYWORD, Asked(Keyword.CORRECT))


@pytest.mark.parametrize("text", ["48217739 futa", "futa 4821 7739"])
def test_to_delete_one_of_her_cases_is_not_to_drop_the_draft(text: str) -> None:
    decided = decide(text, DRAFT, own_reference=True)
    assert (decided.decision, decided.asked) == (Decision.KEYWORD, Asked(Keyword.DELETE))


@pytest.mark.parametrize(
    ("text", "says_more"),
    [
        ("ndio", False),
        ("Tuma tafadhali", False),
        ("send it", False),
        ("OK", False),
        ("maji", True),
        ("ndio, bomba limepasuka", True),
        ("No water Shirere", True),
    ],
)
def test_only_words_that_say_more_than_send_it_go_into_the_report(text: str, says_more: bool) -> None:
    assert has_words(text) is says_more


@pytest.mark.parametrize("question", [None, FIXED, WARD, DRAFT])
@pytest.mark.parametrize("text", ["...", "😀😀", "👍"])
def test_a_sign_alone_is_kept_and_needs_no_answer(text: str, question: QuestionKind | None) -> None:
    assert decide(text, question) == Decided(Decision.THANKS, "no words")


@pytest.mark.parametrize("question", [None, FIXED, WARD, DRAFT])
@pytest.mark.parametrize("text", ["", "   ", "?!"])
def test_a_text_without_words_is_nothing(text: str, question: QuestionKind | None) -> None:
    assert decide(text, question).decision is Decision.NOTHING


@pytest.mark.parametrize("invited", [True, False])
@pytest.mark.parametrize("text", ["1", "7", "0", "3 4", "22123", "999", "٣"])
def test_digits_that_answer_nothing_never_become_a_case(text: str, invited: bool) -> None:
    decided = decide(text, None, invited=invited)
    assert (decided.decision, decided.why) == (Decision.NOTHING, "number that answers nothing")


@pytest.mark.parametrize("text", ["3", "9", "0"])
def test_a_digit_that_is_no_answer_to_fixed_is_nothing(text: str) -> None:
    assert decide(text, FIXED).decision is Decision.NOTHING


@pytest.mark.parametrize("text", ["ndio", "YES", "bado", "No."])
def test_a_lone_yes_or_no_that_answers_nothing_never_becomes_a_case(text: str) -> None:
    assert decide(text, None).decision is Decision.NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "Hakuna maji Shirere tangu juzi",
        "No water Shirere for two days",
        "hakuna maji",
        "maji",
        "Pls barabara ya market imejaa mashimo, vehicles zinakwama",
        "Bado hakuna maji",
        "yes kuna shida",
        "1. maji 2. taa",
    ],
)
def test_any_other_words_are_a_new_case(text: str) -> None:
    decided = decide(text, None)
    assert (decided.decision, decided.why) == (Decision.NEW, "new case")


def test_words_that_were_asked_for_are_added_to_the_case() -> None:
    decided = decide("Bomba ni la karibu na duka", None, invited=True)
    assert (decided.decision, decided.why) == (Decision.WORDS, "answers received")
    assert decide("sawa", None, invited=True).decision is Decision.THANKS


@pytest.mark.parametrize("text", ["4821 7739 bado hakuna maji", "Kuhusu 48217739: mafundi walifika", "48217739 maji"])
@pytest.mark.parametrize("question", [None, FIXED, WARD, DRAFT])
def test_a_text_that_names_its_own_reference_belongs_to_it(text: str, question: QuestionKind | None) -> None:
    decided = decide(text, question, own_reference=True, ward_named=True)
    assert (decided.decision, decided.why) == (Decision.WORDS, "names its reference")


@pytest.mark.parametrize("text", ["4821 7739", "48217739.", "4821-7739"])
def test_a_reference_alone_asks_how_it_stands(text: str) -> None:
    decided = decide(text, None, own_reference=True)
    assert (decided.decision, decided.asked, decided.why) == (
        Decision.KEYWORD, Asked(Keyword.STATUS), "reference alone",
    )  # fmt: skip


def test_an_answer_may_name_the_reference_that_was_asked_about_before_or_after() -> None:
    for text in ("4821 7739 bado", "bado 48217739", "48217739: BADO hakuna maji"):
        assert decide(text, FIXED, own_reference=True, reference_asked=True).decision is Decision.NO
    assert decide("4821 7739 NDIYO", FIXED, own_reference=True, reference_asked=True).decision is Decision.YES
    answer = decide("4821 7739 Shirere", WARD, ward_named=True, own_reference=True, reference_asked=True)
    assert answer.decision is Decision.WARD


@pytest.mark.parametrize("question", [None, FIXED, WARD, DRAFT, DELETE])
@pytest.mark.parametrize(
    "text", ["STOP", "stop.", "Simama", "SIMAMISHA", "stop sms", "anza", "START", "msaada", "Help!"]
)
def test_a_keyword_is_a_keyword_whatever_was_asked(text: str, question: QuestionKind | None) -> None:
    decided = decide(text, question, options=4, invited=True, awaited=True, open_cases=2)
    assert decided.decision is Decision.KEYWORD
    assert decided.asked is not None
    assert decided.why == f"keyword {decided.asked.keyword}"


def test_to_delete_asked_twice_is_no_yes() -> None:
    decided = decide("FUTA 4821 7739", DELETE, own_reference=True, reference_asked=True)
    assert (decided.decision, decided.asked) == (Decision.KEYWORD, Asked(Keyword.DELETE))


@pytest.mark.parametrize("text", ["ok", "ok sawa", "Okay thanks", "poa"])
def test_an_ok_is_neither_a_yes_nor_a_case(text: str) -> None:
    assert decide(text, None, open_cases=1).decision in (Decision.NOTHING, Decision.THANKS)


def test_an_unclear_word_before_another_matter_is_no_answer() -> None:
    assert decide("no drugs here", FIXED, foreign=True, matter_named=True).decision is Decision.NEW
    assert decide("bado, na dawa hakuna", FIXED, foreign=True, matter_named=True).decision is Decision.NO
    assert (
        decide("hakuna maji Shirere", WARD, ward_named=True, matter_named=True, foreign=True).decision is Decision.NEW
    )


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Ndio", False),
        ("Ndiyo asante sana kwa kazi nzuri", False),
        ("yes it is fixed now thank you", False),
        ("Ndio asante, lakini sasa taa za barabarani haziwaki", True),
        ("tayari imetengenezwa jana asubuhi", False),
    ],
)
def test_whether_a_yes_tells_of_something_else_too(text: str, more: bool) -> None:
    assert says_more(text) is more


@pytest.mark.parametrize(("text", "option"), [("1", 1), (" 4.", 4), ("2", 2)])
def test_a_digit_answers_a_question_that_offers_it(text: str, option: int) -> None:
    decided = decide(text, WARD, options=4)
    assert (decided.decision, decided.option, decided.why) == (Decision.OPTION, option, "answers which ward")


@pytest.mark.parametrize(("text", "options"), [("5", 4), ("0", 4), ("1", 0), ("12", 4)])
def test_a_digit_that_the_question_does_not_offer_is_nothing(text: str, options: int) -> None:
    assert decide(text, WARD, options=options).decision is Decision.NOTHING


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("ndio", Decision.YES),
        ("YES", Decision.YES),
        ("1", Decision.YES),
        ("ndio futa", Decision.YES),
        ("futa", Decision.YES),
        ("yes please delete", Decision.YES),
        ("la", Decision.NO),
        ("2", Decision.NO),
        ("no", Decision.NO),
        ("usifute", Decision.NO),
        ("acha", Decision.NO),
        ("yes no", Decision.NO),
        ("ndio maji yamerudi", Decision.NEW),
        ("yes there is still no water here", Decision.NEW),
        ("7 maji", Decision.NEW),
    ],
)
def test_only_a_plain_yes_deletes(text: str, decision: Decision) -> None:
    assert decide(text, DELETE).decision is decision


@pytest.mark.parametrize("text", ["asante", "Asante sana!", "thank you very much", "ok thanks", "mungu awabariki sana"])
@pytest.mark.parametrize("question", [None, FIXED, WARD])
def test_thanks_are_kept_and_are_no_case(text: str, question: QuestionKind | None) -> None:
    assert decide(text, question, open_cases=1).decision is Decision.THANKS


@pytest.mark.parametrize(
    "text", ["mmefika wapi", "Mtakuja lini?", "bado hamjakuja", "any update on this", "reminder", "sijajibiwa bado"]
)
def test_asking_after_the_one_open_report_belongs_to_it(text: str) -> None:
    decided = decide(text, None, open_cases=1)
    assert (decided.decision, decided.why) == (Decision.CHASE, "asks after its report")


def test_with_two_open_reports_nobody_knows_which_is_meant_and_she_is_told_of_all() -> None:
    decided = decide("mmefika wapi", None, open_cases=2)
    assert (decided.decision, decided.why) == (Decision.CHASE, "asks after her reports")


@pytest.mark.parametrize("text", ["Habari", "hello", "Habari za asubuhi mkuu", "test", "Hi good morning"])
@pytest.mark.parametrize("question", [None, FIXED, WARD])
def test_a_greeting_is_no_case_and_is_told_what_we_are_for(text: str, question: QuestionKind | None) -> None:
    decided = decide(text, question, open_cases=1)
    assert (decided.decision, decided.why, decided.asked) == (Decision.KEYWORD, "greeting", Asked(Keyword.HELP))


def test_a_further_text_is_a_case_of_its_own_that_may_belong_to_the_older_one() -> None:
    assert decide("sasa hata kisima kimekauka", None, open_cases=1).decision is Decision.LINKED
    assert decide("sasa hata kisima kimekauka", None, open_cases=1, elsewhere=True).decision is Decision.NEW
    assert decide("mmefika wapi na barabara ya Butere", None, open_cases=1, elsewhere=True).decision is Decision.NEW


def test_the_same_words_again_are_no_second_case() -> None:
    decided = decide("hakuna maji shirere", None, open_cases=1, repeated=True)
    assert (decided.decision, decided.why) == (Decision.CHASE, "says the same again")


def test_a_yes_that_names_another_case_confirms_nothing() -> None:
    assert decide("ndio 7310 0043", FIXED, own_reference=True).decision is Decision.WORDS


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("4821 7739 bado", "48217739"),
        ("bado 48217739", "48217739"),
        ("nambari 4821-7739.", "48217739"),
        ("0711 000 001", None),
        ("254711000001", None),
        ("4821 773", None),
        ("482177391", None),
        ("hakuna maji", None),
    ],
)
def test_eight_digits_alone_or_in_two_fours_may_be_a_reference(text: str, reference: str | None) -> None:
    assert reference_in(text) == reference


@pytest.mark.parametrize("given", [{"invited": True}, {"awaited": True}, {"going_on": True}, {"own_reference": True}])
@pytest.mark.parametrize("text", ["Moto unawaka soko Shirere, watu wako ndani", "mmefika wapi, moto unawaka Shirere"])
def test_what_tells_of_danger_is_never_words_of_another_matter(text: str, given: dict[str, bool]) -> None:
    decided = decide(text, None, matter_named=True, danger=True, open_cases=1, **given)
    assert decided == Decided(Decision.LINKED, "tells of danger")
    elsewhere = decide(text, None, matter_named=True, danger=True, open_cases=1, elsewhere=True, **given)
    assert elsewhere.decision is (Decision.LINKED if "own_reference" in given else Decision.NEW)


@pytest.mark.parametrize("text", ["moto unawaka soko Shirere", "sokoni moto unawaka"])
def test_a_place_where_something_burns_is_no_answer_to_where_another_matter_is(text: str) -> None:
    given = {"ward_named": "Shirere" in text, "matter_named": True, "invited": True}
    assert decide(text, WARD, danger=True, foreign=True, open_cases=1, **given).decision is Decision.LINKED
    assert decide(text, WARD, **given).decision in (Decision.WARD, Decision.PLACE)


def test_a_no_with_a_fire_beside_it_is_a_no_and_the_same_words_again_are_a_repetition() -> None:
    assert decide("bado, na moto unawaka", FIXED, danger=True, foreign=True).decision is Decision.NO
    again = decide("moto unawaka soko", None, danger=True, open_cases=1, repeated=True)
    assert again.decision is Decision.CHASE

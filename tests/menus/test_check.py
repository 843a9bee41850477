"""`flask menus check`: the county's own tree passes, and what is wrong with another one is found and named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.county import County
from gateway import catalogue as catalogues
from gateway import longest, proof
from menus import reader, sms
from menus.engine import Catalogue, Finish, Need, Show
from menus.lettering import SCREEN_BUDGET, septets
from menus.networks import SMALLEST_SCREEN
from menus.proof.check import Report, check, officer_room
from menus.proof.situations import Longest, Situations, combinations_of
from menus.proof.timing import SLOW, answering
from menus.tree import Item, Kind, Menu
from tests.menus.conftest import TREE, settings_without_servers
from tests.menus.walking import NAIROBI, PROFILES, Answer, Phone, with_sub_counties

TEXTS = Path(sms.__file__).parent / "texts" / "sms.yml"
TESTS = Path(__file__).parent.parent
MINIMAL = TESTS / "config" / "counties" / "minimal"
NAIROBI_CITY = TESTS / "counties" / "nairobi"

Prove = Callable[..., Report]


@pytest.fixture
def prove(tmp_path: Path, catalogue: Catalogue, kakamega: County) -> Prove:
    """The report about the county's own tree and texts in which `old` is replaced by `new`."""

    def proven(old: str = "", new: str = "", *, catalogue: Catalogue = catalogue, texts: bool = False) -> Report:
        paths = []
        for file, changes in ((TREE, not texts), (TEXTS, texts)):
            text = file.read_text()
            if old and changes:
                assert text.count(old) == 1
                text = text.replace(old, new)
            paths.append(tmp_path / file.name)
            paths[-1].write_text(text)
        menu, wordings = reader.load(paths[0]), sms.load(paths[1])
        return check(menu, catalogue, wordings, longest.answers(kakamega, menu), known=proof.known_values(kakamega))

    return proven


def line_of(text: str) -> int:
    return TREE.read_text()[: TREE.read_text().index(text)].count("\n") + 1


def of(report: Report, name: str, language: str) -> int:
    return next(size.septets for size in report.screens if (size.name, size.language) == (name, language))


def test_the_countys_own_tree_is_proven_and_only_the_longest_list_of_own_cases_is_paged(prove: Prove) -> None:
    report = prove()

    assert report.problems == ()
    assert [note for note in report.notes if "in pages" in note] == [
        f"screen `my_cases` is shown in pages in {language}, with key 99" for language in ("sw", "en")
    ]


def test_the_lengths_are_those_of_the_dialogue_with_the_error_line(prove: Prove) -> None:
    report = prove()

    assert of(report, "place", "sw") == 159
    assert of(report, "category", "sw") == 159
    assert of(report, "category_more", "sw") == septets("CON Rudia. ") + 153 - septets("CON ")
    assert of(report, "hidden", "en") >= septets(
        "END Your number is erased. No SMS will come. Write down: report 4821 7739, secret 5093. "
        "Follow up: *384*123# choose 3."
    )


def test_the_longest_title_of_an_incident_fits_in_every_language_with_its_day(prove: Prove) -> None:
    report = prove("", "")
    for language, said in (("sw", "Rudia. Imeripotiwa: "), ("en", "Retry. Reported: ")):
        (size,) = [one for one in report.screens if (one.name, one.language) == ("same", language)]
        assert size.text.startswith(f"CON {said}{'w' * 26}. ")
        assert size.left > 30


@pytest.mark.parametrize("folder", [MINIMAL, NAIROBI_CITY], ids=lambda folder: folder.name)
def test_another_county_is_proven_with_its_own_lists(folder: Path) -> None:
    report = proof.prove(proof.subject_of(settings_without_servers(COUNTY=str(folder))))

    assert report.problems == ()
    assert report.told.startswith("A returning reporter files in five hops, somebody who joins an incident in five, ")


def test_a_screen_that_is_too_long_in_one_language_is_shown_with_its_line_and_length(prove: Prove) -> None:
    report = prove("Piga bure: {violence_line} ukatili, {child_line} mtoto", "Piga bure: {violence_line} " + "x" * 53)

    [problem] = report.problems
    where = f"screen `violence` (line {line_of('  violence:') + 1})"
    assert problem.startswith(f"{where}: 161 septets in sw, 160 fit (Safaricom, Telkom, Equitel):")
    assert "\nCON Rudia. Piga bure: 1195 xxx" in problem


def test_what_is_too_long_for_every_network_names_every_network(prove: Prove) -> None:
    report = prove("sw: Tunasikiliza., en", f"sw: {'Tunasikiliza ' * 10}, en")

    [problem] = report.problems
    assert "160 fit (Safaricom, Airtel, Telkom, Equitel):" in problem


def test_what_is_left_on_the_smallest_network_is_told(prove: Prove) -> None:
    report = prove()

    assert all(size.left == SMALLEST_SCREEN - size.septets for size in report.screens)
    assert min(size.left for size in report.screens if size.name != "my_cases") >= 0


def test_the_longest_name_counts_and_an_extension_letter_counts_twice(prove: Prove, catalogue: Catalogue) -> None:
    before = of(prove(), "ward_kept", "sw")
    ward = catalogue.wards["1014"]
    name = dict.fromkeys(("sw", "en"), "Shinoyi-[komari]~")
    longer = replace(catalogue, wards={**catalogue.wards, "1014": replace(ward, short=name)})

    assert of(prove(catalogue=longer), "ward_kept", "sw") == before + 3


def test_a_text_that_only_some_facts_bring_out_is_measured_too(prove: Prove) -> None:
    report = prove("Kwa: {desk} tangu {since}\\nAhadi: {promise_day}. Imechelewa.", "{desk}" + "x" * 140)

    assert [problem.split(":")[0] for problem in report.problems] == [f"screen `case` (line {line_of('  case:') + 1})"]


def test_two_options_that_may_show_together_must_not_share_a_key(prove: Prove) -> None:
    report = prove(
        '{key: "3", when: case.callable, text: {sw: Nipigie', '{key: "2", when: case.callable, text: {sw: Nipigie'
    )

    assert (
        f"screen `case` (line {line_of('  case:') + 1}): key 2 is used twice (case.callable case.known case.open)"
        in report.problems
    )


def test_options_that_never_show_together_may_share_a_key(prove: Prove) -> None:
    report = prove('{key: "1", unless: case.known,', '{key: "2", unless: case.known,')

    assert report.problems == ()


def test_an_option_must_not_have_the_number_of_a_line_above_it(prove: Prove) -> None:
    report = prove('{key: "+", text: {sw: Mengine, en: Other}', '{key: "7", text: {sw: Mengine, en: Other}')

    assert f"screen `category` (line {line_of('  category:') + 1}): key 7 is used twice" in report.problems


def test_a_list_so_long_that_its_numbers_are_the_keys_of_networks_is_refused(
    prove: Prove, catalogue: Catalogue
) -> None:
    many = with_sub_counties(catalogue, *(f"Name {number}" for number in range(98)))

    assert [problem for problem in prove(catalogue=many).problems if "98" in problem] == [
        f"screen `place` (line {line_of('  place:') + 1}): key 98 belongs to networks or to paging"
    ]


def test_a_screen_that_nothing_leads_to_is_named(prove: Prove) -> None:
    report = prove("en: EACC's number}, go: corruption_line}", "en: EACC's number}, go: bribe}")

    assert report.problems == (
        f"screen `corruption_line` (line {line_of('  corruption_line:') + 1}): nothing leads there",
    )


def test_the_reply_to_three_wrong_answers_is_measured_like_the_others(prove: Prove) -> None:
    report = prove("Mhudumu atakusaidia: piga {hotline}", "Mhudumu atakusaidia: " + "piga {hotline} " * 9)

    assert [problem.split(":")[0] for problem in report.problems] == ["reply `three_wrong`"]


def test_a_time_that_counts_from_midnight_is_refused_where_hours_count_from_six(prove: Prove) -> None:
    report = prove("bure, saa {call_hours} siku za kazi", "bure, saa 8-5 siku za kazi")

    assert report.problems == (
        f"screen `call_me` (line {line_of('  call_me:') + 1}): "
        "`saa 8-5` in sw, which counts the hours from six: use {call_hours}",
    )
    assert prove("free, {call_hours} on", "free, 8-5 on").problems == ()


def test_times_in_sms_and_in_the_lists_of_the_county_are_looked_at_too(prove: Prove, catalogue: Catalogue) -> None:
    report = prove("Maneno yako yameongezwa kwa ripoti", "Saa 14:00 yameongezwa kwa ripoti", texts=True)
    assert report.problems == ("SMS `words_added`: `14:00` in sw, which counts the hours from six: use {call_hours}",)

    (first, *others) = catalogue.lists["referrals", ""]
    answer = {"referral_answer": {"sw": "Piga 97771, 8:00 hadi 17:00.", "en": "Call 97771, 8:00 to 17:00."}}
    referrals = (replace(first, slots=answer), *others)
    lists = {**catalogue.lists, ("referrals", ""): referrals}
    found = prove(catalogue=replace(catalogue, lists=lists)).problems
    where = f"the county's referrals, `{first.value}`"
    assert [problem.split(" in sw")[0] for problem in found] == [f"{where}: `8:00`", f"{where}: `17:00`"]


def test_a_language_with_a_stand_in_is_proven_with_the_texts_of_that(kakamega: County) -> None:
    source = TREE.read_text().replace("languages: [sw, en]\n", "languages: [sw, en, luy]\nfallback: {luy: sw}\n")
    menu = reader.parse(source, TREE.name)
    lists = catalogues.build(kakamega, settings_without_servers(), menu)

    report = check(menu, lists, sms.load(TEXTS), longest.answers(kakamega, menu))

    assert report.problems == ()
    assert "SMS: no wording is in luy, which the menu has" in report.notes
    assert of(report, "filed", "luy") == of(report, "filed", "sw")
    assert menu.missing["luy"]


def test_a_list_longer_than_a_screen_is_a_note_as_long_as_its_pages_have_room(
    prove: Prove, catalogue: Catalogue
) -> None:
    report = prove(catalogue=with_sub_counties(catalogue, *NAIROBI))

    assert report.problems == ()
    assert "screen `place` is shown in pages in sw, with key 99" in report.notes


def test_a_list_whose_pages_have_no_room_for_one_line_is_a_problem(prove: Prove, catalogue: Catalogue) -> None:
    report = prove(catalogue=with_sub_counties(catalogue, *("n" * 140 for _ in range(3))))

    assert any(problem.startswith("screen `place` (line ") for problem in report.problems)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("set: {category: GBV}", "set: {category: GVB}", "`GVB` is no category; did you mean `GBV`?"),
        ('set: {rating: "5"}', 'set: {rating: "tano"}', "`tano` is no rating"),
        ("set: {hour: today}", "set: {hour: todya}", "`todya` is no hour; did you mean `today`?"),
        ("set: {reason: half_done}", "set: {reason: half_don}", "`half_don` is no reason; did you mean `half_done`?"),
    ],
)
def test_a_value_that_nobody_would_know_what_to_do_with_is_named(prove: Prove, old: str, new: str, wrong: str) -> None:
    problem, *others = prove(old, new).problems
    assert problem.endswith(wrong)
    assert others == []


def test_an_sms_of_two_parts_is_shown_with_its_variant(prove: Prove) -> None:
    report = prove("jibu SMS hii. Kufuatilia piga {service_code} chagua {follow_up}. Bure.", "x" * 80, texts=True)

    assert [problem.split(":")[0] for problem in report.problems] == ["SMS `received (reply+free)`"]


def test_an_officer_has_the_room_that_the_longest_filling_leaves(
    menu: Menu, catalogue: Catalogue, most: Longest
) -> None:
    slots = Situations(menu, catalogue, most).slots

    room = officer_room(sms.load(TEXTS), "not_ours", slots)

    whole = "4821 7739: hili si la kaunti. {}. Hukubali? Piga *384*123#, 3."
    assert septets(whole.format("x" * room["sw"])) == 160
    assert set(room) == {"sw", "en"}


def test_facts_that_contradict_each_other_are_never_combined(menu: Menu) -> None:
    combinations = list(combinations_of(menu.screens["case"]))

    assert frozenset() in combinations
    assert frozenset({"case.known"}) in combinations
    assert all("case.known" in facts for facts in combinations if facts)
    assert all("case.promised" in facts for facts in combinations if "case.late" in facts)
    together = [
        facts for facts in combinations_of(menu.screens["filed"]) if {"case.feedback", "case.national"} <= facts
    ]
    assert together == []


def test_one_matter_is_pending_at_most_and_one_of_the_three_is_where_something_is(menu: Menu) -> None:
    matters = {"question.fixed", "letter.waiting", "draft.open"}

    found = [(len(facts & matters), "matter.pending" in facts) for facts in combinations_of(menu.screens["home"])]

    assert set(found) == {(0, False), (1, True)}


KEY = re.compile(r"(?:^|  )(\d+) ", re.MULTILINE)
"""The keys that a screen offers."""
# What is typed along the tree, and what is not.
TYPED = st.sampled_from([*map(str, range(13)), "99", "1014", "1016", "48217739", "5093", "sherere", "x" * 40, "", "77"])


@dataclass(frozen=True)
class Proven:
    """The longest and the slowest that each screen can be in any language: a walk may change it on its way."""

    septets: Mapping[str, int]
    slow: Mapping[str, float]


@pytest.fixture(scope="module")
def proven(menu: Menu, catalogue: Catalogue, most: Longest) -> Proven:
    report = check(menu, catalogue, sms.load(TEXTS), most)
    lengths: dict[str, int] = {}
    for size in report.screens:
        lengths[size.name] = max(size.septets, lengths.get(size.name, 0))
    slow: dict[str, float] = {}
    for pace in report.paces:
        slow[pace.screen] = max(pace.slow, slow.get(pace.screen, 0.0))
    return Proven(lengths, slow)


@settings(max_examples=800, deadline=None)
@given(
    inputs=st.lists(TYPED, max_size=12), language=st.sampled_from(["sw", "en"]),
    profile=st.sampled_from(sorted(PROFILES)),
)  # fmt: skip
def test_no_walk_ever_shows_more_or_takes_longer_than_was_proven(
    menu: Menu, catalogue: Catalogue, most: Longest, proven: Proven, inputs: list[str], language: str, profile: str
) -> None:
    def at_most(need: Need, answer: Answer) -> Answer:
        if need.name in most.lists:
            return {"items": [item_of(line) for line in most.lists[need.name][-1]]}
        slots = {name: texts[0] for name, texts in most.slots.items()}
        return {**answer, "slots": slots} if answer.get("slots") else answer

    shown = Phone(menu, catalogue, language, PROFILES[profile], at_most).dial(inputs)

    given_up = isinstance(shown, Finish) and menu.screens[shown.screen].kind is not Kind.END
    longest_one = proven.septets["reply three_wrong" if given_up else shown.screen]
    assert septets(shown.text) <= min(SCREEN_BUDGET, longest_one)
    if isinstance(shown, Show):
        slowest = max((answering(SLOW, shown.text, key) for key in KEY.findall(shown.text)), default=0.0)
        assert slowest <= proven.slow[shown.screen] + 1e-6


def item_of(line: Item) -> Answer:
    return {"value": line.value, "label": dict(line.label), "short": dict(line.short)}

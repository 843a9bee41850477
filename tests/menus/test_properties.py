"""Whatever is typed: one screen that any phone can show, the same bytes for the same inputs, and never an error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus.engine import Catalogue
from menus.lettering import SCREEN_BUDGET, is_gsm7, septets, shorten, to_gsm7
from menus.tree import Menu
from tests.menus.walking import NAIROBI, PROFILES, Phone, with_sub_counties

DIGITS = st.sampled_from([*map(str, range(13)), "99"])
CODES = st.sampled_from(["1014", "0991", "1016", "9999", "48217739", "7310 0043", "97982354", "99999999", "5093"])
NAMES = st.sampled_from(["sherere", "soko la Shirere", "karibu na kanisa", "ndio"])
ODD = st.sampled_from(
    ["", " ", "*", "#", "**1*", "\n", "{ward}", "{", "\u00a1", "\u202e1", "😀", "ƒ€[]\\~", "1\u0301", "٣"]
)
LONG = st.builds(
    lambda part, times: part * times, st.sampled_from(["maji ", "€", "😀", "*", "1", "{reference}"]), st.just(400)
)
TYPED = st.one_of(DIGITS, DIGITS, DIGITS, CODES, NAMES, ODD, LONG, st.text(max_size=200))
INPUTS = st.lists(st.one_of(DIGITS, TYPED), max_size=25)
BEGUN = st.sampled_from(
    [
        "", "1", "1*4*6*1*1", "1*4*6*1*1*1", "1*4*6*1*1*1*2", "1*4*6*1*1*1*3*1", "1*4*6*8*9*1*1", "2*1", "2*3*1", "3",
        "3*3", "4*2*1", "4*3*1", "6*2",
    ]
)  # fmt: skip
"""Where the random part begins, so that it also gets behind a filed report."""


@pytest.fixture(scope="module")
def places(catalogue: Catalogue) -> list[Catalogue]:
    """Kakamega, and a county whose lists are longer than a screen."""
    return [catalogue, with_sub_counties(catalogue, *NAIROBI)]


@settings(max_examples=600, deadline=None)
@given(
    begun=BEGUN, inputs=INPUTS, profile=st.sampled_from(sorted(PROFILES)), language=st.sampled_from(["sw", "en", ""]),
    county=st.sampled_from([0, 1]),
)  # fmt: skip
def test_any_inputs_give_a_screen_that_every_phone_can_show_and_the_same_one_again(
    menu: Menu, places: list[Catalogue], begun: str, inputs: list[str], profile: str, language: str, county: int
) -> None:
    inputs = [*(begun.split("*") if begun else []), *inputs]
    phones = [Phone(menu, places[county], language, PROFILES[profile]) for _ in range(2)]
    screens = [phone.dial(inputs) for phone in phones]
    text = screens[0].text
    assert text.startswith(("CON ", "END "))
    assert is_gsm7(text)
    assert septets(text) <= SCREEN_BUDGET
    assert screens[0] == screens[1]
    assert phones[0].needs == phones[1].needs


@settings(max_examples=100, deadline=None)
@given(begun=BEGUN, inputs=INPUTS)
def test_what_is_typed_later_never_changes_what_happened_before(
    menu: Menu, catalogue: Catalogue, begun: str, inputs: list[str]
) -> None:
    inputs = [*(begun.split("*") if begun else []), *inputs]
    whole = Phone(menu, catalogue)
    whole.dial(inputs)
    for length in range(len(inputs)):
        part = Phone(menu, catalogue)
        part.dial(inputs[:length])
        assert whole.needs[: len(part.needs)] == part.needs


@settings(max_examples=200, deadline=None)
@given(begun=BEGUN, inputs=st.lists(DIGITS, max_size=25))
def test_whatever_happens_is_keyed_by_its_place_in_what_was_typed(
    menu: Menu, catalogue: Catalogue, begun: str, inputs: list[str]
) -> None:
    inputs = [*(begun.split("*") if begun else []), *inputs]
    phone = Phone(menu, catalogue)
    phone.dial(inputs)
    lengths = {len("*".join(inputs[: count + 1])) for count in range(len(inputs))}
    positions = [need.position for need in phone.needs]
    assert positions == sorted(positions)
    assert set(positions) <= lengths
    assert len({need.key for need in phone.needs}) == len(phone.needs)
    assert sum(need.name == "file" for need in phone.needs) <= 1


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60), limit=st.integers(1, 40))
def test_any_letters_become_letters_of_a_basic_phone_within_the_length_asked_for(text: str, limit: int) -> None:
    assert is_gsm7(to_gsm7(text))
    short = shorten(text, limit)
    assert is_gsm7(short)
    assert septets(short) <= limit
    assert "\n" not in short

"""Everything typed so far, taken apart into what was typed at each hop, with and without what Redis noted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialogue.transcript import inputs_of, lengths
from menus.engine import MAX_INPUTS


@pytest.mark.parametrize(
    ("text", "noted", "inputs"),
    [
        ("", [0], []),
        ("1", [0], ["1"]),
        ("1*4*6", [0, 1, 3], ["1", "4", "6"]),
        # A star inside words, at either end, and nothing but stars.
        ("1*bomba*soko", [0, 1], ["1", "bomba*soko"]),
        ("1**bomba*", [0, 1], ["1", "*bomba*"]),
        ("1*****", [0, 1], ["1", "****"]),
        ("1*a*b*2", [0, 1, 5], ["1", "a*b", "2"]),
        ("*384#*1", [0, 5], ["", "384#", "1"]),
        # Nothing typed: later, twice, and at the first screen, which changes nothing yet.
        ("1*", [0, 1], ["1", ""]),
        ("1**", [0, 1, 2], ["1", "", ""]),
        ("1**2", [0, 1, 2], ["1", "", "2"]),
        ("*1", [0], ["", "1"]),
        ("*1*4", [0, 2], ["", "1", "4"]),
        ("*", [0], ["", ""]),
        ("**1", [0, 1], ["", "", "1"]),
        # The same hop again, and an older one: what came later does not matter.
        ("1*4*6", [0, 1, 3, 5], ["1", "4", "6"]),
        ("1*a*b", [0, 1, 5, 7, 9], ["1", "a*b"]),
        ("", [0, 1, 3], []),
        # An `@` as Kenyan handsets send it.
        ("1*jina\u00a1mahali", [0, 1], ["1", "jina@mahali"]),
        ("\u00a1", [0], ["@"]),
    ],
)
def test_with_every_hop_noted_each_input_is_what_was_typed(text: str, noted: list[int], inputs: list[str]) -> None:
    noted = [*noted, len(text)]
    assert inputs_of(text, noted) == inputs
    assert inputs_of(text, list(reversed(noted)) * 2) == inputs


@pytest.mark.parametrize(
    ("text", "kept", "inputs"),
    [
        ("", [], []),
        ("", [0], []),
        # A direct dial, *384*123*1*4*6#: the first hop brings a whole path.
        ("1*4*6", [], ["1", "4", "6"]),
        ("1*4*6*2", [0, 1, 3, 5], ["1", "4", "6", "2"]),
        # What the row knows stays whole, what follows is split.
        ("1*a*b*2*3", [0, 1, 5], ["1", "a*b", "2", "3"]),
        ("1*a*b*c*d", [0, 1], ["1", "a", "b", "c", "d"]),
        ("1*a*b*", [0, 1, 5], ["1", "a*b", ""]),
        ("1**2", [0], ["1", "", "2"]),
        ("*1*4", [0], ["", "1", "4"]),
        ("*", [], ["", ""]),
        ("1*jina\u00a1mahali*2", [0], ["1", "jina@mahali", "2"]),
    ],
)
def test_without_redis_what_follows_the_last_known_hop_is_split(text: str, kept: list[int], inputs: list[str]) -> None:
    assert inputs_of(text, kept) == inputs


def test_ten_thousand_stars_are_cut_off_at_once() -> None:
    stars = "*" * 10_000
    split = inputs_of(stars, ())
    assert (len(split), set(split)) == (MAX_INPUTS + 1, {""})
    assert inputs_of(stars, [0, 10_000]) == ["", stars[1:]]
    assert len(inputs_of(stars, range(10_001))) == MAX_INPUTS + 1


def test_lengths_are_those_of_the_text_at_each_hop() -> None:
    assert lengths([]) == [0]
    assert lengths(["1", "4", "10"]) == [0, 1, 3, 6]
    assert lengths(["1", "a*b", ""]) == [0, 1, 5, 6]


TYPED = st.text(alphabet="1*a \u00e9", max_size=6)
NOT_FIRST = st.lists(TYPED, max_size=8)
FIRST = TYPED.filter(lambda typed: typed != "" and not typed.startswith("*"))
"""What begins with a star, or is nothing at all, cannot be told apart at the very first screen."""


@settings(max_examples=300, deadline=None)
@given(first=FIRST, others=NOT_FIRST)
def test_whatever_was_typed_comes_back_at_every_hop(first: str, others: list[str]) -> None:
    inputs, noted = [first, *others], [0]
    for hop in range(1, len(inputs) + 1):
        text = "*".join(inputs[:hop])
        noted.append(len(text))
        assert inputs_of(text, noted) == inputs[:hop]
        assert noted == lengths(inputs[:hop])


@settings(max_examples=300, deadline=None)
@given(first=FIRST, others=NOT_FIRST, known=st.integers(0, 8))
def test_what_the_row_knows_is_never_split(first: str, others: list[str], known: int) -> None:
    inputs = [first, *others]
    split = inputs_of("*".join(inputs), lengths(inputs[:known]))
    assert split == [*inputs[:known], *(part for typed in inputs[known:] for part in typed.split("*"))]

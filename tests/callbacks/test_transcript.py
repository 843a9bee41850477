"""Everything typed so far, taken apart into what was typed at each hop, with and without what Redis noted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dialogue.sessions import Session
from gateway.dialogue.transcript import Standing, inputs_behind, inputs_of, lengths, standing
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


# Behind what was dialled with the code


@pytest.mark.parametrize(
    ("text", "noted", "inputs"),
    [
        ("1014", [0, 4], []),
        ("1014*1", [0, 4, 6], ["1"]),
        ("1014*1*a*b", [0, 4, 6, 10], ["1", "a*b"]),
        # The first hop brought more than the tail; without Redis what follows is split.
        ("1014*1*2", [0, 4, 6, 8], ["1", "2"]),
        ("1014*1*2", [0, 4], ["1", "2"]),
        ("48217739*2*maji * tatu", [0, 8, 10, 22], ["2", "maji * tatu"]),
        # Nothing typed at the first screen, once and twice, and a star at it.
        ("1014*", [0, 4, 5], [""]),
        ("1014**", [0, 4, 5, 6], ["", ""]),
        ("1014**1", [0, 4, 5, 7], ["", "1"]),
        ("1014**1", [0, 4], ["", "1"]),
        # An earlier hop: the dial itself.
        ("", [0, 4, 6], []),
    ],
)
def test_what_was_dialled_is_not_among_the_inputs(text: str, noted: list[int], inputs: list[str]) -> None:
    assert inputs_behind(text.find("*") if "*" in text else 4, text, noted) == inputs


@settings(max_examples=300, deadline=None)
@given(others=NOT_FIRST)
def test_behind_a_tail_whatever_was_typed_comes_back_at_every_hop(others: list[str]) -> None:
    noted = [0, 4]
    for hop in range(len(others) + 1):
        text = "*".join(["1014", *others[:hop]])
        noted.append(len(text))
        # A star at the very first screen looks like nothing typed, and then the rest.
        first = others[0] if others[:hop] else ""
        if not first.startswith("*"):
            assert inputs_behind(4, text, noted) == others[:hop]


# How a hop stands to what is known


@pytest.mark.parametrize(
    ("known", "text", "expected"),
    [
        (None, "", Standing.GOES_ON),
        (None, "1*4", Standing.GOES_ON),
        ("", "", Standing.GOES_ON),
        ("", "1", Standing.GOES_ON),
        ("1", "1", Standing.GOES_ON),
        ("1", "1*", Standing.GOES_ON),
        ("1", "1*4*6", Standing.GOES_ON),
        ("1*", "1**2", Standing.GOES_ON),
        ("1*a*b", "1*a*b*2", Standing.GOES_ON),
        ("1*4", "", Standing.OLDER),
        ("1*4", "1", Standing.OLDER),
        ("1*", "1", Standing.OLDER),
        ("1", "2", Standing.DIVERGED),
        ("1", "11", Standing.DIVERGED),
        ("11", "1", Standing.DIVERGED),
        ("1*4", "1*5", Standing.DIVERGED),
        ("1*4", "1*4a", Standing.DIVERGED),
        ("1*4*6", "1*5*6*1", Standing.DIVERGED),
        ("1*4", "*4", Standing.DIVERGED),
    ],
)
def test_a_text_goes_on_is_older_or_tells_another_story(known: str | None, text: str, expected: Standing) -> None:
    assert standing(known, text) is expected


def session_of(text: str | None, cuts: list[int]) -> Session:
    return Session("ATUid_1", "00", "m", "63902", {}, cuts, text=text)


def test_a_text_that_ends_in_the_middle_of_an_answer_is_no_earlier_hop() -> None:
    session = session_of("1*bomba*soko*2", [0, 1, 12, 14])
    assert session.standing("1*bomba*soko") is Standing.OLDER
    assert session.standing("1*bomba") is Standing.DIVERGED
    assert session.standing("1") is session.standing("") is Standing.OLDER
    # Beyond the last hop that is known nobody can say where one ended.
    assert session_of("1*bomba*soko*2", [0, 1]).standing("1*bomba") is Standing.OLDER


@pytest.mark.parametrize(
    ("row", "redis", "text", "cuts"),
    [
        (("1*4", [0, 1, 3]), ("1*4*6", [0, 1, 3, 5]), "1*4*6", [0, 1, 3, 5]),
        (("1*4*6", [0, 5]), ("1*4", [0, 1, 3]), "1*4*6", [0, 1, 3, 5]),
        (("", [0]), ("1*a*b", [0, 1, 5]), "1*a*b", [0, 1, 5]),
        # Another story is not believed, and neither are its cuts.
        (("1*4", [0, 1, 3]), ("1*5*6", [0, 1, 3, 5]), "1*4", [0, 1, 3]),
        # What was typed is not known there any more, but where its hops ended is.
        (("1*a*b", [0, 1]), (None, [0, 1, 5]), "1*a*b", [0, 1, 5]),
        ((None, [0]), ("1", [0, 1]), "1", [0, 1]),
    ],
)
def test_row_and_redis_complete_each_other(
    row: tuple[str | None, list[int]], redis: tuple[str | None, list[int]], text: str, cuts: list[int]
) -> None:
    session = session_of(*row)
    session.complete(*redis)
    assert (session.text, session.cuts) == (text, cuts)

"""Pages: of a long text, which lose no word, and of a long list, which lose no line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus.lettering import BASIC, EXTENDED, SCREEN_BUDGET, septets
from menus.paging import fit, pages_of

LETTERS = st.sampled_from(sorted(BASIC - set(" \n")) + sorted(EXTENDED))
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=30), min_size=1, max_size=40)
LINES = st.lists(st.text(st.sampled_from("abcdefgh "), min_size=1, max_size=40), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("", [""]),
        ("one", ["one"]),
        ("one two", ["one two"]),
        ("one two three", ["one two", "three"]),
        ("oneoneone two", ["oneoneon", "e two"]),
        ("one\ntwo\nthree", ["one\ntwo", "three"]),
        ("one\n\ntwo", ["one", "two"]),
        ("one two three\n\nfour", ["one two", "three", "four"]),
        ("[][] a", ["[][]", "a"]),
        ("  one  ", ["one"]),
    ],
)
def test_a_text_is_split_between_words_and_at_empty_lines(text: str, pages: list[str]) -> None:
    assert pages_of(text, 8) == pages


@settings(max_examples=200, deadline=None)
@given(words=WORDS, room=st.integers(2, 160))
def test_every_page_fits_and_no_letter_is_lost(words: list[str], room: int) -> None:
    pages = pages_of(" ".join(words), room)
    assert all(page and septets(page) <= room for page in pages)
    assert "".join(pages).replace(" ", "") == "".join(words)


@settings(max_examples=200, deadline=None)
@given(words=st.lists(st.text(LETTERS, min_size=1, max_size=10), min_size=1, max_size=40), room=st.integers(20, 160))
def test_no_word_is_split_that_fits_a_page(words: list[str], room: int) -> None:
    assert " ".join(pages_of(" ".join(words), room)).split() == words


@settings(max_examples=200, deadline=None)
@given(lines=LINES, header=st.text(st.sampled_from("abc "), max_size=300))
def test_the_pages_of_a_list_have_every_line_once_and_in_its_order(lines: list[str], header: str) -> None:
    numbered = [f"\n{number} {line}" for number, line in enumerate(lines, 1)]
    shown: list[str] = []
    first = fit("CON ", header, numbered, "\n0 Back", "\n99 More")
    for page in range(len(lines)):
        text = fit("CON ", header, numbered, "\n0 Back", "\n99 More", page)
        assert septets(text) <= SCREEN_BUDGET
        assert text.endswith("\n0 Back")
        if page and text == first:
            break
        shown += [line for line in text.split("\n")[1:] if not line.startswith(("0 ", "99 "))]
        if "\n99 More" not in text:
            break
    assert shown == [line.removeprefix("\n") for line in numbered]


def test_after_the_last_page_of_a_list_comes_the_first() -> None:
    lines = [f"\n{number} {'x' * 40}" for number in range(1, 9)]
    pages = [fit("CON ", "Which?", lines, "\n0 Back", "\n99 More", page) for page in range(6)]
    assert len(set(pages)) == 3
    assert pages[3:] == pages[:3]


def test_a_header_that_leaves_no_room_is_cut() -> None:
    assert fit("END ", "x" * 200, []) == f"END {'x' * 156}"
    assert fit("CON ", "€" * 200, [], "\n0 Back") == f"CON {'€' * 74}\n0 Back"

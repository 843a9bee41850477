"""Long lists, page by page."""

from __future__ import annotations

import pytest

from gateway.cases.pages import page_of


@pytest.mark.parametrize(
    ("asked", "count", "shown"),
    [
        (1, 0, (1, 1)),
        (-5, 50, (1, 2)),
        (2, 51, (2, 3)),
        (99, 50, (2, 2)),
        (10**30, 10**6, (40, 40)),
    ],
)
def test_a_page_is_one_that_there_is(asked: int, count: int, shown: tuple[int, int]) -> None:
    assert page_of(asked, count, size=25, most=40) == shown

"""The benchmark of the walk runs; how fast it is, it tells whoever runs it."""

from __future__ import annotations

from bench import walk


def test_the_same_hops_are_measured_on_the_countys_tree_and_on_a_grown_one() -> None:
    menu, facts = walk.county()
    big = walk.grown(menu, 200)

    lines = list(walk.table([walk.measure(menu, big, facts, depth, rounds=1, hops=1) for depth in walk.DEPTHS]))

    assert len(big.screens) >= 200
    assert {key for key, screen in big.screens.items() if key != screen.id} == set()
    assert [line.split()[0] for line in lines] == ["depth", "1", "5", "12"]

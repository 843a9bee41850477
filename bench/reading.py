"""How well wards and categories are read from texts, on the labelled sets of bench/texts.yml and its two followers.

    .venv/bin/python -m bench.reading

Prints for each part what was read rightly. The word lists were tuned on `dev`, `held` and `fresh`; `last` was written
by somebody who had seen none of them, was measured when they were done, and is the one to believe. The category of a
text is the one that it has before anybody has looked at it: hidden by sensitive.yml, else suggested by lexicon.yml,
else OTHER. Beside the aims stands "met" or "MISSED".
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from config.county import County, Ward, load, resolve
from gateway.cases.gazetteer import can_be_asked
from gateway.cases.reading import Reading, read
from gateway.cases.sensitivity import sensitive_category

TEXTS = Path(__file__).with_name("texts.yml")
LATER = {"fresh": TEXTS.with_name("texts_fresh.yml"), "last": TEXTS.with_name("texts_last.yml")}
PARTS = ("dev", "held", *LATER)
PRECISION, RECALL, TOP = 0.98, 0.9, 0.8
"""The aims: how many wards of those read are right, and are read of those named; how many texts have their category."""
MILLISECONDS = 1.0
"""Most that reading one text may take."""
WORST = 5
ROUNDS = 5
OTHER = "OTHER"


@dataclass(frozen=True)
class Labelled:
    """A text, and what a careful officer reads in it. `among`: codes of wards, one of which it names."""

    text: str
    category: str
    problem: str | None
    ward: int | None
    among: tuple[int, ...]


@dataclass(frozen=True)
class Share:
    """`right` of `all`; `aim`: least that the share should be."""

    name: str
    right: int
    all: int
    aim: float | None = None

    @property
    def value(self) -> float:
        return self.right / self.all if self.all else 1.0

    @property
    def met(self) -> bool:
        return self.aim is None or self.value >= self.aim

    def __str__(self) -> str:
        aim = "" if self.aim is None else f"   aim {self.aim:.2f}  {'met' if self.met else 'MISSED'}"
        return f"  {self.name:<52}{self.value:6.3f}  {self.right:4} of {self.all:<4}{aim}"


@dataclass(frozen=True)
class Read:
    """A labelled text, what was read in it, and the category under which it is filed at first."""

    said: Labelled
    reading: Reading
    category: str


def main() -> None:
    county = load(resolve("kakamega"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for part in PARTS:
        texts = labelled(part)
        print(f"\n{part}: {len(texts)} texts")
        for line in report(county, texts):
            print(line)


def labelled(part: str) -> list[Labelled]:
    """The texts of one part: a half of the first set, or one of the later ones."""
    every: list[Mapping[str, Any]] = yaml.load(
        LATER.get(part, TEXTS).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return [
        Labelled(one["text"], one["category"], one.get("problem"), one.get("ward"), tuple(one.get("among", ())))
        for one in every
        if part in LATER or part == one["half"]
    ]


def report(county: County, texts: Sequence[Labelled]) -> Iterator[str]:
    """The figures, one line each."""
    done = read_all(county, texts)
    yield from map(str, [*ward_shares(county, done), *category_shares(county, done)])
    yield "  most often taken for another: " + (", ".join(worst(done)) or "none")
    taken = milliseconds(county, texts)
    met = "met" if taken <= MILLISECONDS else "MISSED"
    yield f"  {'milliseconds per text':<52}{taken:6.3f}  {1000 / taken:.0f} a second   aim {MILLISECONDS:.2f}  {met}"


def read_all(county: County, texts: Sequence[Labelled]) -> list[Read]:
    done = []
    for said in texts:
        reading = read(county, said.text)
        done.append(Read(said, reading, sensitive_category(county, said.text) or reading.category or OTHER))
    return done


def ward_shares(county: County, done: Sequence[Read]) -> list[Share]:
    given = [one for one in done if one.reading.ward]
    right = sum(one.reading.ward.code == one.said.ward for one in given if one.reading.ward)
    named = sum(one.said.ward is not None for one in done)
    asked = [one for one in done if one.reading.among]
    askable = [one for one in done if one.said.among and can_be_asked(_wards(county, one.said.among))]
    rightly = sum(_codes(one.reading) == set(one.said.among) for one in asked)
    return [
        Share("ward: precision", right, len(given), PRECISION),
        Share("ward: recall where one is named", right, named, RECALL),
        Share("ward: f", 2 * right, len(given) + named),
        Share("asked among 2 to 5: rightly", rightly, len(asked)),
        Share("asked among 2 to 5: of those to be asked", rightly, len(askable)),
    ]


def category_shares(county: County, done: Sequence[Read]) -> list[Share]:
    secret = {category.code for category in county.categories if category.sensitive}
    everyday = [one for one in done if one.said.category not in secret]
    suggested = [one for one in done if one.reading.category]
    hidden = [one for one in done if one.category in secret]
    to_hide = [one for one in done if one.said.category in secret]
    told = [one for one in done if one.said.problem and one.reading.category == one.said.category]
    return [
        Share("category: right at first", _right(done), len(done), TOP),
        Share("category: of everyday texts", _right(everyday), len(everyday)),
        Share("category: of those with a suggestion", _right(suggested), len(suggested)),
        Share("problem: where the category is right and one is told", sum(_told(one) for one in told), len(told)),
        Share("confidential: hidden", sum(one.category in secret for one in to_hide), len(to_hide)),
        Share("hidden: that are confidential", sum(one.said.category in secret for one in hidden), len(hidden)),
    ]


def worst(done: Sequence[Read]) -> list[str]:
    """The commonest mistakes, as "MARKET for WASTE 3 times"."""
    mistakes = Counter((one.category, one.said.category) for one in done if one.category != one.said.category)
    return [f"{read} for {said} {times}x" for (read, said), times in mistakes.most_common(WORST)]


def milliseconds(county: County, texts: Sequence[Labelled]) -> float:
    """Of this process for one text: the median of some rounds through all of them."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for said in texts:
            read(county, said.text)
        rounds.append((time.process_time() - started) * 1000 / len(texts))
    return statistics.median(rounds)


def _right(done: Sequence[Read]) -> int:
    return sum(one.category == one.said.category for one in done)


def _told(one: Read) -> bool:
    return one.reading.problem == one.said.problem


def _codes(reading: Reading) -> set[int]:
    return {ward.code for ward in reading.among}


def _wards(county: County, codes: Sequence[int]) -> list[Ward]:
    return [ward for ward in county.wards if ward.code in codes]


if __name__ == "__main__":
    main()

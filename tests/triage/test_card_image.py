"""The card as an image: all of it stands there, and nothing runs into something else."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from PIL import Image, ImageChops
from sqlalchemy import select

from gateway.cases import cards
from gateway.cases.cards import Card, Fact
from gateway.cases.models import Case
from gateway.triage import card_image
from tests.cases.stage import Stage


def test_the_image_says_all_that_the_text_says(stage: Stage) -> None:
    """With each line of it some rows of pixels change: below those of the line before, above those of the next one."""
    reference = stage.file(problem="BURST_PIPE")
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        whole = cards.with_code(cards.of(session, stage.office, case, stage.now), "*384#", "Shirere", "*384*1014#")
    assert [fact.name["en"] for fact in whole.facts] == ["Place", "Reported", "Promised by", "Dial"]
    changed, problem = [replace(whole, county="Kakameqq")], other(whole.problem)
    changed += [replace(whole, problem={**whole.problem, one: problem[one]}) for one in cards.LANGUAGES]
    for at, fact in enumerate(whole.facts):
        for one in (replace(fact, name=other(fact.name)), replace(fact, value=other(fact.value))):
            changed.append(replace(whole, facts=[*whole.facts[:at], one, *whole.facts[at + 1 :]]))
    changed.append(replace(whole, reference="0000 0000"))
    drawn = in_grey(whole)
    rows = [differs(drawn, in_grey(one)) for one in changed]
    assert all(last <= first for (_, last), (first, _) in pairwise(rows)), rows


def other(said: Mapping[str, str]) -> dict[str, str]:
    """As long, with another end."""
    return {language: f"{text[:-2]}qq" for language, text in said.items()}


def in_grey(card: Card) -> Image.Image:
    return Image.open(io.BytesIO(card_image.png(card))).convert("L")


def differs(one: Image.Image, another: Image.Image) -> tuple[int, int]:
    """The first and the last row of pixels in which these differ visibly: their palettes differ, too."""
    box = ImageChops.difference(one, another).point(lambda by: 255 if by > 100 else 0).getbbox()
    assert box, "the same image"
    return box[1], box[3]


def test_a_long_problem_at_a_long_place_stays_on_the_image() -> None:
    long = {"sw": "Neno refu sana " * 3, "en": "A rather long wording " * 3}
    drawn = card_image.png(Card("Elgeyo-Marakwet", long, [Fact(long, long)] * 3, "1234 5678"))
    image = Image.open(io.BytesIO(drawn)).convert("RGB")
    edge = {image.getpixel((x, card_image.FOOT - 2)) for x in range(card_image.SIDE)}
    assert edge == {image.getpixel((0, card_image.FOOT - 2))}, "nothing runs into the band below"
    assert len(drawn) < 60_000

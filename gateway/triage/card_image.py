"""The card of a case as an image, made to be read as a thumbnail in a chat."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from gateway.cases import cards
from gateway.cases.cards import Card

SIDE, MARGIN, HEAD, FOOT = 1080, 64, 116, 950
"""Pixels: the square, what is left free at its sides, and where the bands above and below begin."""
SCALES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Tried in this order, until all of it fits."""
PAPER, INK, SOFT, GREEN, WHITE, LINE = "#f6f4ee", "#14201c", "#46534d", "#083f35", "#ffffff", "#cfcabb"
COLOURS = 16
"""Enough for smooth letters in these few colours; more only makes the file larger."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def png(card: Card) -> bytes:
    """A square PNG of 1080 pixels, of less than 60 kB."""
    for scale in SCALES:
        image, foot = _drawn(card, scale)
        if foot <= FOOT:
            break
    written = io.BytesIO()
    image.quantize(COLOURS).save(written, "PNG", optimize=True)
    return written.getvalue()


def _drawn(card: Card, scale: float) -> tuple[Image.Image, float]:
    """The card, and where what stands on it ends."""
    image = Image.new("RGB", (SIDE, SIDE), PAPER)
    draw = ImageDraw.Draw(image)
    y = _paragraph(draw, card.problem["sw"], HEAD + 36, 92 * scale, INK, bold=True)
    if card.problem["en"] != card.problem["sw"]:
        y = _paragraph(draw, card.problem["en"], y + 4, 54 * scale, SOFT)
    y += 28 * scale
    for fact in card.facts:
        draw.line((MARGIN, y, SIDE - MARGIN, y), fill=LINE, width=3)
        y = _paragraph(draw, cards.both(fact.name), y + 14 * scale, 34 * scale, SOFT)
        y = _paragraph(draw, cards.both(fact.value), y, 50 * scale, INK) + 14 * scale
    draw.rectangle((0, 0, SIDE, HEAD), fill=GREEN)
    draw.text((MARGIN, HEAD / 2), f"{card.county} · Sikiza", fill=WHITE, font=_font(52), anchor="lm")
    middle = (FOOT + SIDE) / 2
    draw.rectangle((0, FOOT, SIDE, SIDE), fill=GREEN)
    draw.text((MARGIN, middle), cards.both(cards.REFERENCE), fill=WHITE, font=_font(40), anchor="lm")
    draw.text((SIDE - MARGIN, middle), card.reference, fill=WHITE, font=_font(76), anchor="rm", stroke_width=1)
    return image, y


def _paragraph(
    draw: ImageDraw.ImageDraw, words: str, y: float, size: float, colour: str, *, bold: bool = False
) -> float:
    """Write words from `y` on in as many lines as they need; where the next paragraph may begin."""
    font = _font(int(size))
    for line in _lines(draw, words, font):
        draw.text((MARGIN, y), line, fill=colour, font=font, stroke_width=1 if bold else 0)
        y += size * 1.2
    return y


def _lines(draw: ImageDraw.ImageDraw, words: str, font: Font) -> list[str]:
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and draw.textlength(longer, font) > SIDE - 2 * MARGIN:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@lru_cache(maxsize=32)
def _font(size: int) -> Font:
    """The one that comes with Pillow: no file of ours, and the same on every machine."""
    return ImageFont.load_default(size)

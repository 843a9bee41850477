"""The transcript of a USSD session: everything typed so far, taken apart into what was typed at each hop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from menus.engine import MAX_INPUTS


class Standing(StrEnum):
    """How a `text` stands to the longest one that is known of its session."""

    GOES_ON = "goes_on"
    """The same, or more."""
    OLDER = "older"
    """An earlier hop, delivered late."""
    DIVERGED = "diverged"
    """Something else than what was typed before."""


def standing(known: str | None, text: str) -> Standing:
    """`known` is None where nothing is known of what was typed before."""
    if not known or text == known or text.startswith(f"{known}*"):
        return Standing.GOES_ON
    return Standing.OLDER if not text or known.startswith(f"{text}*") else Standing.DIVERGED


def inputs_behind(letters: int, text: str, cuts: Iterable[int]) -> list[str]:
    """What was typed at each hop behind the first `letters` of `text`, which were dialled. Else as `inputs_of`."""
    if not letters:
        return inputs_of(text, cuts)
    taken = letters + 1
    typed = inputs_of(text[taken:], [cut - taken for cut in cuts])
    # `1014*`: an empty answer to the first screen, which leaves nothing but the star.
    return typed or [""] * (len(text) == taken)


def inputs_of(text: str, cuts: Iterable[int]) -> list[str]:
    """What was typed at each hop. `cuts` are the lengths of `text` at the hops that are known.

    Between two cuts stands one input, `*` and all. What follows the last one, because this hop was not noted, is
    split. At most MAX_INPUTS + 1 inputs are told apart.
    """
    inputs: list[str] = []
    start = 0
    for cut in sorted({cut for cut in cuts if 0 < cut <= len(text)}):
        inputs.extend(_between(text, start, cut))
        start = cut
    if start < len(text):
        tail = _between(text, start, len(text))
        inputs.extend(part for typed in tail for part in typed.split("*", MAX_INPUTS))
    # Handsets send U+00A1 for a typed `@` (seen by a Kenyan gateway); nobody types an inverted mark.
    return [typed.replace("\u00a1", "@") for typed in inputs[: MAX_INPUTS + 1]]


def _between(text: str, start: int, end: int) -> list[str]:
    """The input between two cuts. An empty answer to the first screen leaves no length of its own: `*1` is two."""
    if start:
        return [text[start + 1 : end] if text[start] == "*" else text[start:end]]
    return ["", text[1:end]] if text.startswith("*") else [text[:end]]


def lengths(inputs: Sequence[str]) -> list[int]:
    """The cut points that these inputs make, from the first hop (0) on."""
    cuts, length = [0], -1
    for typed in inputs:
        length += len(typed) + 1
        cuts.append(length)
    return cuts

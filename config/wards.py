"""The county's places, read from places.yml: sub-counties, wards, and the landmarks that a resident can choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from config.wording import LANDMARK, NAME, PLACE, Text, given, read_line, read_texts
from menus.marked import Node

LANDMARKS = 3
"""The landmark screen has three keys for them; the next key is "elsewhere"."""


@dataclass(frozen=True)
class Landmark:
    """A place that everybody in the ward knows; `label` is at most 14 septets."""

    code: str
    label: Text = field(hash=False)


@dataclass(frozen=True)
class Ward:
    """A county assembly ward. `code` is the IEBC's (1 to 1450), `short` at most 17 septets.

    `ambiguous` holds spellings that mean something else in a free text (a river, a family name): the place search
    knows them, a text needs the word *wadi* beside them.
    """

    code: int
    name: str
    short: str
    sub_county: int
    population: int
    aliases: tuple[str, ...]
    landmarks: tuple[Landmark, ...]
    ambiguous: tuple[str, ...] = ()


@dataclass(frozen=True)
class SubCounty:
    """A sub-county, which is a constituency; `code` is the IEBC's (1 to 290), `short` at most 17 septets."""

    code: int
    name: str
    short: str
    aliases: tuple[str, ...]
    wards: tuple[Ward, ...]


def read_sub_counties(node: Node, languages: Sequence[str]) -> tuple[SubCounty, ...]:
    """places.yml: `default_landmarks` for the wards that have none of their own, and `sub_counties`."""
    fields = node.fields(required=("default_landmarks", "sub_counties"))
    landmarks = given(fields, "default_landmarks", lambda part: _read_landmarks(part, languages), ())
    reader = _Reader(languages, landmarks)
    sub_counties = given(fields, "sub_counties", reader.sub_counties, ())
    if "sub_counties" in fields and not sub_counties:
        fields["sub_counties"].wrong("there is no sub-county")
    return sub_counties


class _Reader:
    """Reads sub-counties and wards, remembering the codes that were given."""

    def __init__(self, languages: Sequence[str], landmarks: tuple[Landmark, ...]) -> None:
        self.languages = languages
        self.landmarks = landmarks
        self.sub_county_codes: set[int] = set()
        self.ward_codes: set[int] = set()

    def sub_counties(self, node: Node) -> tuple[SubCounty, ...]:
        return tuple(self.sub_county(item) for item in node.items())

    def sub_county(self, node: Node) -> SubCounty:
        fields = node.fields(required=("code", "name", "wards"), optional=("short", "aliases"))
        code = given(fields, "code", lambda part: _read_number(part, 290, self.sub_county_codes), 0)
        name, short = _read_names(fields)
        wards = given(fields, "wards", lambda part: tuple(self.ward(item, code) for item in part.items()), ())
        if "wards" in fields and not wards:
            fields["wards"].wrong(f"`{name}` has no ward")
        return SubCounty(code, name, short, given(fields, "aliases", _read_spellings, ()), wards)

    def ward(self, node: Node, sub_county: int) -> Ward:
        fields = node.fields(
            required=("code", "name", "population"), optional=("short", "aliases", "landmarks", "ambiguous")
        )
        name, short = _read_names(fields)
        return Ward(
            code=given(fields, "code", lambda part: _read_number(part, 1450, self.ward_codes), 0),
            name=name,
            short=short,
            sub_county=sub_county,
            population=given(fields, "population", lambda part: part.integer(1, 1_000_000), 1),
            aliases=given(fields, "aliases", _read_spellings, ()),
            landmarks=given(fields, "landmarks", lambda part: _read_landmarks(part, self.languages), self.landmarks),
            ambiguous=given(fields, "ambiguous", _read_spellings, ()),
        )


def _read_number(node: Node, high: int, taken: set[int]) -> int:
    """An IEBC code that nothing in `taken` has yet; it is added there."""
    before = len(node.problems)
    code = node.integer(1, high)
    if len(node.problems) > before:
        return 0
    if code in taken:
        node.wrong(f"the code {code} is given twice")
    taken.add(code)
    return code


def _read_names(fields: dict[str, Node]) -> tuple[str, str]:
    name = given(fields, "name", lambda part: read_line(part, NAME), "")
    if "short" in fields or "name" not in fields:
        return name, given(fields, "short", lambda part: read_line(part, PLACE), "")
    if PLACE < len(name) <= NAME:
        fields["name"].wrong(f"`{name}` takes {len(name)} septets: give it a `short` of at most {PLACE}")
    return name, name


def _read_spellings(node: Node) -> tuple[str, ...]:
    return tuple(read_line(item, NAME) for item in node.items())


def _read_landmarks(node: Node, languages: Sequence[str]) -> tuple[Landmark, ...]:
    texts = read_texts(node, languages, LANDMARK)
    if node.is_mapping and not 1 <= len(texts) <= LANDMARKS:
        node.wrong(f"expected 1 to {LANDMARKS} landmarks, found {len(texts)}")
    return tuple(Landmark(code, label) for code, label in texts.items())

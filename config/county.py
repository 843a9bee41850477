"""A county folder as frozen values: `load` reads it and reports every mistake in it with file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from config.categories import Category, CommonProblem, Department, Menu, read_categories, read_departments
from config.charter import Charter, Term, TermName, TermUnit, read_charter
from config.lexicon import Lexicon, Speaking, read_lexicon
from config.replies import ReplyText, read_replies
from config.retention import Keeping, Kept, read_retention
from config.rights import TERMS
from config.sensitive import Sensitive, read_sensitive
from config.wards import Landmark, SubCounty, Ward, read_sub_counties
from config.wording import (
    LABEL,
    LANGUAGE,
    NAME,
    PLACE,
    SENTENCE,
    Text,
    check_screen,
    given,
    read_code,
    read_line,
    read_text,
    read_texts,
)
from menus.marked import Mistakes, Node, Problem, did_you_mean, read

__all__ = [
    "CallCentre",
    "Category",
    "Charter",
    "CommonProblem",
    "County",
    "Department",
    "Helplines",
    "Keeping",
    "Kept",
    "Landmark",
    "Lexicon",
    "Menu",
    "Referral",
    "ReplyText",
    "Sensitive",
    "Service",
    "Speaking",
    "SubCounty",
    "Term",
    "TermName",
    "TermUnit",
    "Text",
    "Ward",
    "load",
    "resolve",
]

COUNTIES = Path(__file__).parent / "counties"
FILES = (
    "county", "places", "departments", "categories", "charter", "sensitive", "retention", "referrals", "lexicon",
    "replies",
)  # fmt: skip
OPTIONAL = ("referrals", "lexicon", "replies")
GENERAL = ("code", "name", "languages", "hotline", "hotline_hours", "helplines")
QUIET_HOURS = (21, 7)
"""When no SMS wakes anybody who does not wait for it, where the county says nothing else."""
LIST = 8
"""At most so many services to rate and bodies to refer to: one screen each."""


@dataclass(frozen=True)
class Helplines:
    """Telephone numbers as they are printed on screens."""

    child: str
    violence: str
    emergency: str
    mobile_emergency: str
    eacc: str


@dataclass(frozen=True)
class CallCentre:
    """The county's own call centre, beside which the gateway works: what it is called, and its number."""

    name: str
    number: str


@dataclass(frozen=True)
class Service:
    """A service that residents rate from 1 to 5; `label` is at most 20 septets."""

    code: str
    label: Text = field(hash=False)


@dataclass(frozen=True)
class Referral:
    """A national matter: `label` (at most 20 septets) is the option, `text` (at most 70) says who is responsible."""

    code: str
    label: Text = field(hash=False)
    text: Text = field(hash=False)
    body: str


@dataclass(frozen=True, eq=False, repr=False)
class County:
    """Everything that differs per county. Compared by identity, so that what is computed from it can be kept."""

    code: int
    name: str
    languages: tuple[str, ...]
    hotline: str
    hotline_hours: tuple[int, int]
    """Full hours from 0 to 23 between which somebody calls back."""
    quiet_hours: tuple[int, int]
    """Full hours between which, through the night, only SMS leave that somebody waits for."""
    helplines: Helplines
    call_centre: CallCentre | None
    """None where the county has none of its own to hand over to."""
    sub_counties: tuple[SubCounty, ...]
    departments: tuple[Department, ...]
    categories: tuple[Category, ...]
    services: tuple[Service, ...]
    charter: Charter
    sensitive: Sensitive
    retention: Mapping[Kept, Keeping]
    """How long each class of what is kept is kept; it has every `Kept`."""
    referrals: tuple[Referral, ...]
    lexicon: Lexicon
    replies: tuple[ReplyText, ...]
    """Ready texts, in the order in which officers are offered them."""

    @cached_property
    def wards(self) -> tuple[Ward, ...]:
        """All wards, in the order of the sub-counties."""
        return tuple(ward for sub_county in self.sub_counties for ward in sub_county.wards)

    def ward(self, code: int) -> Ward | None:
        return self._wards.get(code)

    def sub_county(self, code: int) -> SubCounty | None:
        return self._sub_counties.get(code)

    def category(self, code: str) -> Category | None:
        return self._categories.get(code)

    def department(self, code: str) -> Department | None:
        return self._departments.get(code)

    def service(self, code: str) -> Service | None:
        return self._services.get(code)

    def referral(self, code: str) -> Referral | None:
        return self._referrals.get(code)

    def menu(self, menu: Menu) -> tuple[Category, ...]:
        """The categories of one list on the phone, in its order."""
        return self._menus[menu]

    @cached_property
    def _wards(self) -> dict[int, Ward]:
        return {ward.code: ward for ward in self.wards}

    @cached_property
    def _sub_counties(self) -> dict[int, SubCounty]:
        return {sub_county.code: sub_county for sub_county in self.sub_counties}

    @cached_property
    def _categories(self) -> dict[str, Category]:
        return {category.code: category for category in self.categories}

    @cached_property
    def _departments(self) -> dict[str, Department]:
        return {department.code: department for department in self.departments}

    @cached_property
    def _services(self) -> dict[str, Service]:
        return {service.code: service for service in self.services}

    @cached_property
    def _referrals(self) -> dict[str, Referral]:
        return {referral.code: referral for referral in self.referrals}

    @cached_property
    def _menus(self) -> dict[Menu, tuple[Category, ...]]:
        return {menu: tuple(category for category in self.categories if category.menu is menu) for menu in Menu}


def resolve(name_or_path: str) -> Path:
    """The folder that the setting COUNTY means: one that comes with the program, else a path, which may not exist."""
    if re.fullmatch(r"[\w-]+", name_or_path) and (COUNTIES / name_or_path).is_dir():
        return COUNTIES / name_or_path
    return Path(name_or_path)


def load(path: Path) -> County:
    """Read a county folder. Raises `Mistakes`, which lists every one, unless all of it is right."""
    problems: list[Problem] = []
    nodes = _read_files(path, problems)
    general = nodes["county"].fields(GENERAL, ("services", "quiet_hours", "call_centre")) if "county" in nodes else {}
    languages = given(general, "languages", _read_languages, ())
    departments = given(nodes, "departments", lambda node: read_departments(node, languages), ())
    categories = given(
        nodes,
        "categories",
        lambda node: read_categories(node, languages, [department.code for department in departments]),
        (),
    )
    codes = [category.code for category in categories]
    county = County(
        code=given(general, "code", lambda node: node.integer(1, 47), 0),
        name=given(general, "name", lambda node: read_line(node, PLACE), ""),
        languages=languages,
        hotline=given(general, "hotline", _read_telephone, ""),
        hotline_hours=given(general, "hotline_hours", _read_hours, (0, 0)),
        quiet_hours=given(general, "quiet_hours", _read_night, QUIET_HOURS),
        helplines=given(general, "helplines", _read_helplines, Helplines("", "", "", "", "")),
        call_centre=given(general, "call_centre", _read_call_centre, None),
        sub_counties=given(nodes, "places", lambda node: read_sub_counties(node, languages), ()),
        departments=departments,
        categories=categories,
        services=given(general, "services", lambda node: _read_services(node, languages), ()),
        charter=given(
            nodes, "charter", lambda node: _with_law(read_charter(node, codes)),
            Charter({}, {}, frozenset(), frozenset()),
        ),
        sensitive=given(nodes, "sensitive", lambda node: read_sensitive(node, categories), Sensitive()),
        retention=given(nodes, "retention", read_retention, {}),
        referrals=given(nodes, "referrals", lambda node: _read_referrals(node, languages), ()),
        lexicon=given(nodes, "lexicon", lambda node: read_lexicon(node, categories), Lexicon()),
        replies=given(nodes, "replies", lambda node: read_replies(node, languages, codes), ()),
    )  # fmt: skip
    if problems:
        raise Mistakes(problems)
    return county


def _with_law(charter: Charter) -> Charter:
    """The county's times and, for what the law gives a right to, the law's."""
    return replace(charter, by_category={**charter.by_category, **TERMS})


def _read_files(folder: Path, problems: list[Problem]) -> dict[str, Node]:
    name = folder.resolve().name
    if not folder.is_dir():
        known = [county.name for county in COUNTIES.iterdir() if county.is_dir()]
        problems.append(Problem(name, 1, f"there is no such county folder{did_you_mean(name, known)}"))
        return {}
    for stranger in sorted(path.name for path in folder.iterdir() if path.suffix in (".yml", ".yaml")):
        if stranger not in [f"{file}.yml" for file in FILES]:
            hint = did_you_mean(stranger, [f"{file}.yml" for file in FILES])
            problems.append(Problem(f"{name}/{stranger}", 1, f"nothing reads this file{hint}"))
    nodes = {}
    for file in FILES:
        path = folder / f"{file}.yml"
        if file in OPTIONAL and not path.exists():
            continue
        if node := read(path, problems, shown=f"{name}/{file}.yml"):
            nodes[file] = node
    return nodes


def _read_languages(node: Node) -> tuple[str, ...]:
    languages = node.strings()
    for language in languages:
        if not LANGUAGE.fullmatch(language):
            node.wrong(f"`{language}` is not a language code such as `sw`")
    if node.is_list and not languages:
        node.wrong("there is no language")
    if len(set(languages)) < len(languages):
        node.wrong("a language is given twice")
    return tuple(dict.fromkeys(languages))


def _read_telephone(node: Node) -> str:
    text = node.string()
    if node.is_scalar and not re.fullmatch(r"\+?[0-9](?: ?[0-9]){2,14}", text):
        node.wrong(f"`{text}` is not a telephone number as it is printed, such as 0800 724 388")
    return text


def _read_hours(node: Node) -> tuple[int, int]:
    """`8-17`: full hours on the clock of 24, the earlier one first."""
    opens, closes = _two_hours(node)
    if node.is_scalar and not opens < closes < 24:
        node.wrong(f"`{node.string()}` must be two full hours of the day such as 8-17")
    return opens, closes


def _read_night(node: Node) -> tuple[int, int]:
    """`21-7`: from an hour of the evening to one of the morning."""
    begins, ends = _two_hours(node)
    if node.is_scalar and not ends < begins < 24:
        node.wrong(f"`{node.string()}` must be an hour of the evening and one of the morning such as 21-7")
    return begins, ends


def _two_hours(node: Node) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})", node.string())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _read_helplines(node: Node) -> Helplines:
    names = tuple(Helplines.__dataclass_fields__)
    fields = node.fields(required=names)
    return Helplines(**{name: given(fields, name, _read_telephone, "") for name in names})


def _read_call_centre(node: Node) -> CallCentre:
    fields = node.fields(required=("name", "number"))
    return CallCentre(
        name=given(fields, "name", lambda part: read_line(part, NAME), ""),
        number=given(fields, "number", _read_telephone, ""),
    )


def _read_services(node: Node, languages: Sequence[str]) -> tuple[Service, ...]:
    texts = read_texts(node, languages, LABEL)
    _check_list(node, languages, list(texts.values()))
    return tuple(Service(code, label) for code, label in texts.items())


def _read_referrals(node: Node, languages: Sequence[str]) -> tuple[Referral, ...]:
    taken: set[str] = set()
    referrals = []
    for item in node.items():
        fields = item.fields(required=("code", "label", "text", "body"))
        referrals.append(
            Referral(
                code=given(fields, "code", lambda part: read_code(part, taken), ""),
                label=given(fields, "label", lambda part: read_text(part, languages, LABEL), {}),
                text=given(fields, "text", lambda part: read_text(part, languages, SENTENCE), {}),
                body=given(fields, "body", lambda part: read_line(part, NAME), ""),
            )
        )
    _check_list(node, languages, [referral.label for referral in referrals])
    return tuple(referrals)


def _check_list(node: Node, languages: Sequence[str], labels: Sequence[Text]) -> None:
    if len(labels) > LIST:
        node.wrong(f"{len(labels)} options, at most {LIST} fit")
    for language in languages:
        check_screen(node, language, "x" * LABEL, [label.get(language, "") for label in labels])

"""What a case can be about and whose work it is: departments.yml and categories.yml with the common problems."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from config.wording import (
    LABEL,
    LOWER_CODE,
    NAME,
    PLACE,
    SHORT,
    Text,
    check_screen,
    given,
    read_code,
    read_text,
    read_texts,
)
from menus.marked import Node, did_you_mean

OTHER_PROBLEM = "OTHER"
"""The last common problem of every list: something else."""

PROBLEMS = 7

FILED_BY_NAME = ("OTHER", "NATIONAL", "PRAISE", "IDEA", "RATING", "GBV", "CORRUPT", "STAFF")
"""Codes under which the program itself files, so no county may leave them out."""


class Menu(StrEnum):
    """The list on the phone in which a category stands; NONE: cases carry it, no list shows it."""

    MAIN = "main"
    MORE = "more"
    SECRET = "secret"  # noqa: S105 - the name of a list
    NONE = "none"


OPTIONS: Mapping[Menu, int] = {Menu.MAIN: 7, Menu.MORE: 8, Menu.SECRET: 3}
"""Keys left for categories in each list, beside the fixed ones."""


@dataclass(frozen=True)
class Department:
    """Who does the work; `short` is at most 14 septets."""

    code: str
    name: Text = field(hash=False)
    short: Text = field(hash=False)


@dataclass(frozen=True)
class CommonProblem:
    """What is usually wrong, chosen with one key instead of typed; `label` is at most 20 septets."""

    code: str
    label: Text = field(hash=False)


@dataclass(frozen=True)
class Category:
    """`label` (at most 20 septets) is the option, `short` (at most 14) heads the list of problems."""

    code: str
    label: Text = field(hash=False)
    short: Text = field(hash=False)
    menu: Menu
    department: str
    sensitive: bool
    problems: tuple[CommonProblem, ...]
    urgent: bool = False
    """Whoever has a new one of these at her desk is called by SMS at once, by day and night."""

    def problem(self, code: str | None) -> CommonProblem | None:
        """The common problem of this code; None for *something else*, which says nothing of what a case is about."""
        return next((one for one in self.problems if one.code == code != OTHER_PROBLEM), None)


def read_departments(node: Node, languages: Sequence[str]) -> tuple[Department, ...]:
    """departments.yml: a list of departments."""
    taken: set[str] = set()
    departments = []
    for item in node.items():
        fields = item.fields(required=("code", "name", "short"))
        departments.append(
            Department(
                code=given(fields, "code", lambda part: read_code(part, taken, LOWER_CODE), ""),
                name=given(fields, "name", lambda part: read_text(part, languages, NAME), {}),
                short=given(fields, "short", lambda part: read_text(part, languages, SHORT), {}),
            )
        )
    if node.is_list and not departments:
        node.wrong("there is no department")
    return tuple(departments)


def read_categories(node: Node, languages: Sequence[str], departments: Collection[str]) -> tuple[Category, ...]:
    """categories.yml: a list of categories; `departments` are the known codes, none meaning that they are unknown."""
    taken: set[str] = set()
    categories = tuple(_read_category(item, languages, departments, taken) for item in node.items())
    for code in FILED_BY_NAME:
        if node.is_list and code not in taken:
            node.wrong(f"the category `{code}` is missing: the program files cases under it")
    _check_menus(node, categories)
    return categories


def _read_category(node: Node, languages: Sequence[str], departments: Collection[str], taken: set[str]) -> Category:
    fields = node.fields(
        required=("code", "label", "short", "menu", "department"), optional=("sensitive", "problems", "urgent")
    )
    category = Category(
        code=given(fields, "code", lambda part: read_code(part, taken), ""),
        label=given(fields, "label", lambda part: read_text(part, languages, LABEL), {}),
        short=given(fields, "short", lambda part: read_text(part, languages, SHORT), {}),
        menu=given(fields, "menu", _read_menu, Menu.NONE),
        department=given(fields, "department", lambda part: _read_department(part, departments), ""),
        sensitive=given(fields, "sensitive", lambda part: part.boolean(), False),
        problems=given(fields, "problems", lambda part: _read_problems(part, languages), ()),
        urgent=given(fields, "urgent", lambda part: part.boolean(), False),
    )
    _check_category(fields.get("menu", node), category)
    if "problems" in fields:
        _check_problem_screens(fields["problems"], category)
    elif category.menu in (Menu.MAIN, Menu.MORE):
        node.wrong(f"`problems` is missing: `{category.code}` stands in the {category.menu} menu")
    return category


def _read_menu(node: Node) -> Menu:
    text = node.choice([menu.value for menu in Menu])
    return next((menu for menu in Menu if menu == text), Menu.NONE)


def _read_department(node: Node, departments: Collection[str]) -> str:
    code = node.string()
    if node.is_scalar and departments and code not in departments:
        node.wrong(f"there is no department `{code}`{did_you_mean(code, departments)}")
    return code


def _read_problems(node: Node, languages: Sequence[str]) -> tuple[CommonProblem, ...]:
    texts = read_texts(node, languages, LABEL)
    if node.is_mapping and not 2 <= len(texts) <= PROBLEMS:
        node.wrong(f"expected 2 to {PROBLEMS} problems, found {len(texts)}")
    elif texts and list(texts)[-1] != OTHER_PROBLEM:
        node.wrong(f"the last problem must be `{OTHER_PROBLEM}`")
    return tuple(CommonProblem(code, label) for code, label in texts.items())


def _check_category(node: Node, category: Category) -> None:
    if category.sensitive and category.menu in (Menu.MAIN, Menu.MORE):
        node.wrong(f"`{category.code}` is sensitive: its menu must be secret or none")
    elif category.menu is Menu.SECRET and not category.sensitive:
        node.wrong(f"`{category.code}` stands in the secret menu: say `sensitive: true`")
    if category.sensitive and category.urgent:
        node.wrong(f"`{category.code}` is sensitive: nobody is called by SMS about it")


def _check_problem_screens(node: Node, category: Category) -> None:
    for language, short in category.short.items():
        labels = [problem.label.get(language, "") for problem in category.problems]
        check_screen(node, language, f"{short}, {'x' * PLACE}:", labels)


def _check_menus(node: Node, categories: Sequence[Category]) -> None:
    for menu, most in OPTIONS.items():
        count = sum(category.menu is menu for category in categories)
        if count > most:
            node.wrong(f"{count} categories stand in the {menu} menu, at most {most} fit")
        elif menu is Menu.MAIN and node.is_list and not count:
            node.wrong("no category stands in the main menu")

"""The keys of a case page: one for whatever may be done there, and each of them one thing only."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from gateway.people.models import Role
from gateway.triage.deeds import DEEDS
from gateway.triage.keys import CASE, KEYS
from tests.cases.stage import Stage
from tests.triage.conftest import Browser
from tests.triage.test_home import TEMPLATES

TAG = re.compile(r"<(/?)(details|form)\b((?:\{\{.*?\}\}|\{%.*?%\}|[^>])*)>", re.S)
KEYED = re.compile(r"\b(?:key|opened)\(")
NEVER_BOTH = [{"to_centre", "from_centre"}, {"to_secretary", "to_ombudsman"}]


def unkeyed(template: str) -> Iterator[str]:
    """Every fold and every form of a template that no key leads to: neither its own nor that of the fold round it."""
    within: list[bool] = []
    for tag in TAG.finditer(template):
        closes, kind, attributes = tag.groups()
        if closes:
            within.pop()
            continue
        rest = template[tag.end() : template.index(f"</{kind}>", tag.end())]
        if not KEYED.search(attributes + rest) and not any(within):
            yield tag[0]
        within.append(bool(KEYED.search(attributes)))


def test_every_deed_has_a_key_and_no_page_has_one_key_for_two() -> None:
    assert set(DEEDS) - set(CASE) == set()
    times = Counter(key for key, _ in CASE.values())
    shared = [{deed for deed, (one, _) in CASE.items() if one == key} for key, count in times.items() if count > 1]
    assert shared == NEVER_BOTH
    assert not {key for key, _ in CASE.values()} & {"?", "g"}
    assert all(len(key) == 1 for key, _ in CASE.values())


@pytest.mark.parametrize("name", ["case.html", "_ready.html", *sorted(one.name for one in TEMPLATES.glob("_case_*"))])
def test_a_key_leads_to_every_form_and_every_fold_of_a_case_page(name: str) -> None:
    assert list(unkeyed((TEMPLATES / name).read_text(encoding="utf-8"))) == []


LISTS = {"call_backs.html": "In the list of call-backs", "unplaced.html": "In the list of reports without a ward"}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_key_leads_to_whatever_a_row_of_the_hotlines_lists_offers(name: str) -> None:
    template = (TEMPLATES / name).read_text(encoding="utf-8")
    forms = re.findall(r"<form\b.*?</form>", template, re.S)
    assert len(forms) >= 1
    assert [form for form in forms if "data-key=" not in form and "likely(loop.index" not in form] == []
    given = {"j", "k", *re.findall(r'data-key="(\w)"', template)}
    given |= {"1", "2", "3"} if "likely(loop.index" in template else set()
    assert given == set(KEYS[LISTS[name]])


@pytest.mark.parametrize(("role", "category"), [(Role.WARD, "WATER"), (Role.HOTLINE, None), (Role.OMBUDSMAN, "STAFF")])
def test_what_a_page_offers_carries_its_key(
    browser: Callable[..., Browser], stage: Stage, role: Role, category: str | None
) -> None:
    given = {"category": category} if category else {"ward_code": None}
    page = browser(role).case(stage.file(words="Bomba", **given))
    actions = set(re.findall(r'action="/triage/cases/\d{8}/(\w+)"', page))
    assert len(actions) > 5
    assert [action for action in sorted(actions) if f'data-key="{CASE[action][0]}"' not in page] == []


def test_the_page_of_keys_says_what_each_does(ward: Browser) -> None:
    page = html.unescape(ward.read("/triage/keys"))
    listed = KEYS["On the page of a case"].items()
    assert [key for key, does in listed if f"<kbd>{key}</kbd></dt><dd>{does}<" not in page] == []

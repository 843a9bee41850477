"""The county administrator's page of where residents give up."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.cases.clock import local_day
from gateway.cases.references import spoken
from gateway.dialogue.giving_up import record
from gateway.people.models import Role
from gateway.triage.english import share
from gateway.triage.giving_up import LISTED, first_words
from tests.cases.stage import Stage
from tests.triage.conftest import TOKEN, Browser

PAGE = "/triage/giving-up"
ROW = re.compile(
    r'<th scope="row"><code>(.*?)</code> <span class="hint">(.*?)</span></th>'
    r"\s*<td>([\d,]+) of ([\d,]+)</td><td>(.*?)</td>"
)
Rows = list[tuple[str, ...]]


@pytest.fixture
def county(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.COUNTY)


def note(
    stage: Stage, *screens: str, stopped: str | None = None, days_ago: int = 0, language: str = "sw",
    network: str = "63902", times: int = 1,
) -> None:  # fmt: skip
    day = local_day(stage.now) - timedelta(days=days_ago)
    for _ in range(times):
        with stage.engine.begin() as connection:
            record(connection, day, language, network, screens, stopped)


def tables(page: str) -> dict[str, Rows]:
    """The rows of each table by the heading above it: screen, what it is about, stopped, seen, share."""
    found = {}
    for section in page.split("<section")[1:]:
        heading = re.search(r"<h2[^>]*>(.*?)</h2>", section)
        assert heading
        if "<table" in section:
            found[heading[1]] = ROW.findall(section)
    return found


def totals(page: str, heading: str = "Before a report was filed") -> Rows:
    """Screen, stopped, seen, share of a table that has each screen once."""
    return [(screen, *figures) for screen, _, *figures in tables(page)[heading]]


def test_totals_per_screen_come_first_then_languages_and_networks_then_what_is_no_loss(
    county: Browser, stage: Stage
) -> None:
    note(stage, "home", "place", "ward", stopped="ward", times=3)
    note(stage, "home", "place", stopped="place", language="en", network="63903")
    note(stage, "home", "place", "ward", "category", stopped="ward", language="en", network="")
    note(stage, "home", "landmark", "filed", stopped="filed", times=2)
    note(stage, "home", "danger")
    page = county.read(PAGE)
    assert list(tables(page)) == [
        "Before a report was filed", "By language and network", "After the report was filed: nothing lost",
    ]  # fmt: skip
    assert totals(page) == [
        ("ward", "4", "4", "100%"),
        ("place", "1", "5", "20%"),
        ("home", "0", "8", "0%"),
        ("landmark", "0", "2", "0%"),
        ("category", "0", "1", "0%"),
        ("danger", "0", "1", "0%"),
    ]
    assert tables(page)["By language and network"] == [
        ("ward", "Kiswahili, Safaricom", "3", "3", "100%"),
        ("place", "English, Airtel", "1", "1", "100%"),
        ("ward", "English, another network", "1", "1", "100%"),
    ]
    assert totals(page, "After the report was filed: nothing lost") == [("filed", "2", "2", "100%")]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("", {"home": "4", "place": "2"}),
        ("?days=7", {"home": "3", "place": "2"}),
        ("?days=90", {"home": "5", "place": "2"}),
        ("?language=en", {"home": "1", "place": "1"}),
        ("?network=63903", {"home": "1", "place": "1"}),
        ("?network=other", {"home": "1"}),
        ("?days=90&language=sw&network=63902", {"home": "3", "place": "1"}),
    ],
)
def test_the_address_chooses_days_language_and_network(
    county: Browser, stage: Stage, address: str, expected: dict[str, str]
) -> None:
    note(stage, "home", "place", stopped="place")
    note(stage, "home", "place", stopped="place", language="en", network="63903", days_ago=6)
    note(stage, "home", stopped="home", network="64100")
    note(stage, "home", stopped="home", days_ago=27)
    note(stage, "home", stopped="home", days_ago=28)
    note(stage, "home", stopped="home", days_ago=90)
    page = county.read(PAGE + address)
    assert {row[0]: row[-2] for row in totals(page)} == expected


def test_what_is_chosen_stands_in_the_form(county: Browser) -> None:
    page = county.read(f"{PAGE}?days=90&language=en&network=63903")
    assert re.findall(r'<option value="([^"]*)" selected>', page) == ["90", "en", "63903"]
    assert re.findall(r'<option value="([^"]*)" selected>', county.read(PAGE)) == ["28"]


@pytest.mark.parametrize(
    "address",
    ["?days=5000", "?days=x", "?days=-7", "?language=%3Cb%3E", "?network=%27%3B--", "?days=&language=&network="],
)
def test_what_cannot_be_chosen_is_taken_for_not_chosen(county: Browser, stage: Stage, address: str) -> None:
    note(stage, "home", stopped="home")
    chosen, usual = (TOKEN.sub("", county.read(one)) for one in (PAGE + address, PAGE))
    assert chosen == usual


def test_an_officer_knows_a_screen_by_its_first_words(county: Browser, stage: Stage) -> None:
    menu = stage.office.menu
    assert first_words(menu, "ward") == "Ward in [sub county]?"
    assert first_words(menu, "danger").endswith(" …")
    assert all(0 < len(first_words(menu, name)) <= 44 for name in menu.screens)
    note(stage, "ward", "screen_of_last_year")
    page = county.read(PAGE)
    assert '<code>ward</code> <span class="hint">Ward in [sub county]?</span>' in page
    assert '<code>screen_of_last_year</code> <span class="hint">no longer in the menu</span>' in page


def test_whatever_stands_in_the_table_is_shown_as_text(county: Browser, stage: Stage) -> None:
    stage.set(
        "INSERT INTO screen_count (day, screen, language, network, seen, stopped)"
        " VALUES (current_date, '<script>1</script>', '<i>', '\"><b>', 1, 1)"
    )
    page = county.read(PAGE)
    assert "<code>&lt;script&gt;1&lt;/script&gt;</code>" in page
    assert '<span class="hint">&lt;i&gt;, another network</span>' in page
    for open_tag in ("<script>1", "<i>", "<b>"):
        assert open_tag not in page


def test_no_table_is_longer_than_a_page(county: Browser, stage: Stage) -> None:
    for network in ("63902", "63903"):
        stage.set(
            "INSERT INTO screen_count (day, screen, language, network, seen, stopped)"
            " SELECT current_date, 'screen_' || chr(97 + n % 26) || chr(97 + n / 26), 'sw', :network, 9, 9 - n % 9"
            " FROM generate_series(0, 69) AS n",
            network=network,
        )
    page = county.read(PAGE)
    assert [len(listed) for listed in tables(page).values()] == [LISTED, LISTED]
    assert "Rows with fewer are not listed: 80." in page
    assert len(page.encode()) < 40_000


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Nobody was counted in the last 28 days."),
        ("?days=7", "Nobody was counted in the last 7 days."),
        ("?language=en", "Nobody was counted in the last 28 days with this language and network."),
    ],
)
def test_where_nothing_was_counted_the_page_says_so(county: Browser, address: str, sentence: str) -> None:
    page = county.read(PAGE + address)
    assert sentence in page
    assert "<table" not in page
    assert "What is counted" in page


def test_where_nobody_stopped_before_filing_the_page_says_so(county: Browser, stage: Stage) -> None:
    note(stage, "filed", stopped="filed")
    page = county.read(PAGE)
    assert list(tables(page)) == ["After the report was filed: nothing lost"]
    assert re.search(r"Before a report was filed</h2>\s*<p>Nothing\.</p>", page)


def test_every_table_has_a_caption_and_heads_of_columns_and_rows(county: Browser, stage: Stage) -> None:
    note(stage, "home", "filed", stopped="filed")
    note(stage, "home", stopped="home")
    page = county.read(PAGE)
    assert page.count("<table>") == page.count("<caption") == 3
    assert page.count('<th scope="col">') == 3 * 3
    assert page.count('<th scope="row">') == 3
    for name in ("days", "language", "network"):
        assert f'<label for="{name}">' in page
        assert f'<select id="{name}" name="{name}">' in page


def test_no_case_and_nothing_that_a_resident_said_is_on_the_page(county: Browser, stage: Stage) -> None:
    reference = stage.file(words="Maji hayatoki kabisa")
    note(stage, "home", stopped="home")
    page = TOKEN.sub("", county.read(PAGE))
    for private in (reference, spoken(reference), "hayatoki", "254", "Shirere"):
        assert private not in page


def test_the_county_administrators_page_leads_there_and_back(county: Browser) -> None:
    assert f'<a href="{PAGE}">Where residents give up</a>' in county.read("/triage/")
    assert re.search(r'class="back"><a href="/triage/">.*Kakamega County', county.read(PAGE))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COUNTY])
def test_nobody_else_has_this_page(browser: Callable[..., Browser], role: Role) -> None:
    reader = browser(role)
    assert reader.get(PAGE).status_code == 404
    assert PAGE not in reader.read("/triage/")


def test_who_is_not_signed_in_is_asked_to(stranger: Browser) -> None:
    answer = stranger.get(f"{PAGE}?days=7")
    assert answer.status_code == 303
    assert (answer.location or "").startswith("/sign-in")


@pytest.mark.parametrize(
    ("part", "shown"),
    [(0, "0%"), (0.001, "under 1%"), (0.01, "1%"), (0.254, "25%"), (0.99, "99%"), (0.996, "over 99%"), (1, "100%")],
)
def test_a_share_is_read_in_whole_percent(part: float, shown: str) -> None:
    assert share(part) == shown

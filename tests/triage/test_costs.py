"""The county administrator's page of what it costs, her limit, and the warning that follows her."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from flask import Flask
from redis import Redis

from gateway.cases.references import spoken
from gateway.messages.models import OutboxHalt, SpendingLimit
from gateway.messages.spending import Month
from gateway.people.models import Role
from gateway.triage.costs import WORDINGS, LimitForm
from gateway.triage.english import amount, money
from gateway.triage.forms import Data
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser
from workers.queues import BELL

PAGE, LIMIT, AGAIN = "/triage/costs", "/triage/costs/limit", "/triage/outbox/again"
ROW = re.compile(r'<tr><th scope="row">(.*?)</th><td>([\d,]+)</td><td>([\d,.]+)</td></tr>')
DEAREST = re.compile(r'<tr><th scope="row" class="number">([\d ]+)</th><td>([\d,.]+)</td></tr>')
FIGURE = re.compile(r"<div><dt>(.*?)</dt><dd[^>]*>(.*?)</dd></div>")
WARNING = re.compile(r'<aside class="said" aria-label="Spending"><p>(.*?)</p></aside>', re.DOTALL)
BYTES = 14_000
"""As the queue page: what a first visit may weigh on the wire, with style and script."""
NEARLY = "This month’s limit of KES 100.00 is nearly reached. At 100% SMS that can wait are held."
REACHED = "This month’s limit of KES 100.00 is reached. SMS that can wait are held; answers to residents still leave."


@pytest.fixture
def county(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.COUNTY)


def told(
    stage: Stage, reference: str | None, wording: str = "received", price: str | None = "0.8", currency: str = "KES",
    at: datetime | None = None, total: str | None = None,
) -> None:  # fmt: skip
    """A text left and cost this."""
    stage.set(
        "INSERT INTO message (case_id, wording, text_sealed, status, parts, price, currency, total, total_currency,"
        " sent_at) VALUES ((SELECT id FROM cases WHERE reference = :reference), :wording, 'x', 'sent', 1, :price,"
        " CASE WHEN CAST(:price AS numeric) IS NOT NULL THEN :currency END, :total,"
        " CASE WHEN CAST(:total AS numeric) IS NOT NULL THEN 'USD' END, :at)",
        reference=reference, wording=wording, price=price, currency=currency, total=total, at=at or stage.now,
    )  # fmt: skip


def dialled(
    stage: Stage, amount: str, ward: int | None = None, reference: str | None = None, currency: str | None = "KES"
) -> None:
    stage.set(
        "INSERT INTO ussd_charge (case_id, ward_code, amount, currency, at)"
        " VALUES ((SELECT id FROM cases WHERE reference = :reference), :ward, :amount, :currency, :at)",
        reference=reference, ward=ward, amount=amount, currency=currency, at=stage.now,
    )  # fmt: skip


def limited(stage: Stage, county: Browser, kes: str) -> None:
    stage.set(
        "INSERT INTO spending_limit (amount, officer_id) VALUES (:amount, :officer)",
        amount=kes, officer=county.who.id,
    )  # fmt: skip


def tables(page: str) -> dict[str, list[tuple[str, ...]]]:
    """The rows of each table by the heading above it: what, SMS, KES."""
    found = {}
    for section in page.split("<section")[1:]:
        heading = re.search(r"<h2[^>]*>(.*?)</h2>", section)
        assert heading
        if "<table" in section:
            found[heading[1]] = ROW.findall(section) or DEAREST.findall(section)
    return found


def figures(page: str) -> list[tuple[str, str]]:
    return [(name, words(figure)) for name, figure in FIGURE.findall(page)]


def words(markup: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def warning(browser: Browser, address: str = "/triage/") -> str:
    found = WARNING.search(browser.read(address))
    return words(found[1]) if found else ""


# The month


def test_the_whole_comes_first_then_kinds_wards_and_reports(county: Browser, stage: Stage) -> None:
    one, other = stage.file(), stage.file(ward_code=SHEYWE)
    told(stage, one)
    told(stage, one, "received_text")
    told(stage, other, "fixed", "1.6")
    told(stage, None, "help", "0.9")
    told(stage, None, "draft", None)
    dialled(stage, "2", SHIRERE, one)
    dialled(stage, "1.5")
    page = county.read(PAGE)
    assert figures(page) == [
        ("Together", "KES 7.60"),
        ("4 SMS, paid as 4", "KES 4.10"),
        ("2 sessions on the phone menu", "KES 3.50"),
        ("SMS without a price so far", "1"),
    ]
    assert tables(page) == {
        "What the SMS were about": [
            ("Report received", "2", "1.60"), ("Fixed?", "1", "1.60"), ("Everything else", "1", "0.90"),
        ],
        "By ward": [("Shirere", "2", "3.60"), ("Sheywe", "1", "1.60"), ("Of no one ward", "1", "2.40")],
        "Per report": [(spoken(one), "3.60"), (spoken(other), "1.60")],
    }  # fmt: skip
    assert "2 reports cost something, KES 2.60 each on average." in page


def test_other_currencies_and_the_totals_of_requests_are_told_apart_and_added_to_nothing(
    county: Browser, stage: Stage
) -> None:
    told(stage, None, price="0.0079", currency="USD", total="0.0158")
    dialled(stage, "1.5", currency=None)
    page = county.read(PAGE)
    assert figures(page)[0] == ("Together", "KES 0.00")
    assert "Not in these sums: USD 0.0079, for 1 SMS and 0 sessions." in page
    assert "Not in these sums: 1.50 with no currency named, for 0 SMS and 1 session." in page
    assert "total of all requests: USD 0.0158." in page


def test_where_nothing_was_spent_the_page_says_so(county: Browser, stage: Stage) -> None:
    page = county.read(PAGE)
    assert tables(page) == {
        "What the SMS were about": [("Everything else", "0", "0.00")], "By ward": [("Of no one ward", "0", "0.00")],
    }  # fmt: skip
    assert "No report cost anything." in page
    assert "Not in these sums" not in page
    assert "own total" not in page


def test_the_address_chooses_the_month_and_the_page_leads_to_the_ones_beside_it(county: Browser, stage: Stage) -> None:
    this = Month.of(stage.now)
    told(
        stage,
        None,
        price="5",
        at=datetime(this.before.first.year, this.before.first.month, 15, tzinfo=stage.now.tzinfo),
    )
    page = county.read(f"{PAGE}?month={this.before.code}")
    assert figures(page)[0] == ("Together", "KES 5.00")
    assert "The whole month" in page
    assert re.findall(r'href="/triage/costs\?month=([\d-]+)"', page) == [this.before.before.code, this.code]
    assert figures(county.read(PAGE))[0] == ("Together", "KES 0.00")
    assert re.findall(r'href="/triage/costs\?month=([\d-]+)"', county.read(PAGE)) == [this.before.code]


@pytest.mark.parametrize("month", ["", "2026", "x", "2026-13", "2099-01", "1999-01", "%3Cb%3E", "2026-11%00"])
def test_what_is_no_month_or_not_here_yet_is_taken_for_this_one(county: Browser, stage: Stage, month: str) -> None:
    told(stage, None)
    strip = re.compile(r'name="csrf_token" value="[^"]+"')
    assert strip.sub("", county.read(f"{PAGE}?month={month}")) == strip.sub("", county.read(PAGE))


# What is sensitive


def test_nothing_of_a_sensitive_case_is_on_the_page_but_its_part_of_the_whole(county: Browser, stage: Stage) -> None:
    one, secret = stage.file(), stage.file(category="STAFF", ward_code=SHIRERE)
    told(stage, one)
    told(stage, None, "help")
    before = tables(county.read(PAGE))
    for wording in ("received_confidential", "call_us", "received", "fixed"):
        told(stage, secret, wording, "50")
    dialled(stage, "50", SHIRERE, secret)
    page = county.read(PAGE)
    after = tables(page)
    assert figures(page)[0] == ("Together", "KES 251.60")
    assert spoken(secret) not in page
    for heading in before:
        rest = heading != "Per report"
        assert after[heading][: len(after[heading]) - rest] == before[heading][: len(before[heading]) - rest]
    assert after["What the SMS were about"][-1] == ("Everything else", "5", "200.80")
    assert "onfidential" not in str(after)


def test_every_wording_has_a_line_or_is_told_together_with_what_is_confidential(stage: Stage) -> None:
    """A new wording needs a decision: a line of its own only where nothing confidential and no lack of it shows."""
    listed = {name for names in WORDINGS.values() for name in names}
    together = {
        "received_confidential", "call_us", "called_twice", "draft", "draft_dropped", "not_understood", "help",
        "state_list", "no_reports", "not_yours", "stopped", "started", "language_set", "my_data", "my_data_none",
        "delete", "deleted", "kept", "delete_which", "delete_not", "delete_all", "kept_all", "received_request",
        "higher_later", "higher_which", "higher_none", "higher_not", "erased_all", "request_extended",
        "request_transferred", "information_refused", "data_refused", "correct_how",
        # To an ombudsman, too: that she got one tells of a confidential case.
        "officer_counts",
        # Parts of others, and never sent alone.
        "officer_said_going", "officer_said_not_mine", "officer_said_call_me", "officer_said_over", "officer_said_web",
        "officer_choices", "officer_choices_two",
    }  # fmt: skip
    assert listed.isdisjoint(together)
    assert listed | together == set(stage.office.letters.wordings.texts)


# The limit


def test_the_county_administrator_sets_the_limit_and_it_is_told_who_did_when(
    county: Browser, stage: Stage, logged: io.StringIO
) -> None:
    assert "None is set: KES 0.00 is spent this month." in county.read(PAGE)
    told(stage, None, price="500")
    answer = county.post(LIMIT, amount="20,000")
    assert (answer.status_code, answer.location) == (303, PAGE)
    page = county.read(PAGE)
    assert "<p>From now on the limit is KES 20,000.00 a month.</p>" in page
    assert "KES 500.00 of KES 20,000.00 is spent this month: 2%." in words(page)
    assert re.search(r"<li>KES 20,000.00, by Rose on <time", page)
    assert 'value="20,000.00"' in page
    county.post(LIMIT, amount="20,000.00")
    assert county.said() == "That was saved already."
    county.post(LIMIT, amount="")
    page = county.read(PAGE)
    assert "There is no limit any more." in page
    assert re.search(r"<li>No limit, by Rose on <time.*?<li>KES 20,000.00, by Rose on", page, re.DOTALL)
    assert stage.count(SpendingLimit) == 2
    assert logged.getvalue().count('"event": "spending_limit_set"') == 2


def test_the_same_limit_twice_is_one_line(county: Browser, stage: Stage) -> None:
    for sentence in ("From now on", "That was saved already."):
        county.post(LIMIT, amount="300")
        assert county.said().startswith(sentence)
    assert stage.count(SpendingLimit) == 1


@pytest.mark.parametrize(
    ("typed", "kes"),
    [
        ("20000", "20000"), ("20,000", "20000"), ("20 000", "20000"), ("KES 20,000.50", "20000.50"), ("ksh 500", "500"),
        ("Ksh. 1,000/=", "1000"), ("500/-", "500"), ("1", "1"), ("999999999", "999999999"), ("", None), ("  ", None),
    ],
)  # fmt: skip
def test_a_limit_is_read_as_people_write_it(typed: str, kes: str | None) -> None:
    form = LimitForm(Data({"amount": typed}))
    assert form.validate()
    assert form.kes == (None if kes is None else Decimal(kes))


@pytest.mark.parametrize("typed", ["0", "0.5", "-5", "a lot", "1e9", "1,00", "12.345", "1000000000", "٣", "KES", "5 6"])
def test_anything_else_is_sent_back_with_what_to_write(county: Browser, stage: Stage, typed: str) -> None:
    answer = county.post(LIMIT, amount=typed)
    assert answer.status_code == 422
    assert '<a href="#limit-amount">Write a number of KES from 1 to 999,999,999, such as 20,000' in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert stage.count(SpendingLimit) == 0


def test_the_form_names_the_most_that_a_limit_may_be(county: Browser) -> None:
    assert "At most KES 999,999,999." in county.read(PAGE)


def test_a_new_limit_rings_for_what_the_old_one_held(county: Browser, redis_url: str) -> None:
    with Redis.from_url(redis_url) as connection:
        connection.delete(BELL)
        county.post(LIMIT, amount="300")
        assert connection.exists(BELL)


# The warning


@pytest.mark.parametrize(
    ("spent", "sentence"),
    [
        ("79.99", ""),
        ("80", f"80% spent {NEARLY} What it costs"),
        ("99.99", f"over 99% spent {NEARLY} What it costs"),
        ("100", f"100% spent {REACHED} What it costs"),
        ("130", f"130% spent {REACHED} What it costs"),
    ],
)  # fmt: skip
def test_from_80_percent_on_every_page_of_hers_warns(county: Browser, stage: Stage, spent: str, sentence: str) -> None:
    limited(stage, county, "100")
    told(stage, None, price=spent)
    for address in ("/triage/", PAGE, f"{PAGE}?month=2026-01", "/triage/giving-up"):
        assert warning(county, address) == sentence


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COUNTY])
def test_nobody_else_is_warned_or_has_these_pages(browser: Callable[..., Browser], stage: Stage, role: Role) -> None:
    limited(stage, browser(Role.COUNTY), "1")
    stage.set("INSERT INTO outbox_halt (id, code, until) VALUES (1, '405', now() + interval '5 minutes')")
    told(stage, None, price="5")
    reader = browser(role)
    assert warning(reader) == ""
    assert PAGE not in reader.read("/triage/")
    assert reader.get(PAGE).status_code == 404
    for address in (LIMIT, AGAIN):
        assert reader.post(address, amount="5").status_code == 404
    assert (stage.count(SpendingLimit), stage.count(OutboxHalt)) == (1, 1)


# An outbox that is halted


def test_after_a_top_up_she_lets_the_outbox_try_again_at_once(
    county: Browser, stage: Stage, redis_url: str, logged: io.StringIO
) -> None:
    assert AGAIN not in county.read("/triage/")
    stage.set("INSERT INTO outbox_halt (id, code, until) VALUES (1, '405', now() + interval '5 minutes')")
    page = county.read("/triage/")
    assert "the SMS account is empty" in page
    assert re.search(rf'<form method="post" action="{AGAIN}">.*?<button>Try again now</button>', page, re.DOTALL)
    with Redis.from_url(redis_url) as connection:
        connection.delete(BELL)
        answer = county.post(AGAIN)
        assert connection.exists(BELL)
    assert (answer.status_code, answer.location) == (303, "/triage/")
    assert county.said() == "SMS are tried again now. If they are refused once more, it says so here."
    assert "SMS leave normally." in county.read("/triage/")
    assert stage.count(OutboxHalt) == 0
    assert '"event": "outbox_tried_again"' in logged.getvalue()


def test_a_halt_is_told_until_an_sms_was_taken_also_when_nothing_is_due_for_hours(
    county: Browser, stage: Stage
) -> None:
    stage.set("INSERT INTO outbox_halt (id, code, until) VALUES (1, '405', now() + interval '5 minutes')")
    assert "It is tried again at " in county.read("/triage/")
    stage.set("UPDATE outbox_halt SET until = now() - interval '5 hours'")
    page = county.read("/triage/")
    assert "the SMS account is empty" in page
    assert "It is tried again with the next SMS that is due; nothing is lost." in page
    assert AGAIN in page


# The page


def test_the_front_page_leads_there_and_back(county: Browser) -> None:
    assert f'<a href="{PAGE}">What it costs</a>' in county.read("/triage/")
    assert re.search(r'class="back"><a href="/triage/">.*Kakamega County', county.read(PAGE))


def test_references_are_text_as_she_may_open_no_case(county: Browser, stage: Stage) -> None:
    reference = stage.file(words="Maji hayatoki kabisa")
    told(stage, reference)
    page = county.read(PAGE)
    assert spoken(reference) in page
    for private in (f"/triage/cases/{reference}", "hayatoki", "2547"):
        assert private not in page


def test_every_table_has_a_caption_and_heads_and_every_field_a_label(county: Browser, stage: Stage) -> None:
    told(stage, stage.file())
    page = county.read(PAGE)
    assert page.count("<table>") == page.count("<caption") == 3
    assert page.count('<th scope="col">') == 3 + 3 + 2
    assert '<label for="limit-amount">KES a month</label>' in page
    assert 'aria-describedby="limit-amount-hint"' in page


def test_with_all_wards_and_kinds_the_page_is_small(app: Flask, county: Browser, stage: Stage) -> None:
    for ward in stage.office.county.wards:
        told(stage, stage.file(ward_code=ward.code), price="12345.67")
    one = stage.file()
    for name in (name for names in WORDINGS.values() for name in names):
        told(stage, one, name, "12345.67")
    limited(stage, county, "100")
    page = county.get(PAGE, Accept_Encoding="gzip").data
    rest = [county.get(f"/triage/static/{name}", Accept_Encoding="gzip").data for name in ("triage.css", "triage.js")]
    assert len(tables(gzip.decompress(page).decode())["By ward"]) == len(stage.office.county.wards) + 1
    assert len(page) + sum(len(part) for part in rest) <= BYTES


@pytest.mark.parametrize(
    ("price", "shown"), [("0", "0.00"), ("0.8", "0.80"), ("0.0079", "0.0079"), ("1234567.5", "1,234,567.50")]
)
def test_money_has_two_places_and_four_where_two_would_hide_something(price: str, shown: str) -> None:
    assert amount(Decimal(price)) == shown
    assert money(Decimal(price)) == f"KES {shown}"
    assert money(Decimal(price), "") == shown

"""Texts that no callback brought: each is found in the provider's inbox and becomes one case, whatever comes twice."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.serving import make_server

from config.settings import Settings
from gateway.cases import inbound, lost_texts
from gateway.cases.models import Case
from gateway.messages.africastalking import Fetched, Sender
from gateway.messages.failures import SmsFailure
from gateway.messages.models import InboxMark, IncomingSms
from gateway.phone.provider import FIRST_ARRIVAL, Provider
from tests.cases.stage import AMINA, WANJIKU, Stage
from tests.conftest import API_KEY, TOKEN
from tests.messages.canned import eventually
from workers.sweep import sweep

WATER = "Hakuna maji Shirere tangu juzi, bomba limepasuka"
LIGHT = "Taa za barabarani Shirere haziwaki kabisa"
NOON = datetime.now(UTC)


@pytest.fixture
def stage(settings: Settings, db: Engine) -> Stage:
    return Stage(settings, db, NOON)


@pytest.fixture(scope="module")
def callback(app: Flask) -> Iterator[str]:
    """The address of the SMS callback, served as it is in the demo."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/callbacks/{TOKEN}/sms"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def provider(callback: str, redis_url: str) -> Iterator[Provider]:
    with Provider(sms_url=callback, retry_delay=0.05) as running:
        yield running


def collect(stage: Stage, provider: Provider, sender: Sender | None = None) -> int:
    """Read the inbox, however short ago that was done, and handle what was found."""
    stage.set("UPDATE inbox_mark SET read_at = read_at - interval '10 minutes'")
    installation = stage.installation
    asking = sender or Sender("sandbox", API_KEY, provider.url, deadline=5)
    found = lost_texts.collect(stage.engine, stage.office, installation.settings, asking, stage.now)
    while inbound.handle_next(stage.engine, stage.office, stage.now):
        pass
    return found


def stored(stage: Stage) -> list[IncomingSms]:
    with stage.transaction() as session:
        return list(session.scalars(select(IncomingSms).order_by(IncomingSms.id)))


def has_come(stage: Stage, count: int) -> bool:
    return eventually(lambda: len(stored(stage)) == count)


def mark(stage: Stage) -> int:
    with stage.transaction() as session:
        return session.get_one(InboxMark, 1).last_id


def events(logged: io.StringIO, name: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    return [
        {key: line[key] for key in line.keys() - {"at", "level", "event"}} for line in lines if line["event"] == name
    ]


# One case each


def test_a_text_whose_callback_was_lost_becomes_a_case(stage: Stage, provider: Provider, logged: io.StringIO) -> None:
    taken = provider.receive(WANJIKU, WATER, lost=True, link_id="link-1", at=NOON - timedelta(minutes=7))
    assert collect(stage, provider) == 1
    assert stage.only_case().words == WATER
    [incoming] = stored(stage)
    assert (incoming.provider_id, incoming.fetched, incoming.link_id) == (f"inbox:{taken}", True, "link-1")
    assert incoming.sent_at is not None
    assert abs(incoming.sent_at - (NOON - timedelta(minutes=7))) < timedelta(milliseconds=1)
    assert stage.letters() == [("received_text", "queued")]
    assert events(logged, "inbox_read") == [{"texts": 1, "lost": 1, "old": 0, "elsewhere": 0}]
    assert mark(stage) == taken


@pytest.mark.parametrize("link_id", ["", "link-1"])
def test_a_text_that_came_by_callback_and_stands_in_the_inbox_is_one_case(
    stage: Stage, provider: Provider, link_id: str
) -> None:
    provider.receive(WANJIKU, WATER, link_id=link_id, at=NOON - timedelta(hours=2))
    assert has_come(stage, 1)
    assert collect(stage, provider) == 0
    assert (stage.only_case().words, len(stored(stage))) == (WATER, 1)


@pytest.mark.parametrize("link_id", ["", "link-1"])
def test_a_callback_that_comes_after_the_inbox_was_read_is_one_case(
    stage: Stage, provider: Provider, app: Flask, link_id: str
) -> None:
    at = NOON - timedelta(hours=2)
    provider.receive(WANJIKU, WATER, lost=True, link_id=link_id, at=at)
    assert collect(stage, provider) == 1
    form = {"id": "late", "from": WANJIKU, "to": "22123", "text": WATER, "linkId": link_id}
    late = app.test_client().post(f"/callbacks/{TOKEN}/sms", data=form | {"date": f"{at:%Y-%m-%d %H:%M:%S}"})
    assert late.status_code == 200
    assert not inbound.handle_next(stage.engine, stage.office, stage.now)
    assert (stage.only_case().words, len(stored(stage))) == (WATER, 1)


def test_the_same_words_an_hour_apart_are_two_texts(stage: Stage, provider: Provider) -> None:
    provider.receive(WANJIKU, WATER, at=NOON - timedelta(hours=2))
    assert has_come(stage, 1)
    stage.set("UPDATE incoming_sms SET received_at = sent_at")
    provider.receive(WANJIKU, WATER, lost=True, at=NOON - timedelta(hours=1))
    assert collect(stage, provider) == 1
    assert [(one.fetched, one.repeats_id) for one in stored(stage)] == [(False, None), (True, None)]


def test_the_same_words_of_two_phones_are_two_texts(stage: Stage, provider: Provider) -> None:
    provider.receive(WANJIKU, WATER, at=NOON - timedelta(minutes=30))
    assert has_come(stage, 1)
    provider.receive(AMINA, WATER, lost=True, at=NOON - timedelta(minutes=30))
    assert collect(stage, provider) == 1
    assert stage.count(Case) == 2


def test_among_many_that_came_the_lost_ones_are_found(stage: Stage, provider: Provider) -> None:
    for number in range(6):
        words = f"Shimo kubwa barabara ya {'abcdef'[number] * 5} Shirere"
        provider.receive(f"+2547110000{number:02}", words, lost=number in (1, 4))
    assert has_come(stage, 4)
    assert collect(stage, provider) == 2
    assert (stage.count(Case), sum(one.fetched for one in stored(stage))) == (6, 2)


# Page by page


def test_a_hundred_and_one_texts_are_two_pages(stage: Stage, provider: Provider) -> None:
    for number in range(101):
        provider.receive(f"+254711000{number:03}", WATER, lost=True)
    assert collect(stage, provider) == 101
    assert (stage.count(Case), mark(stage), provider.fetches) == (101, FIRST_ARRIVAL + 100, 3)
    assert collect(stage, provider) == 0
    assert (len(stored(stage)), provider.fetches) == (101, 4)


def test_a_page_in_another_order_is_read_whole(stage: Stage, provider: Provider) -> None:
    provider.mode = "shuffled"
    for number in range(3):
        provider.receive(f"+254711000{number:03}", WATER, lost=True)
    assert (collect(stage, provider), mark(stage)) == (3, FIRST_ARRIVAL + 2)


def test_a_full_inbox_is_read_in_several_rounds_without_a_pause(
    stage: Stage, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_texts, "PAGES", 1)
    for number in range(150):
        provider.receive(f"+254711000{number:03}", WATER, lost=True)
    sender, settings = Sender("sandbox", API_KEY, provider.url), stage.installation.settings

    def read() -> int:
        return lost_texts.collect(stage.engine, stage.office, settings, sender, stage.now)

    assert [read(), read(), read(), read()] == [100, 50, 0, 0]
    assert provider.fetches == 3  # the last one found that it was not yet time


def test_it_is_read_every_ten_minutes_by_one_of_many_sweepers(stage: Stage, provider: Provider) -> None:
    provider.receive(WANJIKU, WATER, lost=True)
    sender, settings = Sender("sandbox", API_KEY, provider.url), stage.installation.settings

    def read(_: int) -> int:
        return lost_texts.collect(stage.engine, stage.office, settings, sender, stage.now)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(read, range(4))) == [0, 0, 0, 1]
    assert provider.fetches == 2
    for age, fetches in (("9 minutes", 2), ("10 minutes", 3)):
        stage.set(f"UPDATE inbox_mark SET read_at = now() - interval '{age}'")
        read(0)
        assert provider.fetches == fetches


def test_it_is_noted_when_the_inbox_was_last_read_to_its_end(stage: Stage, provider: Provider) -> None:
    def ended() -> list[datetime | None]:
        with stage.transaction() as session:
            mark = session.get_one(InboxMark, 1)
            return [mark.ended_at, mark.read_at]

    collect(stage, provider)
    first, began = ended()
    assert first == began
    provider.mode = "500"
    with pytest.raises(SmsFailure):
        collect(stage, provider)
    assert ended()[0] == first


# What was there before, and what is for others


def test_what_was_a_day_old_at_the_first_reading_only_moves_the_mark(stage: Stage, provider: Provider) -> None:
    provider.receive(WANJIKU, LIGHT, lost=True, at=NOON - timedelta(days=400))
    provider.receive(WANJIKU, LIGHT, lost=True, at=NOON - timedelta(hours=25))
    last = provider.receive(WANJIKU, WATER, lost=True, at=NOON - timedelta(hours=23))
    assert collect(stage, provider) == 1
    assert (stage.only_case().words, mark(stage)) == (WATER, last)


def test_what_waited_for_days_since_then_is_filed(stage: Stage, provider: Provider) -> None:
    assert collect(stage, provider) == 0
    provider.receive(WANJIKU, WATER, lost=True, at=NOON)
    stage.later(days=3)
    assert collect(stage, provider) == 1


def test_texts_to_another_number_of_the_account_are_left_alone(stage: Stage, provider: Provider) -> None:
    provider.receive(WANJIKU, LIGHT, lost=True, to="40404")
    last = provider.receive(WANJIKU, WATER, lost=True, to="+22123")
    assert (collect(stage, provider), mark(stage)) == (1, last)
    assert stage.only_case().words == WATER


@pytest.mark.parametrize(
    ("sender", "why"),
    [("22123", "from our own code"), ("MPESA", "sender is no telephone"), ("", "sender is no telephone")],
)
def test_nobody_who_cannot_be_answered_is(stage: Stage, provider: Provider, sender: str, why: str) -> None:
    provider.receive(sender, WATER, lost=True)
    assert collect(stage, provider) == 1
    [incoming] = stored(stage)
    assert (incoming.status.value, incoming.why, stage.count(Case)) == ("quarantined", why, 0)


class Inbox(Sender):
    """An inbox with texts as no honest phone sends them."""

    def __init__(self, *texts: Fetched) -> None:
        super().__init__("sandbox", API_KEY, "http://127.0.0.1:9")
        self.texts = list(texts)

    def fetch(self, last_id: int) -> list[Fetched]:
        return [text for text in self.texts if text.id > last_id]


def test_a_text_without_a_date_waits_for_a_human(stage: Stage, provider: Provider) -> None:
    inbox = Inbox(Fetched(7, WANJIKU, "22123", WATER, "today", None))
    assert collect(stage, provider, inbox) == 1
    [incoming] = stored(stage)
    assert (incoming.status.value, incoming.why, mark(stage)) == ("quarantined", "no date", 7)


def test_letters_that_cannot_be_stored_keep_no_other_text_from_being_read(stage: Stage, provider: Provider) -> None:
    date = f"{NOON:%Y-%m-%dT%H:%M:%SZ}"
    odd = [WATER + "\0", LIGHT + "\ud83d", "m" * 9000, "😡" * 500]
    texts = [Fetched(n, f"+25471100000{n}", "22123", words, date, "l" * 500) for n, words in enumerate(odd, start=1)]
    assert collect(stage, provider, Inbox(*texts)) == 4
    assert (len(stored(stage)), mark(stage)) == (4, 4)


def test_an_inbox_that_never_ends_is_left(stage: Stage, provider: Provider) -> None:
    class Endless(Inbox):
        def fetch(self, last_id: int) -> list[Fetched]:
            return self.texts

    text = Fetched(7, WANJIKU, "22123", WATER, f"{NOON:%Y-%m-%dT%H:%M:%SZ}", None)
    assert collect(stage, provider, Endless(text)) == 1
    assert len(stored(stage)) == 1


# Failures


@pytest.mark.parametrize(
    ("mode", "code"), [("401", "http-401"), ("500", "http-500"), ("html", "unreadable"), ("drop", "dropped")]
)
def test_an_inbox_that_cannot_be_read_is_read_the_next_time(
    stage: Stage, provider: Provider, logged: io.StringIO, mode: str, code: str
) -> None:
    provider.receive(WANJIKU, WATER, lost=True)
    provider.mode = mode
    sender = Sender("sandbox", API_KEY, provider.url, deadline=5)
    sweep(stage.installation, sender, stage.now)
    assert ([line["code"] for line in events(logged, "inbox_not_read")], events(logged, "sweep_failed")) == ([code], [])
    provider.mode = "ok"
    assert collect(stage, provider) == 1
    assert stage.only_case().words == WATER


def test_what_was_read_before_a_failure_is_kept_and_the_rest_comes_later(stage: Stage, provider: Provider) -> None:
    class Failing(Sender):
        def fetch(self, last_id: int) -> list[Fetched]:
            if last_id:
                provider.mode = "500"
            return super().fetch(last_id)

    for number in range(130):
        provider.receive(f"+254711000{number:03}", WATER, lost=True)
    with pytest.raises(SmsFailure):
        collect(stage, provider, Failing("sandbox", API_KEY, provider.url))
    assert (len(stored(stage)), mark(stage)) == (100, FIRST_ARRIVAL + 99)
    provider.mode = "ok"
    assert (collect(stage, provider), stage.count(Case)) == (30, 130)


class Killed(BaseException):
    """As SIGKILL would, nothing catches it."""


def test_killed_between_the_fetch_and_the_commit_it_reads_the_page_again(stage: Stage, provider: Provider) -> None:
    for number in range(3):
        provider.receive(f"+254711000{number:03}", WATER, lost=True)
    with dying_at_the_mark(stage), pytest.raises(Killed):
        collect(stage, provider)
    assert (stored(stage), mark(stage)) == ([], 0)
    assert (collect(stage, provider), stage.count(Case)) == (3, 3)


def test_a_page_that_is_read_twice_is_stored_once(stage: Stage, provider: Provider) -> None:
    for number in range(3):
        provider.receive(f"+254711000{number:03}", WATER, lost=True)
    assert collect(stage, provider) == 3
    stage.set("UPDATE inbox_mark SET last_id = 0")
    assert (collect(stage, provider), stage.count(Case), len(stored(stage))) == (0, 3, 3)


@contextmanager
def dying_at_the_mark(stage: Stage) -> Iterator[None]:
    """Die when the mark is moved, with the page stored and not committed."""
    from sqlalchemy import event

    def die(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("UPDATE inbox_mark SET last_id"):
            raise Killed

    event.listen(stage.engine, "before_cursor_execute", die)
    try:
        yield
    finally:
        event.remove(stage.engine, "before_cursor_execute", die)

"""The demo's page: what it shows of the provider fake, and how it changes its mode; nothing of it outside the demo."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from config.settings import Settings
from gateway import create_app
from gateway.phone.modes import CHOICES
from gateway.phone.provider import Provider
from tests.phone.wire import NUMBER


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def browser(settings: Settings, running: Provider) -> Iterator[FlaskClient]:
    """A browser on the page of a demo whose provider is the fake."""
    app = create_app(settings.model_copy(update={"africastalking_base_url": running.url}))
    yield app.test_client()
    app.extensions["sikiza"].close()


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.mode = "ok"
    return running


def chosen(page: str) -> list[str]:
    return re.findall(r'<option value="([^"]+)" selected', page)


def choose(browser: FlaskClient, mode: str, *, token: bool = True, page: str = "/phone") -> TestResponse:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.get(page).text)
    assert found is not None
    return browser.post("/phone/provider", data={"mode": mode} | ({"csrf_token": found[1]} if token else {}))


def test_the_page_names_every_mode_in_words_and_the_one_that_holds(browser: FlaskClient, provider: Provider) -> None:
    provider.mode = "code:405"
    page = browser.get("/phone").text
    assert "Africa’s Talking today" in page
    assert all(f">{words}</option>" in page for words in CHOICES.values())
    assert chosen(page) == ["code:405"]


def test_a_mode_that_is_not_offered_is_shown_as_it_is(browser: FlaskClient, provider: Provider) -> None:
    provider.mode = "some:3"
    assert chosen(browser.get("/phone").text) == ["some:3"]


def test_choosing_changes_the_provider_without_javascript(browser: FlaskClient, provider: Provider) -> None:
    answer = choose(browser, "report:AbsentSubscriber")
    assert (answer.status_code, answer.location) == (303, "/phone#provider")
    assert provider.mode == "report:AbsentSubscriber"
    assert chosen(browser.get("/phone").text) == ["report:AbsentSubscriber"]


def test_without_a_token_nothing_changes(browser: FlaskClient, provider: Provider) -> None:
    assert choose(browser, "500", token=False).status_code == 400
    assert provider.mode == "ok"


@pytest.mark.parametrize("mode", ["", "some:3", "unheard"])
def test_what_is_not_offered_cannot_be_chosen(browser: FlaskClient, provider: Provider, mode: str) -> None:
    assert choose(browser, mode).status_code == 400
    assert provider.mode == "ok"


def test_the_texts_of_a_number_are_shown(browser: FlaskClient, provider: Provider) -> None:
    provider.take(NUMBER, "Habari", "22123")
    answer = browser.get("/phone/inbox", query_string={"number": NUMBER})
    assert (answer.json["running"], [text["text"] for text in answer.json["messages"]]) == (True, ["Habari"])  # type: ignore[index]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://192.0.2.1", "https://api.sandbox.africastalking.com"])
def test_where_no_fake_runs_on_this_machine_nobody_is_asked_and_nothing_is_offered(
    settings: Settings, provider: Provider, url: str
) -> None:
    app = create_app(settings.model_copy(update={"africastalking_base_url": url}))
    lonely = app.test_client()
    assert "Africa’s Talking today" not in lonely.get("/phone").text
    assert choose(lonely, "500", page="/sign-in").status_code == 503
    app.extensions["sikiza"].close()


def test_outside_the_demo_there_is_no_phone_and_nothing_that_changes_the_provider(
    settings: Settings, db: Engine, provider: Provider
) -> None:
    real = settings.model_copy(update={"demo": False, "africastalking_base_url": provider.url})
    app = create_app(real)
    assert [rule.rule for rule in app.url_map.iter_rules() if re.search("^/phone|provider", rule.rule)] == []
    stranger = app.test_client()
    assert [stranger.get(path).status_code for path in ("/phone", "/phone/inbox")] == [404, 404]
    assert stranger.post("/phone/provider", data={"mode": "500"}).status_code == 404
    assert provider.mode == "ok"
    app.extensions["sikiza"].close()

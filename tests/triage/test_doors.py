"""What pages carry and what they never show: headers, limits, errors. Whose each is, `test_routes` walks through."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from config.settings import Settings
from gateway import create_app
from gateway.cases import actions
from gateway.cases.models import Ending
from tests.cases.stage import Stage
from tests.conftest import TOKEN
from tests.triage.conftest import Browser

# Headers and limits


def test_pages_of_officers_are_not_kept_by_browsers_and_run_only_what_is_ours(ward: Browser) -> None:
    headers = ward.get("/triage/").headers
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert "unsafe-inline" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_no_page_has_a_script_or_style_of_its_own(ward: Browser, stage: Stage) -> None:
    for page in (ward.read("/triage/"), ward.case(stage.file())):
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick" not in page
        assert page.count("<script") == page.count('<script src="/triage/static/')


def test_in_real_use_the_cookie_needs_https_and_so_does_the_site(settings: Settings, db: Engine) -> None:
    real = settings.model_copy(update={"demo": False, "public_url": "https://sikiza.kakamega.example"})
    app = create_app(real)
    answer = app.test_client().get("/sign-in", base_url="https://sikiza.kakamega.example")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "demo.example" not in answer.text
    assert app.test_client().get("/").location == "/triage/"
    app.extensions["sikiza"].close()


def test_behind_a_proxy_the_address_of_the_browser_counts_but_not_the_host_it_names(
    settings: Settings, db: Engine
) -> None:
    app = create_app(settings.model_copy(update={"trusted_proxies": 1}))
    seen: list[str] = []

    @app.before_request
    def see() -> None:
        from flask import request

        seen.extend((str(request.remote_addr), request.scheme, request.host))

    headers = {
        "X-Forwarded-For": "9.9.9.9, 41.90.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
    }
    app.test_client().get("/sign-in", headers=headers)
    app.extensions["sikiza"].close()
    assert seen == ["41.90.0.1", "https", "localhost"]


def test_style_and_script_are_kept_for_a_year_under_an_address_of_their_content(stranger: Browser) -> None:
    page = stranger.read("/sign-in")
    for name in ("triage.css", "triage.js", "icon.svg"):
        address = page.partition(f"/triage/static/{name}?v=")[2].partition('"')[0]
        answer = stranger.get(f"/triage/static/{name}?v={address}")
        assert answer.status_code == 200
        assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert "max-age" not in stranger.get("/triage/static/triage.css").headers.get("Cache-Control", "")


def test_pages_and_styles_travel_compressed_where_the_browser_can(ward: Browser) -> None:
    for address in ("/triage/", "/triage/static/triage.css"):
        plain = ward.get(address)
        packed = ward.get(address, Accept_Encoding="gzip, br")
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert "Content-Encoding" not in plain.headers
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
        assert len(gzip.decompress(packed.data)) == pytest.approx(len(plain.data), abs=200)
        refused = ward.get(address, Accept_Encoding="gzip;q=0")
        assert "Content-Encoding" not in refused.headers


def test_a_form_that_comes_back_refused_travels_compressed_too(ward: Browser, stage: Stage) -> None:
    ended = stage.file()
    stage.do(actions.end, ended, ward.who, Ending.CANNOT_NOW, "Hakuna pesa.")
    stage.file(phone=stage.phone())
    for address, fields, status in (
        ("/triage/queue", {"do": "selected", "what": "note"}, 422),
        (f"/triage/cases/{ended}/end", {"ending": "fixed", "words": "Imefanywa."}, 409),
        ("/triage/slips/register", {"code-1": "99", "words-1": "Bomba"}, 422),
    ):
        data = {"csrf_token": ward.token(), **fields}
        answer = ward.client.post(address, data=data, headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.headers.get("Content-Encoding")) == (status, "gzip"), address
        assert b"</html>" in gzip.decompress(answer.data)


def test_the_style_is_small(stranger: Browser) -> None:
    assert len(stranger.get("/triage/static/triage.css").data) <= 12 * 1024


def test_a_form_of_more_than_a_megabyte_is_refused_in_plain_words(ward: Browser, stage: Stage) -> None:
    reference = stage.file()
    answer = ward.act(reference, "note", words="x" * 1_100_000)
    assert answer.status_code == 413
    assert "Too much text" in answer.text
    assert stage.history(reference) == ["filed"]


def test_a_callback_of_two_megabytes_is_still_answered_with_200_and_carries_no_page_headers(
    client: FlaskClient,
) -> None:
    answer = client.post(
        f"/callbacks/{TOKEN}/ussd", data=b"x" * 2_000_000, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert answer.text.startswith("END ")
    assert "Content-Security-Policy" not in answer.headers
    assert "Set-Cookie" not in answer.headers


# Errors


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/nowhere", 404, "Nothing here"),
        ("/triage/cases/48217739/take", 405, "Not this way"),
        ("/triage/static/../views.py", 404, "Nothing here"),
    ],
)
def test_what_cannot_be_shown_is_told_in_plain_words(ward: Browser, path: str, status: int, title: str) -> None:
    answer = ward.get(path)
    assert answer.status_code == status
    assert f"<h1>{title}</h1>" in answer.text
    assert "Content-Security-Policy" in answer.headers
    if status == 405:
        assert "POST" in answer.headers["Allow"]


def test_a_wrong_token_of_a_callback_gets_no_page(client: FlaskClient) -> None:
    answer = client.post("/callbacks/wrong/ussd", data={"text": ""})
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")


def test_a_fault_shows_a_number_to_tell_and_nothing_of_its_insides(settings: Settings, stage: Stage) -> None:
    app = create_app(settings.model_copy(update={"database_url": "postgresql+psycopg://none@127.0.0.1:1/none"}))
    browser = Browser(app.test_client(), stage.officer(), stage.engine)
    answer = browser.get("/triage/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "tell ICT this number: <code>e" in answer.text
    for inside in ("Traceback", "psycopg", "127.0.0.1", "sqlalche"):
        assert inside not in answer.text

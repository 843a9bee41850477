"""The page of a crew's link, as a telephone without an account sees it: used twice, guessed, after its end."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from config.logging import event_handler
from gateway.cases import erasing, photos
from gateway.cases.desk_models import CrewLink, Photo
from gateway.cases.models import Case, Status
from gateway.cases.references import spoken
from gateway.people.models import Throttle
from gateway.security import MAX_BODY
from tests.cases.pictures import MARK, bomb, jpeg, of_a_phone
from tests.cases.stage import WANJIKU, Stage
from tests.crew.conftest import Phone
from tests.triage.conftest import Browser

Send = Callable[..., Phone]
OVER = "Kiungo hiki kimekwisha"
WORDS = "Bomba limepasuka mbele ya nyumba ya Mama Atieno"


@pytest.fixture
def reference(stage: Stage) -> str:
    return stage.file(problem="BURST_PIPE", words=WORDS, landmark="karibu na nyumba ya Atieno")


def is_over(phone: Phone, reference: str, status: int = 410, but: str = "") -> bool:
    """Whether the link shows nothing but that it is over, and takes nothing; `but` is thanked for once more."""
    others = [what for what in ("going", "done", "cannot") if what != but]
    answers = [phone.look(), *(phone.say(what, "Tena", [jpeg()]) for what in others)]
    of_the_task = (reference, spoken(reference), "Shirere", "Badilisha", "Bomba")
    return all(
        (answer.status_code, OVER in answer.text, [told for told in of_the_task if told in answer.text])
        == (status, True, [])
        for answer in answers
    )


def outcomes(stage: Stage) -> list[str | None]:
    with stage.transaction() as session:
        return list(session.scalars(select(CrewLink.outcome).order_by(CrewLink.id)))


# What it shows


def test_it_shows_problem_place_and_day_in_both_languages_and_nothing_of_the_resident(
    send: Send, stage: Stage, reference: str
) -> None:
    phone = send(reference)
    answer = phone.look()
    page, text = answer.text, re.sub(r"<[^>]*>|\s+", " ", answer.text)
    assert answer.status_code == 200
    for told in ("Bomba limepasuka", "Burst pipe", "Shirere, Lurambi", "Badilisha bomba", "Imeahidiwa", "Promised by"):
        assert told in text
    assert f"{reference[:4]} {reference[4:]}" in text
    for secret in ("Atieno", "nyumba", WANJIKU[4:], WANJIKU[-3:], "Rose", "csrf"):
        assert secret not in page
    assert len(answer.data) < 6_000
    assert "<script" not in page
    assert " style=" not in page


def test_a_listed_landmark_is_told_and_a_place_in_her_own_words_is_not(send: Send, stage: Stage) -> None:
    stage.set(
        "INSERT INTO ward_landmark (ward_code, name, shown) VALUES (1014, 'Stendi ya zamani', true),"
        " (1014, 'Kwa Atieno', false)"
    )
    names, told = ("Soko Shirere / Shirere market, Shirere", "Stendi ya zamani, ", "Atieno"), []
    for landmark in ("Soko Shirere", "stendi ya zamani", "Kwa Atieno", "Duka la Atieno"):
        page = send(stage.file(landmark=landmark, phone=stage.phone())).look().text
        told.append([name for name in names if name in page])
    assert told == [["Soko Shirere / Shirere market, Shirere"], ["Stendi ya zamani, "], [], []]


def test_it_is_kept_nowhere_and_leaves_no_trace_elsewhere(send: Send, reference: str) -> None:
    phone = send(reference)
    for answer in (phone.look(), phone.say("going"), phone.say("done"), phone.look()):
        headers = answer.headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"].startswith("noindex")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Set-Cookie" not in headers


def test_its_style_is_small_and_kept(send: Send, reference: str) -> None:
    phone = send(reference)
    address = re.search(r'href="(/crew/static/[^"]+)"', phone.look().text)
    assert address
    answer = phone.client.get(address[1], buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.data) < 3_000


def test_looking_changes_nothing_since_chats_fetch_a_preview(send: Send, stage: Stage, reference: str) -> None:
    phone = send(reference)
    before = stage.history(reference)
    for _ in range(5):
        assert phone.look().status_code == 200
        assert phone.client.head(phone.path).status_code == 200
        assert phone.client.get(f"{phone.path}?answer=done").status_code == 200
    assert stage.history(reference) == before
    assert outcomes(stage) == [None]


def test_markup_from_an_officer_is_shown_as_she_wrote_it(send: Send, reference: str) -> None:
    page = send(reference, words=MARK.decode()).look().text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


# What it takes


def test_it_takes_on_the_way_and_then_done_with_words_and_photos(send: Send, stage: Stage, reference: str) -> None:
    phone = send(reference)
    answer = phone.say("going")
    assert answer.status_code == 200
    assert "Umesema unaenda" in answer.text
    assert "Ninaenda" not in answer.text
    answer = phone.say("done", "Limerekebishwa\0 sasa", [jpeg(exif=of_a_phone()), jpeg()])
    assert (answer.status_code, "Asante" in answer.text) == (200, True)
    case = stage.case(reference)
    assert (case.status, case.crew_said) == (Status.NEW, "done")
    assert stage.history(reference)[-2:] == ["crew_going", "crew_done"]
    assert stage.events(reference)[-1].words == "Musa: Limerekebishwa sasa"
    with stage.transaction() as session:
        rows = session.scalars(select(Photo.sealed)).all()
    for sealed in rows:
        kept = Image.open(io.BytesIO(stage.office.vault.open_bytes(sealed)))
        assert dict(kept.getexif()) == {}
    assert len(rows) == 2


def test_he_is_told_how_many_of_his_photos_are_kept(send: Send, stage: Stage, reference: str) -> None:
    stage.set(
        "INSERT INTO photo (case_id, sealed, width, height) SELECT id, '', 1, 1 FROM cases, generate_series(1, :most)",
        most=photos.MOST_OF_CASE - 2,
    )
    said = send(reference).say("done", "Tayari", [jpeg()] * 3).text
    assert ("Picha 2 kati ya 3 zimehifadhiwa" in said, "It kept 2 of 3 photos" in said) == (True, True)
    assert stage.count(Photo) == photos.MOST_OF_CASE
    said = send(reference).say("cannot", "Hapana", [jpeg()]).text
    assert "Picha 0 kati ya 1" in said
    assert "Picha" not in send(reference).say("done").text


def test_it_cannot_be_done_with_a_reason(send: Send, stage: Stage, reference: str) -> None:
    phone = send(reference)
    assert phone.say("cannot", "Hakuna vifaa").status_code == 200
    assert stage.case(reference).crew_said == "cannot"
    assert is_over(phone, reference, but="cannot")


@pytest.mark.parametrize("answer", ["", "fixed", "withdrawn", "DONE"])
def test_another_answer_is_asked_again_and_changes_nothing(
    send: Send, stage: Stage, reference: str, answer: str
) -> None:
    phone = send(reference)
    page = phone.say(answer, "Maneno yangu")
    assert (page.status_code, "Chagua jibu" in page.text, "Maneno yangu" in page.text) == (422, True, True)
    assert outcomes(stage) == [None]


@pytest.mark.parametrize(
    ("shots", "kept", "why"),
    [
        ([b"<html>" + MARK], "0 kati ya 1", "moja haikusomeka"),
        ([bomb(20_000, 20_000), jpeg()], "1 kati ya 2", "moja ina nukta nyingi mno"),
        ([jpeg(), jpeg() + b"\0" * photos.MOST_BYTES], "1 kati ya 2", "moja ni kubwa kuliko MB 6"),
        ([jpeg()] * 4, "3 kati ya 4", "zilizopo zinatosha"),
        ([b"x", jpeg(), b"y", jpeg()], "1 kati ya 4", "zilizopo zinatosha, moja haikusomeka"),
    ],
)  # fmt: skip
def test_a_photo_that_cannot_be_used_costs_him_neither_his_answer_nor_the_others(
    send: Send, stage: Stage, reference: str, shots: list[bytes], kept: str, why: str
) -> None:
    phone = send(reference)
    page = phone.say("done", "Tayari", shots, name="picha.jpg")
    assert (page.status_code, f"Picha {kept} zimehifadhiwa: {why}." in page.text) == (200, True)
    assert (outcomes(stage), stage.count(Photo)) == (["done"], int(kept[0]))
    assert stage.events(reference)[-1].words == "Musa: Tayari"


def test_more_photos_than_can_be_read_at_this_moment_do_not_cost_him_his_answer(
    send: Send, stage: Stage, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = send(reference)
    monkeypatch.setattr(photos, "WAIT_SECONDS", 0.05)
    with photos._ROOM:
        page = phone.say("cannot", "Hakuna bomba", [jpeg()])
    assert (page.status_code, "many others are coming in just now" in page.text) == (200, True)
    assert (outcomes(stage), stage.events(reference)[-1].words) == (["cannot"], "Musa: Hakuna bomba")


def test_more_than_three_photos_can_weigh_is_refused_unread_and_leads_back(
    send: Send, stage: Stage, reference: str
) -> None:
    phone = send(reference)
    page = phone.say("done", "", [b"\0" * (photos.MOST_OF_LINK * photos.MOST_BYTES + 100_000)])
    assert (page.status_code, "6 MB" in page.text, f'<a href="{phone.path}">' in page.text) == (413, True, True)
    assert outcomes(stage) == [None]


def test_of_a_link_that_is_over_no_large_body_is_read(
    send: Send, stage: Stage, ward: Browser, app: Flask, reference: str
) -> None:
    phone = send(reference)
    withdraw(stage, reference, ward)
    for over, status in ((phone, 410), (Phone(app.test_client(), "x" * 43), 404)):
        body = io.BytesIO(b"x" * 3_000_000)
        answer = over.client.post(over.path, input_stream=body, content_type="multipart/form-data; boundary=x")
        assert (answer.status_code, body.tell() <= MAX_BODY) == (status, True)


# Used twice, guessed, after its end


def test_used_twice_the_second_answer_is_not_heard(send: Send, stage: Stage, reference: str) -> None:
    phone = send(reference)
    phone.say("done", "Tayari", [jpeg()])
    assert is_over(phone, reference, but="done")
    assert outcomes(stage) == ["done"]
    assert stage.history(reference).count("crew_done") == 1
    assert stage.count(Photo) == 1


@pytest.mark.parametrize("last", ["done", "cannot"])
def test_who_presses_again_because_no_answer_came_is_thanked_and_nothing_happens_twice(
    send: Send, stage: Stage, reference: str, last: str
) -> None:
    phone = send(reference)
    first = phone.say(last, "Tayari", [jpeg()])
    again = phone.say(last, "Tayari", [jpeg() + b"\0" * 3_000_000])
    assert (again.status_code, again.text) == (200, first.text)
    assert "Asante" in again.text
    assert (outcomes(stage), stage.count(Photo), len(stage.history(reference))) == ([last], 1, 3)


def test_of_eight_answers_at_once_one_is_heard(app: Flask, send: Send, stage: Stage, reference: str) -> None:
    token = send(reference).token

    def answer(number: int) -> int:
        what = "done" if number % 2 else "cannot"
        return Phone(app.test_client(), token).say(what, f"Jibu {number}").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(answer, range(8)))
    assert statuses == [200] * 4 + [410] * 4, "who said the same at once pressed twice, for all we know"
    assert len([name for name in stage.history(reference) if name in ("crew_done", "crew_cannot")]) == 1


def test_forwarded_to_a_group_whoever_comes_first_answers_and_the_officer_decides(
    app: Flask, send: Send, stage: Stage, reference: str
) -> None:
    phone = send(reference)
    stranger = Phone(app.test_client(), phone.token)
    assert stranger.say("done").status_code == 200
    assert is_over(phone, reference, but="done")
    assert stage.case(reference).status is Status.NEW


def test_a_guess_and_a_link_that_is_over_show_the_same_page(app: Flask, send: Send, reference: str) -> None:
    phone = send(reference)
    phone.say("done")
    guessed = Phone(app.test_client(), "x" * 43)
    assert is_over(guessed, reference, 404)
    assert guessed.look().text == phone.look().text


def test_after_thirty_guesses_from_an_address_no_other_is_heard_and_a_right_link_still_is(
    app: Flask, send: Send, stage: Stage, reference: str
) -> None:
    phone = send(reference)
    statuses = [Phone(app.test_client(), f"{number:0>43}").look().status_code for number in range(32)]
    assert statuses == [404] * 30 + [429] * 2
    assert Phone(app.test_client(), "x" * 43).say("done").status_code == 429
    assert phone.look().status_code == 200
    assert phone.say("done").status_code == 200
    assert outcomes(stage) == ["done"]
    elsewhere = app.test_client().get("/crew/" + "x" * 43, environ_overrides={"REMOTE_ADDR": "41.90.0.9"})
    assert elsewhere.status_code == 404
    stage.set("UPDATE throttle SET since = now() - interval '2 days', until = now() - interval '25 hours'")
    assert Phone(app.test_client(), "x" * 43).look().status_code == 404


def test_who_has_a_link_is_never_locked_out_by_opening_it(send: Send, stage: Stage, reference: str) -> None:
    phone = send(reference)
    assert {phone.look().status_code for _ in range(40)} == {200}
    phone.say("done")
    assert {phone.look().status_code for _ in range(40)} == {410}
    assert stage.count(Throttle) == 0


def test_who_guesses_at_links_keeps_no_officer_out(app: Flask, stage: Stage, ward: Browser) -> None:
    for number in range(31):
        app.test_client().get(f"/crew/{number:0>43}")
    answer = app.test_client().get("/sign-in")
    assert answer.status_code == 200
    with stage.transaction() as session:
        keys = [bytes(key) for key in session.scalars(select(Throttle.key))]
    vault = stage.office.vault
    assert keys == [vault.keyed("crew", "127.0.0.1")]
    assert vault.keyed("address", "127.0.0.1") not in keys


def practise(stage: Stage, reference: str, ward: Browser) -> None:
    stage.set("UPDATE cases SET practice = true")


def expire(stage: Stage, reference: str, ward: Browser) -> None:
    stage.set("UPDATE crew_link SET expires_at = now()")


def withdraw(stage: Stage, reference: str, ward: Browser) -> None:
    assert ward.act(reference, "crew/1/withdraw").status_code == 303


def end(stage: Stage, reference: str, ward: Browser) -> None:
    assert ward.act(reference, "end", ending="fixed", words="Limerekebishwa").status_code == 303


def conceal(stage: Stage, reference: str, ward: Browser) -> None:
    assert ward.act(reference, "hide", category="STAFF", words="Karani").status_code == 303


@pytest.mark.parametrize("what", [expire, withdraw, end, conceal, practise])
def test_after_its_end_it_opens_nothing(
    send: Send, stage: Stage, ward: Browser, reference: str, what: Callable[[Stage, str, Browser], None]
) -> None:
    phone = send(reference)
    phone.say("going")
    what(stage, reference, ward)
    assert is_over(phone, reference)
    assert stage.count(Photo) == 0
    assert "crew_done" not in stage.history(reference)


def test_a_link_of_a_case_that_was_taken_back_is_unknown(send: Send, stage: Stage, reference: str) -> None:
    phone = send(reference)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference).with_for_update()).one()
        erasing.withdraw(session, stage.office, case, stage.now)
    assert is_over(phone, reference, 404)


# Who else could


def test_an_officers_cookie_gives_no_right_here_and_none_is_made(ward: Browser, send: Send, reference: str) -> None:
    phone = send(reference)
    answer = ward.client.get(phone.path)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert ward.who.name not in answer.text
    assert ward.client.get("/crew/" + "x" * 43).status_code == 404


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[io.StringIO]:
    """Everything that is written to the log meanwhile."""
    caplog.set_level(logging.INFO, "sikiza")
    stream = io.StringIO()
    handler = event_handler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_the_token_is_in_no_line_of_the_log_and_in_no_row(
    everything_logged: io.StringIO, send: Send, stage: Stage, reference: str
) -> None:
    phone = send(reference)
    phone.say("going")
    phone.say("done", "Tayari", [jpeg(), b"x"])
    phone.say("done", "Tayari", [jpeg()])
    phone.look()
    said = everything_logged.getvalue()
    assert "crew_answered" in said
    assert phone.token not in said
    assert "Musa" not in said
    with stage.engine.connect() as connection:
        for table in ("audit", "case_event", "crew_link", "cases"):
            rows = connection.exec_driver_sql(f"SELECT row_to_json(t)::text FROM {table} t").scalars().all()
            assert not [row for row in rows if phone.token in row], table

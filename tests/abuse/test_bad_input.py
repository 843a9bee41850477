"""Whatever is posted to a callback: 200 with a kind, bounded answer, nothing half-written, nothing private in a log."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import Engine
from werkzeug.test import create_environ, run_wsgi_app

from gateway.installation import Installation
from tests.callbacks.handset import ADA, HOME, REPORT, SERVICE_CODE, SESSION, Handset, post
from tests.callbacks.traces import counts, one, rows
from tests.conftest import TOKEN

NOT_UNDERSTOOD = b"END Samahani, hatukuelewa. Piga tena *384*123# au kituo cha simu 0800 724 388."
MARK = "kisasi"
"""A word in everything that is posted here, to be looked for in what was logged."""
CALLBACKS = ("ussd", "ussd-end", "sms", "delivery", "opt-out")
LONGEST = 10.0
"""Seconds after which Africa's Talking gives up: all that one of these tests posts is answered within them."""

RIGHT = {
    "phoneNumber": ADA, "serviceCode": SERVICE_CODE, "text": "", "sessionId": f"{SESSION}0", "networkCode": "63902",
}  # fmt: skip
SMS = {
    "from": ADA, "to": "22123", "text": "hakuna maji Shirere", "date": "2026-11-22 06:00:00", "id": "sms-1",
    "linkId": "", "networkCode": "63902",
}  # fmt: skip


def form(**others: str | None) -> str:
    """The right fields of a first hop with these changed, or left out."""
    fields = {name: value for name, value in {**RIGHT, **others}.items() if value is not None}
    return urlencode(fields)


@pytest.fixture(autouse=True)
def nothing_slips_out(logged: io.StringIO, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """No unforeseen error, and of what was posted not a word in logs, standard output or standard error."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < LONGEST
    lines = logged.getvalue()
    assert '"ussd_failed"' not in lines
    assert '"uncaught"' not in lines
    said = lines + "".join(capfd.readouterr())
    assert MARK not in said
    assert TOKEN not in said
    assert ADA.lstrip("+") not in said


# The token


class Unread:
    """A body that nobody may read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("the body was read before the token was known to be right")

    readline = readlines = __iter__ = read


@pytest.mark.parametrize("callback", CALLBACKS)
@pytest.mark.parametrize("token", ["x", "demo", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), f"{TOKEN}%00", "%ff", "%C3%A9"])
def test_a_wrong_token_is_a_404_and_its_body_is_not_read(gateway: Flask, db: Engine, callback: str, token: str) -> None:
    environ = create_environ(f"/callbacks/{token}/{callback}", method="POST", content_type="text/plain")
    environ |= {"wsgi.input": Unread(), "CONTENT_LENGTH": "1000"}
    body, status, _ = run_wsgi_app(gateway, environ, buffered=True)
    assert status.startswith("404 ")
    assert TOKEN not in b"".join(body).decode()
    assert counts(db) == {}


@pytest.mark.parametrize(
    "path", ["/callbacks//ussd", "/callbacks/ussd", f"/callbacks/{TOKEN}/ussd/", f"/callbacks/{TOKEN}/other"]
)
def test_no_other_address_is_a_callback(gateway: Flask, db: Engine, path: str) -> None:
    assert gateway.test_client().post(path, data=form()).status_code == 404
    assert counts(db) == {}


# Requests that cannot be understood


BAD_NUMBERS = [
    "", " ", "+", "abc", "Safaricom", "22123", "+254", "+2547XXXXX601", "2547****5601", "+25471234560100",
    "+254712345601,+254712345602", "+254 MASKED", "0" * 20, "+" + "9" * 5000, "tel:", "\u202e", "😀", "null",
]  # fmt: skip

BAD_FORMS: dict[str, str | bytes] = {
    "nothing at all": b"",
    "no fields": b"&&&&",
    "no number": form(phoneNumber=None),
    "no text": form(text=None),
    "no session": form(sessionId=None),
    "an empty session": form(sessionId=""),
    "a session of 5,000 letters": form(sessionId="A" * 5000),
    "a session just too long": form(sessionId="A" * 81),
    "text twice": form() + "&text=1",
    "number twice": form() + f"&phoneNumber={quote(ADA)}",
    "session twice, the same": form() + f"&sessionId={SESSION}0",
    "fields by the hundred": form() + "".join(f"&f{number}={MARK}" for number in range(200)),
    "ten thousand stars": form(text="*" * 10_000),
    "ten thousand stars as they are": f"phoneNumber={quote(ADA)}&sessionId=x&text=" + "*" * 10_000,
    "very many words": form(text=f"{MARK} " * 600),
    "a body of one megabyte": form(text=MARK * 180_000),
    "a megabyte of ampersands": "&" * 1_000_000,
    "a megabyte of percent signs": "text=" + "%" * 1_000_000,
    "bytes": bytes(range(256)) * 16,
    "JSON sent as a form": json.dumps({**RIGHT, "text": MARK}),
    "XML": f"<ussd><text>{MARK}</text></ussd>",
    "fields parted by semicolons": form().replace("&", ";"),
    "names that are not quite right": urlencode({"phonenumber": ADA, "TEXT": MARK, "session_id": "x"}),
}
SENT_AS = {
    "JSON": ("application/json", json.dumps({**RIGHT, "text": MARK})),
    "JSON in another dress": ("application/vnd.api+json; charset=utf-8", form(text=MARK)),
    "multipart": (
        "multipart/form-data; boundary=x",
        f'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n{MARK}\r\n--x--\r\n',
    ),
}


def assert_not_understood(answer: Any, db: Engine) -> None:
    assert (answer.status_code, answer.data) == (200, NOT_UNDERSTOOD)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert counts(db) == {}


@pytest.mark.parametrize("number", BAD_NUMBERS, ids=ascii)
def test_a_number_that_is_none_is_not_understood(gateway: Flask, db: Engine, number: str) -> None:
    assert_not_understood(post(gateway, "ussd", form(phoneNumber=number, text=MARK)), db)


@pytest.mark.parametrize("body", BAD_FORMS.values(), ids=BAD_FORMS)
def test_a_form_that_is_none_is_not_understood(gateway: Flask, db: Engine, body: str | bytes) -> None:
    assert_not_understood(post(gateway, "ussd", body), db)


@pytest.mark.parametrize(("content_type", "body"), SENT_AS.values(), ids=SENT_AS)
def test_another_kind_of_body_is_not_understood(gateway: Flask, db: Engine, content_type: str, body: str) -> None:
    assert_not_understood(post(gateway, "ussd", body, content_type), db)


@pytest.mark.parametrize("length", ["", "-1", "abc", "99999999999999999999", "0"])
def test_a_body_without_an_honest_length_is_not_understood(gateway: Flask, db: Engine, length: str) -> None:
    environ = create_environ(f"/callbacks/{TOKEN}/ussd", method="POST", data=form(text=MARK))
    environ["CONTENT_LENGTH"] = length
    body, status, _ = run_wsgi_app(gateway, environ, buffered=True)
    assert (status, b"".join(body)) == ("200 OK", NOT_UNDERSTOOD)
    assert counts(db) == {}


def test_a_body_that_breaks_off_is_not_understood(gateway: Flask, db: Engine) -> None:
    environ = create_environ(f"/callbacks/{TOKEN}/ussd", method="POST", data=form(sessionId=None))
    environ["CONTENT_LENGTH"] = "2000"
    body, _, _ = run_wsgi_app(gateway, environ, buffered=True)
    assert b"".join(body) == NOT_UNDERSTOOD
    assert counts(db) == {}


def test_bad_input_in_mid_session_leaves_the_session_as_it_was(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(REPORT)
    before = one(db, "ussd_session"), counts(db)
    for body in BAD_FORMS.values():
        assert post(gateway, "ussd", body).data == NOT_UNDERSTOOD
    assert (one(db, "ussd_session"), counts(db)) == before
    assert phone.type("1").startswith("END Asante. ")


# Odd text in an honest form


ODD = {
    "emoji": ("😀", "CON Rudia. "),
    "a NUL": ("\0", "CON Rudia. "),
    "a NUL before a choice": ("\x001", "CON Wapi?"),
    "all of Unicode's tricks": ("\u202e\u200b\ufeff\ud7ff\U0010ffff", "CON Rudia. "),
    "SQL": ("1'; DROP TABLE cases; --", "CON Rudia. "),
    "a template": ("{{7*7}}{county}%s%(text)s", "CON Rudia. "),
    "two stars": ("*" * 2, "END Samahani, hatukuelewana. "),
    "four thousand stars": ("*" * 4000, "END Samahani, hatukuelewana. "),
    "a very long word": (MARK * 600, "CON Rudia. "),
    "a very long name of a place": ("1*" + MARK * 600, 'CON Hatukupata "'),
    "a line break": ("1\n", "CON Wapi?"),
}


@pytest.mark.parametrize(("typed", "answered"), ODD.values(), ids=ODD)
def test_odd_text_gets_a_plain_answer_and_files_nothing(gateway: Flask, db: Engine, typed: str, answered: str) -> None:
    phone = Handset(gateway)
    for _ in range(2):
        assert phone.hop(typed).startswith(answered)
        assert counts(db) == {"ussd_session": 1}


@pytest.mark.parametrize("text", ["%ff%fe", "%C3", "%ED%A0%80", "%F4%90%80%80", "\xff", "%zz", "%", "%u0041", "+"])
def test_invalid_utf_8_gets_a_plain_answer_and_files_nothing(gateway: Flask, db: Engine, text: str) -> None:
    body = form(text=None).encode() + b"&text=" + text.encode("latin-1")
    for _ in range(2):
        assert post(gateway, "ussd", body).data.startswith(b"CON Rudia. ")
        assert counts(db) == {"ussd_session": 1}


def test_odd_words_are_kept_without_what_the_database_cannot_hold(gateway: Flask, db: Engine) -> None:
    phone = Handset(gateway)
    phone.go(f"{REPORT}*2")
    body = urlencode([field for field in phone.fields("") if field[0] != "text"]) + f"&text={quote(f'{REPORT}*2*')}"
    assert post(gateway, "ussd", f"{body}a%00b%ff%F0%9F%98%80").data.startswith(b"CON Maneno yameongezwa")
    assert one(db, "cases")["words"] == "a b\ufffd😀"


@pytest.mark.parametrize("session", ["A" * 80, "'; DROP TABLE ussd_session; --", "ussd:*:row", "\0", "😀", "a b\nc"])
def test_a_session_may_be_called_anything_short(gateway: Flask, db: Engine, session: str) -> None:
    phone = Handset(gateway, session=session)
    assert phone.dial() == HOME
    assert phone.type(*REPORT.split("*")).startswith("CON Imepokelewa: ")
    assert counts(db)["cases"] == 1


@pytest.mark.parametrize(
    "number", ["0712345601", "254712345601", "+254 712 345 601", " +254712345601", "+254-712-345601"]
)
def test_her_number_is_hers_in_every_way_to_write_it(
    gateway: Flask, db: Engine, installation: Installation, number: str
) -> None:
    assert Handset(gateway, phone=number).dial() == HOME
    assert bytes(one(db, "ussd_session")["phone_hash"]) == installation.office.vault.phone_hash(ADA)


def test_fields_that_we_do_not_need_may_be_missing_or_new(gateway: Flask) -> None:
    assert post(gateway, "ussd", form(networkCode=None, serviceCode=None)).data.decode() == HOME
    assert post(gateway, "ussd", form() + f"&newField={MARK}").data.decode() == HOME


FIELD = st.one_of(st.sampled_from([*RIGHT.values(), "1", REPORT, "*", "%", "\0"]), st.text(max_size=40))
NAME = st.one_of(st.sampled_from([*RIGHT, *RIGHT, "id", "status", "from"]), st.text(max_size=8))


@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    callback=st.sampled_from(CALLBACKS),
    body=st.one_of(
        st.binary(max_size=200),
        st.lists(st.tuples(NAME, FIELD), max_size=8).map(lambda pairs: urlencode(pairs).encode()),
    ),
)
@example(callback="ussd", body=b"phoneNumber=%2B254712345601&text=%80&sessionId=%80")
@example(callback="sms", body=b"from=%00&text=%00&id=%00")
def test_any_bytes_at_any_callback_are_answered_with_200(
    gateway: Flask, db: Engine, callback: str, body: bytes
) -> None:
    answer = post(gateway, callback, body)
    assert answer.status_code == 200
    assert answer.data.startswith((b"CON ", b"END ")) if callback == "ussd" else answer.data == b""


# The other callbacks


@pytest.mark.parametrize("callback", ["ussd-end", "delivery", "opt-out"])
@pytest.mark.parametrize("body", BAD_FORMS.values(), ids=BAD_FORMS)
def test_what_the_other_callbacks_do_not_understand_changes_nothing(
    gateway: Flask, db: Engine, callback: str, body: str | bytes
) -> None:
    answer = post(gateway, callback, body)
    assert (answer.status_code, answer.data) == (200, b"")
    assert counts(db) == {}


@pytest.mark.parametrize(
    "name", ["a body of one megabyte", "fields by the hundred", "text twice", "a megabyte of percent signs"]
)
def test_an_sms_that_is_no_form_is_kept_once_for_a_human(
    gateway: Flask, db: Engine, installation: Installation, name: str
) -> None:
    body = BAD_FORMS[name]
    for _ in range(2):
        answer = post(gateway, "sms", body)
        assert (answer.status_code, answer.data) == (200, b"")
    kept = one(db, "incoming_sms")
    assert (kept["status"], kept["why"]) == ("quarantined", "cannot be read")
    assert installation.office.vault.open(bytes(kept["text_sealed"])) == str(body)[:4000]
    assert counts(db) == {"incoming_sms": 1}


@pytest.mark.parametrize(("content_type", "body"), [SENT_AS["JSON"], SENT_AS["multipart"]], ids=["JSON", "multipart"])
def test_an_sms_in_another_kind_of_body_is_kept_for_a_human(
    gateway: Flask, db: Engine, installation: Installation, content_type: str, body: str
) -> None:
    assert post(gateway, "sms", body, content_type).status_code == 200
    kept = one(db, "incoming_sms")
    assert (kept["status"], kept["why"]) == ("quarantined", "cannot be read")
    assert installation.office.vault.open(bytes(kept["text_sealed"])) == body


@pytest.mark.parametrize("body", [b"", b"a\0b", b"\xff\xfe", b"%"])
def test_an_sms_of_any_bytes_is_kept_and_an_empty_one_leaves_nothing(gateway: Flask, db: Engine, body: bytes) -> None:
    assert post(gateway, "sms", body).status_code == 200
    assert counts(db) == ({"incoming_sms": 1} if body else {})


@pytest.mark.parametrize("length", ["", "-1", "abc"])
def test_an_sms_without_an_end_is_not_waited_for(gateway: Flask, db: Engine, length: str) -> None:
    environ = create_environ(f"/callbacks/{TOKEN}/sms", method="POST", data=urlencode(SMS))
    environ |= {"CONTENT_LENGTH": length, "wsgi.input": Unread()}
    assert run_wsgi_app(gateway, environ, buffered=True)[1] == "200 OK"
    assert counts(db) == {}


class Trickle(io.BytesIO):
    """A body in chunks: it ends by itself, and a read gives less than was asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size >= 0
        return super().read(min(size, 7))


def in_chunks(app: Flask, callback: str, body: str) -> tuple[str, bytes]:
    environ = create_environ(f"/callbacks/{TOKEN}/{callback}", method="POST")
    environ |= {
        "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True,
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "wsgi.input": Trickle(body.encode()),
    }  # fmt: skip
    answer, status, _ = run_wsgi_app(app, environ, buffered=True)
    return status, b"".join(answer)


def test_a_body_in_chunks_is_read_to_its_end_and_no_further_than_its_bound(gateway: Flask, db: Engine) -> None:
    assert in_chunks(gateway, "ussd", form()) == ("200 OK", HOME.encode())
    assert in_chunks(gateway, "ussd", form() + f"&rest={MARK * 12_000}") == ("200 OK", NOT_UNDERSTOOD)
    assert in_chunks(gateway, "ussd", "") == ("200 OK", NOT_UNDERSTOOD)
    assert in_chunks(gateway, "sms", urlencode(SMS)) == ("200 OK", b"")
    assert one(db, "incoming_sms")["status"] == "stored"


@pytest.mark.parametrize("sender", ["Safaricom", "KPLC-PAID", "22123", "+22123", "", "2547XXXXX601", "MPESA"])
def test_a_text_from_no_telephone_is_kept_for_a_human_and_never_answered(
    gateway: Flask, db: Engine, installation: Installation, sender: str
) -> None:
    assert post(gateway, "sms", urlencode({**SMS, "from": sender, "text": MARK})).status_code == 200
    kept = one(db, "incoming_sms")
    assert kept["status"] == "quarantined"
    assert installation.office.vault.open(bytes(kept["text_sealed"])) == MARK
    assert counts(db) == {"incoming_sms": 1}


@pytest.mark.parametrize("text", ["a\0b", "😀" * 3000, "*" * 10_000, "\u202e", ""])
def test_a_text_of_anything_is_stored_once_and_within_bounds(
    gateway: Flask, db: Engine, installation: Installation, text: str
) -> None:
    for _ in range(2):
        assert post(gateway, "sms", urlencode({**SMS, "text": text})).status_code == 200
    kept = installation.office.vault.open(bytes(one(db, "incoming_sms")["text_sealed"]))
    assert kept == text.replace("\0", " ")[:4000]


def test_a_text_without_an_id_is_known_again_by_what_it_says(gateway: Flask, db: Engine) -> None:
    without = {name: value for name, value in SMS.items() if name != "id"}
    for _ in range(2):
        assert post(gateway, "sms", urlencode(without)).status_code == 200
    assert post(gateway, "sms", urlencode({**without, "text": "nyingine"})).status_code == 200
    assert len(rows(db, "incoming_sms")) == 2


def test_with_postgresql_away_only_a_text_is_asked_for_again(app_without_postgres: Flask) -> None:
    bodies = {
        "ussd-end": urlencode({"sessionId": f"{SESSION}0"}), "sms": urlencode(SMS),
        "delivery": urlencode({"id": "ATXid_1", "status": "Success"}), "opt-out": urlencode({"phoneNumber": ADA}),
    }  # fmt: skip
    answers = {name: post(app_without_postgres, name, body) for name, body in bodies.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "ussd-end": 200, "sms": 503, "delivery": 200, "opt-out": 200,
    }  # fmt: skip
    assert {answer.data for answer in answers.values()} == {b""}

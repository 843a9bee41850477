"""Another county is a folder: it starts and serves its own wards, and one with mistakes is told them all at once."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from config.settings import PROJECT, random_secrets
from tests.browser.demo import COMMAND, Demo, environment, spare_port
from tests.browser.phone import reference_in

NAIROBI = Path(__file__).parent / "counties" / "nairobi"
"""17 sub-counties: they take two screens."""

REFUSED_LIMIT = 60.0
"""Seconds in which a county that cannot be used has to be refused."""

SPOILT = (
    ("charter.yml", "resolve: 5 working_days", "resolve: soon"),
    ("county.yml", "hotline:", "hotlin:"),
    ("places.yml", "code: 1367", "code: 1366"),
)
MISTAKES = [
    "nairobi/charter.yml:4: expected a number and a unit (working_days, days, hours), such as `8 working_days`, "
    "found `soon`",
    "nairobi/county.yml:2: `hotline` is missing",
    "nairobi/county.yml:5: unknown field `hotlin`; did you mean `hotline`?",
    "nairobi/places.yml:9: the code 1366 is given twice",
]


class Handset:
    """A phone at the callback of a running demo: one session, spoken as Africa's Talking does."""

    def __init__(self, url: str, session: str) -> None:
        self._address = urlsplit(url).netloc
        self._answers: list[str] = []
        self._fields = {
            "sessionId": session, "serviceCode": "*384*123#", "networkCode": "63902", "phoneNumber": "+254722000147",
        }  # fmt: skip

    def dial(self) -> str:
        """The first screen, with the `CON ` before it."""
        return self._post("ussd", self._fields | {"text": ""})

    def answer(self, *answers: str) -> str:
        """Give one answer after the other; the screen after the last."""
        for answer in answers:
            self._answers.append(answer)
            screen = self._post("ussd", self._fields | {"text": "*".join(self._answers)})
        return screen

    def _post(self, name: str, fields: dict[str, str]) -> str:
        connection = http.client.HTTPConnection(self._address, timeout=10)
        try:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", f"/callbacks/demo/{name}", urlencode(fields), form)
            answer = connection.getresponse()
            assert answer.status == 200
            return answer.read().decode()
        finally:
            connection.close()


@pytest.fixture
def spoilt() -> Iterator[Path]:
    """A copy of the county with a mistake in three of its files."""
    with tempfile.TemporaryDirectory() as folder:
        county = Path(shutil.copytree(NAIROBI, Path(folder) / "nairobi"))
        for file, old, new in SPOILT:
            text = (county / file).read_text(encoding="utf-8")
            assert old in text
            (county / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        yield county


def test_a_county_folder_starts_shows_its_places_on_two_screens_and_its_wards_file() -> None:
    with Demo(COUNTY=str(NAIROBI)) as demo:
        assert "ward-1366@demo.example" in demo.said
        handset = Handset(demo.url, "ATUid_another_county")
        assert handset.dial().startswith("CON Kaunti ya Nairobi, bure.\n1 Ripoti shida\n")
        first = handset.answer("1")
        assert first.startswith("CON Wapi?\n1 Westlands\n2 Dagoretti North\n")
        assert first.endswith("\n99 Zaidi\n0 Sijui")
        assert last_listed(handset.answer("99")) == "17 Mathare"
        assert handset.answer("17") == "CON Wadi ya Mathare?\n1 Hospital\n2 Mabatini\n0 Rudi"
        filed = handset.answer("2", "1", "1", "3")
        assert filed.startswith(f"CON Imepokelewa: {reference_in(filed)}\nUtajibiwa kufikia ")

        again = Handset(demo.url, "ATUid_the_next_dial")
        assert "1 Ripoti shida (Mabatini)" in again.dial()
        assert reference_in(filed) in again.answer("3")


def last_listed(screen: str) -> str:
    """The last place of a list: the line before *more* and the line of the key 0."""
    return [line for line in screen.splitlines() if not re.match(r"(99|0) ", line)][-1]


def test_the_check_of_a_good_folder_says_what_is_in_it() -> None:
    assert check(NAIROBI) == (
        0,
        "Nairobi: 17 sub-counties, 34 wards, 9 categories, 2 departments: all is well.\n",
        "",
    )


def test_the_check_of_a_folder_with_mistakes_lists_every_one_with_file_and_line(spoilt: Path) -> None:
    status, printed, told = check(spoilt)

    assert (status, printed) == (1, "")
    assert told.splitlines() == [*MISTAKES, "Error: 4 mistakes"]


def check(folder: Path) -> tuple[int, str, str]:
    """Exit status and both outputs of `flask county check FOLDER`, without any settings."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "county", "check", str(folder)],
        cwd=PROJECT, env=environment(), capture_output=True, text=True, timeout=REFUSED_LIMIT,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("demo", ["0", "1"])
def test_a_folder_with_mistakes_refuses_to_start_and_lists_every_one(spoilt: Path, demo: str) -> None:
    never_asked = {"DATABASE_URL": "postgresql:///none", "REDIS_URL": "unix:///none"}
    with tempfile.TemporaryDirectory(prefix="sikiza-") as folder:
        environ = environment(
            **random_secrets(), **never_asked, DEMO=demo, DATA_DIR=f"{folder}/data", PORT=str(spare_port()),
            COUNTY=str(spoilt), CALLBACK_TOKENS="a-token-of-the-tests-0123456789", PUBLIC_URL="https://sikiza.example",
            AFRICASTALKING_USERNAME="sandbox", AFRICASTALKING_API_KEY="none", SERVICE_CODE="*384*123#",
            SHORT_CODE="22123",
        )  # fmt: skip
        done = subprocess.run(
            COMMAND, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=REFUSED_LIMIT
        )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (1, "", MISTAKES)

"""A phone that dials the USSD callback exactly as Africa's Talking does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask

from tests.conftest import TOKEN

ADA = "+254712345601"
BINTI = "+254112345602"
SESSION = "ATUid_6c772a68e52bfc41e8e8d5289db4d90"
SERVICE_CODE = "*384*123#"
REPORT = "1*4*6*1*1*1"
"""Lurambi, Shirere, water, no water, the market."""
HOME = (
    "CON Kaunti ya Kakamega, bure.\n1 Ripoti shida\n2 Maoni, pongezi\n3 Fuatilia\n4 Siri au hatari\n5 Nipigie simu\n"
    "6 Faragha, wadi\n9 English"
)


@dataclass
class Handset:
    """One session of one phone. `inputs` is what was typed, one a hop; `screen` the last answer."""

    app: Flask
    phone: str = ADA
    session: str = f"{SESSION}0"
    inputs: list[str] = field(default_factory=list)
    screen: str = ""

    def dial(self) -> str:
        """The first hop."""
        return self.hop("")

    def type(self, *inputs: str) -> str:
        """One hop after the other; the last screen."""
        for typed in inputs:
            self.inputs.append(typed)
            self.hop("*".join(self.inputs))
        return self.screen

    def go(self, typed: str) -> str:
        """Dial, then type inputs that have no `*` in them, written as Africa's Talking joins them."""
        self.dial()
        return self.type(*typed.split("*"))

    def again(self) -> str:
        """The last hop is delivered once more."""
        return self.hop("*".join(self.inputs))

    def hop(self, text: str) -> str:
        self.screen = post_ussd(self.app, self.fields(text))
        return self.screen

    def fields(self, text: str) -> list[tuple[str, str]]:
        """In the order of the wire."""
        return [
            ("phoneNumber", self.phone),
            ("serviceCode", SERVICE_CODE),
            ("text", text),
            ("sessionId", self.session),
            ("networkCode", "63902"),
        ]

    def end(self, status: str = "Incomplete") -> None:
        """The end event."""
        fields = [
            ("date", "2026-11-22 06:00:00"), ("sessionId", self.session), ("serviceCode", SERVICE_CODE),
            ("networkCode", "63902"), ("phoneNumber", self.phone), ("status", status), ("cost", "KES 0.10"),
            ("durationInMillis", "61000"), ("hopsCount", str(len(self.inputs) + 1)), ("input", "*".join(self.inputs)),
            ("lastAppResponse", self.screen), ("errorMessage", ""),
        ]  # fmt: skip
        answer = post(self.app, "ussd-end", urlencode(fields))
        assert (answer.status_code, answer.data) == (200, b"")


def post_ussd(app: Flask, fields: Sequence[tuple[str, str]]) -> str:
    """`+` as %2B, `*` as %2A, a space as +; the answer must be one that Africa's Talking can show."""
    answer = post(app, "ussd", urlencode(fields))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    screen = str(answer.data.decode())
    assert screen.startswith(("CON ", "END "))
    return screen


def post(app: Flask, name: str, body: str | bytes, content_type: str = "application/x-www-form-urlencoded") -> Any:
    return app.test_client().post(
        f"/callbacks/{TOKEN}/{name}", data=body, content_type=content_type, headers={"User-Agent": "at-ussd-api/1.0"}
    )

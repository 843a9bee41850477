"""The SMS callback: what comes is stored, and what nobody can read is kept for the one who may read it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine

from gateway.installation import Installation
from tests.callbacks.handset import ADA
from tests.callbacks.traces import one
from tests.conftest import TOKEN

FORM = {"id": "sms-1", "from": ADA, "to": "22123", "text": "Hakuna maji Shirere", "date": "2026-11-22 06:00:00"}


def test_a_text_is_stored_as_it_came(gateway: Flask, db: Engine, installation: Installation) -> None:
    assert gateway.test_client().post(f"/callbacks/{TOKEN}/sms", data=FORM).status_code == 200
    row, vault = one(db, "incoming_sms"), installation.office.vault
    assert (row["provider_id"], row["status"], row["why"], row["sensitive"]) == ("sms-1", "stored", None, False)
    assert [vault.open(bytes(row[sealed])) for sealed in ("sender_sealed", "text_sealed")] == [ADA, FORM["text"]]


@pytest.mark.parametrize(
    ("body", "sensitive"),
    [
        ("m=karani%20anaomba%20hongo", True), ("m=karani+anaomba+hongo", True), ("karani anaomba hongo", True),
        ("m=k%61rani%20anaomba%20h%6Fngo", True), ("m=taa%20haziwaki", False), ("100% taa haziwaki", False),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_searched_for_confidential_words_in_plain_and_kept_as_it_came(
    gateway: Flask, db: Engine, installation: Installation, body: str, sensitive: bool
) -> None:
    posted = gateway.test_client().post(
        f"/callbacks/{TOKEN}/sms", data=body, content_type="application/x-www-form-urlencoded"
    )
    assert posted.status_code == 200
    row = one(db, "incoming_sms")
    assert (row["status"], row["why"], row["sensitive"]) == ("quarantined", "cannot be read", sensitive)
    assert installation.office.vault.open(bytes(row["text_sealed"])) == body

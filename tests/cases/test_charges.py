"""What a session cost is kept once, with its case where that is open to its ward; and sums that betray no case."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from gateway.cases import charges, erasing, residents_own
from gateway.cases.charges import Part, PerCase
from gateway.cases.models import Case, Channel
from gateway.db import as_owner, officer_session
from gateway.messages import spending
from gateway.messages.models import UssdCharge
from gateway.messages.spending import Month
from tests.callbacks.handset import ADA, REPORT, SESSION, Handset
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.dialogue.test_left_behind import end_event
from workers.sweep import forget_sessions

KES = "KES 0.10"
NOTHING = PerCase(0, Decimal(0), ())


@pytest.fixture
def phone(app: Flask, stage: Stage, redis_url: str) -> Handset:
    stage.now = datetime.now(UTC)
    return Handset(app)


def end(phone: Handset, cost: str | None = KES, **fields: str) -> None:
    told = fields if cost is None else {"cost": cost, **fields}
    end_event(phone.app, phone.session, phone.phone, input="*".join(phone.inputs), **told)


def kept(stage: Stage) -> list[tuple[int | None, int | None, Decimal, str | None]]:
    """Case, ward, amount and currency of each charge, oldest first."""
    with stage.engine.connect() as connection:
        rows = connection.execute(text("SELECT case_id, ward_code, amount, currency FROM ussd_charge ORDER BY id"))
        return [(row.case_id, row.ward_code, row.amount, row.currency) for row in rows]


# One session


def test_what_a_session_cost_is_kept_once_with_the_case_that_was_filed_in_it(phone: Handset, stage: Stage) -> None:
    phone.go(REPORT)
    for _ in range(3):
        end(phone)
    assert kept(stage) == [(stage.only_case().id, SHIRERE, Decimal("0.1"), "KES")]


@pytest.mark.parametrize(
    ("cost", "amount", "currency"),
    [
        ("KES 0.10", "0.1", "KES"), ("1.5", "1.5", None), ("USD 0.0079", "0.0079", "USD"), ("KES 0.0000", "0", "KES"),
        ("0", "0", None), (" KES 1.23456 ", "1.2346", "KES"),
    ],
)  # fmt: skip
def test_it_may_come_with_a_currency_or_without(
    phone: Handset, stage: Stage, cost: str, amount: str, currency: str | None
) -> None:
    phone.dial()
    end(phone, cost)
    assert kept(stage) == [(None, None, Decimal(amount), currency)]


@pytest.mark.parametrize("cost", [None, "", "None", "null", "KES", "-1", "KES -1", "free", "1,5", "1e9", "9" * 40, "٣"])
def test_anything_else_says_nothing_of_its_cost_and_ends_the_session_all_the_same(
    phone: Handset, stage: Stage, cost: str | None
) -> None:
    phone.go(REPORT)
    end(phone, cost)
    assert kept(stage) == []
    assert ended(stage)


def ended(stage: Stage) -> bool:
    with stage.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT over_at IS NOT NULL FROM ussd_session")))


def test_a_session_that_nobody_knows_cost_something_all_the_same(app: Flask, stage: Stage, redis_url: str) -> None:
    end_event(app, "never-seen", cost=KES)
    end_event(app, "", cost=KES)
    end_event(app, "x" * 81, cost=KES)
    assert kept(stage) == [(None, None, Decimal("0.1"), "KES")]


def test_a_charge_that_cannot_be_kept_does_not_keep_the_session_from_ending(
    phone: Handset, stage: Stage, logged: io.StringIO
) -> None:
    phone.go(REPORT)
    stage.set("ALTER TABLE ussd_charge RENAME TO elsewhere")
    try:
        end(phone)
    finally:
        stage.set("ALTER TABLE elsewhere RENAME TO ussd_charge")
    assert ended(stage)
    assert '"event": "ussd_charge_not_kept"' in logged.getvalue()


# Whose it was


def test_nothing_in_a_charge_tells_whose_session_it_was(phone: Handset, stage: Stage) -> None:
    phone.go(REPORT)
    end(phone)
    with stage.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM ussd_charge")).one()
    assert bytes(row.source) == stage.office.vault.session_hash(phone.session)
    assert phone.session not in str(row)
    assert ADA[1:] not in str(row)


@pytest.mark.parametrize(
    "typed", ["4*3*1", "4*3*2", "4*4*1", f"{REPORT}*2*daktari alitaka hongo", f"{REPORT}*4", f"{REPORT}*5*1", "3", ""]
)
def test_what_is_sensitive_anonymous_taken_back_or_not_filed_has_no_case_and_no_ward(
    phone: Handset, stage: Stage, typed: str
) -> None:
    phone.go(typed)
    end(phone)
    assert kept(stage) == [(None, None, Decimal("0.1"), "KES")]


def test_where_two_were_filed_it_is_the_cost_of_neither(phone: Handset, stage: Stage) -> None:
    phone.go(REPORT)
    other = stage.file(category="STAFF", words="Karani alitaka pesa")
    stage.set(
        "UPDATE ussd_session SET answers = answers || jsonb_build_object('90:file',"
        " jsonb_build_object('values', jsonb_build_object('reference', CAST(:reference AS text))))",
        reference=other,
    )
    end(phone)
    assert kept(stage) == [(None, None, Decimal("0.1"), "KES")]


def test_a_reference_that_was_only_looked_up_is_not_what_was_filed(phone: Handset, stage: Stage) -> None:
    stage.file(phone=ADA)
    phone.go("3*1")
    end(phone)
    assert kept(stage) == [(None, None, Decimal("0.1"), "KES")]


@pytest.mark.parametrize("hidden", ["confidential", "number", "withdrawn"])
def test_a_case_that_is_hidden_later_loses_its_charge(phone: Handset, stage: Stage, hidden: str) -> None:
    phone.go(REPORT)
    end(phone)
    with stage.transaction() as session:
        case = session.get_one(Case, stage.only_case().id, with_for_update=True)
        if hidden == "confidential":
            residents_own.add_words(session, stage.office, case, "wanataka hongo", stage.now, Channel.USSD)
        elif hidden == "number":
            erasing.hide_number(session, stage.office, case, stage.now)
        else:
            erasing.withdraw(session, stage.office, case, stage.now)
    assert kept(stage) == [(None, None, Decimal("0.1"), "KES")]


def test_the_restricted_role_sees_a_charge_of_its_cases_and_changes_none(phone: Handset, stage: Stage) -> None:
    phone.go(REPORT)
    end(phone)
    officer, stranger, charge = stage.officer(), stage.officer(ward_code=SHEYWE), kept(stage)
    for reader, seen in ((officer, [Decimal("0.1")]), (stranger, [])):
        with officer_session(stage.engine, reader) as session:
            assert session.scalars(text("SELECT amount FROM ussd_charge")).all() == seen
    with pytest.raises(ProgrammingError, match="permission denied"), officer_session(stage.engine, officer) as session:
        charges.detach(session, stage.only_case().id)
    for forbidden in ("SELECT source FROM ussd_charge", "UPDATE ussd_charge SET amount = 0", "DELETE FROM ussd_charge"):
        with pytest.raises(Exception, match="permission denied"), officer_session(stage.engine, officer) as session:
            session.execute(text(forbidden))
    assert kept(stage) == charge
    with officer_session(stage.engine, officer) as session, as_owner(session):
        charges.detach(session, stage.only_case().id)
    assert kept(stage)[0][:2] == (None, None)


def test_the_session_is_forgotten_and_the_charge_stays(phone: Handset, stage: Stage) -> None:
    phone.dial()
    end(phone)
    later = Handset(phone.app, session=f"{SESSION}1")
    later.dial()
    end(later)
    stage.set("UPDATE ussd_charge SET at = at - interval '61 minutes' WHERE id = 1")
    with stage.transaction() as session:
        forget_sessions(session)
    with stage.engine.connect() as connection:
        sources = connection.execute(text("SELECT source IS NULL FROM ussd_charge ORDER BY id")).scalars().all()
    assert sources == [True, False]
    assert len(kept(stage)) == 2


# A month of the county


def told(stage: Stage, reference: str | None, wording: str, price: str, **others: Any) -> None:
    """A text about a case left now and cost this."""
    row = {"currency": "KES", "sent_at": stage.now, "wording": wording, "price": price, "reference": reference}
    stage.set(
        "INSERT INTO message (case_id, wording, text_sealed, status, parts, price, currency, sent_at) VALUES ("
        " (SELECT id FROM cases WHERE reference = :reference), :wording, 'x', 'sent', 1, :price, :currency, :sent_at)",
        **(row | others),
    )


def cost_of_session(stage: Stage, reference: str | None, ward: int | None, amount: str) -> None:
    stage.set(
        "INSERT INTO ussd_charge (case_id, ward_code, amount, currency, at) VALUES ("
        " (SELECT id FROM cases WHERE reference = :reference), :ward, :amount, 'KES', :at)",
        reference=reference, ward=ward, amount=amount, at=stage.now,
    )  # fmt: skip


WORDINGS = ("received", "fixed")


def month_of(stage: Stage, wordings: tuple[str, ...] = WORDINGS) -> tuple[dict[str, Part], dict[int, Part], PerCase]:
    with Session(stage.engine) as session:
        month = Month.of(stage.now)
        return (
            dict(charges.by_wording(session, month, wordings)),
            dict(charges.by_ward(session, month)),
            charges.per_case(session, month),
        )


def test_a_month_is_told_by_wording_by_ward_and_by_case(stage: Stage) -> None:
    one, other, nowhere = stage.file(), stage.file(ward_code=SHEYWE), stage.file(ward_code=None)
    told(stage, one, "received", "0.8")
    told(stage, one, "fixed", "1.6")
    told(stage, other, "received", "0.8")
    told(stage, nowhere, "received", "0.9")
    cost_of_session(stage, other, SHEYWE, "2")
    assert month_of(stage) == (
        {"received": Part(3, Decimal("2.5")), "fixed": Part(1, Decimal("1.6"))},
        {SHEYWE: Part(1, Decimal("2.8")), SHIRERE: Part(2, Decimal("2.4"))},
        PerCase(3, Decimal("6.1"), [(other, Decimal("2.8")), (one, Decimal("2.4")), (nowhere, Decimal("0.9"))]),
    )


def test_another_month_another_currency_and_what_has_no_price_are_not_in_it(stage: Stage) -> None:
    one = stage.file()
    told(stage, one, "received", "0.8", currency="USD")
    told(stage, one, "received", "0")
    told(stage, one, "received", "9", sent_at=stage.now - timedelta(days=40))
    told(stage, one, "received", "9", sent_at=stage.now + timedelta(days=40))
    stage.set(
        "INSERT INTO ussd_charge (ward_code, amount, currency, at) VALUES (1014, 5, NULL, :at), (1014, 5, 'KES', :old)",
        at=stage.now, old=stage.now - timedelta(days=40),
    )  # fmt: skip
    assert month_of(stage) == ({}, {}, NOTHING)


def test_only_the_ten_dearest_are_named_and_the_average_is_that_of_all(stage: Stage) -> None:
    references = [stage.file() for _ in range(12)]
    for number, reference in enumerate(references, 1):
        told(stage, reference, "received", str(number))
    *_, per_case = month_of(stage)
    assert per_case.dearest == [(references[number - 1], Decimal(number)) for number in range(12, 2, -1)]
    assert (per_case.number, per_case.average) == (12, Decimal("6.5"))


def test_a_ward_that_a_case_was_moved_to_bears_its_cost(stage: Stage) -> None:
    one = stage.file()
    told(stage, one, "received", "0.8")
    cost_of_session(stage, one, SHIRERE, "1")
    stage.set("UPDATE cases SET ward_code = :ward", ward=SHEYWE)
    assert month_of(stage)[1] == {SHEYWE: Part(1, Decimal("1.8"))}


def test_the_ward_of_a_case_that_is_gone_still_bears_its_session(stage: Stage) -> None:
    cost_of_session(stage, None, SHIRERE, "1")
    assert month_of(stage)[1] == {SHIRERE: Part(0, Decimal(1))}


def test_a_sensitive_case_is_in_no_part_of_it_and_only_in_the_sum_over_the_county(stage: Stage) -> None:
    one, secret = stage.file(), stage.file(category="STAFF", ward_code=SHIRERE)
    told(stage, one, "received", "0.8")
    before = month_of(stage)
    for wording in ("received", "fixed", "received_confidential", "call_us"):
        told(stage, secret, wording, "7")
    cost_of_session(stage, secret, SHIRERE, "7")
    assert month_of(stage) == before
    with stage.transaction() as session:
        assert spending.read(session, Month.of(stage.now)).home.price == Decimal("35.8")


def test_a_case_that_becomes_sensitive_leaves_every_part_of_it(stage: Stage) -> None:
    one = stage.file()
    told(stage, one, "received", "0.8")
    cost_of_session(stage, one, SHIRERE, "1")
    with stage.transaction() as session:
        case = session.get_one(Case, stage.case(one).id, with_for_update=True)
        residents_own.add_words(session, stage.office, case, "wanataka hongo", stage.now, Channel.SMS)
    assert month_of(stage) == ({}, {}, NOTHING)
    assert stage.count(UssdCharge) == 1


def test_what_is_left_over_is_the_same_for_a_sensitive_case_as_for_a_text_about_none(stage: Stage) -> None:
    """The whole less its parts is one number, into which both go."""
    one, secret = stage.file(), stage.file(category="STAFF", ward_code=SHIRERE)
    told(stage, one, "received", "0.8")
    told(stage, secret, "received_confidential", "0.8")
    with_secret = month_of(stage)
    stage.set("DELETE FROM message WHERE wording = 'received_confidential'")
    told(stage, None, "help", "0.8")
    assert month_of(stage) == with_secret

"""Filing: intake, resident, case, history, outgoing SMS and session answer in one statement of one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from config.county import County, Ward
from config.rights import RIGHTS
from gateway.cases import desk_clock, steps
from gateway.cases.categories import (
    DANGER,
    NATIONAL,
    VIOLENCE,
    department_of,
    first_desk,
    is_about_ombudsman,
    kind_of,
    promise_slots,
    promised,
)
from gateway.cases.clock import Calendar, deadline, start_of_day
from gateway.cases.intake import UssdMark, answered_before, answered_long_ago
from gateway.cases.models import Channel, Kind, Status
from gateway.cases.office import Office
from gateway.cases.references import new_reference, new_secret, spoken
from gateway.cases.sensitivity import sensitive_category
from gateway.messages.outbox import USSD_SESSION
from gateway.people.phone import mask
from menus.tree import Menu

MOST_A_DAY = 3
"""Cases of one phone that go to their ward on one day; what comes after them waits at the county desk."""

REFERENCE_TRIES = 8
"""Of nine million references; at two million cases eight in a row are taken once in a hundred thousand times."""


@dataclass(frozen=True)
class Report:
    """What a resident tells us, on any channel. `phone` is E.164, or None where she stays unknown.

    `source_id` with the channel makes it happen once. `wording` is the SMS that answers her (None: as the case has
    it; `quiet`: none at all) and `slots` what it needs beyond reference and promise; it is due at once, or at
    `letter_at`, unless the USSD session may still change the case. `incomplete`: she began it and did not send it.
    `follows`: an older case of hers that it may belong to; `guess`: what was read from the words (`Case.guess`). A
    confidential report has neither; `confidential`: it is one, whatever it is about, and with `about_ombudsman` one for
    the county secretary. `resident_id`: whose it is, where her number is not at hand; `received_at`: when it came, if
    that was before now; `practice`: it was split off a practice case. `reference` and `secret_hash`: those of the slip
    that it was written on, which its writer has torn off. `untexted`: her number is a landline's, so that no SMS goes
    there and a secret opens the case.
    """

    channel: Channel
    source_id: str
    category: str
    language: str
    phone: str | None = None
    problem: str | None = None
    ward_code: int | None = None
    landmark: str | None = None
    words: str | None = None
    rating: int | None = None
    referral: str | None = None
    anonymous: bool = False
    hour: str | None = None
    wording: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False
    letter_at: datetime | None = None
    incomplete: bool = False
    ussd: UssdMark | None = None
    follows: int | None = None
    guess: Mapping[str, str] | None = None
    resident_id: int | None = None
    received_at: datetime | None = None
    confidential: bool = False
    about_ombudsman: bool = False
    practice: bool = False
    reference: str | None = None
    secret_hash: bytes | None = None
    untexted: bool = False


@dataclass(frozen=True)
class Filed:
    """What filing answered; the same for every repetition. `new` is False where it had been filed before."""

    reference: str
    answer: Mapping[str, Any]
    new: bool


def file_case(connection: Connection, office: Office, report: Report, now: datetime) -> Filed:
    """File `report` once. A repetition gets the first answer and changes nothing. The caller commits."""
    filing = _sort(office, report, now)
    for _ in range(REFERENCE_TRIES):
        row, answer = _compose(office, filing, now)
        filed = connection.execute(_FILE, row).first()
        if filed:
            if filed.closed:
                # While this waited, the session was closed, and what it left behind is not in the statement's sight.
                connection.execute(_NO_DRAFT, row)
            return Filed(answer["values"]["reference"], answer, True)
        before = answered_before(connection, report.channel, report.source_id)
        if before is not None:
            before = before or answered_long_ago(connection, report.channel, report.source_id)
            return Filed(before["values"]["reference"], before, False)
    raise RuntimeError("no free reference found")


@dataclass(frozen=True)
class _Sorted:
    """A report under the category that it is filed under, and what follows from that.

    `report`: with the place among the words where they are suspected; `promise`: the category by which she is promised
    the day `due`; `perhaps`: what it seems to be about, if anybody may know.
    """

    report: Report
    code: str
    suspected: bool
    sensitive: bool
    about_ombudsman: bool
    kind: Kind
    perhaps: str
    ward: Ward | None
    received_at: datetime
    promise: str | None
    due: datetime | None


def _sort(office: Office, report: Report, now: datetime) -> _Sorted:
    county = office.county
    suspected = sensitive_category(county, " ".join(part for part in (report.words, report.landmark) if part))
    if suspected:
        report = replace(report, landmark=None, words=_joined(report.landmark, report.words))
    right = report.category in RIGHTS
    code = report.category if right else suspected or report.category
    category = county.category(code)
    sensitive = report.confidential or bool(suspected) or bool(category and category.sensitive)
    received_at = report.received_at or now
    perhaps = str(report.guess.get("category", code)) if report.guess and not sensitive else code
    promise, due = _earlier(county, office.calendar, received_at, code, perhaps)
    about_ombudsman = sensitive and (
        report.about_ombudsman or is_about_ombudsman(county, report.problem, report.words, report.landmark)
    )
    # A request is answered at the county's desk, and no ward learns who asks.
    ward = county.ward(report.ward_code) if report.ward_code and not right else None
    return _Sorted(
        report=report, code=code, suspected=bool(suspected), sensitive=sensitive, about_ombudsman=about_ombudsman,
        kind=kind_of(code), perhaps=perhaps, ward=ward, received_at=received_at, promise=promise, due=due,
    )  # fmt: skip


def _compose(office: Office, filing: _Sorted, now: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """The row to file, and the answer that goes with it."""
    county, vault, report, code = office.county, office.vault, filing.report, filing.code
    kind, sensitive, ward, due, promise = filing.kind, filing.sensitive, filing.ward, filing.due, filing.promise
    was = {"was": report.category} if code != report.category else {}
    unsent = {"incomplete": True} if report.incomplete else {}
    reference = report.reference or new_reference()
    secret = new_secret() if report.anonymous or report.untexted else None
    phone = None if report.anonymous else report.phone
    untold = report.quiet or report.untexted or (report.category in RIGHTS and sensitive)
    wording = None if phone is None or code == VIOLENCE or untold else _wording(report, kind, sensitive)
    referral = county.referral(report.referral) if report.referral else None
    answer = filed_answer(office.menu, report.category, kind, reference, secret, due)
    message = _letter(office, wording, report, reference, due) if wording else None
    event = {"channel": report.channel.value, "suspected": filing.suspected, **was, **unsent}
    row: dict[str, Any] = {
        "channel": report.channel.value,
        "source_id": report.source_id,
        "answer": json.dumps(answer),
        "now": now,
        "received_at": filing.received_at,
        "resident_id": report.resident_id,
        "phone_hash": vault.phone_hash(phone) if phone else None,
        "phone_sealed": vault.seal(phone) if phone else None,
        "phone_mask": mask(phone) if phone else None,
        # Asked for and never written: nothing that is stored tells who hid her number.
        "caller_hash": vault.phone_hash(report.phone) if report.phone else None,
        "practice": report.practice,
        "remember_ward": ward.code if ward and not sensitive else None,
        "reference": reference,
        "kind": kind.value,
        "category": code,
        "problem": report.problem or None,
        "sensitive": sensitive,
        "ward_code": ward.code if ward else None,
        "sub_county_code": ward.sub_county if ward else None,
        "department": department_of(office, code, report.problem),
        "desk": first_desk(code, sensitive, ward is not None, about_ombudsman=filing.about_ombudsman).value,
        "about_ombudsman": filing.about_ombudsman,
        "status": (Status.REFERRED if code == NATIONAL else Status.NEW).value,
        "referred_to": referral.body if referral else None,
        "landmark": report.landmark or None,
        "words": None if sensitive else report.words,
        "words_sealed": vault.seal(report.words) if sensitive and report.words else None,
        "rating": report.rating,
        "incomplete": report.incomplete,
        "follows": None if sensitive else report.follows,
        "guess": json.dumps(report.guess) if report.guess and not sensitive else None,
        "draft": report.ussd.draft if report.ussd else None,
        "chosen": report.category,
        "reserved": report.reference is not None,
        "secret_hash": vault.secret_hash(reference, secret) if secret else report.secret_hash,
        "language": report.language,
        "due_at": due,
        "desk_due_at": desk_clock.fresh(county.charter, office.calendar, promise, now) if promise else None,
        # Of what is written on paper, only slips say what becomes of it.
        "notice": None if report.channel is Channel.PAPER and report.reference is None else office.notice,
        "next_step_at": None if sensitive else steps.no_later(office, promise, filing.received_at, due),
        "news_due_at": deadline(now, county.charter.term("news", code), office.calendar) if code == NATIONAL else None,
        "urgent": DANGER in (code, filing.perhaps),
        "today": start_of_day(now),
        "most": MOST_A_DAY,
        "event": json.dumps(event | ({"promise": promise} if promise else {})),
        "wording": wording,
        "message": vault.seal(message) if message else None,
        "message_due": now + USSD_SESSION if report.ussd else report.letter_at or now,
        "message_made": report.letter_at or now,
        "automatic": report.channel is Channel.SMS,
        "hour": report.hour,
        "call_due": deadline(now, county.charter.term("call_back", code), office.calendar),
        "session_id": report.ussd.session_id if report.ussd else None,
        "session_answer": json.dumps({report.ussd.key: answer}) if report.ussd else "{}",
        "cuts": list(report.ussd.cuts) if report.ussd else [],
        "typed": vault.seal(report.ussd.typed) if report.ussd else None,
        "length": len(report.ussd.typed) if report.ussd else 0,
    }
    return row, answer


def _earlier(
    county: County, calendar: Calendar, received_at: datetime, *categories: str
) -> tuple[str | None, datetime | None]:
    """The category by which she is promised a day, and the day: the earliest of them, or None where none has one.

    What was only read from her words may bring the promised day nearer, and never put it off.
    """
    days = [(one, day) for one in categories if (day := promised(county, calendar, one, received_at))]
    return min(days, key=lambda found: found[1], default=(None, None))


def _joined(*parts: str | None) -> str | None:
    return "\n".join(part for part in parts if part) or None


def end_drafts(connection: Connection, office: Office, report: Report) -> bool:
    """What `report` says is no draft any more, though nothing is filed; whether anything of it was one."""
    began = {
        "draft": report.ussd.draft if report.ussd else None,
        "session_id": report.ussd.session_id if report.ussd else None,
        "phone_hash": office.vault.phone_hash(report.phone) if report.phone else None,
        "chosen": report.category, "ward_code": report.ward_code, "problem": report.problem or None,
    }  # fmt: skip
    return connection.execute(_NO_DRAFT, began).rowcount > 0


def filed_answer(
    menu: Menu, category: str, kind: Kind, reference: str, secret: str | None, due: datetime | None
) -> dict[str, Any]:
    """What a walk is told: values, slots and facts of `menus.engine.Facts.answers`. `category` is the one chosen."""
    facts = ["case.filed"]
    if kind is Kind.FEEDBACK:
        facts.append("case.feedback")
    if category == NATIONAL:
        facts.append("case.national")
    slots: dict[str, Any] = {"reference": spoken(reference)}
    if secret:
        facts.append("case.anonymous")
        slots["secret"] = secret
    if due:
        slots |= promise_slots(menu, due)
    return {"values": {"reference": reference}, "slots": slots, "facts": facts}


def _wording(report: Report, kind: Kind, sensitive: bool) -> str:
    if sensitive:
        return "received_confidential"
    if kind is Kind.REQUEST:
        return "received_request"
    if kind is Kind.FEEDBACK:
        return "received_feedback"
    if report.category == NATIONAL:
        return "received_national"
    return report.wording or "received"


def _letter(office: Office, wording: str, report: Report, reference: str, due: datetime | None) -> str:
    known = {"reference": spoken(reference), "promise": office.letters.promise(due, report.language)}
    return office.letters.compose(wording, report.language, {**known, **report.slots})


# What she has sent now is no draft any more: the one that she took up, that of this session, or the same matter.
_WHAT_SHE_BEGAN = """
        (draft.id = CAST(:draft AS bigint) OR draft.session_id = CAST(:session_id AS varchar)
         OR draft.phone_hash = CAST(:phone_hash AS bytea) AND draft.category = CAST(:chosen AS varchar)
            AND draft.ward_code IS NOT DISTINCT FROM CAST(:ward_code AS integer)
            AND COALESCE(draft.chosen ->> 'problem', '') IN ('', COALESCE(CAST(:problem AS varchar), '')))
"""

# One statement, so that a filing hop is one round trip. Whoever loses the race for the intake key writes nothing, and
# so does a reference that is taken already, by a case or by a slip that is printed and not registered yet.
_FILE = text(
    """
    WITH taken AS (
        INSERT INTO intake (channel, source_id, answer, received_at)
        SELECT :channel, :source_id, CAST(:answer AS jsonb), CAST(:now AS timestamptz)
        WHERE NOT EXISTS (SELECT 1 FROM cases WHERE reference = :reference)
          AND (:reserved OR NOT EXISTS (SELECT 1 FROM slip WHERE reference = :reference))
        ON CONFLICT (channel, source_id) DO NOTHING
        RETURNING id
    ), who AS (
        INSERT INTO resident (phone_hash, phone_sealed, phone_mask, language, ward_code)
        SELECT CAST(:phone_hash AS bytea), CAST(:phone_sealed AS bytea), CAST(:phone_mask AS varchar),
               CAST(:language AS varchar), CAST(:remember_ward AS integer)
        FROM taken WHERE CAST(:phone_hash AS bytea) IS NOT NULL
        ON CONFLICT (phone_hash) DO UPDATE
        SET language = EXCLUDED.language, ward_code = COALESCE(EXCLUDED.ward_code, resident.ward_code)
        RETURNING id
    ), crowd AS (
        SELECT :practice OR EXISTS (SELECT 1 FROM trainer
                                    WHERE trainer.phone_hash = CAST(:caller_hash AS bytea)) AS is_practice,
               EXISTS (SELECT 1 FROM ward_cover
                       WHERE ward_code = CAST(:ward_code AS integer) AND state = 'desk') AS is_not_live,
               (SELECT count(*) FROM cases JOIN resident ON resident.id = cases.resident_id
                WHERE resident.phone_hash = CAST(:caller_hash AS bytea) AND cases.kind <> 'request'
                  AND cases.received_at >= CAST(:today AS timestamptz)) >= :most AS is_many
    ), filed AS (
        INSERT INTO cases (
            reference, intake_id, kind, channel, category, problem, sensitive, ward_code, sub_county_code, department,
            desk, status, referred_to, landmark, words, words_sealed, rating, secret_hash, language, received_at,
            desk_since, due_at, resident_id, incomplete, follows_id, guess, practice, next_step_at, notice,
            desk_due_at, about_ombudsman, news_due_at
        )
        SELECT :reference, taken.id, :kind, :channel, :category, CAST(:problem AS varchar), :sensitive,
               CAST(:ward_code AS integer), CAST(:sub_county_code AS integer), CAST(:department AS varchar),
               CASE WHEN :desk = 'ward' AND (crowd.is_many AND NOT :urgent OR crowd.is_not_live) THEN 'county'
                    ELSE :desk END,
               :status, CAST(:referred_to AS varchar), CAST(:landmark AS varchar), CAST(:words AS text),
               CAST(:words_sealed AS bytea), CAST(:rating AS smallint), CAST(:secret_hash AS bytea), :language,
               CAST(:received_at AS timestamptz), CAST(:now AS timestamptz), CAST(:due_at AS timestamptz),
               COALESCE((SELECT id FROM who), CAST(:resident_id AS bigint)), :incomplete, CAST(:follows AS bigint),
               CAST(:guess AS jsonb), crowd.is_practice,
               CASE WHEN crowd.is_practice THEN NULL ELSE CAST(:next_step_at AS timestamptz) END,
               CAST(:notice AS varchar),
               CASE WHEN crowd.is_practice OR :desk = 'outside' THEN NULL ELSE CAST(:desk_due_at AS timestamptz) END,
               :about_ombudsman, CAST(:news_due_at AS timestamptz)
        FROM taken, crowd
        RETURNING id, resident_id, desk, ward_code
    ), history AS (
        INSERT INTO case_event (case_id, at, name, data, turn)
        SELECT id, CAST(:now AS timestamptz), 'filed', CAST(:event AS jsonb),
               CASE desk WHEN 'ward' THEN 'ward:' || ward_code ELSE desk END
        FROM filed
    ), letter AS (
        INSERT INTO message (resident_id, case_id, wording, text_sealed, automatic, wanted, due_at, created_at)
        SELECT resident_id, id, CAST(:wording AS varchar), CAST(:message AS bytea), :automatic, NOT :incomplete,
               CAST(:message_due AS timestamptz), CAST(:message_made AS timestamptz)
        FROM filed WHERE CAST(:wording AS varchar) IS NOT NULL
    ), call AS (
        INSERT INTO call_back (resident_id, case_id, intake_id, hour, asked_at, due_at)
        SELECT filed.resident_id, filed.id, taken.id, CAST(:hour AS varchar), CAST(:now AS timestamptz),
               CAST(:call_due AS timestamptz)
        FROM filed, taken WHERE CAST(:hour AS varchar) IS NOT NULL
    ), session AS (
        UPDATE ussd_session
        SET answers = answers || CAST(:session_answer AS jsonb),
            cuts = ARRAY(SELECT DISTINCT unnest(cuts || CAST(:cuts AS integer[])) ORDER BY 1),
            transcript_sealed = CASE WHEN CAST(:length AS integer) >= ALL (cuts) AND closed_at IS NULL
                                     THEN CAST(:typed AS bytea) ELSE transcript_sealed END,
            phone_sealed = NULL
        FROM taken WHERE ussd_session.id = CAST(:session_id AS varchar)
        RETURNING closed_at
    ), sent AS (
        DELETE FROM draft USING taken WHERE <what she began>
        RETURNING draft.id
    ), unasked AS (
        UPDATE message SET status = 'cancelled' FROM sent, who
        WHERE message.resident_id = who.id AND message.wording = 'draft' AND message.status = 'queued'
    )
    SELECT id, (SELECT closed_at IS NOT NULL FROM session) AS closed FROM filed
    """.replace("<what she began>", _WHAT_SHE_BEGAN)
)
_NO_DRAFT = text("DELETE FROM draft WHERE <what she began>".replace("<what she began>", _WHAT_SHE_BEGAN))

"""Once only: an effect is keyed by where it came from, and a repetition gets the answer that was given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, cast, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from gateway.cases.models import Case, Channel, Intake
from gateway.cases.references import spoken
from gateway.people.vault import Vault

Answer = Mapping[str, Any]
FORM = "form"
"""In an answer: the form that it was given to, as `form_of` has it."""


class OtherForm(Exception):
    """This page was sent before with something else in it, which was taken in."""


@dataclass(frozen=True)
class UssdMark:
    """Where in a USSD session something happens: the answer is kept under `key`, with all that was `typed` so far.

    `cuts` are the lengths of `typed` at each hop. `draft` is the one that this session took up.
    """

    session_id: str
    key: str
    cuts: Sequence[int]
    typed: str
    draft: int | None = None


def alone(session: Session, phone_hash: bytes) -> None:
    """Until the commit nobody else takes in anything of this phone by SMS, nor leaves a draft of it: two texts come one
    after the other, or the second would not know the first, and two sessions leave one draft of one matter."""
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(phone_hash[:8], signed=True))))


def answered_before(connection: Connection, channel: Channel, source_id: str) -> Answer | None:
    """The answer that was given to this intake: None where it is new, empty where it was forgotten since."""
    query = select(Intake.answer).where(Intake.channel == channel, Intake.source_id == source_id)
    return connection.execute(query).scalar_one_or_none()


def answered_long_ago(connection: Connection, channel: Channel, source_id: str) -> Answer:
    """What can still be told of a case whose answer was forgotten: its reference, never its secret."""
    query = (
        select(Case.reference)
        .join(Intake, Intake.id == Case.intake_id)
        .where(Intake.channel == channel, Intake.source_id == source_id)
    )
    reference = connection.execute(query).scalar_one()
    return {"values": {"reference": reference}, "slots": {"reference": spoken(reference)}}


def once(session: Session, channel: Channel, source_id: str, work: Callable[[int], Answer]) -> Answer:
    """Do `work(intake_id)` if (channel, source_id) is new, and keep its answer; else give the kept answer.

    Whoever comes second waits for the first to commit. The caller commits.
    """
    key = {"channel": channel, "source_id": source_id}
    intake_id = session.execute(
        insert(Intake)
        .values(**key)
        .on_conflict_do_nothing(index_elements=["channel", "source_id"])
        .returning(Intake.id)
    ).scalar_one_or_none()
    if intake_id is None:
        return answered_before(session.connection(), channel, source_id) or {}
    answer = work(intake_id)
    session.flush()
    session.execute(update(Intake).where(Intake.id == intake_id).values(answer=dict(answer)))
    return answer


def form_of(vault: Vault, *typed: object) -> str:
    """What stands in a form, so that the same is known again and nothing can be read from it."""
    return vault.keyed(FORM, json.dumps([str(one or "") for one in typed])).hex()[:32]


def keep_form(session: Session, channel: Channel, source_id: str, form: str) -> None:
    """Keep with the answer that was just given to what it was given; it is forgotten with the answer."""
    which = (Intake.channel == channel, Intake.source_id == source_id)
    added = Intake.answer.op("||")(cast({FORM: form}, JSONB))
    session.execute(update(Intake).where(*which).values(answer=added).execution_options(synchronize_session=False))


def refuse_other_form(answer: Answer, form: str) -> None:
    """Raises OtherForm where this answer was given to something else than what is sent now under the same key."""
    if answer.get(FORM, form) != form:
        raise OtherForm


_KEPT = text("SELECT answers -> :key FROM ussd_session WHERE id = :session_id FOR UPDATE")
# Beside the cut points of other hops; of two texts the longer one stays.
_KEEP = text(
    "UPDATE ussd_session SET answers = answers || CAST(:answers AS jsonb),"
    " cuts = ARRAY(SELECT DISTINCT unnest(cuts || CAST(:cuts AS integer[])) ORDER BY 1),"
    " transcript_sealed = CASE WHEN :length >= ALL (cuts) AND closed_at IS NULL THEN :typed ELSE transcript_sealed END"
    " WHERE id = :session_id"
)


def kept_answer(session: Session, session_id: str, key: str) -> Answer | None:
    """What this USSD session was answered before under `key`. Nobody else answers it anything until the commit."""
    return session.execute(_KEPT, {"key": key, "session_id": session_id}).scalar_one_or_none()


def keep_answer(session: Session, vault: Vault, mark: UssdMark, answer: Answer) -> None:
    """Keep what a look-up or an effect answered with its USSD session, which repeats it from now on."""
    keep_typed(session.connection(), vault, mark.session_id, mark.typed, mark.cuts, {mark.key: dict(answer)})


def keep_typed(
    connection: Connection, vault: Vault, session_id: str, typed: str, cuts: Sequence[int],
    answers: Mapping[str, Answer] | None = None,
) -> None:  # fmt: skip
    """Keep what was typed and its cut points in the session's row, so that they survive Redis; and new answers."""
    row = {
        "session_id": session_id, "cuts": list(cuts), "length": len(typed), "typed": vault.seal(typed),
        "answers": json.dumps(answers or {}),
    }  # fmt: skip
    connection.execute(_KEEP, row)

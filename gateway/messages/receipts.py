"""What Africa's Talking answers to a request to send: a receipt for each number, or the name of a fault."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.messages.codes import CODE_OF_NAME, CODES, RESENT, Outcome
from gateway.messages.failures import SmsHalted, SmsRejected, SmsRetryable, SmsUnknown


@dataclass(frozen=True)
class Receipt:
    """The provider's answer for one number.

    `code` is its statusCode, or `missing` / `unreadable`. `provider_id` is what a delivery report will name. `cost`
    ("KES 0.8000") is for this number and `total` ("USD 0.0079") for the whole request, possibly in another currency.
    """

    outcome: Outcome
    code: str
    provider_id: str | None
    cost: str | None
    parts: int | None
    total: str | None

    @property
    def resend_once(self) -> bool:
        """Whether an unknown outcome may be tried once more when no report came: not while the provider holds it back,
        nor on a code nobody knows."""
        return self.outcome is Outcome.UNKNOWN and self.code in RESENT


def receipts_in(body: bytes, numbers: Sequence[str]) -> dict[str, Receipt]:
    """One receipt for each of the `numbers`. Raises an SmsFailure where the answer says nothing about single ones."""
    data = _message_data(body)
    if data is None:
        raise SmsUnknown("unreadable")
    message, recipients = data
    if not recipients:
        _refuse_named(message)
    found = _by_number(recipients, message)
    missing = Receipt(Outcome.UNKNOWN, "missing", None, None, None, None)
    return {number: found.get(number, missing) for number in numbers}


def _message_data(body: bytes) -> tuple[str, list[Any]] | None:
    """The summary and the recipients; None for anything but the documented shape, whatever the content type says."""
    try:
        data = json.loads(body)["SMSMessageData"]
        message, recipients = data.get("Message"), data["Recipients"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return (plain(message), recipients) if isinstance(recipients, list) else None


def _refuse_named(message: str) -> None:
    """A wrong sender id comes as 201 with an empty list and the name of the fault instead of a summary."""
    failures = {Outcome.HALTED: SmsHalted, Outcome.REJECTED: SmsRejected, Outcome.RETRY: SmsRetryable}
    code = CODE_OF_NAME.get(message.strip().lower(), "")
    if code and CODES[code][1] in failures:
        raise failures[CODES[code][1]](code)


def _by_number(recipients: Iterable[Any], message: str) -> dict[str, Receipt]:
    found: dict[str, Receipt] = {}
    for recipient in recipients:
        if isinstance(recipient, dict):
            number = "+" + plain(recipient.get("number")).strip().lstrip("+")
            receipt = _receipt(recipient, message)
            if number not in found or receipt.outcome is Outcome.ACCEPTED:  # named twice: once accepted is accepted
                found[number] = receipt
    return found


def _receipt(recipient: dict[str, Any], message: str) -> Receipt:
    code = _match(r"\d{1,4}", recipient.get("statusCode")) or "unreadable"
    total = re.search(r"Total Cost: ([A-Z]{3} [\d.]{1,20})", message, re.ASCII)
    parts = re.search(r"Message parts: (\d{1,3})\b", message, re.ASCII)
    provider_id = _match(r"[\w.:-]{1,80}", recipient.get("messageId"))
    return Receipt(
        outcome=CODES[code][1] if code in CODES else Outcome.UNKNOWN,
        code=code,
        provider_id=None if provider_id == "None" else provider_id,
        cost=_match(r"([A-Z]{3} )?[\d.]{1,20}", recipient.get("cost")),
        parts=int(_match(r"\d{1,3}", recipient.get("messageParts")) or (parts[1] if parts else 0)) or None,
        total=total[1] if total else None,
    )


def _match(pattern: str, value: object) -> str | None:
    text = plain(value)
    return text if re.fullmatch(pattern, text, re.ASCII) else None


def plain(value: object) -> str:
    """A text or a number of some JSON, as a text; nothing of all else."""
    return str(value) if isinstance(value, str | int) else ""

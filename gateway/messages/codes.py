"""Everything that can happen to an SMS, in one table: what it is called, what we do, and what an officer reads.

`python -m gateway.messages.codes > docs/sms-codes.md` writes it down for people.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Outcome(StrEnum):
    """What became of the text for one number."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETRY = "retry"
    UNKNOWN = "unknown"
    HALTED = "halted"


class DeliveryEffect(StrEnum):
    """What a delivery report does to a message."""

    DELIVERED = "delivered"
    FAILED = "failed"
    PENDING = "pending"


class Kind(StrEnum):
    """Where a code comes from."""

    ANSWER = "answer"
    REPORT = "report"
    REASON = "reason"
    REQUEST = "request"


@dataclass(frozen=True)
class Code:
    """One line of the table.

    `key` is what a message keeps, as the provider spells it or as we do; `name` is the provider's word for a number.
    `label` is the sentence that an officer reads.
    """

    key: str
    kind: Kind
    effect: Outcome | DeliveryEffect
    label: str
    name: str = ""
    resent: bool = True
    """Of what is unknown: whether it is sent once more when no report comes."""
    opted_out: bool = False
    """She has blocked us: the same as if she had written STOP."""
    alert: bool = False
    """Somebody at ICT has to do something."""
    given_up: str = ""
    """What an officer reads instead once it is not tried any more, where that is not what its effect says."""

    @property
    def ending(self) -> str:
        """What an officer reads of an SMS that failed with it."""
        return self.given_up or _GIVEN_UP.get(self.effect, self.label)


_ACCEPTED = "Accepted by Africa's Talking; waiting for the delivery report."
_DOUBT = "waiting for a report, then tried once more."
_GIVEN_UP: Mapping[Outcome | DeliveryEffect, str] = {
    Outcome.UNKNOWN: "Not sure whether it arrived: no report came, and it is not tried again. Call instead.",
    Outcome.RETRY: "SMS not delivered: it could not be sent for a whole day. Call instead.",
}
_FAULT = "Africa's Talking had a fault; sent again later."
_DOUBTFUL = f"Africa's Talking had a fault; {_DOUBT}"
_ACCOUNT = "SMS not delivered: the SMS account has a problem. Tell ICT."
_ADDRESS = "All SMS stopped: there is no SMS service at the address in the settings. Tell ICT."
_BLOCKED = "SMS not delivered: our SMS are blocked there. Call instead."
_OTHER_NETWORK = "SMS not delivered: the number is not on this network. Check the number."
_STRANGE = "Africa's Talking gave a reason that we do not know; tell ICT."
_STILL_TRYING = "On its way; the mobile network is still trying."

_ANSWER, _REPORT, _REASON, _REQUEST = Kind.ANSWER, Kind.REPORT, Kind.REASON, Kind.REQUEST
_OK, _NO, _LATER = Outcome.ACCEPTED, Outcome.REJECTED, Outcome.RETRY
_DOUBTED, _HALT = Outcome.UNKNOWN, Outcome.HALTED
_THERE, _LOST, _ON_ITS_WAY = DeliveryEffect.DELIVERED, DeliveryEffect.FAILED, DeliveryEffect.PENDING

# fmt: off
TABLE = (
    # The statusCode of one number in the answer to a send.
    Code("100", _ANSWER, _OK, _ACCEPTED, "Processed"),
    Code("101", _ANSWER, _OK, _ACCEPTED, "Sent"),
    Code("102", _ANSWER, _OK, _ACCEPTED, "Queued"),
    Code("401", _ANSWER, _DOUBTED, "Africa's Talking holds this SMS back for checking. Tell ICT.", "RiskHold",
         resent=False, alert=True,
         given_up="Not sure whether it arrived: Africa's Talking held it back for checking. Tell ICT."),
    Code("402", _ANSWER, _HALT, "All SMS stopped: the sender name is not registered. Tell ICT.", "InvalidSenderId",
         alert=True),
    Code("403", _ANSWER, _NO, "SMS not delivered: number refused. Check the number.", "InvalidPhoneNumber"),
    Code("404", _ANSWER, _NO, "SMS not delivered: this kind of number takes no SMS.", "UnsupportedNumberType"),
    Code("405", _ANSWER, _HALT, "All SMS stopped: the SMS account is empty. Tell ICT.", "InsufficientBalance",
         alert=True),
    Code("406", _ANSWER, _NO, _BLOCKED, "UserInBlacklist", opted_out=True),
    Code("407", _ANSWER, _NO, "SMS not delivered: no network serves this number. Call instead.", "CouldNotRoute"),
    Code("409", _ANSWER, _LATER, "Held back at this hour by do-not-disturb; sent again later.",
         "DoNotDisturbRejection"),
    Code("500", _ANSWER, _LATER, _FAULT, "InternalServerError"),
    Code("501", _ANSWER, _LATER, "The mobile network had a fault; sent again later.", "GatewayError"),
    # Gateways disagree whether this is final: one delayed attempt more, as after any other doubt.
    Code("502", _ANSWER, _DOUBTED, "The mobile network refused the SMS; tried once more later.", "RejectedByGateway"),

    # The status of a delivery report. Documents label neither AbsentSubscriber nor Expired final. A phone that is off
    # is switched on again, and networks try for a day or two: it is final when those are over (`switched off`, below).
    # What an operator threw away for its words or its sender does not come back, whatever the name of it suggests.
    Code("Success", _REPORT, _THERE, "Delivered to the phone."),
    Code("Sent", _REPORT, _ON_ITS_WAY, _STILL_TRYING),
    Code("Submitted", _REPORT, _ON_ITS_WAY, _STILL_TRYING),
    Code("Buffered", _REPORT, _ON_ITS_WAY, _STILL_TRYING),
    Code("AbsentSubscriber", _REPORT, _ON_ITS_WAY,
         "Not delivered yet: number switched off or out of reach; the mobile network is still trying."),
    Code("Expired", _REPORT, _LOST, "SMS not delivered: the mobile network discarded it. Call instead."),
    Code("Rejected", _REPORT, _LOST, "SMS not delivered: the mobile network refused it. Call instead."),
    Code("Failed", _REPORT, _LOST, "SMS not delivered. Call instead."),

    # The failureReason of a report; it comes with Rejected and Failed only.
    Code("InsufficientCredit", _REASON, _LOST, "SMS not delivered: the SMS account is empty. Tell ICT.", alert=True),
    Code("InvalidLinkId", _REASON, _LOST, _ACCOUNT, alert=True),
    Code("UserIsInactive", _REASON, _LOST, "SMS not delivered: the resident's line is not active. Check the number."),
    Code("UserInBlackList", _REASON, _LOST, _BLOCKED, opted_out=True),
    Code("UserAccountSuspended", _REASON, _LOST, "SMS not delivered: the resident's line is suspended. Call instead."),
    # The documents spell it without its s; others spell it right.
    Code("NotNetworkSubcriber", _REASON, _LOST, _OTHER_NETWORK),
    Code("NotNetworkSubscriber", _REASON, _LOST, _OTHER_NETWORK),
    Code("UserNotSubscribedToProduct", _REASON, _LOST, _ACCOUNT, alert=True),
    Code("UserDoesNotExist", _REASON, _LOST, "SMS not delivered: no such number. Check the number."),
    Code("DeliveryFailure", _REASON, _LOST,
         "SMS not delivered: the mobile network could not hand it over. Call instead."),
    Code("DoNotDisturbRejection", _REASON, _LOST, _BLOCKED),

    # Our own words, where nothing was said about this number.
    Code("missing", _REQUEST, _DOUBTED, f"Africa's Talking did not mention this number; {_DOUBT}"),
    Code("unreadable", _REQUEST, _DOUBTED, f"Africa's Talking gave an answer that we cannot read; {_DOUBT}"),
    Code("page", _REQUEST, _LATER, "Africa's Talking shows a page about maintenance; sent again later."),
    Code("truncated", _REQUEST, _DOUBTED, f"The answer broke off; {_DOUBT}"),
    Code("oversized", _REQUEST, _DOUBTED, f"The answer was far too long; {_DOUBT}"),
    Code("dropped", _REQUEST, _DOUBTED, f"The connection broke off; {_DOUBT}"),
    Code("deadline", _REQUEST, _DOUBTED, f"No answer in time; {_DOUBT}"),
    Code("worker stopped", _REQUEST, _DOUBTED, f"Our own worker stopped while it was sending; {_DOUBT}"),
    Code("connect", _REQUEST, _LATER, "Africa's Talking could not be reached; sent again later."),
    Code("certificate", _REQUEST, _HALT, "All SMS stopped: the server did not prove to be Africa's Talking. Tell ICT.",
         alert=True),
    Code("redirect", _REQUEST, _HALT, "All SMS stopped: Africa's Talking pointed us to another address. Tell ICT.",
         alert=True),
    Code("malformed", _REQUEST, _NO, "SMS not sent: the number is not a full international number."),
    Code("landline", _REQUEST, _NO, "SMS not sent: the number is a landline. Call instead."),
    Code("text", _REQUEST, _NO, "SMS not sent: the text is empty or has letters that cannot be sent."),
    Code("number erased", _REQUEST, _NO, "Not sent: the resident hid her number."),
    Code("key missing", _REQUEST, _LATER,
         "SMS held: it was encrypted with a key that is not in the settings. Tell ICT.", alert=True),
    Code("switched off", _REQUEST, _LOST, "SMS not delivered: number switched off. Call instead."),
    Code("http-400", _REQUEST, _NO, "SMS not sent: Africa's Talking refused the request. Tell ICT.", alert=True),
    Code("http-401", _REQUEST, _HALT, "All SMS stopped: Africa's Talking refused our key. Tell ICT.", alert=True),
    Code("http-402", _REQUEST, _HALT, "All SMS stopped: Africa's Talking asks for payment. Tell ICT.", alert=True),
    Code("http-403", _REQUEST, _HALT, "All SMS stopped: Africa's Talking does not let us in. Tell ICT.", alert=True),
    Code("http-404", _REQUEST, _HALT, _ADDRESS, alert=True),
    Code("http-405", _REQUEST, _HALT, _ADDRESS, alert=True),
    Code("http-407", _REQUEST, _HALT, "All SMS stopped: a proxy on the way does not let us through. Tell ICT.",
         alert=True),
    Code("http-429", _REQUEST, _LATER, "Africa's Talking asked us to slow down; sent again later."),
    Code("http-500", _REQUEST, _LATER, _FAULT),
    Code("http-502", _REQUEST, _DOUBTED, _DOUBTFUL),
    Code("http-503", _REQUEST, _LATER, _FAULT),
    Code("http-504", _REQUEST, _DOUBTED, _DOUBTFUL),
)
# fmt: on

CODES: Mapping[str, tuple[str, Outcome, str]] = MappingProxyType(
    {line.key: (line.name, line.effect, line.label) for line in TABLE if isinstance(line.effect, Outcome) and line.name}
)
"""Each statusCode of a number: its name, what we do, and what an officer reads."""
CODE_OF_NAME = {name.lower(): code for code, (name, _, _) in CODES.items()}
DELIVERY: Mapping[str, DeliveryEffect] = MappingProxyType(
    {
        line.key.lower(): line.effect
        for line in TABLE
        if isinstance(line.effect, DeliveryEffect) and line.kind is Kind.REPORT
    }
)
"""Each status of a delivery report, in lower case, and what it does."""
LABELS: Mapping[str, str] = MappingProxyType({line.key.lower(): line.label for line in TABLE})
ENDINGS: Mapping[str, str] = MappingProxyType({line.key.lower(): line.ending for line in TABLE})
"""The same for an SMS that failed: it is not tried any more."""
UNTOLD = frozenset(line.key for line in TABLE if line.effect is Outcome.UNKNOWN and line.kind is Kind.REQUEST)
"""Doubts where the provider said nothing about a number: after several in a row all SMS rest."""
RESENT = frozenset(line.key for line in TABLE if line.effect is Outcome.UNKNOWN and line.resent)
"""What may be sent once more when no report came on it."""
OPTED_OUT = frozenset(line.key.lower() for line in TABLE if line.opted_out)
"""Codes and reasons, in lower case, that mean the same as STOP."""
ALERTS = frozenset(line.key.lower() for line in TABLE if line.alert)
"""In lower case: somebody at ICT has to do something."""


def label(code: str) -> str:
    """The sentence an officer reads for a code, a report's status or a report's failureReason, in any case."""
    return LABELS.get(code.strip().lower(), _STRANGE)


def ending(code: str) -> str:
    """The same, for an SMS that failed."""
    return ENDINGS.get(code.strip().lower(), _STRANGE)


def halted(code: str) -> str:
    """The sentence an officer reads while all SMS rest because of `code`."""
    if code in UNTOLD:
        return f"{label(code).partition(';')[0]}, several times in a row: all SMS rest."
    return label(code)


def delivery_effect(status: str) -> DeliveryEffect:
    """What a report with this `status` does, in any case; a word we do not know changes nothing."""
    return DELIVERY.get(status.strip().lower(), DeliveryEffect.PENDING)


# For people

_KINDS: Mapping[Kind, tuple[str, str]] = {
    Kind.ANSWER: ("Answers to a send", "The `statusCode` of one number in the answer to a request."),
    Kind.REPORT: ("Delivery reports", "The `status` of a report. Success corrects a failure that was reported before."),
    Kind.REASON: ("Reasons in delivery reports", "The `failureReason` of a report with *Rejected* or *Failed*."),
    Kind.REQUEST: (
        "Our own words",
        "Where the provider said nothing about this number, or nothing at all. After three requests in a row that\n"
        "ended in such a doubt all SMS rest, as after a refusal of the account; then one message tries, and a clear\n"
        "answer ends it.",
    ),
}
_EFFECTS: Mapping[Outcome | DeliveryEffect, str] = {
    Outcome.ACCEPTED: "sent; a report decides",
    Outcome.REJECTED: "failed",
    Outcome.RETRY: "sent again, with growing pauses, for a day",
    Outcome.UNKNOWN: "unknown; after five minutes without a report sent once more",
    Outcome.HALTED: "all SMS stop, nothing is lost; one tries again every five minutes",
    DeliveryEffect.DELIVERED: "delivered",
    DeliveryEffect.FAILED: "failed",
    DeliveryEffect.PENDING: "sent; not the end, but no doubt any more",
}
_OTHERWISE = {
    "number erased": "cancelled",
    "key missing": "held; tried again every hour",
    "switched off": "failed, two days after *AbsentSubscriber*",
}


def page() -> str:
    """The table as Markdown: what `docs/sms-codes.md` must say."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# What can become of an SMS\n"
    yield "Written from `gateway/messages/codes.py` by `python -m gateway.messages.codes > docs/sms-codes.md`.\n"
    yield "A code that stands nowhere here is kept as it came, and never sent again."
    for kind, (title, sentence) in _KINDS.items():
        yield f"\n## {title}\n\n{sentence}\n"
        last, rule = (" and once it has failed |", "---|") if kind in (Kind.ANSWER, Kind.REQUEST) else ("", "")
        yield f"| code | what happens | what an officer reads |{last}\n|---|---|---|{rule}"
        for line in TABLE:
            if line.kind is kind:
                cells = [f"`{line.key}` {line.name}".rstrip(), _happens(line), line.label, *[_ends(line)] * bool(last)]
                yield f"| {' | '.join(cells)} |"


def _ends(line: Code) -> str:
    return "" if line.ending == line.label or line.key in _OTHERWISE else line.ending


def _happens(line: Code) -> str:
    happens = _OTHERWISE.get(line.key, _EFFECTS[line.effect])
    if line.effect is Outcome.UNKNOWN and not line.resent:
        happens = "unknown; never sent again"
    return "; ".join([happens, *["as after STOP"] * line.opted_out, *["**ICT has to act**"] * line.alert])


if __name__ == "__main__":
    sys.stdout.write(page())

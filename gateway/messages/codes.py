"""What Africa's Talking's codes, statuses and reasons mean, for the outbox and for the officer who reads them."""

from __future__ import annotations

from collections.abc import Mapping
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


# Each recipient statusCode of the provider: its name, what we do, and what an officer reads.
CODES: Mapping[str, tuple[str, Outcome, str]] = MappingProxyType(
    {
        "100": ("Processed", Outcome.ACCEPTED, "Accepted by Africa's Talking; waiting for the delivery report."),
        "101": ("Sent", Outcome.ACCEPTED, "Accepted by Africa's Talking; waiting for the delivery report."),
        "102": ("Queued", Outcome.ACCEPTED, "Accepted by Africa's Talking; waiting for the delivery report."),
        "401": ("RiskHold", Outcome.UNKNOWN, "Africa's Talking holds this SMS back for checking: ask its support."),
        "402": ("InvalidSenderId", Outcome.HALTED, "All SMS stopped: the sender name is not registered. Tell ICT."),
        "403": ("InvalidPhoneNumber", Outcome.REJECTED, "SMS not delivered: number refused. Check the number."),
        "404": ("UnsupportedNumberType", Outcome.REJECTED, "SMS not delivered: this kind of number takes no SMS."),
        "405": ("InsufficientBalance", Outcome.HALTED, "All SMS stopped: the SMS account is empty. Tell ICT."),
        "406": ("UserInBlacklist", Outcome.REJECTED, "SMS not delivered: our SMS are blocked there. Call instead."),
        "407": ("CouldNotRoute", Outcome.REJECTED, "SMS not delivered: no network serves this number. Call instead."),
        "409": ("DoNotDisturbRejection", Outcome.RETRY, "Held back at this hour by do-not-disturb; sent again later."),
        "500": ("InternalServerError", Outcome.RETRY, "Africa's Talking had a fault; sent again later."),
        "501": ("GatewayError", Outcome.RETRY, "The mobile network had a fault; sent again later."),
        # Gateways disagree whether 502 is final: one delayed attempt more, as after any other doubt.
        "502": ("RejectedByGateway", Outcome.UNKNOWN, "The mobile network refused the SMS; tried once more later."),
    }
)
CODE_OF_NAME = {name.lower(): code for code, (name, _, _) in CODES.items()}

_DOUBT = "waiting for a report, then tried once more."
_FAULT = "Africa's Talking had a fault; sent again later."
_ACCOUNT = "SMS not delivered: the SMS account has a problem. Tell ICT."
_BLOCKED = CODES["406"][2]
_OTHER_NETWORK = "SMS not delivered: the number is not on this network. Check the number."
_STILL_TRYING = "On its way; the mobile network is still trying."

# Our own codes, for requests that gave no answer for single numbers.
_REQUESTS = {
    "worker stopped": f"Our own worker stopped while it was sending; {_DOUBT}",
    "number erased": "Not sent: the resident hid her number.",
    "key missing": "SMS held: it was encrypted with a key that is not in the settings. Tell ICT.",
    "missing": f"Africa's Talking did not mention this number; {_DOUBT}",
    "unreadable": f"Africa's Talking gave an answer that we cannot read; {_DOUBT}",
    "truncated": f"The answer broke off; {_DOUBT}",
    "oversized": f"The answer was far too long; {_DOUBT}",
    "dropped": f"The connection broke off; {_DOUBT}",
    "deadline": f"No answer in time; {_DOUBT}",
    "connect": "Africa's Talking could not be reached; sent again later.",
    "certificate": "All SMS stopped: the server did not prove to be Africa's Talking. Tell ICT.",
    "redirect": "All SMS stopped: Africa's Talking pointed us to another address. Tell ICT.",
    "malformed": "SMS not sent: the number is not a full international number.",
    "text": "SMS not sent: the text is empty or has letters that cannot be sent.",
    "http-400": "SMS not sent: Africa's Talking refused the request. Tell ICT.",
    "http-401": "All SMS stopped: Africa's Talking refused our key. Tell ICT.",
    "http-402": "All SMS stopped: Africa's Talking asks for payment. Tell ICT.",
    "http-403": "All SMS stopped: Africa's Talking does not let us in. Tell ICT.",
    "http-404": "All SMS stopped: there is no SMS service at the address in the settings. Tell ICT.",
    "http-405": "All SMS stopped: there is no SMS service at the address in the settings. Tell ICT.",
    "http-407": "All SMS stopped: a proxy on the way does not let us through. Tell ICT.",
    "http-429": "Africa's Talking asked us to slow down; sent again later.",
    "http-500": _FAULT,
    "http-502": f"Africa's Talking had a fault; {_DOUBT}",
    "http-503": _FAULT,
    "http-504": f"Africa's Talking had a fault; {_DOUBT}",
}

# Statuses and failureReasons of delivery reports; the documents spell one of them without its s.
_REPORTS = {
    "success": "Delivered to the phone.",
    "sent": _STILL_TRYING,
    "submitted": _STILL_TRYING,
    "buffered": _STILL_TRYING,
    "absentsubscriber": "The phone is off or out of reach; the mobile network is still trying.",
    "expired": "SMS not delivered: the mobile network discarded it. Call instead.",
    "rejected": "SMS not delivered: the mobile network refused it. Call instead.",
    "failed": "SMS not delivered. Call instead.",
    "insufficientcredit": "SMS not delivered: the SMS account is empty. Tell ICT to top it up.",
    "invalidlinkid": _ACCOUNT,
    "useraccountsuspended": "SMS not delivered: the resident's line is suspended. Call instead.",
    "userisinactive": "SMS not delivered: the resident's line is not active. Check the number.",
    "userinblacklist": _BLOCKED,
    "notnetworksubcriber": _OTHER_NETWORK,
    "notnetworksubscriber": _OTHER_NETWORK,
    "usernotsubscribedtoproduct": _ACCOUNT,
    "userdoesnotexist": "SMS not delivered: no such number. Check the number.",
    "deliveryfailure": "SMS not delivered: the mobile network could not hand it over. Call instead.",
    "donotdisturbrejection": _BLOCKED,
}

LABELS: Mapping[str, str] = MappingProxyType({code: line[2] for code, line in CODES.items()} | _REQUESTS | _REPORTS)

# AbsentSubscriber is not final in the provider's documents; Expired means that the operator threw it away.
DELIVERY: Mapping[str, DeliveryEffect] = MappingProxyType(
    {
        "success": DeliveryEffect.DELIVERED,
        "rejected": DeliveryEffect.FAILED,
        "failed": DeliveryEffect.FAILED,
        "expired": DeliveryEffect.FAILED,
        "sent": DeliveryEffect.PENDING,
        "submitted": DeliveryEffect.PENDING,
        "buffered": DeliveryEffect.PENDING,
        "absentsubscriber": DeliveryEffect.PENDING,
    }
)


def label(code: str) -> str:
    """The sentence an officer reads for a code, a report's status or a report's failureReason, in any case."""
    return LABELS.get(code.strip().lower(), "Africa's Talking gave a reason that we do not know; tell ICT.")


def delivery_effect(status: str) -> DeliveryEffect:
    """What a report with this `status` does, in any case; a word we do not know changes nothing."""
    return DELIVERY.get(status.strip().lower(), DeliveryEffect.PENDING)

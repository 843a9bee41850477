"""What delivery reports do, and that officers have a sentence for everything that can happen."""

from __future__ import annotations

import pytest

from gateway.messages.africastalking import DELIVERY, LABELS, DeliveryEffect, delivery_effect, label
from tests.messages.test_africastalking import ANSWERS, CODES


@pytest.mark.parametrize(
    ("status", "effect"),
    [
        ("Success", DeliveryEffect.DELIVERED),
        ("SUCCESS ", DeliveryEffect.DELIVERED),
        ("Rejected", DeliveryEffect.FAILED),
        ("Failed", DeliveryEffect.FAILED),
        ("Expired", DeliveryEffect.FAILED),
        ("Sent", DeliveryEffect.PENDING),
        ("Submitted", DeliveryEffect.PENDING),
        ("Buffered", DeliveryEffect.PENDING),
        ("AbsentSubscriber", DeliveryEffect.PENDING),
        ("SomethingNew", DeliveryEffect.PENDING),
        ("", DeliveryEffect.PENDING),
    ],
)
def test_each_delivery_status_has_its_effect(status: str, effect: DeliveryEffect) -> None:
    assert delivery_effect(status) is effect


def test_officers_get_a_sentence_for_everything_that_can_happen() -> None:
    reasons = (
        "InsufficientCredit InvalidLinkId UserIsInactive UserInBlackList UserAccountSuspended NotNetworkSubcriber "
        "NotNetworkSubscriber UserNotSubscribedToProduct UserDoesNotExist DeliveryFailure DoNotDisturbRejection"
    )
    codes = {str(code) for code, _, _ in CODES} - {"408", "999"}
    rare = {"http-408", "http-413", "http-422"}
    happening = codes | {code for _, _, code in ANSWERS} - rare | set(DELIVERY)
    happening |= {"connect", "certificate", "malformed", "text", "oversized", "missing"}
    assert happening | set(reasons.lower().split()) <= LABELS.keys()
    assert all(sentence.endswith(".") and len(sentence) <= 120 for sentence in LABELS.values())
    assert label("userINblackList") == label("406")
    assert "do not know" in label("http-499")

"""How handing an SMS to the provider can fail; the class decides what happens to the message next."""

from __future__ import annotations


class SmsFailure(Exception):
    """The SMS was not handed to Africa's Talking.

    `code` is a short word or number that `gateway.messages.africastalking.label` explains. It never holds a phone
    number, a text or a key, so `str()` of a failure may be logged.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        message = (type(self).__doc__ or type(self).__name__).partition("\n")[0]
        return f"{message} [{self.code}]"


class SmsRetryable(SmsFailure):
    """Africa's Talking did not take the SMS; it is sent again later."""


class SmsRejected(SmsFailure):
    """Africa's Talking refused this SMS for good; sending it again would not help."""


class SmsUnknown(SmsFailure):
    """The SMS may or may not have been sent; wait for a delivery report, then send again at most once."""


class SmsHalted(SmsFailure):
    """No SMS can leave until somebody mends the account or the settings; the queue is stopped."""

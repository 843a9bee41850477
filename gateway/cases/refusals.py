"""Why something is not done with a case: the sentences that officers read."""

from __future__ import annotations


class Refused(Exception):
    """This cannot be done with the case as it stands. `str()` tells the officer why and what to do."""


class Faster(Refused):
    """Somebody else was faster, or the case has moved on: look at it again before you decide."""

    def __init__(self) -> None:
        super().__init__("The case has changed since you opened it. Look at it again, then decide.")

"""What the law gives everybody a right to ask of a county, and by when it must answer: no county may change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from config.charter import Term, TermName, TermUnit
from config.wording import Text

SOON, AT_LAST = Term(48, TermUnit.HOURS), Term(30, TermUnit.DAYS)
"""What the law does not say: when somebody has done something about a request, and when the county secretary knows of
it at the latest, so late that the steps before her have their time."""


@dataclass(frozen=True)
class Right:
    """One kind of request: its code as the category of a case, the law's time for the answer, and what it is called."""

    code: str
    answer: Term
    label: Text
    first_action: Term = SOON
    hard_stop: Term = AT_LAST


SEE, CORRECT, ERASE = "data_see", "data_correct", "data_erase"
INFORMATION, INFORMATION_LIFE = "information", "information_life"
DATA = (SEE, CORRECT, ERASE)
"""About one's own data: answered to who asks, and known by the number alone."""

RIGHTS: Mapping[str, Right] = MappingProxyType({
    right.code: right
    for right in (
        Right(SEE, Term(7, TermUnit.DAYS), {"sw": "Kuona data yangu", "en": "See my data"}),
        Right(CORRECT, Term(14, TermUnit.DAYS), {"sw": "Kurekebisha data", "en": "Correct my data"}),
        Right(ERASE, Term(14, TermUnit.DAYS), {"sw": "Kufuta data yangu", "en": "Erase my data"}),
        Right(
            INFORMATION, Term(21, TermUnit.DAYS), {"sw": "Kuomba taarifa", "en": "Information"},
            hard_stop=Term(60, TermUnit.DAYS),
        ),
        Right(
            INFORMATION_LIFE, Term(48, TermUnit.HOURS), {"sw": "Taarifa ya uhai", "en": "Information, life"},
            first_action=Term(12, TermUnit.HOURS), hard_stop=Term(72, TermUnit.HOURS),
        ),
    )
})  # fmt: skip
"""Data Protection Act 2019 s. 26 and 40, and the General Regulations 2021 (L.N. 263), reg. 9 (7 days to show), 10 and
12 (14 days to correct and to erase). Access to Information Act 2016 s. 9(1) (21 days) and 9(2) (48 hours where the
life or liberty of a person is concerned)."""

EXTENSION_DAYS = 14
"""Access to Information Act s. 9(3): once, where there is a large amount of it to go through."""
TRANSFER_DAYS = 5
"""Access to Information Act s. 10: to the body that has it, within so many days of the receipt."""

_NO_PAUSE = Term(0, TermUnit.HOURS)
"""The law knows no waiting for who asks."""

TERMS: Mapping[str, Mapping[str, Term]] = MappingProxyType({
    code: MappingProxyType({
        TermName.RESOLVE.value: right.answer, TermName.PAUSE_LIMIT.value: _NO_PAUSE,
        TermName.FIRST_ACTION.value: right.first_action, TermName.HARD_STOP.value: right.hard_stop,
    })
    for code, right in RIGHTS.items()
})  # fmt: skip
"""What stands in every county's charter, as it would for categories of its own."""

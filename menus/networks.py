"""The mobile networks of Kenya: what one screen shows, what one answer takes, and how long a phone may stay silent."""

from __future__ import annotations

from dataclasses import dataclass, replace

SESSION_SECONDS = 180
"""What a session may last on every network, from the dial (AT help article 1284071)."""


@dataclass(frozen=True)
class Network:
    """One network's limits. `code` is Africa's Talking's `networkCode`, such as `63902`.

    `screen`: septets of one screen, `CON ` included; `answer`: letters of one answer; `idle`: seconds without an
    answer after which the session is cut, while somebody types too.
    """

    code: str
    name: str
    screen: int
    answer: int
    idle: int


# Safaricom and Airtel publish their limits (AT help articles 1284096 and 1284071); Telkom and Equitel publish nothing,
# so they are taken to be as strict as the strictest.
SAFARICOM = Network("63902", "Safaricom", screen=160, answer=80, idle=30)
AIRTEL = Network("63903", "Airtel", screen=184, answer=90, idle=60)
TELKOM = Network("63907", "Telkom", screen=160, answer=80, idle=30)
EQUITEL = Network("63999", "Equitel", screen=160, answer=80, idle=30)
NETWORKS = (SAFARICOM, AIRTEL, TELKOM, EQUITEL)

SMALLEST_SCREEN = min(network.screen for network in NETWORKS)
SHORTEST_ANSWER = min(network.answer for network in NETWORKS)
SHORTEST_IDLE = min(network.idle for network in NETWORKS)

_STRICTEST = Network("", "another network", SMALLEST_SCREEN, SHORTEST_ANSWER, SHORTEST_IDLE)
_BY_CODE = {network.code: network for network in NETWORKS}


def of(code: str) -> Network:
    """The network with this code; one that nobody knows has the strictest of each limit."""
    return _BY_CODE.get(code) or replace(_STRICTEST, code=code)

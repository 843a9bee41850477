"""Plans: who may end a case as planned, so that none is planned from month to month for ever."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.cases import spans, steps
from gateway.cases.desks import NOBODY
from gateway.cases.models import Step
from gateway.cases.spans import Event
from gateway.cases.timing import promised
from gateway.people.models import Role


def may_plan(events: Sequence[Event], roles: Collection[Role], officer_id: int) -> bool:
    """Whether an officer with these posts over a case may plan it: once planned, only who is above that desk may.

    Above the ombudsman is nobody; and where no day was promised, a plan puts none off.
    """
    plans = [index for index, event in enumerate(events) if event.name == "ended" and event.data.get("planned_for")]
    if not plans or Role.OMBUDSMAN in roles or promised(events) is None:
        return True
    highest = max(_rank(spans.desk_before(events, index)) for index in plans)
    hers = max((steps.ROLES.get(role, 0) for role in roles), default=0)
    return hers > highest and officer_id not in {events[index].officer_id for index in plans}


def _rank(desk: str) -> int:
    """How high a desk is, as `desks.turn` writes it."""
    name = desk.partition(":")[0] or NOBODY
    return steps.RANKS[Step(name)] if name in list(Step) else 0

"""What comes back from a plan, where the case that it ended with has gone its own way meanwhile: nothing is lost."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from gateway.cases import actions, carrying, endings, ladder, linking, lists, residents_own
from gateway.cases.actions import Refused
from gateway.cases.models import Case, Channel, Ending, Status, Step
from gateway.people.models import Officer, Role
from tests.cases.merged import faults, merge, several, under, unmerge
from tests.cases.stage import Stage
from tests.cases.test_under_another import resident_of, withdraw

DAY = date(2026, 11, 25)


def planned(stage: Stage, officer: Officer, count: int = 3) -> list[str]:
    """So many that ended together with a plan for Wednesday, the one that stood for the others first."""
    lead, *others = several(stage, count)
    merge(stage, others, lead, officer)
    stage.do(actions.end, lead, officer, Ending.PLANNED, "Bomba jipya.", planned_for=DAY)
    return [lead, *others]


def the_day_comes(stage: Stage) -> None:
    while stage.now.date() <= DAY:
        stage.later(days=1)
    stage.sweep()


def she(stage: Stage, reference: str, does: str) -> None:
    """Her resident sends it higher, or adds words that make it confidential."""
    caller = resident_of(stage, reference)
    with stage.transaction() as session:
        case = residents_own.own_case(session, stage.office, reference, caller)
        assert case
        if does == "higher":
            assert ladder.send_higher(session, stage.office, case, stage.now, Channel.USSD)
        else:
            residents_own.add_words(session, stage.office, case, "Karani aliomba hongo", stage.now, Channel.USSD)


def on_the_list(stage: Stage, officer: Officer) -> set[str]:
    with stage.transaction() as session:
        return set(session.scalars(select(Case.reference).where(lists.new(officer, stage.now))))


@pytest.mark.parametrize("how", ["words", "withdraw"])
def test_where_the_lead_is_confidential_or_taken_back_each_comes_back_by_itself(stage: Stage, how: str) -> None:
    officer = stage.officer()
    lead, *others = planned(stage, officer)
    if how == "words":
        she(stage, lead, "words")
    else:
        withdraw(stage, lead)
    assert [stage.case(one).lead_id for one in others] == [None, None]
    assert lead not in str([line.data for one in others for line in stage.events(one)])
    the_day_comes(stage)
    assert [stage.case(one).status for one in others] == [Status.NEW, Status.NEW]
    assert set(others) <= on_the_list(stage, officer)
    assert all(stage.case(one).next_step_at for one in others)
    assert faults(stage) == []


def test_what_ends_a_confidential_case_is_told_to_nobody_else(stage: Stage) -> None:
    lead, *others = planned(stage, stage.officer())
    she(stage, lead, "words")
    the_day_comes(stage)
    letters = [len(stage.letters(one)) for one in others]
    ombudsman = stage.officer(Role.OMBUDSMAN)
    stage.do(actions.end, lead, ombudsman, Ending.CANNOT_NOW, "Karani Otieno amehojiwa.")
    assert [len(stage.letters(one)) for one in others] == letters
    assert [stage.case(one).status for one in others] == [Status.NEW, Status.NEW]
    with stage.transaction() as session:
        case, members = session.merge(stage.case(lead)), [session.merge(stage.case(one)) for one in others]
        with pytest.raises(Refused, match="stands for nobody"):
            endings.end_carried(
                session, stage.office, case, members, ombudsman, Ending.CANNOT_NOW, "Karani", None, stage.now
            )


def test_nobody_reads_how_a_confidential_case_stands_under_her_own_reference(stage: Stage) -> None:
    lead, other = several(stage, 2)
    merge(stage, [other], lead)
    stage.set("UPDATE cases SET sensitive = true WHERE reference = :lead", lead=lead)
    assert [fault for fault in faults(stage) if "stands for nobody" in fault]
    with stage.transaction() as session:
        case = session.merge(stage.case(other))
        assert carrying.lead_of(session, case) is case
        assert carrying.lead_of(session, case, lock=True) is case
        assert carrying.worked_on(session, [case]) == {case.id: case}


def test_a_lead_that_came_under_another_takes_none_down_with_it(stage: Stage) -> None:
    officer, above = stage.officer(), stage.officer(Role.SUB_COUNTY)
    [another] = several(stage, 1)
    stage.set("UPDATE cases SET raised_to = 'sub_county', desk = 'sub_county' WHERE reference = :x", x=another)
    lead, other = planned(stage, officer, 2)
    she(stage, lead, "higher")
    assert (stage.case(lead).status, stage.case(other).status) == (Status.NEW, Status.RESOLVED)
    merge(stage, [lead], another, above)
    assert stage.case(other).lead_id is None
    the_day_comes(stage)
    assert (stage.case(other).status, stage.case(other).lead_id) == (Status.NEW, None)
    assert other in on_the_list(stage, officer)
    assert faults(stage) == []
    stage.do(actions.end, another, above, Ending.FIXED, "Imekwisha.")
    assert [stage.case(one).status for one in (lead, other)] == [Status.RESOLVED, Status.NEW]
    assert faults(stage) == []


def test_under_a_lead_that_was_sent_higher_it_comes_back_without_a_step_that_nobody_told_her_of(stage: Stage) -> None:
    officer, above = stage.officer(), stage.officer(Role.SUB_COUNTY)
    lead, other = planned(stage, officer, 2)
    she(stage, lead, "higher")
    the_day_comes(stage)
    assert under(stage, lead) == [other]
    assert faults(stage) == []
    unmerge(stage, other, above)
    assert (stage.case(lead).raised_to, stage.case(other).raised_to) == (Step.SUB_COUNTY, None)
    assert faults(stage) == []


def test_under_a_lead_that_ended_otherwise_meanwhile_the_oldest_of_the_others_leads(stage: Stage) -> None:
    officer, above = stage.officer(), stage.officer(Role.SUB_COUNTY)
    lead, second, third = planned(stage, officer)
    she(stage, lead, "higher")
    stage.do(actions.end, lead, above, Ending.FIXED, "Imekwisha.")
    the_day_comes(stage)
    assert (stage.case(second).lead_id, stage.case(second).raised_to, under(stage, second)) == (None, None, [third])
    assert faults(stage) == []


def test_a_lead_that_was_joined_to_another_report_of_hers_takes_none_along(stage: Stage) -> None:
    officer = stage.officer()
    lead, second, third = planned(stage, officer)
    older = stage.file(phone=stage.phone())
    stage.set(
        "UPDATE cases SET follows_id = :older, resident_id = (SELECT resident_id FROM cases WHERE id = :older)"
        " WHERE reference = :lead",
        older=stage.case(older).id, lead=lead,
    )  # fmt: skip
    she(stage, lead, "higher")
    stage.do(linking.join, lead, stage.officer(Role.SUB_COUNTY))
    the_day_comes(stage)
    assert stage.case(lead).status is Status.CLOSED
    assert [stage.case(one).lead_id for one in (second, third)] == [None, None]
    assert faults(stage) == []


def test_while_somebody_has_the_lead_in_hand_what_was_planned_with_it_waits_for_the_next_sweep(stage: Stage) -> None:
    officer = stage.officer()
    lead, other = planned(stage, officer, 2)
    she(stage, lead, "higher")
    stage.officer(Role.SUB_COUNTY)
    with stage.transaction() as session:
        session.get_one(Case, stage.case(lead).id, with_for_update=True)
        the_day_comes(stage)
        assert stage.case(other).status is Status.RESOLVED
    stage.later(hours=1)
    stage.sweep()
    assert under(stage, lead) == [other]
    assert faults(stage) == []

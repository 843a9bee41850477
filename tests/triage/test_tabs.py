"""Whose turn it is: no open case is in nobody's list, or in two."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.cases.models import OPEN, Desk
from gateway.people.models import Role
from gateway.triage.queue import PAGE
from tests.cases.stage import SHIRERE, Stage
from tests.triage.conftest import Browser


@pytest.mark.parametrize("role", [Role.WARD, Role.HOTLINE])
def test_what_is_new_again_with_another_body_is_to_do_for_those_who_know_the_place(
    browser: Callable[..., Browser], stage: Stage, role: Role
) -> None:
    reader = browser(role)
    disputed, waits, late, own = (
        stage.file(phone=stage.phone(), ward_code=SHIRERE if role is Role.WARD else None) for _ in range(4)
    )
    for reference, status in ((disputed, "new"), (waits, "referred"), (late, "new")):
        stage.set(
            "UPDATE cases SET desk = 'outside', status = :status WHERE reference = :one", status=status, one=reference
        )
    stage.set("UPDATE cases SET due_at = now() - interval '1 day' WHERE reference = :one", one=late)
    tabs = {tab: set(reader.references(f"/triage/?show={tab}")) for tab in ("todo", "new", "mine", "waiting", "late")}
    assert tabs == {
        "todo": {disputed, late, own}, "new": {disputed, late, own}, "mine": set(), "waiting": {waits}, "late": {late},
    }  # fmt: skip


def test_a_national_matter_that_was_referred_when_it_was_filed_waits(ward: Browser, stage: Stage) -> None:
    reference = stage.file(category="NATIONAL")
    assert stage.case(reference).desk is Desk.OUTSIDE
    assert (ward.references(), ward.references("/triage/?show=waiting")) == ([], [reference])


@pytest.mark.parametrize("role", [Role.WARD, Role.HOTLINE])
def test_every_open_case_that_she_sees_is_in_exactly_one_list_whatever_became_of_it(
    browser: Callable[..., Browser], stage: Stage, role: Role
) -> None:
    reader, colleague = browser(role), browser(role)
    filed = []
    for desk in (Desk.WARD, Desk.COUNTY, Desk.DEPARTMENT, Desk.OUTSIDE):
        for status in OPEN:
            for assignee in (None, reader.who.id, colleague.who.id):
                filed.append(stage.file(ward_code=SHIRERE if role is Role.WARD else None))
                stage.set(
                    "UPDATE cases SET desk = :desk, status = :status, assignee_id = :assignee WHERE reference = :one",
                    desk=desk.value, status=status.value, assignee=assignee, one=filed[-1],
                )  # fmt: skip
    counts = reader.counts()
    listed = [
        reference
        for tab in ("new", "mine", "waiting")
        for page in range(1, 1 - counts[tab] // -PAGE)
        for reference in reader.references(f"/triage/?show={tab}&page={page}")
    ]
    assert sorted(listed) == sorted(filed)

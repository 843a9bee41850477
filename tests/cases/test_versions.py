"""Which version of a case an officer looks at, and what counts as something new since."""

from __future__ import annotations

from sqlalchemy import select

from gateway.cases import actions, versions
from gateway.cases.models import Case
from gateway.people.models import Officer
from tests.cases.stage import Stage


def version(stage: Stage, reference: str) -> int:
    """What the page of the case says that it shows."""
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        return versions.newest(session, [case.id])[case.id]


def fresh(stage: Stage, reference: str, seen: int, officer: Officer) -> list[str]:
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        return [event.name for event in versions.since(session, case, seen, officer)]


def test_the_version_of_a_case_is_the_newest_line_of_its_history(stage: Stage) -> None:
    officer, reference = stage.officer(), stage.file()
    before = version(stage, reference)
    assert before == stage.events(reference)[-1].id
    stage.do(actions.note, reference, officer, "Nilipita hapo.")
    assert version(stage, reference) == stage.events(reference)[-1].id > before


def test_the_versions_of_many_cases_are_read_in_one_statement(stage: Stage) -> None:
    references = [stage.file(phone=stage.phone()) for _ in range(5)]
    with stage.transaction() as session:
        cases = session.scalars(select(Case)).all()
        found = versions.newest(session, [case.id for case in cases])
        assert {case.reference: found[case.id] for case in cases} == {
            reference: stage.events(reference)[-1].id for reference in references
        }
        assert versions.newest(session, []) == {}


def test_what_a_colleague_did_is_new_and_what_she_did_herself_is_not(stage: Stage) -> None:
    rose, jane, reference = stage.officer(), stage.officer(), stage.file()
    seen = version(stage, reference)
    stage.do(actions.note, reference, rose, "Nilipita hapo.")
    assert fresh(stage, reference, seen, rose) == []
    assert fresh(stage, reference, seen, jane) == ["note"]
    stage.do(actions.take, reference, jane)
    assert fresh(stage, reference, seen, rose) == ["taken"]
    assert fresh(stage, reference, version(stage, reference), rose) == []


def test_looking_at_the_number_is_nothing_new(stage: Stage) -> None:
    rose, jane, reference = stage.officer(), stage.officer(), stage.file()
    seen = version(stage, reference)
    stage.do(actions.show_number, reference, jane, "Nampigia.")
    assert version(stage, reference) > seen
    assert fresh(stage, reference, seen, rose) == []


def test_the_words_that_a_resident_adds_are_new_to_everybody(stage: Stage) -> None:
    officer, reference = stage.officer(), stage.file()
    seen = version(stage, reference)
    stage.receive(f"{reference} Ni nyuma ya kanisa la Friends")
    assert fresh(stage, reference, seen, officer) == ["words_added"]


def test_what_the_clock_does_is_new(stage: Stage) -> None:
    officer, reference = stage.officer(), stage.file()
    stage.do(actions.write, reference, officer, "Ni nyumba gani?", wait=True)
    seen = version(stage, reference)
    stage.later(days=60)
    stage.sweep()
    assert "resumed" in fresh(stage, reference, seen, officer)

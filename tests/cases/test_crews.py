"""The foreman's link: it answers once, ends nothing, and opens nothing after its end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.cases import actions, conflicts, crews, erasing, guesses, photos, retention, timing
from gateway.cases.actions import Refused
from gateway.cases.crews import Answered, Over, Said, Task, Unknown
from gateway.cases.desk_models import CrewLink, Photo
from gateway.cases.models import Case, Ending, Status
from gateway.cases.visibility import visible_to
from gateway.db import as_owner, officer_session
from gateway.people.models import Officer, Role
from gateway.people.tokens import hash_of
from tests.cases.pictures import jpeg
from tests.cases.stage import AMINA, Stage

MUSA = "Musa Wekesa"


def send(stage: Stage, reference: str, officer: Officer | None = None, name: str = MUSA, words: str = "") -> str:
    """Make a link as the web does it; the token."""
    who = officer or stage.officer()
    with officer_session(stage.engine, who) as session:
        case = session.scalars(visible_to(who).where(Case.reference == reference).with_for_update()).one()
        with as_owner(session):
            return crews.make(session, stage.office, case, who, name, stage.now, words=words).token


def look(stage: Stage, token: str) -> Task:
    with stage.transaction() as session:
        return crews.of(session, token, stage.now)


def say(stage: Stage, token: str, said: Said, words: str = "", shots: int = 0) -> Answered:
    pictures = [photos.read(jpeg()) for _ in range(shots)]
    with stage.transaction() as session:
        return crews.answer(session, stage.office, token, said, words, pictures, stage.now)


def links(stage: Stage) -> list[CrewLink]:
    with stage.transaction() as session:
        return list(session.scalars(select(CrewLink).order_by(CrewLink.id)))


def is_over(stage: Stage, token: str, but: Said | None = None) -> bool:
    """Whether it neither shows nor takes anything; `but` is thanked for once more, and does nothing."""
    history = stage.count(Photo), [link.outcome for link in links(stage)]
    with pytest.raises(Over) as over:
        look(stage, token)
    assert over.value.said == but
    for said in Said:
        if said is but:
            assert (say(stage, token, said, shots=1).new, stage.count(Photo)) == (False, history[0])
            continue
        with pytest.raises(Over):
            say(stage, token, said)
    return (stage.count(Photo), [link.outcome for link in links(stage)]) == history


def test_what_the_foreman_says_is_an_event_and_a_proposal_and_ends_nothing(stage: Stage) -> None:
    reference = stage.file()
    token = send(stage, reference, words="Badilisha bomba la juu")
    task = look(stage, token)
    assert (task.for_whom, task.to_do, task.going_at) == (MUSA, "Badilisha bomba la juu", None)
    before, letters = stage.case(reference), stage.letters(reference)
    assert say(stage, token, Said.GOING) == Answered(before.id, new=True, kept=0)
    assert stage.case(reference).crew_said == "going"
    stage.later(hours=3)
    assert say(stage, token, Said.DONE, "Limerekebishwa", shots=2).kept == 2
    case = stage.case(reference)
    assert (case.status, case.ending, case.assignee_id) == (Status.NEW, None, None)
    assert (case.crew_said, case.crew_said_at) == ("done", stage.now)
    assert (case.due_at, case.desk_due_at) == (before.due_at, before.desk_due_at)
    assert stage.history(reference) == ["filed", "crew_sent", "crew_going", "crew_done"]
    told = stage.events(reference)[-1]
    assert (told.words, told.officer_id, told.data) == (f"{MUSA}: Limerekebishwa", None, {"link": 1, "photos": 2})
    assert stage.letters(reference) == letters, "the resident is told nothing by it"
    with stage.transaction() as session:
        assert timing.check(session, stage.office, session.get_one(Case, case.id)) == []


def test_only_the_hash_of_the_token_is_kept(stage: Stage) -> None:
    token = send(stage, stage.file())
    assert len(token) == 43
    with stage.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT row_to_json(l)::text, token_hash FROM crew_link l UNION ALL SELECT row_to_json(e)::text, NULL FROM"
            " case_event e UNION ALL SELECT row_to_json(a)::text, NULL FROM audit a"
        ).all()
    assert not any(token in row[0] for row in rows)
    assert bytes(rows[0][1]) == hash_of(token)


@pytest.mark.parametrize("last", [Said.DONE, Said.CANNOT])
def test_a_link_that_was_answered_is_over(stage: Stage, last: Said) -> None:
    reference = stage.file()
    token = send(stage, reference)
    say(stage, token, last, "Tayari")
    assert is_over(stage, token, but=last)
    assert stage.history(reference) == ["filed", "crew_sent", f"crew_{last}"]


def test_on_the_way_is_said_once(stage: Stage) -> None:
    reference = stage.file()
    token = send(stage, reference)
    assert [say(stage, token, Said.GOING).new for _ in range(3)] == [True, False, False]
    assert stage.history(reference).count("crew_going") == 1


@pytest.mark.parametrize("last", [Said.DONE, Said.CANNOT])
def test_on_the_way_takes_the_place_of_no_answer_that_still_waits_for_an_officer(stage: Stage, last: Said) -> None:
    reference, officer = stage.file(), stage.officer()
    musa, otieno = send(stage, reference, officer), send(stage, reference, officer, "Otieno")
    say(stage, musa, last, "Tayari")
    answered = stage.now
    stage.later(minutes=5)
    assert say(stage, otieno, Said.GOING).new
    case = stage.case(reference)
    assert (case.crew_said, case.crew_said_at) == (last, answered)
    assert stage.history(reference)[-1] == "crew_going"
    stage.do(actions.take, reference, officer)
    say(stage, send(stage, reference, officer, "Juma"), Said.GOING)
    assert stage.case(reference).crew_said == "going", "an officer has answered the other one"


def test_of_eight_who_answer_at_once_one_is_heard(stage: Stage) -> None:
    reference = stage.file()
    token = send(stage, reference)

    def try_it(number: int) -> bool:
        try:
            with Session(stage.engine) as session, session.begin():
                said = Said.DONE if number % 2 else Said.CANNOT
                return crews.answer(session, stage.office, token, said, "", [], stage.now).new
        except Over:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_it, range(8))) == 1
    [link] = links(stage)
    assert stage.history(reference) == ["filed", "crew_sent", f"crew_{link.outcome}"]
    assert stage.case(reference).crew_said == link.outcome


def test_a_guess_opens_nothing(stage: Stage) -> None:
    token = send(stage, stage.file())
    for guess in ("", token[:-1], token + "A", token.swapcase(), "x" * 43, "%" * 43):
        with pytest.raises(Unknown):
            look(stage, guess)
        with pytest.raises(Unknown):
            say(stage, guess, Said.DONE)


def test_a_link_is_over_after_seven_days(stage: Stage) -> None:
    token = send(stage, stage.file())
    stage.later(days=7, seconds=-1)
    assert look(stage, token)
    stage.later(seconds=1)
    assert is_over(stage, token)


def test_an_officer_withdraws_it_once(stage: Stage) -> None:
    reference, officer = stage.file(), stage.officer()
    token = send(stage, reference, officer)
    stage.do(crews.withdraw, reference, officer, links(stage)[0].id)
    assert is_over(stage, token)
    with pytest.raises(Refused, match="already"):
        stage.do(crews.withdraw, reference, officer, links(stage)[0].id)
    assert stage.history(reference) == ["filed", "crew_sent", "crew_withdrawn"]


def test_a_link_of_another_case_is_not_withdrawn(stage: Stage) -> None:
    mine, other, officer = stage.file(), stage.file(phone=AMINA), stage.officer()
    token = send(stage, other)
    with pytest.raises(Refused):
        stage.do(crews.withdraw, mine, officer, links(stage)[0].id)
    assert look(stage, token)


def test_three_links_of_a_case_are_open_at_most(stage: Stage) -> None:
    reference, officer = stage.file(), stage.officer()
    tokens = [send(stage, reference, officer, f"Fundi {number}") for number in range(3)]
    with pytest.raises(Refused, match="3 links"):
        send(stage, reference, officer)
    say(stage, tokens[0], Said.CANNOT)
    send(stage, reference, officer)
    stage.later(days=8)
    send(stage, reference, officer)


def end(stage: Stage, reference: str) -> None:
    stage.do(actions.end, reference, stage.officer(), Ending.FIXED, "Limerekebishwa")


def hide(stage: Stage, reference: str) -> None:
    stage.do(guesses.hide, reference, stage.officer(), "STAFF", "Karani")


def take_back(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference).with_for_update()).one()
        erasing.withdraw(session, stage.office, case, stage.now)


@pytest.mark.parametrize("what", [end, hide])
def test_with_its_case_a_link_is_over(stage: Stage, what: Callable[[Stage, str], None]) -> None:
    reference = stage.file()
    token = send(stage, reference)
    say(stage, token, Said.GOING)
    what(stage, reference)
    assert is_over(stage, token)
    assert stage.case(reference).crew_said is None


def test_a_link_stays_over_when_a_confidential_case_is_released(stage: Stage) -> None:
    reference, ombudsman = stage.file(), stage.officer(Role.OMBUDSMAN)
    token = send(stage, reference)
    hide(stage, reference)
    stage.do(actions.release, reference, ombudsman, "Si siri")
    assert is_over(stage, token)


def test_whatever_an_officer_does_answers_the_proposal(stage: Stage) -> None:
    reference = stage.file()
    say(stage, send(stage, reference), Said.DONE)
    stage.do(actions.take, reference, stage.officer())
    case = stage.case(reference)
    assert (case.crew_said, case.crew_said_at) == (None, None)


@pytest.mark.parametrize(
    "given",
    [
        {"category": "STAFF", "words": "Karani alitaka pesa"}, {"category": "CORRUPT"},
        {"category": "data_see", "ward_code": None}, {"category": "PRAISE", "problem": "WATER"},
    ],
)  # fmt: skip
def test_nobody_is_sent_to_what_is_no_open_grievance_of_a_ward(stage: Stage, given: dict[str, Any]) -> None:
    reference = stage.file(**given)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        with pytest.raises(Refused):
            crews.make(session, stage.office, case, stage.officer(), MUSA, stage.now)
    assert links(stage) == []


def test_nobody_is_sent_to_a_case_that_is_kept_from_an_officer(stage: Stage) -> None:
    """He could be sent by a colleague of exactly that officer, or be seen by her at his work."""
    reference, ward = stage.file(), stage.officer()
    hide(stage, reference)
    ombudsman = stage.officer(Role.OMBUDSMAN)
    stage.do(conflicts.name, reference, ombudsman, [ward.id])
    stage.do(actions.release, reference, ombudsman, "Si siri")
    with pytest.raises(Refused, match="Nobody can be sent"):
        send(stage, reference, stage.officer(Role.SUB_COUNTY))
    assert links(stage) == []


def test_a_link_makes_no_first_action(stage: Stage) -> None:
    """Whoever is judged by it could make one and send it to nobody."""
    reference = stage.file()
    before = stage.case(reference).desk_due_at
    say(stage, send(stage, reference), Said.DONE)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        timing.keep_time(session, stage.office, case)
        assert case.desk_due_at == before


def test_photos_are_kept_sealed_and_no_more_than_ten_of_a_case(stage: Stage) -> None:
    reference = stage.file()
    kept = [say(stage, send(stage, reference), Said.DONE, shots=4).kept for _ in range(5)]
    assert kept == [3, 3, 3, 1, 0]
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == reference)).one()
        listed = photos.of(session, case)
        sealed = session.scalar(select(Photo.sealed).where(Photo.id == listed[0].id))
        assert sealed
        assert b"JFIF" not in sealed
        data = photos.jpeg(session, stage.office.vault, case, listed[0].id)
        assert data
        assert data.startswith(b"\xff\xd8\xff")
        assert abs(listed[0].kilobytes - len(data) / 1024) < 2


def test_a_photo_is_not_found_under_another_case(stage: Stage) -> None:
    reference, other = stage.file(), stage.file(phone=AMINA)
    say(stage, send(stage, reference), Said.DONE, shots=1)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == other)).one()
        photo_id = session.scalars(select(Photo.id)).one()
        assert photos.jpeg(session, stage.office.vault, case, photo_id) is None


def test_an_officer_of_another_ward_reads_neither_link_nor_photo(stage: Stage) -> None:
    reference = stage.file()
    say(stage, send(stage, reference), Said.DONE, shots=1)
    for officer, rows in ((stage.officer(), 1), (stage.officer(ward_code=1012), 0), (stage.officer(Role.OMBUDSMAN), 0)):
        with officer_session(stage.engine, officer) as session:
            assert len(session.scalars(select(CrewLink)).all()) == rows
            assert len(session.scalars(select(Photo.id)).all()) == rows


def forget_by_time(stage: Stage, reference: str) -> None:
    with stage.transaction() as session:
        retention.anonymise(session, [stage.case(reference).id], stage.now, over=True)


@pytest.mark.parametrize("what", [take_back, forget_by_time])
def test_with_the_words_of_a_case_the_photos_the_names_and_the_words_of_its_crew_go(
    stage: Stage, what: Callable[[Stage, str], None]
) -> None:
    reference, other = stage.file(), stage.file(phone=AMINA)
    token, still = send(stage, reference, words="Uliza kwa Mama Akinyi"), send(stage, reference)
    theirs = send(stage, other)
    say(stage, token, Said.DONE, "Limerekebishwa", shots=2)
    say(stage, theirs, Said.DONE, "Tayari", shots=1)
    what(stage, reference)
    assert (stage.count(Photo), stage.count(CrewLink)) == (1, 1)
    for gone in (token, still):
        with pytest.raises(Unknown):
            look(stage, gone)
    assert stage.case(reference).crew_said is None
    assert [event.words for event in stage.events(reference) if event.name.startswith("crew_")] == [None] * 3
    assert stage.events(other)[-1].words == f"{MUSA}: Tayari"


def test_what_a_crew_said_is_sealed_with_the_case(stage: Stage) -> None:
    reference = stage.file()
    say(stage, send(stage, reference, words="Badilisha"), Said.CANNOT, "Hakuna bomba")
    hide(stage, reference)
    told = [event for event in stage.events(reference) if event.name.startswith("crew_")]
    assert [event.words for event in told] == [None, None]
    assert all(event.words_sealed for event in told)
    assert [link.for_whom for link in links(stage)] == [""], "nor does his name stand there in plain"


def test_an_answer_waits_for_an_officer_who_is_ending_the_case_and_is_then_over(stage: Stage) -> None:
    reference, officer = stage.file(), stage.officer()
    token = send(stage, reference)
    with ThreadPoolExecutor(1) as pool:
        with stage.transaction() as session:
            case = session.scalars(select(Case).where(Case.reference == reference).with_for_update()).one()
            actions.end(session, stage.office, case, officer, Ending.FIXED, "Limerekebishwa", stage.now)
            answered = pool.submit(say, stage, token, Said.DONE)
            session.flush()
        with pytest.raises(Over):
            answered.result(timeout=timedelta(seconds=10).total_seconds())
    assert "crew_done" not in stage.history(reference)

"""The county administrator's pages about officers, and an officer's own leave."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from gateway.cases import actions
from gateway.cases.clock import local_day
from gateway.cases.models import Status
from gateway.people.models import Absence, Audit, Officer, OneTimeLink, Post, Role, SignIn
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.triage.conftest import Browser

NUMBER = "0722 000141"
LINK = re.compile(r"<code>http://127\.0\.0\.1:8000(/sign-in/link/[\w-]+)</code>")
ROW = '<tr><th scope="row"'
MINE = "/triage/account/leave"


@pytest.fixture
def county(browser: Callable[..., Browser]) -> Browser:
    return browser(Role.COUNTY)


def page_of(who: Officer) -> str:
    return f"/triage/officers/{who.id}"


def day(stage: Stage, ahead: int) -> str:
    return (local_day(stage.now) + timedelta(days=ahead)).isoformat()


def posts(stage: Stage, officer_id: int) -> list[tuple[Role, int | None, str | None]]:
    """Those that are held now."""
    with stage.transaction() as session:
        held = session.get_one(Officer, officer_id).posts
        return [(post.role, post.ward_code or post.sub_county_code, post.department) for post in held]


def audited(stage: Stage) -> list[str]:
    with stage.transaction() as session:
        return list(session.scalars(select(Audit.name).order_by(Audit.id)))


# The list


def test_the_list_tells_of_everybody_what_the_administrator_has_to_know(county: Browser, stage: Stage) -> None:
    rose, away, gone = stage.officer(), stage.officer(Role.OMBUDSMAN), stage.officer(Role.HOTLINE)
    stage.set("UPDATE officer SET name = 'Achieng', totp_sealed = 'x', seen_at = now() WHERE id = :id", id=rose.id)
    stage.set("UPDATE officer SET active = false WHERE id = :id", id=gone.id)
    stage.set("INSERT INTO absence (officer_id, first_day, last_day, made_by) VALUES (:id, :first, :last, :id)",
              id=away.id, first=day(stage, -1), last=day(stage, 1))  # fmt: skip
    page = county.read("/triage/officers")
    rows = re.findall(r'<tr><th scope="row".*?</tr>', page, re.DOTALL)
    assert len(rows) == 4
    assert re.search(r"Achieng</a></th>\s*<td>Shirere ward</td>\s*<td>Active</td>.*<td>on</td>", rows[0], re.DOTALL)
    assert re.search(r"Ombudsman</td>\s*<td>Not signed in yet, .*on leave until .*<td>never</td>", rows[2], re.DOTALL)
    assert re.search(r"Hotline agent</td>\s*<td>Has left</td>", rows[3])
    for query, found in (
        ("name=ACHI", 1),
        ("name=%25", 0),
        ("seat=ward:1014", 1),
        ("seat=ward:1012", 0),
        ("seat=x", 4),
    ):
        assert county.read(f"/triage/officers?{query}").count(ROW) == found, query


def test_hundreds_are_paged_and_cost_no_query_each(county: Browser, stage: Stage) -> None:
    few = queries(county, "/triage/officers")
    stage.set(
        "WITH made AS (INSERT INTO officer (email, name, password_hash) SELECT 'o' || n, 'Officer ' || n, 'x'"
        " FROM generate_series(1, 300) AS n RETURNING id)"
        " INSERT INTO post (officer_id, role, ward_code) SELECT id, 'ward', 1014 FROM made"
    )
    assert queries(county, "/triage/officers") == few
    first = county.read("/triage/officers")
    assert first.count(ROW) == 50
    assert 'href="/triage/officers?page=2"' in first
    assert county.read("/triage/officers?page=7").count(ROW) == 1
    assert county.read("/triage/officers?page=-3").count(ROW) == 50


def queries(who: Browser, address: str) -> int:
    """How many statements the page costs."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    engine = who.client.application.extensions["sikiza"].engine
    event.listen(engine, "before_cursor_execute", note)
    who.read(address)
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)


# One officer


def test_a_new_officer_gets_a_link_that_is_shown_once_and_opens_her_account(
    county: Browser, stranger: Browser, stage: Stage
) -> None:
    assert 'value="ward:1012" selected' in county.read("/triage/officers/add?seat=ward:1012")
    answer = county.post("/triage/officers/add", name=" Mercy Ayuma", email="Mercy@kakamega.example", seat="ward:1014")
    assert answer.status_code == 200
    found = LINK.search(answer.text)
    assert found
    with stage.transaction() as session:
        mercy = session.scalars(select(Officer).where(Officer.email == "mercy@kakamega.example")).one()
    assert posts(stage, mercy.id) == [(Role.WARD, SHIRERE, None)]
    assert "Mercy Ayuma" in stranger.read(found[1])
    page = county.read(page_of(mercy))
    assert "Never signed in." in page
    assert "A link is open until" in page
    assert found[1] not in page
    again = county.post(f"{page_of(mercy)}/link")
    assert stranger.get(found[1]).status_code == 404, "only the last link opens"
    assert LINK.search(again.text)
    assert audited(stage)[-4:] == ["officer_added", "post_given", "link_made", "link_made"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": ""}, "Give her name."),
        ({"email": "mercy"}, "needs a name and an e-mail address"),
        ({"seat": ""}, "Choose the post."),
        ({"seat": "ward:1"}, "Not a valid choice."),
        ({"seat": "ward"}, "Not a valid choice."),
    ],
)
def test_what_is_missing_for_an_account_is_told_and_nothing_is_kept(
    county: Browser, stage: Stage, fields: dict[str, str], why: str
) -> None:
    usual = {"name": "Mercy", "email": "mercy@kakamega.example", "seat": "ward:1014"}
    answer = county.post("/triage/officers/add", **(usual | fields))
    assert answer.status_code == 422
    assert why in answer.text
    assert (stage.count(Officer), stage.count(OneTimeLink)) == (1, 0)


@pytest.mark.parametrize(
    ("seat", "kept"),
    [
        ("ward:1012", (Role.WARD, 1012, None)),
        ("sub_county:202", (Role.SUB_COUNTY, 202, None)),
        ("department:water", (Role.DEPARTMENT, None, "water")),
        ("chief_officer:roads", (Role.CHIEF_OFFICER, None, "roads")),
        ("county_secretary", (Role.COUNTY_SECRETARY, None, None)),
        ("hotline", (Role.HOTLINE, None, None)),
    ],
)
def test_a_post_has_exactly_its_jurisdiction_and_signs_her_out(
    county: Browser, ward: Browser, stage: Stage, seat: str, kept: tuple[Role, int | None, str | None]
) -> None:
    answer = county.post(f"{page_of(ward.who)}/posts", seat=seat)
    assert (answer.status_code, answer.location) == (303, page_of(ward.who))
    assert posts(stage, ward.who.id) == [(Role.WARD, SHIRERE, None), kept]
    assert ward.get("/triage/").status_code == 303
    again = county.post(f"{page_of(ward.who)}/posts", seat=seat)
    assert again.status_code == 422
    assert "She holds this post already." in again.text


def test_a_post_that_ends_takes_its_cases_along_and_tells_no_number_of_them(
    county: Browser, ward: Browser, stage: Stage
) -> None:
    reference = stage.file()
    stage.do(actions.take, reference, ward.who)
    with stage.transaction() as session:
        post = session.scalars(select(Post).where(Post.officer_id == ward.who.id)).one()
    assert county.post(f"{page_of(ward.who)}/posts/{post.id}/end").status_code == 303
    assert posts(stage, ward.who.id) == []
    assert stage.case(reference).status is Status.NEW
    assert ward.get("/triage/").status_code == 303
    assert county.said() == "The post has ended. What she had in hand by it is new at its desk."
    assert "None: she sees nothing." in county.read(page_of(ward.who))
    assert county.post(f"{page_of(ward.who)}/posts/{post.id}/end").status_code == 404, "it is not hers any more"


def test_her_phone_is_kept_masked_and_never_shown(county: Browser, ward: Browser, stage: Stage) -> None:
    wrong = county.post(f"{page_of(ward.who)}/phone", phone="12")
    assert wrong.status_code == 422
    assert "This is not a telephone number." in wrong.text
    assert county.post(f"{page_of(ward.who)}/phone", phone=NUMBER).status_code == 303
    page = county.read(page_of(ward.who))
    assert "+254 7** *** 141" in page
    assert "000141" not in page
    with stage.engine.connect() as connection:
        kept = connection.scalar(text("SELECT phone_hash FROM officer WHERE id = :id"), {"id": ward.who.id})
    assert bytes(kept or b"") == stage.office.vault.phone_hash("+254722000141")
    assert county.post(f"{page_of(ward.who)}/phone", phone="").status_code == 303
    assert "None is kept." in county.read(page_of(ward.who))


def test_who_left_is_signed_out_and_keeps_her_name_in_the_history(
    county: Browser, ward: Browser, stage: Stage, browser: Callable[..., Browser]
) -> None:
    reference = stage.file()
    stage.do(actions.take, reference, ward.who)
    assert county.post(f"{page_of(ward.who)}/left").status_code == 303
    assert ward.get("/triage/").status_code == 303
    assert (stage.case(reference).status, posts(stage, ward.who.id)) == (Status.NEW, [])
    page = browser().case(reference)
    assert "Rose took it" in page
    assert "Its officer has it to do no longer: new again. Arranged by Rose" in page
    assert "Has left" in county.read(page_of(ward.who))
    assert county.post(f"{page_of(ward.who)}/posts", seat="ward:1014").status_code == 422
    assert county.post(f"{page_of(ward.who)}/back").status_code == 303
    assert county.post(f"{page_of(ward.who)}/posts", seat="ward:1014").status_code == 303


def test_nobody_changes_her_own_account(county: Browser, stage: Stage) -> None:
    page = county.read(page_of(county.who))
    assert "another county administrator changes it" in page
    assert page.count("<form") == 1, "the one to sign out"
    with stage.transaction() as session:
        post = session.scalars(select(Post).where(Post.officer_id == county.who.id)).one()
    for path in ("posts", f"posts/{post.id}/end", "phone", "link", "left", "back"):
        answer = county.post(f"{page_of(county.who)}/{path}", seat="county", phone=NUMBER)
        assert answer.status_code == 422, path
        assert "Nobody changes her own account" in answer.text, path
    assert posts(stage, county.who.id) == [(Role.COUNTY, None, None)]
    assert audited(stage) == []


def test_unknown_officers_posts_and_leave_are_not_found(county: Browser, ward: Browser) -> None:
    for address in ("/triage/officers/999", f"/triage/officers/{2**40}", f"/triage/officers/{2**70}"):
        assert county.get(address).status_code == 404
        assert county.post(f"{address}/left").status_code == 404
    assert county.post(f"{page_of(ward.who)}/leave/999/end").status_code == 404
    assert county.post(f"{page_of(ward.who)}/posts/999/end").status_code == 404
    assert county.post(f"{page_of(ward.who)}/posts/{2**40}/end").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COUNTY])
def test_these_pages_are_the_county_administrators_alone(browser: Callable[..., Browser], role: Role) -> None:
    who = browser(role)
    for address in ("/triage/officers", "/triage/officers/add", page_of(who.who)):
        assert who.get(address).status_code == 404
    for path in ("posts", "posts/1/end", "phone", "link", "leave", "leave/1/end", "left", "back"):
        assert who.post(f"{page_of(who.who)}/{path}", seat="county").status_code == 404


# Leave


def test_the_administrator_sets_and_ends_anybodys_leave(county: Browser, ward: Browser, stage: Stage) -> None:
    deputy, reference = stage.officer(Role.HOTLINE), stage.file()
    stage.do(actions.take, reference, ward.who)
    fields = {"first_day": day(stage, 0), "last_day": day(stage, 6), "deputy": str(deputy.id)}
    assert county.post(f"{page_of(ward.who)}/leave", **fields).status_code == 303
    assert stage.case(reference).assignee_id == deputy.id
    assert posts(stage, deputy.id)[-1] == (Role.WARD, SHIRERE, None)
    page = county.read(page_of(ward.who))
    assert "Rose stands in" in page
    assert "Back from today on" in page
    assert "in place of Rose" in county.read(page_of(deputy))
    with stage.transaction() as session:
        absence = session.scalars(select(Absence)).one()
    assert county.post(f"{page_of(deputy)}/leave/{absence.id}/end").status_code == 404, "it is not hers"
    assert county.post(f"{page_of(ward.who)}/leave/{absence.id}/end").status_code == 303
    assert stage.case(reference).assignee_id == ward.who.id
    assert len(posts(stage, deputy.id)) == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"first_day": ""}, "Give the first day."),
        ({"last_day": "2026-13-01"}, "Write the day as 2026-12-01."),
        ({"last_day": "1.12.2026"}, "Write the day as 2026-12-01."),
        ({"first_day": "2020-01-01", "last_day": "2020-01-02"}, "Leave begins today at the earliest."),
        ({"deputy": "999"}, "Not a valid choice."),
    ],
)
def test_leave_that_cannot_be_is_told_at_the_form(
    county: Browser, ward: Browser, stage: Stage, fields: dict[str, str], why: str
) -> None:
    usual = {"first_day": day(stage, 1), "last_day": day(stage, 2), "deputy": ""}
    for who, address in ((ward, MINE), (county, f"{page_of(ward.who)}/leave")):
        answer = who.post(address, **(usual | fields))
        assert answer.status_code == 422
        assert why in answer.text
    assert stage.count(Absence) == 0


def test_an_officer_hands_over_herself_in_one_action_and_comes_back(ward: Browser, stage: Stage) -> None:
    deputy, far, reference = stage.officer(ward_code=SHEYWE), stage.officer(Role.HOTLINE), stage.file()
    stage.do(actions.take, reference, ward.who)
    assert f'href="{MINE}"' in ward.read("/triage/account")
    page = ward.read(MINE)
    assert f'value="{deputy.id}"' in page
    assert f'value="{far.id}"' not in page
    fields = {"first_day": day(stage, 0), "last_day": day(stage, 0), "deputy": str(deputy.id)}
    assert (ward.post(MINE, **fields).status_code, ward.said()) == (303, "Your leave is kept.")
    assert stage.case(reference).assignee_id == deputy.id
    assert "Its officer is on leave: her deputy has it. Arranged by Rose" in ward.case(reference)
    with stage.transaction() as session:
        absence = session.scalars(select(Absence)).one()
    assert (absence.made_by, absence.last_day) == (ward.who.id, date.fromisoformat(day(stage, 0)))
    assert ward.post(f"{MINE}/{absence.id}/end").status_code == 303
    assert stage.case(reference).assignee_id == ward.who.id
    assert ward.post(f"{MINE}/{absence.id}/end").status_code == 404


def test_nobody_ends_the_leave_of_another_as_her_own(ward: Browser, stage: Stage) -> None:
    other = stage.officer()
    stage.set("INSERT INTO absence (officer_id, first_day, last_day, made_by) VALUES (:id, :first, :last, :id)",
              id=other.id, first=day(stage, 0), last=day(stage, 1))  # fmt: skip
    assert ward.post(f"{MINE}/1/end").status_code == 404
    assert stage.count(Absence) == 1


def test_a_sign_in_that_was_open_before_ends_with_the_change(county: Browser, ward: Browser, stage: Stage) -> None:
    with Session(stage.engine) as session:
        counted = select(func.count()).select_from(SignIn).where(SignIn.officer_id == ward.who.id)
        assert session.scalar(counted) == 1
        county.post(f"{page_of(ward.who)}/posts", seat="hotline")
        assert session.scalar(counted) == 0

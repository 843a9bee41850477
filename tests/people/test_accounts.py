"""Accounts as the county administrator keeps them: nobody changes her own, and one administrator always stays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, undefer

from config.settings import Settings
from gateway.people import accounts, links, officers
from gateway.people.models import Audit, Officer, OneTimeLink, Post, Role, SignIn
from gateway.people.officers import OfficerRefused
from tests.cases.stage import SHEYWE, SHIRERE, Stage
from tests.people.doorway import until_somebody_waits

NUMBER = "+254722000141"
SHIRERE_WARD = (Role.WARD, SHIRERE)


@pytest.fixture
def stage(settings: Settings, db: Engine, redis_url: str) -> Stage:
    return Stage(settings, db, datetime.now(UTC))


@pytest.fixture
def county(stage: Stage) -> Officer:
    return stage.officer(Role.COUNTY)


def audited(stage: Stage) -> list[tuple[str, int | None, int | None]]:
    with stage.transaction() as session:
        return [(one.name, one.officer_id, one.about_id) for one in session.scalars(select(Audit).order_by(Audit.id))]


def signed_in(stage: Stage, who: Officer) -> bool:
    with stage.transaction() as session:
        return bool(session.scalar(select(func.count()).select_from(SignIn).where(SignIn.officer_id == who.id)))


def open_sign_in(stage: Stage, who: Officer) -> None:
    stage.set(
        "INSERT INTO sign_in (officer_id, token_hash) VALUES (:id, :token)", id=who.id, token=str(who.id).encode()
    )


def test_a_new_officer_has_a_post_and_no_password_until_her_link_gives_her_one(stage: Stage, county: Officer) -> None:
    with stage.transaction() as session:
        added = accounts.add(session, "Mercy Ayuma", "Mercy@kakamega.example", SHIRERE_WARD, county)
        token = accounts.invite(session, added, county, stage.now)
    assert token
    with stage.transaction() as session:
        assert session.get_one(Officer, added.id).wards == {SHIRERE}
        assert session.scalars(select(Post.given_by).where(Post.officer_id == added.id)).one() == county.id
        assert session.scalars(select(OneTimeLink.kind)).one() == "invitation"
    assert audited(stage) == [(name, county.id, added.id) for name in ("officer_added", "post_given", "link_made")]


def test_a_post_that_is_given_or_ended_ends_the_sign_ins_and_is_audited(stage: Stage, county: Officer) -> None:
    rose = stage.officer()
    open_sign_in(stage, rose)
    with stage.transaction() as session:
        accounts.give(session, rose, (Role.WARD, SHEYWE), county)
    assert not signed_in(stage, rose)
    open_sign_in(stage, rose)
    with stage.transaction() as session:
        who = session.get_one(Officer, rose.id)
        assert who.wards == {SHIRERE, SHEYWE}
        assert set(accounts.end(session, who, who.posts[0].id, county)) == {rose.id}
    assert not signed_in(stage, rose)
    with stage.transaction() as session:
        who = session.get_one(Officer, rose.id)
        assert who.wards == {SHEYWE}
        ended = session.scalars(select(Post).where(Post.officer_id == rose.id).order_by(Post.id)).first()
        assert ended is not None
        assert accounts.end(session, who, ended.id, county) == set(), "it has ended already"
    assert audited(stage) == [("post_given", county.id, rose.id), ("post_ended", county.id, rose.id)]


def test_the_same_post_is_not_given_twice(stage: Stage, county: Officer) -> None:
    rose = stage.officer()
    with stage.transaction() as session, pytest.raises(OfficerRefused, match="already"):
        accounts.give(session, rose, SHIRERE_WARD, county)


def test_administrators_and_auditors_stand_apart(stage: Stage, county: Officer) -> None:
    rose, other = stage.officer(), stage.officer(Role.AUDITOR)
    for who, seat in ((rose, (Role.COUNTY, None)), (rose, (Role.AUDITOR, None)), (other, SHIRERE_WARD)):
        with stage.transaction() as session, pytest.raises(OfficerRefused, match="no other post"):
            accounts.give(session, who, seat, county)


@pytest.mark.parametrize(("first", "then"), [(SHIRERE_WARD, Role.AUDITOR), ((Role.COUNTY, None), Role.WARD)])
def test_a_post_that_is_to_begin_counts_as_well_and_one_that_is_over_does_not(
    stage: Stage, county: Officer, first: tuple[Role, int | None], then: Role
) -> None:
    rose = stage.officer(first[0])
    stage.set("UPDATE post SET starts_at = now() + interval '1 day', ends_at = now() + interval '2 days'"
              " WHERE officer_id = :id", id=rose.id)  # fmt: skip
    seat = (then, SHIRERE if then is Role.WARD else None)
    with stage.transaction() as session, pytest.raises(OfficerRefused, match="no other post"):
        accounts.give(session, session.get_one(Officer, rose.id), seat, county)
    with stage.transaction() as session:
        who = session.get_one(Officer, rose.id)
        accounts.end(session, who, session.scalars(select(Post.id).where(Post.officer_id == rose.id)).one(), county)
        accounts.give(session, who, seat, county)


Deed = Callable[[Session, Stage, Officer, Officer], object]
OWN: dict[str, Deed] = {
    "give": lambda session, stage, who, by: accounts.give(session, who, SHIRERE_WARD, by),
    "end": lambda session, stage, who, by: accounts.end(session, who, who.posts[0].id, by),
    "leave": lambda session, stage, who, by: accounts.leave_service(session, who, by, stage.now),
    "back": lambda session, stage, who, by: accounts.come_back(session, who, by),
    "phone": lambda session, stage, who, by: accounts.set_phone(session, stage.office.vault, who, NUMBER, by),
    "link": lambda session, stage, who, by: accounts.invite(session, who, by, stage.now),
}


@pytest.mark.parametrize("deed", list(OWN))
def test_nobody_changes_her_own_account(stage: Stage, county: Officer, deed: str) -> None:
    stage.officer(Role.COUNTY)
    with stage.transaction() as session, pytest.raises(OfficerRefused, match="Nobody changes her own"):
        OWN[deed](session, stage, county, county)
    assert audited(stage) == []


def test_two_administrators_who_end_each_other_at_the_same_time_leave_one(stage: Stage, county: Officer) -> None:
    other = stage.officer(Role.COUNTY)

    def end(who: Officer, by: Officer) -> bool:
        try:
            with stage.transaction() as session:
                accounts.leave_service(session, session.get_one(Officer, who.id), by, stage.now)
        except OfficerRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = [one.result() for one in (pool.submit(end, county, other), pool.submit(end, other, county))]
    assert sorted(done) == [False, True]
    with stage.transaction() as session:
        left = [one for one in session.scalars(select(Officer)) if one.active and one.holds(Role.COUNTY)]
    assert len(left) == 1


def test_who_stands_in_for_an_administrator_cannot_remove_the_last_one(stage: Stage, county: Officer) -> None:
    deputy = stage.officer(Role.COUNTY)
    stage.set("UPDATE post SET ends_at = now() + interval '1 day', for_id = :id WHERE officer_id = :deputy",
              id=county.id, deputy=deputy.id)  # fmt: skip
    for deed in ("end", "leave"):
        with stage.transaction() as session, pytest.raises(OfficerRefused, match="without an administrator"):
            OWN[deed](session, stage, session.get_one(Officer, county.id), deputy)


def test_who_left_keeps_her_name_and_comes_back_with_nothing(stage: Stage, county: Officer) -> None:
    rose = stage.officer()
    open_sign_in(stage, rose)
    with stage.transaction() as session:
        who = session.get_one(Officer, rose.id)
        officers.change_password(session, stage.office.vault, who, "majani-ya-kijani-kibichi")
        open_sign_in_id = accounts.leave_service(session, session.get_one(Officer, rose.id), county, stage.now)
    assert set(open_sign_in_id) == {rose.id}
    assert not signed_in(stage, rose)
    with stage.transaction() as session:
        who = session.get_one(Officer, rose.id)
        assert (who.name, who.active, who.left_at, who.posts) == ("Rose", False, stage.now, [])
        with pytest.raises(OfficerRefused, match="has left"):
            accounts.give(session, who, SHIRERE_WARD, county)
        with pytest.raises(OfficerRefused, match="has left"):
            accounts.invite(session, who, county, stage.now)
        accounts.come_back(session, who, county)
    assert officers.check_password(stage.engine, rose.email, "majani-ya-kijani-kibichi") is None
    with stage.transaction() as session:
        who = session.get_one(Officer, rose.id)
        assert (who.active, who.left_at, who.posts) == (True, None, [])
    assert [name for name, _, _ in audited(stage)] == ["post_ended", "officer_left", "officer_back"]


@pytest.mark.parametrize("when", ["before she left", "behind our back"])
def test_no_old_link_opens_the_account_of_who_comes_back(stage: Stage, county: Officer, when: str) -> None:
    rose = stage.officer()
    with stage.transaction() as session:
        token = accounts.invite(session, session.get_one(Officer, rose.id), county, stage.now)
        accounts.leave_service(session, session.get_one(Officer, rose.id), county, stage.now)
        assert session.scalars(select(OneTimeLink.used_at)).one()
        if when == "behind our back":
            session.execute(text("UPDATE one_time_link SET used_at = NULL"))
        accounts.come_back(session, session.get_one(Officer, rose.id), county)
        assert links.whose(session, token) is None


def test_an_address_that_two_administrators_add_at_once_is_refused_the_second(stage: Stage, county: Officer) -> None:
    def add(email: str) -> None:
        with stage.transaction() as session:
            accounts.add(session, "Mercy Ayuma", email, SHIRERE_WARD, county)

    with ThreadPoolExecutor(1) as pool:
        with stage.transaction() as session:
            accounts.add(session, "Mercy Ayuma", "mercy@kakamega.example", SHIRERE_WARD, county)
            adding = pool.submit(add, "Mercy@Kakamega.example")
            until_somebody_waits(stage.engine)
        with pytest.raises(OfficerRefused, match="There is an officer with this e-mail address already"):
            adding.result(10)
    assert [name for name, _, _ in audited(stage)] == ["officer_added", "post_given"]


def test_two_who_work_here_do_not_share_a_number(stage: Stage, county: Officer) -> None:
    rose, beatrice, vault = stage.officer(), stage.officer(ward_code=SHEYWE), stage.office.vault

    def give(who: Officer) -> None:
        with stage.transaction() as session:
            accounts.set_phone(session, vault, session.get_one(Officer, who.id), NUMBER, county)

    give(rose)
    give(rose)  # her own, once more
    with pytest.raises(OfficerRefused, match="Another officer has this number"):
        give(beatrice)
    with stage.transaction() as session:
        accounts.leave_service(session, session.get_one(Officer, rose.id), county, stage.now)
    give(beatrice)
    with stage.transaction() as session:
        accounts.come_back(session, session.get_one(Officer, rose.id), county)
    with stage.transaction() as session:
        kept = {one.id: one.phone_mask for one in session.scalars(select(Officer))}
    assert (kept[rose.id], kept[beatrice.id]) == (None, "+254 7** *** 141")
    assert [name for name, _, _ in audited(stage)][-2:] == ["officer_back", "phone_removed"]


def test_two_who_are_given_one_number_at_once_wait_for_each_other(stage: Stage, county: Officer) -> None:
    rose, beatrice, vault = stage.officer(), stage.officer(ward_code=SHEYWE), stage.office.vault

    def give(who: Officer) -> None:
        with stage.transaction() as session:
            accounts.set_phone(session, vault, session.get_one(Officer, who.id), NUMBER, county)

    with ThreadPoolExecutor(1) as pool:
        with stage.transaction() as session:
            accounts.set_phone(session, vault, session.get_one(Officer, rose.id), NUMBER, county)
            giving = pool.submit(give, beatrice)
            until_somebody_waits(stage.engine)
        with pytest.raises(OfficerRefused, match="Another officer has this number"):
            giving.result(10)


def test_a_phone_is_kept_sealed_and_found_by_its_hash(stage: Stage, county: Officer) -> None:
    rose, vault = stage.officer(), stage.office.vault
    columns = (undefer(Officer.phone_hash), undefer(Officer.phone_sealed))
    query = select(Officer).options(*columns).where(Officer.id == rose.id)
    for number in (NUMBER, None):
        with stage.transaction() as session:
            accounts.set_phone(session, vault, session.get_one(Officer, rose.id), number, county)
        with stage.transaction() as session:
            kept = session.scalars(query).one()
        if number:
            assert (kept.phone_hash, kept.phone_mask) == (vault.phone_hash(NUMBER), "+254 7** *** 141")
            assert kept.phone_sealed
            assert vault.open(kept.phone_sealed) == NUMBER
        else:
            assert (kept.phone_hash, kept.phone_sealed, kept.phone_mask) == (None, None, None)
    assert [name for name, _, _ in audited(stage)] == ["phone_set", "phone_removed"]
    with stage.transaction() as session:
        assert not [line for line in session.scalars(select(Audit.data)) if line]

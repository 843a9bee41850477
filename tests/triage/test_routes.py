"""Every route of the application, one by one: who may open it, from where, and that looking at it changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select, text, update
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from gateway.cases import linking, notices
from gateway.cases.desk_models import Photo
from gateway.cases.models import CallBack, Case, Channel
from gateway.people.models import Role, SignIn
from gateway.triage.deeds import DEEDS
from tests.cases.aside import put_aside
from tests.cases.stage import AMINA, SHEYWE, Stage
from tests.conftest import TOKEN
from tests.triage import doors
from tests.triage.conftest import Browser

AWAY: dict[Role, dict[str, Any]] = {
    Role.WARD: {"ward_code": SHEYWE}, Role.SUB_COUNTY: {"sub_county_code": 201},
    Role.DEPARTMENT: {"department": "roads"}, Role.CHIEF_OFFICER: {"department": "roads"},
}  # fmt: skip
"""Jurisdictions to which the case does not belong."""
FILLED_IN = {
    "words": "Karibu", "ending": "fixed", "ward": "1012", "outcome": "reached", "to": "department:roads", "text": "1",
    "about": "ROADS:POTHOLES", "category": "STAFF", "officer": "1", "as": "json", "read": "",
    "for_whom": "Musa", "form": "text", "other": "48217739", "title_sw": "bomba", "title_en": "pipe",
}  # fmt: skip
"""A form good enough to be carried out, where it may be."""
ASKED_FOR = {
    "triage.affected_file": "?since=2026-11-01&until=2026-11-02",
    "triage.find": "?words=maji",
    "triage.find_history": "?reference={reference[0]}",
}
"""What stands after some addresses, without which there is nothing to show."""
LOGS = ("audit", "sign_in", "throttle", "case_reader")
"""Tables that a look may leave a line in."""
KINDS = ("open", "confidential", "about the ombudsman", "quiet", "joined")
"""`quiet`: of the same ward as the open one, and nobody waits for a call about it. `joined`: to the open one."""


@dataclass(frozen=True)
class Scene:
    """A case, its call-back and a text set aside, in each kind; and an officer's own things."""

    references: dict[str, str]
    calls: dict[str, int]
    texts: dict[str, int]
    sign_in: int
    notice: str
    photos: dict[str, int]

    def parts(self, kind: str) -> dict[str, list[str]]:
        """What to put for each part of an address."""
        return {
            "reference": [self.references[kind]], "call_back_id": [str(self.calls[kind])],
            "text_id": [str(self.texts[kind])], "photo_id": [str(self.photos[kind])], "link_id": ["1"],
            "action": list(DEEDS), "sign_in_id": [str(self.sign_in)],
            "device_id": ["1"], "officer_id": ["1"], "absence_id": ["1"], "post_id": ["1"], "trainer_id": ["1"],
            "ward_code": ["1014"], "batch_id": ["1"], "month": ["2019-01"], "state": ["desk"],
            "filename": ["triage.css"], "version": [self.notice], "token": ["x" * 43],
        }  # fmt: skip


@pytest.fixture
def scene(stage: Stage) -> Scene:
    given: dict[str, dict[str, Any]] = {
        "open": {"hour": "any"},
        "confidential": {"category": "STAFF", "words": "Karani alitaka pesa", "hour": "any"},
        "about the ombudsman": {"category": "STAFF", "problem": "OMBUDSMAN", "hour": "any", "phone": AMINA},
        "quiet": {"hour": "any", "phone": AMINA},
    }
    references = {kind: stage.file(**fields) for kind, fields in given.items()}
    follows = stage.case(references["open"]).id
    references["joined"] = stage.file(hour="any", channel=Channel.SMS, follows=follows)
    stage.do(linking.join, references["joined"], stage.officer())
    texts = {
        kind: put_aside(
            stage,
            "Hakuna maji",
            sensitive=kind in KINDS[1:3],
            about_ombudsman=kind == KINDS[2],
            why="from our own code",
            status="quarantined" if kind in KINDS[:3] else "handled",
        )
        for kind in KINDS
    }
    somebody = stage.officer()
    with stage.transaction() as session:
        found = session.execute(select(Case.reference, CallBack.id).join(CallBack, CallBack.case_id == Case.id))
        calls = {row.reference: row.id for row in found}
        over = [calls[references[kind]] for kind in ("quiet", "joined")]
        session.execute(update(CallBack).where(CallBack.id.in_(over)).values(done_at=stage.now))
        notices.keep(session, stage.office, stage.now)
        signed_in = SignIn(officer_id=somebody.id, token_hash=b"x")
        sealed = stage.office.vault.seal_bytes(b"x")
        photos = {
            kind: Photo(case_id=stage.case(references[kind]).id, sealed=sealed, width=1, height=1) for kind in KINDS
        }
        session.add_all([signed_in, *photos.values()])
        session.flush()
        return Scene(
            references, {kind: calls[references[kind]] for kind in KINDS}, texts, signed_in.id, stage.office.notice,
            {kind: photo.id for kind, photo in photos.items()},
        )  # fmt: skip


def sees(role: Role, kind: str, *, home: bool) -> bool:
    """Whether an officer of this role, at home or away, sees a case of this kind."""
    if kind == "confidential":
        return role is Role.OMBUDSMAN
    if kind == "about the ombudsman":
        return role is Role.COUNTY_SECRETARY
    # Somebody waits to be called about it: the hotline sees it, wherever it is. Auditors see its history.
    return role is Role.AUDITOR or (role is Role.HOTLINE and kind == "open") or (home and role in AWAY)


def rules(app: Flask, method: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def addresses(app: Flask, rule: Rule, parts: dict[str, list[str]]) -> Iterator[str]:
    """The rule's addresses in this scene."""
    unknown = rule.arguments - parts.keys()
    assert not unknown, f"Say in Scene.parts what to put for {unknown} in {rule.rule}."
    chosen: list[dict[str, str]] = [{}]
    for name in sorted(rule.arguments):
        chosen = [{**before, name: value} for before in chosen for value in parts[name]]
    with app.test_request_context():
        for values in chosen:
            address = app.url_for(rule.endpoint, **values)  # type: ignore[arg-type]
            yield address + ASKED_FOR.get(rule.endpoint, "").format(**parts)


def everything(engine: Engine) -> dict[str, str]:
    """Each table's rows, as a digest, but for those that any look may write."""
    tables = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    digest = "SELECT md5(string_agg((to_jsonb(t) - 'seen_at')::text, '|' ORDER BY t::text)) FROM {} AS t"
    with engine.connect() as connection:
        names = [name for name in connection.scalars(tables) if name not in LOGS]
        return {name: str(connection.scalar(text(digest.format(name)))) for name in names}


def is_refused(answer: TestResponse) -> bool:
    return answer.status_code == 404


def test_every_route_is_somebodys(app: Flask) -> None:
    known = {*doors.PUBLIC, *doors.CALLBACKS, *doors.PAGES, *doors.OF_A_CASE, *doors.OF_HERSELF}
    for rule in app.url_map.iter_rules():
        assert rule.endpoint in known, doors.UNKNOWN.format(endpoint=rule.endpoint, rule=rule.rule)
    assert known <= {rule.endpoint for rule in app.url_map.iter_rules()}, "A route that is gone leaves the tables too."


def test_a_number_that_no_row_can_have_is_not_found_anywhere(app: Flask, ward: Browser) -> None:
    numbered, token = [rule for rule in app.url_map.iter_rules() if "<int:" in rule.rule], ward.token()
    assert len(numbered) > 15
    for rule in numbered:
        for number in (2**31, 10**22):
            address = re.sub("<(?!int:)[^>]*>", "x", re.sub("<int:[^>]*>", str(number), rule.rule))
            for method in {"GET", "POST"} & (rule.methods or set()):
                answer = ward.client.open(address, method=method, data={"csrf_token": token})
                assert answer.status_code == 404, (method, address, answer.status)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page(
    app: Flask, scene: Scene, stranger: Browser, stage: Stage, method: str
) -> None:
    before, tried, token = everything(stage.engine), 0, stranger.token()
    for rule in rules(app, method):
        if rule.endpoint in doors.PUBLIC | doors.CALLBACKS:
            continue
        for address in addresses(app, rule, scene.parts("open")):
            answer = stranger.client.open(address, method=method, data={**FILLED_IN, "csrf_token": token})
            led_away = (answer.status_code, (answer.location or "").partition("?")[0]) == (303, "/sign-in")
            assert led_away or is_refused(answer), address
            tried += 1
    assert tried >= 15
    assert everything(stage.engine) == before


@pytest.mark.parametrize("home", [True, False], ids=["home", "away"])
@pytest.mark.parametrize("role", list(Role))
def test_a_page_opens_for_whose_it_is_and_is_not_found_by_others(
    app: Flask, scene: Scene, browser: Callable[..., Browser], stage: Stage, role: Role, home: bool
) -> None:
    """A page that opens changes nothing; nor does a form that is refused. What is of another kind is not named."""
    who = browser(role, **({} if home else AWAY.get(role, {})))
    before, token, wrong = everything(stage.engine), who.token(), []
    for kind in KINDS:
        for method, rule in [(one, rule) for one in ("GET", "POST") for rule in rules(app, one)]:
            may = is_open(rule.endpoint, role, kind, home=home)
            if may is None or (may and method == "POST"):
                continue
            for address in addresses(app, rule, scene.parts(kind)):
                answer = who.client.open(address, method=method, data={**FILLED_IN, "csrf_token": token})
                if answer.status_code not in ((200, 302, 303) if may else refusals(rule)):
                    wrong.append((method, address, answer.status))
    assert not wrong, wrong
    assert everything(stage.engine) == before


def refusals(rule: Rule) -> tuple[int, ...]:
    """Not found; of a text that somebody else may have dealt with the list itself says that nothing was changed."""
    return (404, 303) if "text_id" in rule.arguments else (404,)


def is_open(endpoint: str, role: Role, kind: str, *, home: bool) -> bool | None:
    """Whether the route opens for this officer; None where the walk does not go: signing out, and what is public."""
    if endpoint in doors.OF_A_CASE:
        return role in doors.OF_A_CASE[endpoint] and sees(role, kind, home=home)
    if endpoint in doors.OF_HERSELF:
        return False
    return role in doors.PAGES[endpoint] if endpoint in doors.PAGES and endpoint != "triage.sign_out" else None


@pytest.mark.parametrize("role", list(Role))
def test_no_page_names_a_case_that_its_reader_does_not_see(
    app: Flask, scene: Scene, browser: Callable[..., Browser], role: Role
) -> None:
    who = browser(role)
    hidden = [scene.references[kind] for kind in KINDS if not sees(role, kind, home=True)]
    for rule in rules(app, "GET"):
        for address in addresses(app, rule, scene.parts("open")):
            page = who.get(address).data.decode(errors="replace").replace(" ", "")  # an image, too
            assert not [reference for reference in hidden if reference in page], address


def test_a_form_without_the_token_of_a_page_is_refused_and_changes_nothing(
    app: Flask, scene: Scene, ward: Browser, stage: Stage
) -> None:
    before = everything(stage.engine)
    for rule in rules(app, "POST"):
        if rule.endpoint in doors.CALLBACKS:
            continue
        for address in addresses(app, rule, scene.parts("open")):
            for token in ({}, {"csrf_token": "x" * 40}):
                assert ward.client.post(address, data={**FILLED_IN, **token}).status_code == 400, address
    assert everything(stage.engine) == before


def test_nothing_is_changed_by_following_a_link(app: Flask, scene: Scene, ward: Browser, stage: Stage) -> None:
    """A form's address is no page. Where it is one as well, the page changes nothing: the walk above has seen to it."""
    before = everything(stage.engine)
    readable = {rule.rule for rule in rules(app, "GET")}
    for rule in rules(app, "POST"):
        parts = scene.parts("open") | ({"token": [TOKEN]} if rule.endpoint in doors.CALLBACKS else {})
        for address in addresses(app, rule, parts):
            if rule.rule not in readable:
                assert ward.client.get(address, query_string=FILLED_IN).status_code in (404, 405), address
            else:
                ward.client.get(address, query_string=FILLED_IN)
    assert everything(stage.engine) == before


# The role that the statements run under


@dataclass
class Asked:
    """One statement that reads cases: under which role, and whether that was the owner's on purpose."""

    user: str
    as_owner: bool


@contextmanager
def asking_for_cases(engine: Engine) -> Iterator[list[Asked]]:
    """Everything that the application asks of `cases` meanwhile; the database itself says who is asking."""
    seen: list[Asked] = []
    owners: set[int] = set()

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        wire = id(cursor.connection)
        if statement.startswith("SELECT set_config('role'"):
            chosen = parameters.get("role") if isinstance(parameters, dict) else None
            (owners.add if chosen == "none" else owners.discard)(wire)
        if re.search(r"\bcases\b", statement):
            with cursor.connection.cursor() as own:
                user = own.execute("SELECT current_user").fetchone()[0]
            seen.append(Asked(user, wire in owners))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("role", list(Role))
def test_whatever_a_page_reads_of_cases_it_reads_under_the_restricted_role(
    app: Flask, scene: Scene, browser: Callable[..., Browser], role: Role
) -> None:
    who, restricted = browser(role), "sikiza_auditor" if role is Role.AUDITOR else "sikiza_officer"
    asked = 0
    for kind in KINDS:
        for rule in [rule for rule in rules(app, "GET") if rule.rule.startswith("/triage/")]:
            for address in addresses(app, rule, scene.parts(kind)):
                with asking_for_cases(app.extensions["sikiza"].engine) as seen:
                    who.get(address)
                assert {one.user for one in seen if not one.as_owner} <= {restricted}, address
                # Where a joined case goes on only the owner can follow; what is there is asked for by sight again.
                if role not in doors.FIGURES.get(rule.endpoint, ()) and (rule.endpoint, kind) != (
                    "triage.case", "joined",
                ):  # fmt: skip
                    assert not [one for one in seen if one.as_owner], f"{address}: name it in FIGURES, if it must be"
                asked += len(seen)
    assert asked

"""Phones that dial, choose, type, repeat, drop and dial anew while all around them fails: nothing said is lost."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from redis import Redis
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from config.settings import Settings
from gateway.cases import drafts
from gateway.cases.office import Office
from menus import networks
from tests.callbacks.handset import ADA, BINTI, SERVICE_CODE, SESSION
from tests.callbacks.hosts import Host, World, opened
from tests.callbacks.model import Call
from tests.callbacks.witness import Witness

EXAMPLES, STEPS = 80, 30
PHONES = (ADA, BINTI)
REPORTED = tuple("*".join("1" * steps) for steps in (1, 3, 4, 5, 5, 6, 6, 6, 7))
"""The first place, the first kind of problem: somewhere in between she is cut off, or it is filed."""
HURRIED = (
    *REPORTED, "", "", "1*1*1*2*2", "9*1*1*1*1*1", "1*sherere*1*1*1", "1*0*soko la hongo*3*1", "1*0*qwxz*1*1*1",
    "1*1*2*1*1", "0", "0*0", "4*3", "4*3*1*1", "4*3*2", "4*4", "4*2", "4*2*1*1", "2*1*1*1*1", "2*3*1*5", "3*1*2",
    "3*1*2*bomba", "3*1*2*1*1", "3*2*2*1", "5*1", "6*2*1*1",
)  # fmt: skip
"""What a practised thumb types without a look, as far as the session lasts."""
ANSWERS = (
    "", "", "", "7", "7*1", "7*1*1", "7*0*1*1*2*1", "7*0*1*2*1", "7*0*4*3*1*1", "7*0*2*3*1*5", "7*2*1", "8", "8*1*1*1",
)  # fmt: skip
"""How a pending matter is answered, if it is."""
WORDS = (
    "bomba limepasuka", "maji * tatu", "bomba*2*maji", "*", "a*1*b", "", "  ", "moto \U0001f600", "maji@soko",
    "afisa anataka hongo", "x" * 79, "y" * 80, "z" * 90, "1014", "sherere", "12345678", "77", "99", "00", "#", "0",
    "7", "8", "9", "98",
)  # fmt: skip
TAILS = ("1014", "1001", "9999", "77", "reference")
SMS_LOST = text(
    "UPDATE message SET status = 'failed' WHERE id = (SELECT max(message.id) FROM message"
    " JOIN resident ON resident.id = resident_id WHERE phone_hash = :phone AND case_id IS NOT NULL"
    " AND status = 'queued') RETURNING id, (SELECT reference FROM cases WHERE cases.id = case_id)"
)

OFFICER = text(
    "INSERT INTO officer (email, name, password_hash, language) VALUES ('rose@kakamega.example', 'Rose', 'x', 'en')"
    " ON CONFLICT DO NOTHING"
)
PUBLISHED = text(
    "INSERT INTO incident (case_id, ward_code, category, problem, titles, published_by)"
    ' SELECT cases.id, ward_code, category, problem, \'{"sw": "bomba", "en": "pipe"}\', officer.id'
    " FROM cases, officer WHERE status = 'new' AND NOT sensitive AND kind = 'grievance' AND lead_id IS NULL"
    " AND ward_code IS NOT NULL AND problem <> 'OTHER' ORDER BY cases.id DESC LIMIT 1 ON CONFLICT DO NOTHING"
)
ENDED = text("UPDATE incident SET ended_at = now() WHERE ended_at IS NULL")

HOST = st.sampled_from([0, 0, 0, 0, 2, 2, 1, 3])
"""The standard tree or another (2, 3); 1 and 3 have lost their Redis."""
PHONE = st.sampled_from(PHONES)
BACK = st.sampled_from([0, 0, 0, 0, 1, 2, 3])
"""How many sessions ago; how many hops ago."""


@pytest.fixture
def world(
    settings: Settings, db: Engine, cache: Redis, dead_port: int, tmp_path: Path, logged: io.StringIO
) -> Iterator[World]:
    with opened(settings, db, cache, dead_port, tmp_path, logged) as world:
        yield world


class County(RuleBasedStateMachine):
    """One county from its first caller on."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world, self.witness = world, Witness(world, PHONES)
        self.model = self.witness.model

    # What a resident does

    @rule(
        phone=PHONE, host=HOST, network=st.sampled_from([networks.SAFARICOM, networks.AIRTEL]),
        typed=st.sampled_from(HURRIED), answer=st.sampled_from(ANSWERS),
    )  # fmt: skip
    def dial(self, phone: str, host: int, network: networks.Network, typed: str, answer: str) -> None:
        """Somebody of whom a matter is pending answers it; another one hurries on."""
        call = replace(self._new(phone, host), network=network.code)
        self.witness.dial(call, self.world.hosts[host])
        self._hurry(call, answer if "\n7 " in call.screen and answer else typed, host)

    @precondition(lambda self: self.model.calls)
    @rule(host=HOST, typed=st.sampled_from(HURRIED), answer=st.sampled_from(ANSWERS))
    def redial(self, host: int, typed: str, answer: str) -> None:
        """The session was cut: she dials anew at once."""
        self.dial(self.model.calls[-1].phone, host, networks.SAFARICOM, typed, answer)

    @rule(
        phone=PHONE, host=HOST, tail=st.sampled_from(TAILS), in_code=st.booleans(), in_text=st.booleans(),
        more=st.sampled_from(["", "1", "1*1", "1*1*1", "7"]),
    )  # fmt: skip
    def dial_what_a_poster_says(
        self, phone: str, host: int, tail: str, in_code: bool, in_text: bool, more: str
    ) -> None:
        call, inputs = self._new(phone, host), more.split("*") if more else []
        if tail == "reference":
            tail = next(reversed(self.model.reports), "48217739")
        if in_code:
            call.dialled = f"{SERVICE_CODE.rstrip('#')}*{tail}#"
        leads = len(tail) == 8 or tail in self.world.hosts[host].edition.catalogue.wards
        call.tail = tail if in_text and leads else ""
        call.inputs = [*[tail][: in_text and not leads], *inputs] if in_text or not in_code else []
        call.together = call.last
        self.witness.dial(call, self.world.hosts[host])

    @precondition(lambda self: self._open())
    @rule(back=BACK, host=HOST, typed=st.sampled_from(HURRIED))
    def hurry(self, back: int, host: int, typed: str) -> None:
        self._hurry(self._ago(self._open(), back), typed, host)

    @precondition(lambda self: self._open())
    @rule(back=BACK, host=HOST, key=st.integers(0, 11))
    def choose(self, back: int, host: int, key: int) -> None:
        call = self._ago(self._open(), back)
        self.witness.type(call, call.keys[key % len(call.keys)], self.world.hosts[host])

    @precondition(lambda self: self._open())
    @rule(back=BACK, host=HOST, typed=st.sampled_from(WORDS))
    def say(self, back: int, host: int, typed: str) -> None:
        self._say(self._ago(self._open(), back), typed, self.world.hosts[host])

    @precondition(lambda self: self._open())
    @rule(back=BACK, host=HOST, words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    def tell(self, back: int, host: int, words: list[str]) -> None:
        """She adds words to her report, or says them wherever she is."""
        call = self._ago(self._open(), back)
        for typed in words:
            adds = re.findall(r"(\d) (?:Ongeza|Add) (?:maneno|words|zaidi|more)", call.screen)
            if adds and call.is_open:
                self.witness.type(call, adds[0], self.world.hosts[host])
            if call.is_open:
                self._say(call, typed, self.world.hosts[host])

    # What a network does

    @precondition(lambda self: self.model.calls)
    @rule(back=BACK, host=HOST, hops=st.integers(0, 12))
    def repeat(self, back: int, host: int, hops: int) -> None:
        """The last hop once more; or an earlier one, late, and then the last."""
        call = self._ago(self.model.calls, back)
        for number in (max(call.together, call.last - hops), call.last):
            self.witness.repeat(call, number, self.world.hosts[host])

    @precondition(lambda self: self.model.calls)
    @rule(back=BACK, host=HOST, at=st.integers(0, 12), typed=st.sampled_from(["1", "2", "8", "", "maneno", "1014"]))
    def diverge(self, back: int, host: int, at: int, typed: str) -> None:
        """Other inputs than those that were typed, fewer letters of them, or half of an answer that holds a star."""
        call = self._ago(self.model.calls, back)
        before, after = call.inputs[: at % (call.last + 1)], call.inputs[at % (call.last + 1) + 1 :]
        others = [replace(call, inputs=inputs).text() for inputs in ([*before, typed], [*before, typed, *after])]
        halves = [call.text()[: star.start()] for star in re.finditer(r"\*", call.text())]
        for other in (*others, call.text()[: at - 13], *halves):
            self.witness.diverge(call, other, self.world.hosts[host])

    @precondition(lambda self: self.model.calls)
    @rule(back=BACK, host=HOST, phone=PHONE, hops=st.integers(0, 12), more=st.sampled_from(["", "*1"]))
    def intrude(self, back: int, host: int, phone: str, hops: int, more: str) -> None:
        call = self._ago(self.model.calls, back)
        if phone != call.phone:
            self.witness.intrude(call, phone, call.text(hops) + more, self.world.hosts[host])

    @precondition(lambda self: self.model.calls)
    @rule(back=BACK, host=HOST, told=st.booleans())
    def end(self, back: int, host: int, told: bool) -> None:
        self.witness.end(self._ago(self.model.calls, back), self.world.hosts[host], told=told)

    # What befalls the county

    @precondition(lambda self: self.model.calls)
    @rule()
    def lose_redis(self) -> None:
        self.world.redis.flushdb()
        for call in self.model.calls:
            call.in_redis = None

    @precondition(lambda self: self.model.reports)
    @rule(phone=PHONE)
    def lose_sms(self, phone: str) -> None:
        """The newest SMS that waits for this phone does not arrive."""
        with self.world.engine.begin() as connection:
            found = connection.execute(SMS_LOST, {"phone": self.witness.hash_of[phone]}).one_or_none()
        if found:
            self.model.lost[found.id] = found.reference

    # What officers do

    @precondition(lambda self: self.model.reports)
    @rule(over=st.sampled_from([False, False, True]))
    def publish(self, over: bool) -> None:
        """Whoever reports the same from now on may join what was reported last; or what was published is over."""
        with self.world.engine.begin() as connection:
            connection.execute(OFFICER)
            connection.execute(ENDED if over else PUBLISHED)

    # What time does

    @precondition(lambda self: self.model.calls)
    @rule(host=HOST, late=st.booleans())
    def close(self, host: int, late: bool) -> None:
        now = datetime.now(UTC) + timedelta(minutes=4 if late else 0)
        self.witness.close_due(self.world.hosts[host], now, late=late)

    @precondition(lambda self: any(self.model.drafts.values()))
    @rule(host=HOST)
    def ask(self, host: int) -> None:
        """Ten minutes later each draft is asked about, once; of two of one phone the second waits for its turn."""
        unasked = {phone: [one for one in kept if not one.asked] for phone, kept in self.model.drafts.items()}
        before = {phone: self.witness.asked(phone) for phone in PHONES}
        assert self._until_done(drafts.ask_due, host, timedelta(minutes=15)) == sum(map(len, unasked.values()))
        for phone, kept in unasked.items():
            texts, is_open = before[phone]
            goes = kept and not is_open
            assert self.witness.asked(phone) == ((texts + 1, True) if goes else before[phone])
            for one in kept:
                one.asked = True

    @precondition(lambda self: any(self.model.drafts.values()))
    @rule(host=HOST)
    def file_unfinished(self, host: int) -> None:
        """Days later what was never finished is filed as it is."""
        due = [(phone, one) for phone, kept in self.model.drafts.items() for one in kept]
        assert self._until_done(drafts.file_expired, host, timedelta(days=3)) == len(due)
        self.witness.filed(due)

    # What must be true

    @invariant()
    def nothing_said_is_lost_or_doubled(self) -> None:
        self.witness.check()

    def teardown(self) -> None:
        self.witness.check_log()

    # Which

    def _new(self, phone: str, host: int) -> Call:
        edition = self.world.hosts[host].edition.hash
        return Call(f"{SESSION}{len(self.model.calls)}", phone, networks.SAFARICOM.code, edition)

    def _hurry(self, call: Call, typed: str, host: int) -> None:
        for one in typed.split("*") if typed else []:
            if call.is_open:
                self.witness.type(call, one, self.world.hosts[host])

    def _say(self, call: Call, typed: str, host: Host) -> None:
        typed = typed if call.can_tell_stars(host.has_redis) else typed.replace("*", "")
        self.witness.type(call, typed[: networks.of(call.network).answer], host)

    def _open(self) -> list[Call]:
        """The sessions that wait for an answer, whether or not the phone has dialled anew since."""
        return [call for call in self.model.calls if call.is_open]

    def _ago(self, calls: list[Call], back: int) -> Call:
        return calls[-1 - back % len(calls)]

    def _until_done(self, task: Callable[[Session, Office, datetime], int], host: int, later: timedelta) -> int:
        """What a sweeper does then, batch after batch; how many it did in all."""
        office, now, done = self.world.hosts[host].installation.office, datetime.now(UTC) + later, 0
        while True:
            with Session(self.world.engine) as session, session.begin():
                batch = task(session, office, now)
            done += batch
            if not batch:
                return done


def test_whatever_befalls_sessions_nothing_said_is_lost_or_doubled(world: World) -> None:
    class Here(County):
        def __init__(self) -> None:
            super().__init__(world)

    run_state_machine_as_test(
        Here,
        settings=examples(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip

"""USSD sessions: the row that must not be lost, its copy in Redis, and the transcript taken apart into inputs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError, RedisError
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from config.logging import log_event
from gateway.messages.models import UssdSession
from menus.engine import MAX_INPUTS

CACHE_SECONDS = 600
"""A session lasts 180 seconds; repeats of its requests may come a little later."""
REDIS_REST = 1.0
"""Seconds that Redis is left alone after it did not answer, so that not every hop waits for it."""


class _Script:
    """A Lua script that Redis knows by its hash. Two keys: the lengths noted, and the row."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = sha1(text.encode(), usedforsecurity=False).hexdigest()


_TOUCH = _Script(
    """
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[1])
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    return {redis.call('GET', KEYS[2]), redis.call('ZRANGE', KEYS[1], 0, -1)}
    """
)
"""One round trip: note this hop's length, give the row and all lengths noted."""
_STORE = _Script(
    """
    redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
    for place = 3, #ARGV do redis.call('ZADD', KEYS[1], ARGV[place], ARGV[place]) end
    if #ARGV > 2 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
    """
)


@dataclass
class Session:
    """One USSD session as it is known: whose it is, how it began, its cut points and the answers given so far."""

    id: str
    phone: str
    """The keyed hash of the phone, in hex."""
    menu: str
    profile: Mapping[str, Any]
    cuts: list[int] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def row(self) -> str:
        return json.dumps({"phone": self.phone, "menu": self.menu, "profile": self.profile, "answers": self.answers})


def inputs_of(text: str, cuts: Iterable[int]) -> list[str]:
    """What was typed at each hop. `cuts` are the lengths of `text` at the hops that are known.

    Between two cuts stands one input, `*` and all. What follows the last one, because this hop was not noted, is
    split. At most MAX_INPUTS + 1 inputs are told apart.
    """
    inputs: list[str] = []
    start = 0
    for cut in sorted({cut for cut in cuts if 0 < cut <= len(text)}):
        inputs.extend(_between(text, start, cut))
        start = cut
    if start < len(text):
        tail = _between(text, start, len(text))
        inputs.extend(part for typed in tail for part in typed.split("*", MAX_INPUTS))
    # Handsets send U+00A1 for a typed `@` (seen by a Kenyan gateway); nobody types an inverted mark.
    return [typed.replace("\u00a1", "@") for typed in inputs[: MAX_INPUTS + 1]]


def _between(text: str, start: int, end: int) -> list[str]:
    """The input between two cuts. An empty answer to the first screen leaves no length of its own: `*1` is two."""
    if start:
        return [text[start + 1 : end] if text[start] == "*" else text[start:end]]
    return ["", text[1:end]] if text.startswith("*") else [text[:end]]


def lengths(inputs: Sequence[str]) -> list[int]:
    """The cut points that these inputs make, from the first hop (0) on."""
    cuts, length = [0], -1
    for typed in inputs:
        length += len(typed) + 1
        cuts.append(length)
    return cuts


class SessionCache:
    """Redis as a copy of the session rows. Without it every hop is served from PostgreSQL."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis
        self._own = threading.local()
        self._rests_until = 0.0

    def touch(self, session_id: str, phone: str, length: int) -> Session | None:
        """Note this hop of a phone (its hash in hex) and return the session; None where Redis does not know it all."""
        if self._redis is None or time.monotonic() < self._rests_until:
            return None
        try:
            row, cuts = self._run(self._redis, _TOUCH, *_keys(session_id, phone), length, CACHE_SECONDS)
        except RedisError:
            self._rest()
            return None
        if row is None or (cuts and int(cuts[0]) != 0):
            # Every session begins with a hop of no length: without it, lengths were lost.
            return None
        known = json.loads(row)
        return Session(
            session_id, known["phone"], known["menu"], known["profile"], [int(cut) for cut in cuts], known["answers"]
        )

    def _run(self, redis: Redis, script: _Script, *arguments: str | int) -> Any:
        """Run a script on this thread's own connection: half the time of going through the client's pool."""
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = redis.connection_pool.make_connection()
        try:
            try:
                connection.send_command("EVALSHA", script.sha, 2, *arguments)
                return connection.read_response()
            except NoScriptError:
                connection.send_command("EVAL", script.text, 2, *arguments)
                return connection.read_response()
        except BaseException:
            connection.disconnect()
            raise

    def store(self, session: Session, *, with_cuts: bool = False) -> None:
        """Copy the session. A failure is no failure: the row is in PostgreSQL.

        `with_cuts`: its cut points too, which Redis does not have when the session comes from PostgreSQL.
        """
        if self._redis is None or time.monotonic() < self._rests_until:
            return
        noted = session.cuts if with_cuts else []
        try:
            keys = _keys(session.id, session.phone)
            self._run(self._redis, _STORE, *keys, session.row(), CACHE_SECONDS, *noted)
        except RedisError:
            self._rest()

    def _rest(self) -> None:
        self._rests_until = time.monotonic() + REDIS_REST
        log_event("redis_away")


def _keys(session_id: str, phone: str) -> tuple[str, str]:
    """Lengths are noted by phone, so that another one, which is refused, cannot cut a word in two."""
    return f"ussd:{session_id}:{phone}:cuts", f"ussd:{session_id}:row"


def begin(connection: Connection, session: Session) -> Session:
    """Keep a new session, unless its first hop came twice: then the session as it is kept."""
    row = {
        "id": session.id, "phone_hash": bytes.fromhex(session.phone), "profile": session.profile,
        "menu_hash": session.menu, "cuts": session.cuts, "answers": session.answers,
    }  # fmt: skip
    added = connection.execute(
        insert(UssdSession).values(row).on_conflict_do_nothing(index_elements=["id"]).returning(UssdSession.id)
    ).first()
    return session if added else load(connection, session.id) or session


def load(connection: Connection, session_id: str) -> Session | None:
    row = connection.execute(select(UssdSession.__table__).where(UssdSession.id == session_id)).one_or_none()
    if row is None:
        return None
    return Session(row.id, row.phone_hash.hex(), row.menu_hash, row.profile, list(row.cuts), row.answers)


def keep_cuts(connection: Connection, session: Session) -> None:
    """Keep the cut points in the row, beside those that another hop has kept there, so that they survive Redis."""
    connection.execute(_KEEP_CUTS, {"cuts": session.cuts, "session_id": session.id})


_KEEP_CUTS = text(
    "UPDATE ussd_session SET cuts = ARRAY(SELECT DISTINCT unnest(cuts || CAST(:cuts AS integer[])) ORDER BY 1)"
    " WHERE id = :session_id"
)

"""Redis as a copy of the session rows, so that a menu hop needs one round trip to it and no database."""

from __future__ import annotations

import json
import threading
import time
from hashlib import sha1
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError, RedisError

from config.logging import log_event
from gateway.dialogue.sessions import Session

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

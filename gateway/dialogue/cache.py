"""Redis as a copy of the session rows, so that a menu hop needs one round trip to it and no database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from hashlib import sha1
from typing import Any

from cryptography.fernet import InvalidToken
from redis import Redis
from redis.exceptions import NoScriptError, RedisError

from config.logging import log_event
from gateway.dialogue.sessions import Session
from gateway.people.vault import Vault

CACHE_SECONDS = 3600
"""A session lasts 180 seconds; what was typed in it waits here until a sweeper has read it, or one works again."""
REDIS_REST = 1.0
"""Seconds that Redis is left alone after it did not answer, so that not every hop waits for it."""
LONGEST_KEY = 2
"""Digits of the number of an option or of a line in a list."""
_CHOICES = frozenset("0123456789*")
_SEALED = b"s"
_CLEAR = b"c"


class _Script:
    """A Lua script that Redis knows by its hash. Keys: the lengths noted, the row, and what was typed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = sha1(text.encode(), usedforsecurity=False).hexdigest()


_TOUCH = _Script(
    """
    local known = redis.call('GET', KEYS[3])
    local new = redis.call('ZADD', KEYS[1], ARGV[1], ARGV[1])
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    local lengths = redis.call('ZRANGE', KEYS[1], 0, -1)
    if lengths[#lengths] == ARGV[1] then redis.call('SET', KEYS[3], ARGV[3], 'EX', ARGV[2]) end
    return {redis.call('GET', KEYS[2]), lengths, known, new}
    """
)
"""One round trip: note this hop, give the row, all lengths noted, what was known to be typed, and whether the length is
new."""
_STORE = _Script(
    """
    redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
    if #ARGV > 2 then
        redis.call('SET', KEYS[3], ARGV[3], 'EX', ARGV[2])
        for place = 4, #ARGV do redis.call('ZADD', KEYS[1], ARGV[place], ARGV[place]) end
        redis.call('EXPIRE', KEYS[1], ARGV[2])
    end
    """
)
_TAKE_BACK = _Script(
    """
    redis.call('SET', KEYS[3], ARGV[1], 'EX', ARGV[2])
    if #ARGV > 2 then redis.call('ZREM', KEYS[1], ARGV[3]) end
    """
)


class SessionCache:
    """Redis as a copy of the session rows. Without it every hop is served from PostgreSQL."""

    def __init__(self, redis: Redis, vault: Vault) -> None:
        self._redis = redis
        self._vault = vault
        self._own = threading.local()
        self._rests_until = 0.0

    def touch(self, session_id: str, phone: str, text: str) -> Session | None:
        """Note this hop of a phone (its hash in hex); give the session as Redis knew it before.

        None where Redis does not know it all.
        """
        keys = _keys(session_id, phone)
        found = self._run(_TOUCH, keys, len(text), CACHE_SECONDS, self._sealed(text))
        if found is None:
            return None
        row, cuts, typed, new = found
        if row is None or (cuts and int(cuts[0]) != 0):
            # Every session begins with a hop of no length: without it, lengths were lost.
            return None
        session = Session.from_row(session_id, row)
        session.cuts = [cut for cut in map(int, cuts) if not (new and cut == len(text))]
        session.text = self._opened(typed)
        return session

    def take_back(self, session: Session, text: str) -> None:
        """Undo the note of a hop that is not one of this session's."""
        noted = [] if len(text) in session.cuts else [len(text)]
        keys = _keys(session.id, session.phone)
        self._run(_TAKE_BACK, keys, self._sealed(session.text or ""), CACHE_SECONDS, *noted)

    def store(self, session: Session, *, with_text: bool = False) -> None:
        """Copy the session. A failure is no failure: the row is in PostgreSQL.

        `with_text`: what was typed and its cut points too, which Redis lacks when the session comes from PostgreSQL.
        """
        noted: tuple[bytes | int, ...] = (self._sealed(session.text or ""), *session.cuts) if with_text else ()
        self._run(_STORE, _keys(session.id, session.phone), session.row(), CACHE_SECONDS, *noted)

    def recall(self, session: Session) -> bool:
        """Complete a session by what Redis knows was typed in it. False where Redis does not answer."""
        cuts, _, typed = _keys(session.id, session.phone)
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.get(typed)
        pipeline.zrange(cuts, 0, -1)
        found = self._answered(pipeline.execute)
        if found is None:
            return False
        session.complete(self._opened(found[0]), [int(cut) for cut in found[1]])
        return True

    def forget(self, session: Session) -> None:
        """What was typed is needed no longer."""
        key = _keys(session.id, session.phone)[2]
        self._answered(lambda: self._redis.delete(key))

    def _run(self, script: _Script, keys: tuple[str, ...], *arguments: str | bytes | int) -> Any:
        """Run a script; None where Redis does not answer."""
        return self._answered(lambda: self._evaluate(script, len(keys), *keys, *arguments))

    def _answered(self, ask: Callable[[], Any]) -> Any:
        """The answer; None where Redis does not give one, or rests because it did not."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            return ask()
        except RedisError:
            self._rests_until = time.monotonic() + REDIS_REST
            log_event("redis_away")
            return None

    def _evaluate(self, script: _Script, *arguments: str | bytes | int) -> Any:
        """On this thread's own connection: half the time of going through the client's pool."""
        connection = getattr(self._own, "connection", None)
        if connection is None:
            pool = self._redis.connection_pool
            # Not by `make_connection`, which counts them all and refuses the hundredth: a server's threads come and go.
            connection = self._own.connection = pool.connection_class(**pool.connection_kwargs)
        try:
            try:
                connection.send_command("EVALSHA", script.sha, *arguments)
                return connection.read_response()
            except NoScriptError:
                connection.send_command("EVAL", script.text, *arguments)
                return connection.read_response()
        except BaseException:
            connection.disconnect()
            raise

    def _sealed(self, text: str) -> bytes:
        """Keys that were pressed stand in the clear; whatever is longer may be a reference, a secret or words."""
        if _CHOICES.issuperset(text) and max(map(len, text.split("*"))) <= LONGEST_KEY:
            return _CLEAR + text.encode()
        return _SEALED + self._vault.seal(text)

    def _opened(self, kept: bytes | None) -> str | None:
        if kept is None or kept[:1] == _CLEAR:
            return kept[1:].decode() if kept else None
        try:
            return self._vault.open(kept[1:])
        except InvalidToken:
            return None


def _keys(session_id: str, phone: str) -> tuple[str, str, str]:
    """Hops are noted by phone, so that another one, which is refused, cannot cut a word in two."""
    return f"ussd:{session_id}:{phone}:cuts", f"ussd:{session_id}:row", f"ussd:{session_id}:{phone}:text"

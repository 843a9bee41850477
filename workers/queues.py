"""The doorbell: a Redis queue that wakes the worker. It carries no data and may be lost; the sweeper looks anyway."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from config.logging import log_event

DRAIN = "drain"
DRAIN_JOB = "workers.deliver.drain_once"
BELL = "sikiza:bell"
BELL_SECONDS = 2
"""While the bell has been rung and not been heard, ringing again adds nothing."""
JOB_SECONDS = 300


def queue(redis: Redis) -> Queue:
    return Queue(DRAIN, connection=redis, serializer=JSONSerializer, default_timeout=JOB_SECONDS)


def wake(redis: Redis) -> None:
    """Ring, best effort: there is something to do. Call it after the commit."""
    try:
        if redis.set(BELL, b"1", nx=True, ex=BELL_SECONDS):
            queue(redis).enqueue(DRAIN_JOB, result_ttl=0, failure_ttl=60)
    except RedisError:
        log_event("bell_not_rung")

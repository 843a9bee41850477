"""The RQ worker: answers the bell. It runs jobs in its own process; a job that hangs is ended by RQ's timeout."""

from __future__ import annotations

import sys
from types import FrameType

from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import UnixSignalDeathPenalty

from config.logging import configure_logging
from config.settings import SettingsError
from menus.marked import Mistakes
from workers import deliver
from workers.queues import queue


class TimeIsUp(BaseException):
    """A job takes too long. No `Exception`: whoever catches what is wrong with one text must not go on after this."""


class JobLimit(UnixSignalDeathPenalty):
    """The time limit of a job."""

    def handle_death_penalty(self, signum: int, frame: FrameType | None) -> None:
        raise TimeIsUp


class Listener(SimpleWorker):
    """Looks for a Redis that went away every few seconds; RQ itself would wait up to a minute."""

    death_penalty_class = JobLimit
    max_connection_wait_time = 4.0


def main() -> None:
    configure_logging()
    try:
        # Before the first bell: what is wrong with the settings or the county is told to whoever starts this.
        installation, _ = deliver.opened()
    except (Mistakes, SettingsError) as error:
        sys.exit(str(error))
    # Not `open_redis`: a worker waits on the queue for minutes, so its reads may not be cut short.
    redis = Redis.from_url(installation.settings.redis_url)
    Listener([queue(redis)], connection=redis, serializer=JSONSerializer).work(logging_level="WARNING")


if __name__ == "__main__":
    main()

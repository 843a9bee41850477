"""The benchmark of the outbox runs; how fast it is, it tells whoever runs it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import pytest

from bench import outbox


def test_the_same_requests_are_posted_by_bare_loops_and_by_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "COMMITS", 10)
    with TemporaryDirectory(prefix="sikiza-") as folder, outbox.serve(Path(folder), backlog=120) as bench:
        assert [request.body for request in bench.requests] == [
            urlencode(
                {
                    "username": "sandbox", "to": outbox.number(place), "message": outbox.words(place), "bulkSMSMode": 1,
                    "from": "22123", "enqueue": 1,
                }
            ).encode()
            for place in range(120)
        ]  # fmt: skip
        lines = list(outbox.table([outbox.measure(bench)]))
    assert [line[:34].strip() for line in lines[3:]] == [
        "bare loop with requests", "bare loop with http.client", "one commit and nothing else", "one worker",
        "two workers", "one, not waiting for the disk",
    ]  # fmt: skip

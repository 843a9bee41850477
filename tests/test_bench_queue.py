"""The benchmark of the queue runs; how long an officer waits, it tells whoever runs it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from bench import queue


def test_the_same_pages_are_measured_among_few_cases_and_among_more(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="sikiza-bench-") as folder,
        queue.serve(Path(folder), 300) as small,
        queue.serve(Path(folder), 600) as large,
    ):
        counties = [small, large]
        queue.report(counties, queue.measure(counties, 5), 5)
    said = capsys.readouterr().out.splitlines()
    assert "PostgreSQL" in said[0]
    assert said[1].startswith("300 cases, ")
    names = [*queue.QUEUE, *(f"search: {name}" for name in queue.SEARCHES)]
    assert [line.strip()[: len(name)] for line, name in zip(said[3:], names, strict=True)] == names
    assert all(line.endswith(("met", "MISSED")) for line in said[3:])

"""The written dialogues once more, over HTTP and against the database: the gateway shows what was rehearsed."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from flask import Flask

from menus import script
from tests.callbacks.twins import Twins
from tests.menus.test_dialogues import DIALOGUES


@pytest.mark.parametrize("events", [True, False], ids=["end events", "no end events"])
@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: str(path.stem))
def test_the_gateway_shows_what_the_rehearsed_office_shows(gateway: Flask, path: Path, events: bool) -> None:
    """Each dialogue of a file has a phone of its own. That the rehearsed office shows what is written is proven
    beside the menus; here its days are moved, as the gateway's clock is the real one."""
    phones = (f"+2547123457{number:02d}" for number in count())

    played = script.replay(script.load(path), lambda: Twins(gateway, next(phones), events=events))

    assert [str(problem) for problem in played.problems] == []
    assert played.dialogues

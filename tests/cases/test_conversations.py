"""The written conversations of `conversations/`, each one a test (`tests.cases.talking` tells how they are written).

With REWRITE=1 they are written anew as they are played: to be read before they are kept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cases.stage import Stage
from tests.cases.talking import TITLE, Conversation, Talk, load

FILES = sorted((Path(__file__).parent / "conversations").glob("*.txt"))
WRITTEN = [(path, conversation) for path in FILES for conversation in load(path)]


@pytest.mark.parametrize(
    ("path", "conversation"), WRITTEN, ids=[f"{path.stem}: {written.title}" for path, written in WRITTEN]
)
def test_a_conversation_goes_as_written(stage: Stage, path: Path, conversation: Conversation) -> None:
    played = Talk(stage).play(conversation)
    if os.environ.get("REWRITE"):
        before, after = ("\n".join([TITLE + conversation.title, *lines]) for lines in (conversation.lines, played))
        path.write_text(path.read_text().replace(before, after))
        return
    assert played == list(conversation.lines)

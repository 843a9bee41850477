"""Written dialogues: what may stand in a file, what a difference reads like, and that every mistake has its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from menus import networks, script
from menus.marked import Mistakes
from menus.networks import Network
from menus.script import Refused

ECHO = """\
# What is typed comes back.
today 2026-11-23
given a phone  with blanks

dial
    CON Say something.

press 1 2
    CON 2
type  two  words
    CON  two  words
again
"""


class Echo:
    """A player that shows what was typed; `done` is everything that it was told to do."""

    def __init__(self, done: list[str]) -> None:
        self.done = done
        self.screen = ""

    def today(self, day: date) -> None:
        self.done.append(f"today {day:%d.%m.%Y}")

    def given(self, what: str) -> None:
        if what == "nonsense":
            raise Refused("nobody knows what that is")
        self.done.append(f"given {what}")

    def network(self, network: Network) -> None:
        self.done.append(f"network {network.code}")

    def dial(self, dialled: str) -> str:
        return self.shows(f"dial {dialled}".strip(), "CON Say something.")

    def type(self, typed: str) -> str:
        if not self.screen:
            raise Refused("dial first")
        return self.shows(f"type {typed}", f"CON {typed}" if typed != "pages" else "CON one\n\nthree")

    def again(self) -> str:
        return self.shows("again", f"{self.screen}!" if self.screen == "CON odd" else self.screen)

    def drop(self) -> None:
        self.screen = ""
        self.done.append("drop")

    def shows(self, done: str, screen: str) -> str:
        self.done.append(done)
        self.screen = screen
        return screen


def play(source: str) -> tuple[script.Played, list[list[str]]]:
    players: list[list[str]] = []

    def begin() -> Echo:
        players.append([])
        return Echo(players[-1])

    return script.replay(script.parse(source, "echo.txt"), begin), players


def mistakes(source: str) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        script.parse(source, "echo.txt")
    return [str(problem) for problem in caught.value.problems]


# What may stand in a file


def test_commands_are_carried_out_in_their_order_and_the_screens_that_are_written_are_compared() -> None:
    played, [done] = play(ECHO)

    assert done == [
        "today 23.11.2026", "given a phone  with blanks", "dial", "type 1", "type 2", "type  two  words", "again",
    ]  # fmt: skip
    assert (played.dialogues, played.differences, played.problems) == (1, [], [])
    assert played.screens == 4  # the one that comes again must be the same


def test_a_screen_that_is_not_written_is_not_compared() -> None:
    played, _ = play("dial\npress 1\n")
    assert (played.screens, played.differences) == (0, [])


def test_each_dialogue_has_a_player_of_its_own_and_the_day_goes_on() -> None:
    played, players = play("today 2026-11-23\ndial\n---\ndial *384*123*1014#\n---\ntoday 2026-12-01\ndial\n---\ndial\n")

    assert played.dialogues == 4
    assert players == [
        ["today 23.11.2026", "dial"],
        ["today 23.11.2026", "dial *384*123*1014#"],
        ["today 23.11.2026", "today 01.12.2026", "dial"],
        ["today 01.12.2026", "dial"],
    ]


def test_an_answer_may_be_empty_and_a_network_may_be_lost_and_changed() -> None:
    _, [done] = play("dial\ntype\n    CON \nnetwork AIRTEL\ndrop\n")
    assert done == ["dial", "type ", f"network {networks.AIRTEL.code}", "drop"]


def test_an_empty_line_inside_a_screen_belongs_to_it_and_one_below_does_not() -> None:
    played, _ = play("dial\ntype pages\n    CON one\n\n    three\n\n\n")
    assert (played.screens, played.differences) == (1, [])


# Differences


def test_a_difference_is_shown_with_its_file_its_line_and_both_screens() -> None:
    played, _ = play(ECHO.replace("CON Say something.", "CON Say it.\n    1 Now"))

    assert [str(difference) for difference in played.differences] == [
        "echo.txt:6: another screen than written\n"
        "--- as written\n+++ as shown\n@@ -1,2 +1 @@\n-CON Say it.\n-1 Now\n+CON Say something."
    ]


def test_a_hop_that_comes_again_and_gives_something_else_is_a_difference() -> None:
    played, _ = play("dial\ntype odd\nagain\n")

    [difference] = played.differences
    assert (difference.line, difference.written, difference.found) == (3, "CON odd", "CON odd!")


def test_screens_are_written_anew_where_they_stand_and_nothing_else_changes() -> None:
    wrong = ECHO.replace("CON 2", "CON two\n    and more").replace("CON Say something.", "?")
    assert wrong.count("\n") == ECHO.count("\n") + 1

    played, _ = play(wrong)

    assert len(played.differences) == 2
    assert played.source == ECHO
    assert play("dial\ntype pages\n    ?\n")[0].source == "dial\ntype pages\n    CON one\n\n    three\n"


# Mistakes


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("dail\n", "1: there is no command `dail`; did you mean `dial`?"),
        ("    CON Home\n", "1: a screen without a command before it"),
        ("dial\n---\n    CON Home\n", "3: a screen without a command before it"),
        ("dial\ndrop\n    CON Home\n", "3: `drop` shows no screen"),
        ("dial\n  CON Home\n", "2: a screen is indented by four spaces, a command by none"),
        ("dial\n\tCON Home\n", "2: a screen is indented by four spaces, a command by none"),
        ("dial\n    CON one\n# hm\n    two\n", "4: a remark stands inside this screen"),
        ("again twice\n", "1: `again` stands alone"),
        ("drop it\n", "1: `drop` stands alone"),
        ("press\n", "1: `press` what?"),
        ("given\n", "1: `given` what?"),
        ("today Monday\n", "1: expected a day such as 2026-11-23, found `Monday`"),
        ("today 2026-11-31\n", "1: expected a day such as 2026-11-23, found `2026-11-31`"),
        (
            "network Orange\n",
            "1: there is no network `Orange`: it is one of Safaricom, Airtel, Telkom, Equitel",
        ),
        ("# nothing\n\n---\n", "1: there is no dialogue in this file"),
        ("", "1: there is no dialogue in this file"),
    ],
)
def test_a_line_that_is_none_of_ours_is_refused_with_its_place(source: str, told: str) -> None:
    assert mistakes(source) == [f"echo.txt:{told}"]


def test_every_mistake_is_told_at_once() -> None:
    assert [line.split(":")[1] for line in mistakes("dail\ndial\ntoday x\n    CON\n  y\n")] == ["1", "3", "4", "5"]


def test_a_command_that_cannot_be_carried_out_ends_its_dialogue_and_the_others_go_on() -> None:
    played, players = play("dial\ngiven nonsense\npress 1\n---\npress 1\n---\ndial\npress 1\n    CON 1\n")

    assert [str(problem) for problem in played.problems] == [
        "echo.txt:2: nobody knows what that is",
        "echo.txt:5: dial first",
    ]
    assert players == [["dial"], [], ["dial", "type 1"]]
    assert played.screens == 1


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "odd.txt").write_bytes(b"dial\n    CON \xff\n")

    for name, why in (("odd.txt", "UnicodeDecodeError"), ("none.txt", "FileNotFoundError")):
        with pytest.raises(Mistakes, match=f"{name}:1: cannot be read: {why}"):
            script.load(tmp_path / name)

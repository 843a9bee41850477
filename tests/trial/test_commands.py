"""`flask menus try`: a phone in the terminal, fed through a pipe, and written dialogues, played and compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from config.settings import PROJECT
from gateway.cli import command_app
from gateway.trial.scene import STATES

DIALOGUES = PROJECT / "tests" / "menus" / "dialogues"
HOME = """\
dial
    CON Kaunti ya Kakamega, bure.
    1 Ripoti shida
    2 Maoni, pongezi
    3 Fuatilia
    4 Siri au hatari
    5 Nipigie simu
    6 Faragha, wadi
    9 English
"""


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A checkout without any setting."""
    for name in ("DATABASE_URL", "DATA_DIR", "COUNTY", "DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", "no-such-folder")
    return command_app()


def try_out(commands: Flask, *arguments: str, typed: str = "") -> Result:
    return commands.test_cli_runner().invoke(args=["menus", "try", *arguments], input=typed)


def status(done: Result) -> list[str]:
    """The lines below the screens."""
    return re.findall(r"^\w+ \| .*$", done.stdout, re.MULTILINE)


# A phone in the terminal


def test_the_screen_stands_in_a_frame_with_what_is_left_below_it(commands: Flask) -> None:
    done = try_out(commands)

    assert done.exit_code == 0
    assert "| Kaunti ya Kakamega, bure. |\n| 1 Ripoti shida            |\n" in done.stdout
    assert status(done) == ["sw | Safaricom | 130 septets, 30 left | hop 1 | 178 of 180 s left (practised) | home"]


def test_what_is_typed_into_it_files_a_report_and_the_end_of_the_input_ends_it(commands: Flask) -> None:
    done = try_out(commands, typed="1\n4\n6\n1\n1\n1\n1\n")

    assert done.exit_code == 0
    assert "| Imepokelewa: 4821 7739  " in done.stdout
    assert [line.split(" | ")[-1] for line in status(done)] == [
        "home", "place", "ward", "category", "problem", "landmark", "filed", "done",
    ]  # fmt: skip
    assert [line.split(" | ")[3] for line in status(done)] == [f"hop {hop}" for hop in range(1, 9)]
    assert "\nThe end. :dial dials again.\n" in done.stdout


def test_the_phone_may_be_of_somebody_who_returns_in_english_on_another_network(commands: Flask) -> None:
    done = try_out(commands, "--language", "en", "--ward", "1014", "--network", "airtel")

    assert "| 1 Report a problem (Shirere) |" in done.stdout
    assert status(done) == ["en | Airtel | 143 septets, 41 left | hop 1 | 178 of 180 s left (practised) | home"]


def test_a_hop_is_repeated_a_session_lost_and_taken_up_again(commands: Flask) -> None:
    done = try_out(commands, typed="1\n4\n6\n1\n:again\n:drop\n1\n:dial\n:quit\nnot read any more\n")

    assert "\nDelivered once more: the same screen.\n" in done.stdout
    assert "\nThe network has lost the session. :dial dials again.\n" in done.stdout
    assert "\nNo session is under way: dial first.\n" in done.stdout
    assert "| Ulianza ripoti, Shirere. |" in done.stdout
    assert "not read any more" not in done.stdout


def test_a_code_behind_the_service_code_leads_on(commands: Flask) -> None:
    done = try_out(commands, typed=":dial 1014\n:dial\n")
    assert [line.split(" | ")[-1] for line in status(done)] == ["home", "category", "home"]


def test_it_warns_of_what_a_network_would_not_take(commands: Flask) -> None:
    words = "w" * 83
    done = try_out(commands, typed=f"1\n4\n6\n1\n1\n4\n{words}\n:user slow\n2\n{words}\n")

    assert "\nWarning: Safaricom takes 80 letters; the last 3 are lost.\n" in done.stdout
    assert re.search(r"\nWarning: a practised user needs \d+ s .*; Safaricom cuts her off after 30 s\.\n", done.stdout)
    assert re.search(r"\nWarning: a slow user needs 1\d\d s for this answer;", done.stdout)
    assert "\nWarning: the network has ended this session after 180 s.\n" in done.stdout
    assert status(done)[-1].split(" | ")[4] == "0 of 180 s left (slow)"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (":agian", "There is no :agian; :help tells what there is."),
        (":network orange", "The networks are Safaricom, Airtel, Telkom, Equitel."),
        (":user me", "The users are practised, slow."),
        (":drop\n:drop", "There is no session to lose."),
        (":help", ":quit           so does the end of the input"),
    ],
)
def test_what_is_for_the_phone_is_explained(commands: Flask, line: str, told: str) -> None:
    done = try_out(commands, typed=f"{line}\n")
    assert done.exit_code == 0
    assert f"\n{told}\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--ward", "99"), "Error: Kakamega has no ward `99`\n"),
        (("--language", "fr"), "Error: there is no language `fr`: it is one of sw, en\n"),
        (("--network", "orange"), "Error: The networks are Safaricom, Airtel, Telkom, Equitel\n"),
        (("--rewrite",), "give --script together with FILES"),
        (("--script",), "give --script together with FILES"),
        ((str(DIALOGUES),), "give --script together with FILES"),
    ],
)
def test_an_option_that_cannot_be_is_refused_in_plain_words(
    commands: Flask, arguments: tuple[str, ...], told: str
) -> None:
    done = try_out(commands, *arguments)
    assert done.exit_code != 0
    assert told in done.stderr


# Written dialogues


def test_a_folder_of_dialogues_is_played_and_counted(commands: Flask) -> None:
    done = try_out(commands, "--script", str(DIALOGUES))

    assert done.exit_code == 0, done.stderr
    assert re.fullmatch(r"\d\d+ dialogues, \d\d\d screens: all as written\n", done.stdout)


def test_the_first_difference_of_a_file_is_shown_with_its_place(commands: Flask, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(HOME)
    (tmp_path / "two.txt").write_text(HOME.replace("3 Fuatilia", "3 Fuata") + "press 1\n    CON Nowhere\n")

    done = try_out(commands, "--script", str(tmp_path / "one.txt"), str(tmp_path / "two.txt"))

    assert done.exit_code == 1
    told = [line for line in done.stderr.splitlines() if not line.startswith("No complete settings")]
    assert told == [
        f"{tmp_path}/two.txt:2: another screen than written",
        "--- as written", "+++ as shown", "@@ -1,7 +1,7 @@",
        " CON Kaunti ya Kakamega, bure.", " 1 Ripoti shida", " 2 Maoni, pongezi", "-3 Fuata", "+3 Fuatilia",
        " 4 Siri au hatari", " 5 Nipigie simu", " 6 Faragha, wadi",
        "Error: 1 of 2 files are not as written.",
    ]  # fmt: skip


def test_screens_are_written_into_the_file_only_where_that_is_asked_for(commands: Flask, tmp_path: Path) -> None:
    path = tmp_path / "home.txt"
    path.write_text("# Home\ndial\n    ?\n")

    assert try_out(commands, "--script", str(path)).exit_code == 1
    assert path.read_text() == "# Home\ndial\n    ?\n"

    done = try_out(commands, "--script", "--rewrite", str(path))
    assert (done.exit_code, done.stdout) == (0, f"{path}: 1 screens rewritten\n1 of 1 files rewritten\n")
    assert path.read_text() == f"# Home\n{HOME}"
    assert try_out(commands, "--script", str(path)).stdout == "1 dialogues, 1 screens: all as written\n"


def test_every_mistake_in_every_file_has_its_file_and_line(commands: Flask, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("dail\n\ndial now\n")
    (tmp_path / "two.txt").write_text("today tomorrow\n")

    done = try_out(commands, "--script", str(tmp_path))

    assert done.exit_code == 1
    assert done.stderr.splitlines()[-3:] == [
        f"{tmp_path}/one.txt:1: there is no command `dail`; did you mean `dial`?",
        f"{tmp_path}/two.txt:1: expected a day such as 2026-11-23, found `tomorrow`",
        "Error: 2 mistakes",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("given returning 99", "Kakamega has no ward `99`"),
        ("given returning Shirere", "Kakamega has no ward `Shirere`"),
        ("given language fr", "there is no language `fr`: it is one of sw, en"),
        ("given retruning 1014", "nobody knows what `retruning` is; did you mean `returning`?"),
        ("given case WATRE 2026-11-02", "there is no category `WATRE`; did you mean `WATER`?"),
        ("given case WATER", "expected a day such as 2026-11-23, found ``"),
        ("given case WATER Monday", "expected a day such as 2026-11-23, found `Monday`"),
        ("given case WATER 2026-11-02 lost", f"a case is never `lost` here: it is one of {', '.join(STATES)}"),
        ("given case WATER 2026-11-02 taken then", "expected a day such as 2026-11-23, found `then`"),
        ("given draft 1014", "there is no category ``"),
        ("given draft 1014 WATER BURST", "WATER has no problem `BURST`; did you mean `BURST_PIPE`?"),
        ("given letter hello", "`given letter` needs a case before it and a text behind it"),
        ("given answered", "she is asked nothing"),
        ("given sent", "she has begun nothing"),
        ("press 1", "no session is under way: dial first"),
        ("again", "nothing was dialled yet"),
        ("dial *999#", "*999# is not the code *384*123# with something behind it"),
        ("dial *123*1014#", "*123*1014# is not the code *384*123# with something behind it"),
    ],
)
def test_a_command_that_cannot_be_carried_out_is_told_with_its_line_and_nothing_is_rewritten(
    commands: Flask, tmp_path: Path, line: str, told: str
) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text(f"# Wrong\n{line}\ndial\n    ?\n---\ndial\n    ?\n")

    done = try_out(commands, "--script", "--rewrite", str(path))

    assert done.exit_code == 1
    assert done.stderr.splitlines()[-2:] == [f"{path}:2: {told}", "Error: 1 mistake"]
    assert path.read_text().count("?") == 2

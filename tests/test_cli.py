"""The command line: checks on a bare checkout, officers, the demo's accounts; errors in plain words, never a trace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from config.county import COUNTIES
from config.settings import PROJECT, Settings
from gateway.cases.models import Case
from gateway.cli import command_app, register
from gateway.demo.accounts import PASSWORD
from gateway.installation import TREE, Installation, open_installation
from gateway.people import links, sign_ins, totp
from gateway.people.models import Audit, Officer, Role
from gateway.people.officers import check_password
from gateway.people.sign_ins import Visitor
from menus.proof.printed import FILE as PRINTED

GOOD = "correct horse battery"


@pytest.fixture
def installation(settings: Settings, db: Engine) -> Iterator[Installation]:
    opened = open_installation(settings)
    yield opened
    opened.close()


@pytest.fixture
def commands(installation: Installation) -> Flask:
    app = command_app()
    app.extensions["sikiza"] = installation
    return app


def run(app: Flask, line: str, given: str = "") -> Result:
    return app.test_cli_runner().invoke(args=line.split(" "), input=given)


def flask(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`flask …` in a shell that knows no setting, on an installation without a demo unless `environ` names one."""
    ours = {name.upper() for name in Settings.model_fields} | {"FLASK_APP", "FLASK_RUN_FROM_CLI"}
    bare = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments], cwd=PROJECT, env={**bare, "DATA_DIR": "no-such-folder", **environ},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def officers(engine: Engine) -> list[Officer]:
    with Session(engine) as session:
        return list(session.scalars(select(Officer).order_by(Officer.id)))


# Checks


def test_menus_check_needs_no_settings_and_prints_the_tables() -> None:
    done = flask("menus", "check")

    assert done.returncode == 0
    assert re.search(r"^home +1\d\d +\d+ +1\d\d +\d+$", done.stdout, re.MULTILINE)
    assert re.search(r"^not_ours +\d+ +\d+ +\d+ +\d+$", done.stdout, re.MULTILINE)
    assert re.search(r"^place +\d\d +\d\d! \d+ +\d\d +\d\d! \d+$", done.stdout, re.MULTILINE)
    assert re.search(r"^landmark_typed +\d\d +\d +\d\d +\d$", done.stdout, re.MULTILINE)
    told = "files in five hops, somebody who joins an incident in five, a first-time reporter in seven"
    assert f" A returning reporter {told}. " in " ".join(done.stdout.split())
    assert re.fullmatch(r"Kakamega: \d+ screens and \d+ SMS in sw, en: all is well\.", done.stdout.splitlines()[-1])
    assert done.stderr == "No complete settings here: checked with *384*123# and 22123.\n"


def test_the_tables_of_menus_check_fit_into_a_hundred_columns_and_show_every_way() -> None:
    lines = flask("menus", "check").stdout.splitlines()

    assert max(len(line) for line in lines) <= 100
    for head, keys in (
        ("A first-time reporter, sw", "1 1 1 1 1"), ("A first-time reporter, en", "9 1 1 1 1 1"),
        ("A returning reporter, sw", "1 1 1"), ("A returning reporter, en", "1 1 1"),
    ):  # fmt: skip
        at = next(number for number, line in enumerate(lines) if line.startswith(head))
        ways = [line.split("  ")[1].split()[0] for line in lines[at + 2 : at + 11]]
        assert lines[at + 2].startswith(f"  landmark        {keys} ")
        assert set(ways) == {
            "landmark", "landmark_typed", "referral", "about", "rating", "bribe", "staff", "staff_ombudsman", "safe",
        }  # fmt: skip


def test_menus_check_proves_the_county_that_the_settings_name(tmp_path: Path) -> None:
    shutil.copytree(COUNTIES / "kakamega", tmp_path / "other")
    county = tmp_path / "other" / "county.yml"
    county.write_text(county.read_text().replace("name: Kakamega", "name: Kakamega Kati"))

    done = flask("menus", "check", COUNTY=str(tmp_path / "other"))

    assert done.returncode == 1
    assert "screen `home` (line " in done.stderr
    assert "CON Retry. Kakamega Kati County, free.\n" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def own_tree(tmp_path: Path) -> Path:
    """The tree of a county that has its own, with the record of its posters beside it."""
    county = tmp_path / "other"
    shutil.copytree(COUNTIES / "kakamega", county)
    (county / "menus").mkdir()
    for name in (TREE.name, PRINTED):
        shutil.copy(TREE.with_name(name), county / "menus")
    return county / "menus" / TREE.name


def check_own(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return flask("menus", "check", *options, COUNTY=str(tree.parent.parent))


def test_a_key_that_stands_on_posters_changes_only_with_reprint(own_tree: Path) -> None:
    changed = own_tree.read_text().replace('{key: "3", printed: follow_up', '{key: "33", printed: follow_up')
    own_tree.write_text(changed)

    refused = check_own(own_tree)
    assert refused.returncode == 1
    assert (
        "`follow_up` stands on posters with 3; the tree now has 33: put it back, or accept it with --reprint\n"
        in refused.stderr
    )

    accepted = check_own(own_tree, "--reprint")
    assert accepted.stdout.startswith("printed.yml: follow_up: was 3 on home, is 33 on home\n\n")
    assert "stands on posters" not in accepted.stderr
    assert "stands on posters" not in check_own(own_tree).stderr
    assert check_own(own_tree, "--reprint").stdout.startswith("printed.yml: nothing on posters has changed\n\n")


def test_menus_check_of_a_language_lists_what_it_lacks(own_tree: Path) -> None:
    source = own_tree.read_text().replace("languages: [sw, en]\n", "languages: [sw, en, luy]\nfallback: {luy: sw}\n")
    own_tree.write_text(
        source.replace('text: {sw: "Wapi?", en: "Where?"}', 'text: {sw: "Wapi?", en: "Where?", luy: "Ena?"}')
    )

    done = check_own(own_tree, "--language", "luy")

    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert re.search(r"^the tree, line \d+: Tunasikiliza\.$", done.stdout, re.MULTILINE)
    assert "Wapi?" not in done.stdout
    assert "SMS: none is written in luy\n" in done.stdout
    assert re.search(r"^the county's categories, WATER: Maji$", done.stdout, re.MULTILINE)
    assert re.fullmatch(r"luy: \d+ texts are missing; sw stands in\.", done.stdout.splitlines()[-1])


def test_a_language_that_lacks_nothing_is_told_so_and_one_that_the_tree_has_not_is_refused() -> None:
    whole, unknown = flask("menus", "check", "--language", "en"), flask("menus", "check", "--language", "luy")

    assert (whole.returncode, whole.stdout) == (0, "en: nothing is missing.\n")
    assert unknown.returncode == 2
    assert "the tree has sw, en; put `luy` into its `languages` and `fallback` first." in unknown.stderr


def test_menus_graph_prints_a_flowchart_and_nothing_else() -> None:
    done = flask("menus", "graph")

    assert done.returncode == 0
    assert done.stdout.startswith('flowchart TD\n    s_home["home<br/>choose"]\n')
    assert done.stdout == flask("menus", "graph").stdout


def test_county_check_of_a_right_folder_says_what_is_in_it() -> None:
    done = flask("county", "check", "kakamega")

    told = "Kakamega: 12 sub-counties, 60 wards, 24 categories, 11 departments: all is well.\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, told, "")


def test_county_check_lists_every_mistake_with_its_file_and_line(tmp_path: Path) -> None:
    shutil.copytree(COUNTIES / "kakamega", tmp_path / "other")
    for name, old, new in (("county", "code: 37", "code: 48"), ("charter", "48 hours", "48 hrs")):
        path = tmp_path / "other" / f"{name}.yml"
        path.write_text(path.read_text().replace(old, new))

    done = flask("county", "check", str(tmp_path / "other"))

    charter, county, total = done.stderr.splitlines()
    assert done.returncode == 1
    assert charter.startswith("other/charter.yml:7: expected a number and a unit")
    assert county == "other/county.yml:4: expected a whole number from 1 to 47, found `48`"
    assert total == "Error: 2 mistakes"


def test_county_check_of_a_folder_that_does_not_exist_suggests_one() -> None:
    done = flask("county", "check", "kakamga")

    assert done.returncode == 1
    assert done.stderr == "kakamga:1: there is no such county folder; did you mean `kakamega`?\nError: 1 mistake\n"


# Settings and database


def test_without_settings_the_other_commands_list_what_is_missing() -> None:
    done = flask("demo", "accounts")

    assert done.returncode == 1
    assert "DATABASE_URL is missing" in done.stderr
    assert "run script/server once" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_database_the_demo_says_so(settings: Settings) -> None:
    app = command_app()
    away = settings.model_copy(update={"database_url": "postgresql+psycopg://nobody@127.0.0.1:9/none"})
    app.extensions["sikiza"] = open_installation(away)

    done = run(app, "demo accounts")

    assert done.exit_code == 1
    assert done.output == "Error: The database does not answer. For the demo, start script/server first.\n"


def test_the_whole_application_has_the_commands_too() -> None:
    app = Flask("whole")

    register(app)

    assert {"menus", "county", "officers", "demo"} <= set(app.cli.commands)


# Officers


def test_an_officer_is_added_with_a_password_typed_twice_that_works(commands: Flask, db: Engine) -> None:
    done = run(commands, "officers add rose@kakamega.example --name Rose --role ward --ward 1014", f"{GOOD}\n{GOOD}\n")

    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "Added rose@kakamega.example."
    assert GOOD not in done.output
    [officer] = officers(db)
    assert (officer.name, *officer.roles, *officer.wards, officer.active) == ("Rose", Role.WARD, 1014, True)
    assert check_password(db, "rose@kakamega.example", GOOD) is not None


def test_a_chief_officer_is_added_with_her_department(commands: Flask, db: Engine) -> None:
    line = "officers add faith@kakamega.example --name Faith --role chief-officer --department water --password-stdin"

    done = run(commands, line, f"{GOOD}\n")

    assert (done.exit_code, done.output) == (0, "Added faith@kakamega.example.\n")
    [officer] = officers(db)
    assert (*officer.roles, *officer.departments) == (Role.CHIEF_OFFICER, "water")


def test_a_password_can_come_from_standard_input(commands: Flask, db: Engine) -> None:
    line = "officers add amos@kakamega.example --name Amos --role sub-county --sub-county 202 --password-stdin"

    done = run(commands, line, f"{GOOD}\n")

    assert (done.exit_code, done.output) == (0, "Added amos@kakamega.example.\n")
    assert check_password(db, "amos@kakamega.example", GOOD) is not None


@pytest.mark.parametrize(
    ("line", "given", "told"),
    [
        ("--role ward --ward 1014 --password-stdin", "too-short\n", "A password has 12 to 200 letters."),
        ("--role ward --ward 1014 --password-stdin", "", "A password has 12 to 200 letters."),
        ("--role ward --password-stdin", f"{GOOD}\n", "An officer with the role ward has a ward and nothing else."),
        ("--role ward --ward 47 --password-stdin", f"{GOOD}\n", "Kakamega has no ward 47."),
        ("--role sub-county --sub-county 1 --password-stdin", f"{GOOD}\n", "Kakamega has no sub-county 1."),
        ("--role chief-officer --password-stdin", f"{GOOD}\n", "has a department and nothing else."),
        ("--role auditor --ward 1014 --password-stdin", f"{GOOD}\n", "has no ward, sub-county or department."),
        ("--role department --department wter --password-stdin", f"{GOOD}\n", "Kakamega has the departments water, "),
        ("--role governor --password-stdin", f"{GOOD}\n", "'governor' is not one of 'ward'"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_plain_words(
    commands: Flask, db: Engine, line: str, given: str, told: str
) -> None:
    done = run(commands, f"officers add rose@kakamega.example --name Rose {line}", given)

    assert done.exit_code != 0
    assert told in done.output
    assert officers(db) == []


def test_the_same_address_is_refused_in_any_case(commands: Flask, db: Engine) -> None:
    line = "officers add {} --name Rose --role hotline --password-stdin"
    run(commands, line.format("rose@kakamega.example"), f"{GOOD}\n")

    done = run(commands, line.format("Rose@Kakamega.Example"), f"{GOOD}\n")

    assert done.output == "Error: There is an officer with this e-mail address already.\n"
    assert len(officers(db)) == 1


def test_a_new_password_ends_the_old_one_and_every_sign_in(commands: Flask, db: Engine) -> None:
    run(commands, "officers add rose@kakamega.example --name Rose --role hotline --password-stdin", f"{GOOD}\n")
    token = sign_in(db)

    done = run(commands, "officers password Rose@kakamega.example", "nyekundu-nyeupe\nnyekundu-nyeupe\n")

    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "New password for rose@kakamega.example; every sign-in has ended."
    assert "nyekundu" not in done.output
    assert check_password(db, "rose@kakamega.example", GOOD) is None
    assert check_password(db, "rose@kakamega.example", "nyekundu-nyeupe") is not None
    assert sign_ins.find(db, token) is None
    assert audited(db) == ["officer_added", "password_changed"]


def sign_in(engine: Engine) -> str:
    """The only officer, in some browser; the token of her sign-in."""
    with Session(engine) as session, session.begin():
        return sign_ins.begin(session, session.scalars(select(Officer.id)).one(), Visitor())


def audited(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(Audit.name).order_by(Audit.id)))


def test_a_link_is_printed_with_which_an_officer_gives_herself_a_password(commands: Flask, db: Engine) -> None:
    run(commands, "officers add rose@kakamega.example --name Rose --role hotline --password-stdin", f"{GOOD}\n")

    done = run(commands, "officers link Rose@kakamega.example")

    address, _, token = done.output.strip().rpartition("/")
    assert (done.exit_code, address) == (0, "http://127.0.0.1:8000/sign-in/link")
    with Session(db) as session:
        invited = links.whose(session, token)
    assert invited
    assert invited.email == "rose@kakamega.example"
    assert audited(db) == ["officer_added", "link_made"]


def test_an_authenticator_that_is_lost_is_taken_off_and_every_sign_in_ends(commands: Flask, db: Engine) -> None:
    run(commands, "officers add rose@kakamega.example --name Rose --role ombudsman --password-stdin", f"{GOOD}\n")
    token, vault = sign_in(db), commands.extensions["sikiza"].office.vault
    with Session(db) as session, session.begin():
        totp.turn_on(session, vault, session.scalars(select(Officer.id)).one(), totp.new_secret(), 1)

    done = run(commands, "officers reset-totp Rose@kakamega.example")

    told = "rose@kakamega.example has no authenticator any more; every sign-in has ended.\n"
    assert (done.exit_code, done.output) == (0, told)
    assert sign_ins.find(db, token) is None
    assert audited(db) == ["officer_added", "totp_removed"]
    with Session(db) as session:
        assert session.scalar(select(Officer.totp_sealed)) is None


@pytest.mark.parametrize("command", ["link", "reset-totp"])
def test_of_nobody_no_link_and_no_authenticator_is_known(commands: Flask, db: Engine, command: str) -> None:
    done = run(commands, f"officers {command} nobody@kakamega.example")

    assert (done.exit_code, done.output) == (1, "Error: There is no officer with this e-mail address.\n")


@pytest.mark.parametrize(
    ("email", "given", "told"),
    [
        ("nobody@kakamega.example", f"{GOOD}!\n", "There is no officer with this e-mail address."),
        ("rose@kakamega.example", "too-short\n", "A password has 12 to 200 letters."),
    ],
)
def test_a_password_that_cannot_be_changed_stays_and_why_is_said(
    commands: Flask, db: Engine, email: str, given: str, told: str
) -> None:
    run(commands, "officers add rose@kakamega.example --name Rose --role hotline --password-stdin", f"{GOOD}\n")

    done = run(commands, f"officers password {email} --password-stdin", given)

    assert (done.exit_code, done.output) == (1, f"Error: {told}\n")
    assert check_password(db, "rose@kakamega.example", GOOD) is not None


# The demo


def test_the_demo_has_one_account_per_role_however_often_it_starts(commands: Flask, db: Engine) -> None:
    first = run(commands, "demo accounts")

    assert first.exit_code == 0
    assert [line.split()[:2] for line in first.output.splitlines()] == [
        [f"{login}@demo.example", PASSWORD]
        for login in (
            "ward-1014", "sub-county-202", "department-water", "ombudsman", "hotline", "chief-water", "secretary",
            "auditor", "county",
        )
    ]  # fmt: skip
    assert run(commands, "demo accounts").output == first.output
    made = officers(db)
    [held, *others] = zip(*(officer.posts for officer in made), strict=True)  # one post each
    assert others == []
    assert [post.role for post in held] == [
        Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.OMBUDSMAN, Role.HOTLINE, Role.CHIEF_OFFICER,
        Role.COUNTY_SECRETARY, Role.AUDITOR, Role.COUNTY,
    ]  # fmt: skip
    assert {post.role for post in held} == set(Role)
    places = {post.role: (post.ward_code, post.sub_county_code, post.department) for post in held}
    assert {role: place for role, place in places.items() if any(place)} == {
        Role.WARD: (1014, None, None),
        Role.SUB_COUNTY: (None, 202, None),
        Role.DEPARTMENT: (None, None, "water"),
        Role.CHIEF_OFFICER: (None, None, "water"),
    }
    assert all(check_password(db, officer.email, PASSWORD) for officer in made)


def test_outside_the_demo_no_account_has_a_known_password(commands: Flask, db: Engine) -> None:
    real = commands.extensions["sikiza"].settings.model_copy(update={"demo": False})
    commands.extensions["sikiza"] = replace(commands.extensions["sikiza"], settings=real)

    for line in ("demo accounts", "demo fill --cases 5"):
        done = run(commands, line)
        assert done.exit_code == 1
        assert "they exist in the demo only (DEMO=1)" in done.output
    assert officers(db) == []


def test_demo_fill_adds_as_many_cases_as_were_asked_for(commands: Flask, db: Engine) -> None:
    done = run(commands, "demo fill --cases 25 --seed 3")

    assert (done.exit_code, done.stdout) == (0, "25 cases added (seed 3).\n")
    with Session(db) as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 25


def test_menus_check_lists_the_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    county = tmp_path / "kakamega"
    shutil.copytree(PROJECT / "config" / "counties" / "kakamega", county)
    (county / "menus").mkdir()
    for file, old, new in (
        ("trees/feedback.yml", "start: home", "start: hom"),
        ("texts/sms.yml", "{hotline}", "{hotlin}"),
    ):
        source = (PROJECT / "menus" / file).read_text(encoding="utf-8").replace(old, new, 1)
        (county / "menus" / Path(file).name).write_text(source, encoding="utf-8")
    (county / "charter.yml").write_text("nothing: known\n", encoding="utf-8")
    done = flask("menus", "check", COUNTY=str(county))
    assert done.returncode == 1
    told = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert {"feedback.yml", "sms.yml", "kakamega/charter.yml"} <= set(told)

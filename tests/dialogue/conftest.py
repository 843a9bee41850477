"""The fixtures of the callbacks: sessions are begun over HTTP, as everywhere."""

from __future__ import annotations

from tests.callbacks.conftest import app_without_redis, cache, dead_port, gateway, installation, later

__all__ = ["app_without_redis", "cache", "dead_port", "gateway", "installation", "later"]

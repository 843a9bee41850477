"""The figures that Prometheus reads at /metrics: counts of what passed the edges. No label carries personal data."""

from __future__ import annotations

import os

from prometheus_client import REGISTRY, CollectorRegistry, Counter, generate_latest, multiprocess

USSD_REPLIES = Counter("sikiza_ussd_replies", "Answers to USSD callbacks", ["kind"])
USSD_CON = USSD_REPLIES.labels("con")
USSD_END = USSD_REPLIES.labels("end")
USSD_FAILED = USSD_REPLIES.labels("failed")
SMS_RECEIVED = Counter("sikiza_sms_received", "Texts that were stored")
SMS_SENT = Counter("sikiza_sms_sent", "Texts handed to the provider", ["outcome"])


def exposition() -> bytes:
    """All figures as Prometheus reads them: of every process that shares PROMETHEUS_MULTIPROC_DIR, else of this one."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)

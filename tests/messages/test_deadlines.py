"""How long a send may take, and whom it talks to, whatever the network does."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.messages.africastalking import Sender
from gateway.messages.failures import SmsHalted, SmsRetryable
from gateway.phone.provider import Provider
from tests.messages.canned import KEY, Canned, eventually, failure_of, sending


@pytest.mark.parametrize("mode", ["drip", "drip_body"])
def test_a_server_that_drips_a_byte_a_second_is_left_at_the_deadline(provider: Provider, mode: str) -> None:
    provider.mode = mode
    began = time.monotonic()
    failure = failure_of(Sender("sikiza", KEY, provider.url, deadline=1.5))
    assert abs(time.monotonic() - began - 1.5) < 0.5
    assert failure.code == "deadline"
    assert eventually(lambda: not sending(), seconds=1.0)


def test_nobody_listening_means_try_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    failure = failure_of(Sender("sikiza", KEY, f"http://127.0.0.1:{port}"))
    assert (type(failure), failure.code) == (SmsRetryable, "connect")


def test_a_host_that_cannot_be_looked_up_in_time_is_left_and_nothing_is_sent_later(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, look_up = threading.Event(), socket.getaddrinfo

    def slow_look_up(*args: Any, **kwargs: Any) -> Any:
        answered.wait(10)
        return look_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow_look_up)
    began = time.monotonic()
    failure = failure_of(Sender("sikiza", KEY, provider.url, deadline=0.5))
    assert time.monotonic() - began < 1.0
    assert (type(failure), failure.code) == (SmsRetryable, "connect")
    answered.set()
    assert eventually(lambda: not sending())
    assert provider.requests == 0


def test_a_server_that_never_shakes_hands_means_try_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}"
        failure = failure_of(Sender("sikiza", KEY, url, deadline=0.5))
    assert (type(failure), failure.code) == (SmsRetryable, "connect")
    assert eventually(lambda: not sending())


def test_a_server_that_is_not_who_it_says_gets_no_key(canned: Canned, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "server.pem"))
    canned.socket = context.wrap_socket(canned.socket, server_side=True, do_handshake_on_connect=False)
    failure = failure_of(Sender("sikiza", KEY, canned.url.replace("http:", "https:"), deadline=5))
    assert (type(failure), failure.code) == (SmsHalted, "certificate")
    assert canned.told == b""


def self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    ).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem))
    return path


def test_a_redirect_reaches_nobody(provider: Provider, sender: Sender) -> None:
    with Provider() as stranger:
        provider.mode, provider.redirect_to = "redirect", stranger.url + "/version1/messaging"
        assert failure_of(sender).code == "redirect"
        assert (stranger.requests, stranger.last_headers) == (0, {})

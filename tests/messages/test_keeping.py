"""One connection for sends that follow each other closely, and another one wherever that could put an SMS in doubt."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.messages import connection
from gateway.messages.africastalking import Outcome, Sender
from gateway.messages.failures import SmsFailure, SmsHalted, SmsRetryable, SmsUnknown
from tests.messages.canned import KEY, NUMBER, TEXT, eventually

GOOD = json.dumps({"SMSMessageData": {"Message": "", "Recipients": [{"number": NUMBER, "statusCode": 102}]}}).encode()


def says(body: bytes = GOOD, head: str = "HTTP/1.1 201 Created", more: str = "") -> bytes:
    return f"{head}\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Counting:
    """Says the next of `answers` to each request, and counts connections; None: hangs up without an answer.

    Behind an answer, `hangs_up` closes the connection, and `adds` is said without having been asked.
    """

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.connections = self.requests = 0
        self.hangs_up, self.adds = False, b""
        self.open = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._server.accept()
            except OSError:
                return
            self.connections, self.open = self.connections + 1, self.open + 1
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        read = b""
        with caller:
            while some := caller.recv(65536):
                read += some
                head, found, body = read.partition(b"\r\n\r\n")
                length = re.search(rb"Content-Length: (\d+)", head)
                if not found or not length or len(body) < int(length[1]):
                    continue
                self.requests, read = self.requests + 1, b""
                answer = self.answers.pop(0) if self.answers else says()
                if answer is None:
                    break
                caller.sendall(answer + self.adds)
                if self.hangs_up:
                    break
        self.open -= 1


@pytest.fixture
def server() -> Iterator[Counting]:
    counting = Counting()
    yield counting
    counting.close()


@pytest.fixture
def sender(server: Counting) -> Sender:
    return Sender("sikiza", KEY, server.url, deadline=5)


def test_sends_that_follow_each_other_share_one_connection_which_is_closed_with_the_line(
    server: Counting, sender: Sender
) -> None:
    with sender.line() as line:
        for _ in range(5):
            assert line.send(TEXT, [NUMBER], None)[NUMBER].outcome is Outcome.ACCEPTED
        assert (server.connections, server.requests, server.open) == (1, 5, 1)
    assert eventually(lambda: server.open == 0)


def test_a_send_by_itself_leaves_no_connection_open(server: Counting, sender: Sender) -> None:
    for _ in range(3):
        sender.send(TEXT, [NUMBER], None)
    assert server.connections == 3
    assert eventually(lambda: server.open == 0)


def test_after_a_pause_the_next_send_has_its_own(
    server: Counting, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "KEEP_SECONDS", -1.0)
    with sender.line() as line:
        for _ in range(3):
            line.send(TEXT, [NUMBER], None)
    assert server.connections == 3


@pytest.mark.parametrize("more", ["Connection: close\r\n", "connection: CLOSE\r\n"])
def test_a_server_that_wants_to_hang_up_is_not_asked_again_on_that_line(
    server: Counting, sender: Sender, more: str
) -> None:
    server.answers = [says(more=more), says(head="HTTP/1.0 200 OK")]
    with sender.line() as line:
        for _ in range(3):
            assert line.send(TEXT, [NUMBER], None)[NUMBER].outcome is Outcome.ACCEPTED
    assert server.connections == 3


def test_a_connection_that_was_closed_while_it_rested_costs_nothing(server: Counting, sender: Sender) -> None:
    server.hangs_up = True
    with sender.line() as line:
        for count in range(1, 4):
            line.send(TEXT, [NUMBER], None)
            assert eventually(lambda: server.open == 0)
            assert (server.connections, server.requests) == (count, count)


def test_a_connection_on_which_something_was_said_that_nobody_asked_for_is_not_trusted(
    server: Counting, sender: Sender
) -> None:
    server.adds = says(b"{}")
    with sender.line() as line:
        for _ in range(3):
            assert line.send(TEXT, [NUMBER], None)[NUMBER].outcome is Outcome.ACCEPTED


def test_a_line_that_breaks_when_the_bytes_have_left_leaves_the_sms_unknown_and_the_next_goes_on(
    server: Counting, sender: Sender
) -> None:
    server.answers = [says(), None]
    with sender.line() as line:
        line.send(TEXT, [NUMBER], None)
        with pytest.raises(SmsUnknown) as broken:
            line.send(TEXT, [NUMBER], None)
        assert broken.value.code == "dropped"
        assert line.send(TEXT, [NUMBER], None)[NUMBER].outcome is Outcome.ACCEPTED
    assert (server.connections, server.requests) == (2, 3)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says(b"no", "HTTP/1.1 500 Oh"), SmsRetryable),
        (says(b"no", "HTTP/1.1 401 No"), SmsHalted),
        (says(b" " * 70_000), SmsUnknown),
        (b"\x16\x03\x01 not HTTP\r\n\r\n", SmsUnknown),
    ],
)
def test_after_anything_but_a_clean_answer_the_next_send_has_its_own(
    server: Counting, sender: Sender, answer: bytes, kind: type[SmsFailure]
) -> None:
    server.answers = [says(), answer]
    with sender.line() as line:
        line.send(TEXT, [NUMBER], None)
        with pytest.raises(kind):
            line.send(TEXT, [NUMBER], None)
        line.send(TEXT, [NUMBER], None)
    assert (server.connections, server.requests) == (2, 3)


def test_lines_of_one_sender_are_independent_of_each_other(server: Counting, sender: Sender) -> None:
    def send(_: int) -> int:
        with sender.line() as line:
            return sum(len(line.send(TEXT, [NUMBER], None)) for _ in range(5))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(send, range(6))) == 30
    assert (server.connections, server.requests) == (6, 30)

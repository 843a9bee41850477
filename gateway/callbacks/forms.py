"""The body of a callback: read once, bounded, parsed once; whatever cannot be understood is None, never an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO
from urllib.parse import unquote_plus

from flask import Request

MAX_BODY = 64 * 1024
"""Bytes. The longest honest callback, an end event with all of a session's input, has a few thousand."""
MAX_FIELDS = 40


def read_form(request: Request) -> Mapping[str, str] | None:
    """The fields of the body as `form_of` has them; None also for a body that is too long, or breaks off."""
    body, whole = read_body(request)
    return form_of(request, body) if whole else None


def read_body(request: Request) -> tuple[bytes, bool]:
    """The first MAX_BODY bytes of the body, and whether they are all of it. For a body without an end: none."""
    environ = request.environ
    length = environ.get("CONTENT_LENGTH", "")
    if length.isdigit():
        body: bytes = environ["wsgi.input"].read(min(int(length), MAX_BODY))
        return body, len(body) == int(length)
    if length or not (environ.get("wsgi.input_terminated") or environ.get("HTTP_TRANSFER_ENCODING") == "chunked"):
        return b"", False
    return _read_to_the_end(environ["wsgi.input"])


def _read_to_the_end(stream: IO[bytes]) -> tuple[bytes, bool]:
    """Of a chunked body; a read may give less than was asked for, and gives nothing at the end."""
    body = b""
    while len(body) <= MAX_BODY and (part := stream.read(MAX_BODY + 1 - len(body))):
        body += part
    return body[:MAX_BODY], 0 < len(body) <= MAX_BODY


def form_of(request: Request, read: bytes) -> Mapping[str, str] | None:
    """The fields of a form-encoded body, each given once; None where it is anything else.

    Invalid UTF-8 becomes U+FFFD and NUL a space, which the database could not store. Parsed here because Flask's own
    `request.form` takes longer than all the rest of a menu hop.
    """
    if "json" in request.environ.get("CONTENT_TYPE", ""):
        return None
    body = read.decode("utf-8", "replace").replace("\0", " ")
    if body.count("&") > MAX_FIELDS:
        return None
    fields: dict[str, str] = {}
    for pair in body.split("&"):
        name, _, value = pair.partition("=")
        name, value = _decoded(name), _decoded(value)
        if name in fields:
            return None
        fields[name] = value
    return fields


def _decoded(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    # What nearly every field has of escapes; the whole decoding takes ten times as long.
    plain = text.replace("+", " ").replace("%2B", "+").replace("%2A", "*").replace("%23", "#")
    return plain if "%" not in plain else unquote_plus(text, errors="replace").replace("\0", " ")

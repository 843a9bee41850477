"""The body of a callback: read once, bounded, parsed once; whatever cannot be understood is None, never an error."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote_plus

from flask import Request

MAX_BODY = 64 * 1024
"""Bytes. The longest honest callback, an end event with all of a session's input, has a few thousand."""
MAX_FIELDS = 40


def read_form(request: Request) -> Mapping[str, str] | None:
    """The fields of a form-encoded body, each given once; None where it is anything else.

    Invalid UTF-8 becomes U+FFFD and NUL a space, which the database could not store. Parsed here because Flask's own
    `request.form` takes longer than all the rest of a menu hop.
    """
    environ = request.environ
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdigit() or int(length) > MAX_BODY or "json" in environ.get("CONTENT_TYPE", ""):
        return None
    body = environ["wsgi.input"].read(int(length)).decode("utf-8", "replace")
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
    if "%" in text or "+" in text:
        text = unquote_plus(text, errors="replace")
    return text.replace("\0", " ")

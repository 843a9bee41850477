"""The body of a callback: read once, bounded, parsed once; whatever cannot be understood is None, never an error."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import Request

MAX_BODY = 64 * 1024
"""Bytes. The longest honest callback, an end event with all of a session's input, has a few thousand."""
MAX_FIELDS = 40


def read_form(request: Request) -> Mapping[str, str] | None:
    """The fields of a form-encoded body, each given once; None where it is anything else.

    Invalid UTF-8 becomes U+FFFD and NUL a space, which the database could not store.
    """
    if (request.content_length or 0) > MAX_BODY:
        return None
    if "json" in (request.content_type or ""):
        return None
    body = request.stream.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        return None
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="replace"
        )
    except ValueError:
        return None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        return None
    return {name: value.replace("\0", " ") for name, value in fields.items()}

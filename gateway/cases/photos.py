"""Photos of the work: read with suspicion, made anew without anything that the phone wrote into them, kept sealed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import BoundedSemaphore

from PIL import Image, ImageOps
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from gateway.cases.desk_models import Photo
from gateway.cases.models import Case
from gateway.people.vault import Vault

MOST_BYTES = 6 * 1024 * 1024
"""Of what is sent to us. A phone's photo has three to five megabytes."""
FORMATS = ("JPEG", "PNG", "WEBP")
"""Known by their first bytes, whatever they are called."""
MOST_PIXELS = 50_000_000
"""Of a JPEG of one scan, as phones take it, which is decoded at a part of its size: no phone takes more."""
MOST_PIXELS_WHOLE = 16_000_000
"""Of the others, which are decoded as a whole."""
MOST_SCANS = 50
"""Of a progressive JPEG, which costs as much again with each: usual are ten, possible are thousands."""
LONGEST_SIDE = 1280
QUALITY = 75
AT_ONCE = 1
"""The worst that passes takes 300 MB and 1.5 seconds of a laptop while it is decoded."""
WAIT_SECONDS = 5.0
MOST_OF_LINK, MOST_OF_CASE = 3, 10

_MARKER, _SCAN, _END = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]"), b"\xff\xda", b"\xff\xd9"
"""Those of a JPEG that have a length; the others stand within a scan."""
_ROOM = BoundedSemaphore(AT_ONCE)


class Why(StrEnum):
    TOO_LARGE = "too_large"
    NO_PICTURE = "no_picture"
    TOO_MANY_PIXELS = "too_many_pixels"
    BUSY = "busy"


SENTENCES = {
    Why.TOO_LARGE: "The photo is too large: at most 6 MB.",
    Why.NO_PICTURE: "This is no photo that can be used: send a JPEG, PNG or WebP.",
    Why.TOO_MANY_PIXELS: "The photo has too many pixels: take it with a smaller size.",
    Why.BUSY: "Too many photos come in at this moment. Wait a minute and send it again.",
}


class Refused(Exception):
    """This photo cannot be taken. `str()` says why, in English; `why` is for pages in other languages."""

    def __init__(self, why: Why) -> None:
        super().__init__(SENTENCES[why])
        self.why = why


@dataclass(frozen=True)
class Picture:
    """A JPEG of our own making: pixels and nothing else."""

    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Kept:
    """One photo of a case as it is listed; `kilobytes` is what opening it costs."""

    id: int
    link_id: int | None
    at: datetime
    kilobytes: int


def read(data: bytes) -> Picture:
    """Make a photo anew: turned upright, at most 1280 pixels long, without place, time, comment or anything else.

    Hold no connection to the database meanwhile. Raises Refused.
    """
    if len(data) > MOST_BYTES:
        raise Refused(Why.TOO_LARGE)
    with _turn():
        try:
            return _made_anew(data)
        except Refused:
            raise
        except Image.DecompressionBombError:
            raise Refused(Why.TOO_MANY_PIXELS) from None
        except Exception:  # whatever a decoder stumbles over in bytes that somebody made up
            raise Refused(Why.NO_PICTURE) from None


def _made_anew(data: bytes) -> Picture:
    with Image.open(io.BytesIO(data), formats=FORMATS) as found:
        _refuse_bomb(found, data)  # before anything is decoded: only the header has been read
        found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        upright: Image.Image = found
        with suppress(KeyError, ValueError, TypeError, SyntaxError, OSError):  # what it says of itself may be nonsense
            upright = ImageOps.exif_transpose(found)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        # A new picture and not a copy: Pillow would save the comment and the XMP that hang on the one it read.
        clean = Image.new("RGB", upright.size, "white")
        seen = upright.convert("RGBA")
        clean.paste(seen, mask=seen.getchannel("A"))
    written = io.BytesIO()
    clean.save(written, "JPEG", quality=QUALITY, optimize=True)
    return Picture(written.getvalue(), *clean.size)


def _refuse_bomb(found: Image.Image, data: bytes) -> None:
    scans = _scans(data) if found.format in ("JPEG", "MPO") else 0
    most = MOST_PIXELS if scans == 1 else MOST_PIXELS_WHOLE
    if found.width * found.height > most or scans > MOST_SCANS:
        raise Refused(Why.TOO_MANY_PIXELS)


def _scans(data: bytes) -> int:
    """The scans of a JPEG up to its end, found as its decoder finds them: what else lies in a segment is no scan."""
    scans, at = 0, 2
    while (marker := _MARKER.search(data, at)) and marker[0] != _END:
        scans += marker[0] == _SCAN
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return scans


@contextmanager
def _turn() -> Iterator[None]:
    if not _ROOM.acquire(timeout=WAIT_SECONDS):
        raise Refused(Why.BUSY)
    try:
        yield
    finally:
        _ROOM.release()


def keep(
    session: Session, vault: Vault, case: Case, link_id: int, pictures: Sequence[Picture], now: datetime
) -> list[int]:
    """Keep these photos of a case, which the caller has locked, as far as there is room; the ids of those kept."""
    there = session.scalar(select(func.count()).select_from(Photo).where(Photo.case_id == case.id)) or 0
    room = max(0, min(MOST_OF_LINK, MOST_OF_CASE - there))
    ids = []
    for picture in pictures[:room]:
        values = {"width": picture.width, "height": picture.height, "taken_in_at": now}
        sealed = vault.seal_bytes(picture.jpeg)
        row = insert(Photo).values(case_id=case.id, link_id=link_id, sealed=sealed, **values).returning(Photo.id)
        ids.append(session.execute(row).scalar_one())
    return ids


def of(session: Session, case: Case) -> list[Kept]:
    """The photos of a case, oldest first."""
    size = func.length(Photo.sealed)
    query = select(Photo.id, Photo.link_id, Photo.taken_in_at, size).where(Photo.case_id == case.id)
    rows = session.execute(query.order_by(Photo.id))
    return [Kept(id, link_id, at, sealed * 3 // 4096 + 1) for id, link_id, at, sealed in rows]  # sealed: base64


def jpeg(session: Session, vault: Vault, case: Case, photo_id: int) -> bytes | None:
    """The bytes of one photo of this case; None where it has no such one."""
    sealed = session.scalar(select(Photo.sealed).where(Photo.id == photo_id, Photo.case_id == case.id))
    return vault.open_bytes(sealed) if sealed is not None else None

"""Photos as telephones and ill-meaning people send them."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import ExifTags, Image
from PIL.Image import Exif

NAIROBI = (-1.2921, 36.8219)
MARK = b"<script>alert(1)</script>"


def jpeg(
    size: tuple[int, int] = (640, 480), colour: str = "#7a8", *, exif: Exif | None = None, comment: bytes = b"",
    icc: bytes = b"", xmp: bytes = b"", progressive: bool = False,
) -> bytes:  # fmt: skip
    written = io.BytesIO()
    extra = {"comment": comment} if comment else {}
    Image.new("RGB", size, colour).save(
        written, "JPEG", exif=exif or b"", icc_profile=icc or None, xmp=xmp or None, progressive=progressive,
        **extra,
    )  # fmt: skip
    return written.getvalue()


def of_a_phone(orientation: int = 1) -> Exif:
    """What a phone writes into a photo: where, when, with what, and which side is up."""
    exif = Exif()
    exif[ExifTags.Base.Make] = "Tecno"
    exif[ExifTags.Base.Model] = "Spark 10C"
    exif[ExifTags.Base.Orientation] = orientation
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps.update({1: "S", 2: (1.0, 17.0, 31.56), 3: "E", 4: (36.0, 49.0, 18.84)})
    exif[ExifTags.IFD.GPSInfo] = gps
    return exif


def scans(width: int, height: int, times: int) -> bytes:
    """A grey progressive JPEG that goes over its pixels so often, and says nothing with it."""
    blocks = -(-width // 8) * -(-height // 8)
    tables = b"".join(b"\xff\xc4" + struct.pack(">HB16s", 20, kind, b"\1") + code for kind, code in TABLES)
    head = struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    first = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\0\0\0" + b"\0" * -(-blocks // 8)
    runs = ("0" + "1" * 14) * -(-blocks // 32767)  # each: the next 32767 blocks have nothing new
    bits = runs + "1" * (-len(runs) % 8)
    nothing = int(bits, 2).to_bytes(len(bits) // 8).replace(b"\xff", b"\xff\0")
    more = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\1\x3f\x10" + nothing
    quantities = b"\xff\xdb" + struct.pack(">HB", 67, 0) + b"\1" * 64
    return b"\xff\xd8" + quantities + b"\xff\xc2" + head + tables + first + more * (times - 1) + b"\xff\xd9"


TABLES = ((0x00, b"\0"), (0x10, b"\xe0"))
"""Of one code each: a block as bright as the last one; a run of blocks without anything."""


def other(kind: str, size: tuple[int, int] = (640, 480), mode: str = "RGBA") -> bytes:
    written = io.BytesIO()
    Image.new(mode, size).save(written, kind)
    return written.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )

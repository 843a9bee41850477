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

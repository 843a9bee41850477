"""Photos: read by content, refused where they are too much, and made anew without anything but their pixels."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from time import process_time

import pytest
from PIL import Image

from gateway.cases import photos
from gateway.cases.photos import Picture, Refused, Why
from tests.cases.pictures import MARK, bomb, jpeg, of_a_phone, other, scans


def opened(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.jpeg))


def markers(data: bytes) -> list[int]:
    """The second bytes of a JPEG's markers, up to the pixels."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        found.append(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return found


def test_where_and_with_what_it_was_taken_is_gone() -> None:
    sent = jpeg(exif=of_a_phone(), comment=MARK, icc=b"profile" * 20, xmp=b"<x:xmpmeta>GPS</x:xmpmeta>")
    before = Image.open(io.BytesIO(sent))
    assert before.getexif().get_ifd(0x8825)[2] == (1.0, 17.0, 31.56)
    picture = photos.read(sent)
    kept = opened(picture)
    assert dict(kept.getexif()) == {}
    assert not {"exif", "icc_profile", "comment", "xmp", "gps"} & set(kept.info)
    for trace in (b"Exif", b"Tecno", b"GPS", b"ICC_PROFILE", b"http://ns.adobe.com", MARK, b"profile"):
        assert trace not in picture.jpeg
    assert not {0xE1, 0xE2, 0xED, 0xFE} & set(markers(picture.jpeg)), "no EXIF, ICC, Photoshop or comment segment"


def test_it_is_turned_upright_before_that_is_forgotten() -> None:
    assert opened(photos.read(jpeg((640, 480), exif=of_a_phone(orientation=6)))).size == (480, 640)


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (1280, 20), (64, 48)])
def test_it_is_made_as_small_as_an_officer_needs(size: tuple[int, int]) -> None:
    picture = photos.read(jpeg(size))
    assert max(picture.width, picture.height) == min(1280, max(size))
    assert opened(picture).size == (picture.width, picture.height)
    assert opened(picture).format == "JPEG"


@pytest.mark.parametrize(
    "sent",
    [
        jpeg(progressive=True), other("PNG"), other("PNG", mode="P"), other("PNG", mode="I;16"),
        other("PNG", mode="LA"),
        other("WEBP"), other("JPEG", mode="CMYK"), other("JPEG", mode="L"),
    ],
)  # fmt: skip
def test_what_phones_send_becomes_a_jpeg(sent: bytes) -> None:
    picture = photos.read(sent)
    assert (opened(picture).format, opened(picture).mode) == ("JPEG", "RGB")


def test_what_shows_through_is_white() -> None:
    assert opened(photos.read(other("PNG"))).getpixel((5, 5)) == (255, 255, 255)


def test_markup_behind_a_picture_is_gone() -> None:
    assert MARK not in photos.read(jpeg() + MARK).jpeg
    assert MARK not in photos.read(jpeg(comment=MARK)).jpeg


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"x", b"<html>" + MARK, b"%PDF-1.7", b"\xff\xd8\xff", jpeg()[:300], other("GIF", mode="P"),
        other("BMP", mode="RGB"),
        other("TIFF"), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 99,
        other("PNG")[:60], b"RIFF\0\0\0\0WEBPVP8 ",
    ],
)  # fmt: skip
def test_what_is_no_photo_is_refused_whatever_it_is_called(sent: bytes) -> None:
    with pytest.raises(Refused) as refused:
        photos.read(sent)
    assert refused.value.why is Why.NO_PICTURE
    assert str(refused.value).endswith("WebP.")


@pytest.mark.parametrize("size", [(5000, 4000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_small_file_with_many_pixels_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    sent = bomb(*size)
    assert len(sent) < 200
    with pytest.raises(Refused) as refused:
        photos.read(sent)
    assert refused.value.why is Why.TOO_MANY_PIXELS


def test_a_jpeg_of_a_phone_has_more_room_since_it_is_unpacked_in_part() -> None:
    assert photos.read(jpeg((8160, 6120))).width == 1280
    for sent in (jpeg((8000, 6300)), jpeg((6000, 4000), progressive=True)):
        with pytest.raises(Refused, match="pixels"):
            photos.read(sent)


def test_a_small_file_that_goes_over_its_pixels_thousands_of_times_is_refused_before_it_is_unpacked() -> None:
    most, more = scans(4000, 4000, photos.MOST_SCANS), scans(4000, 4000, 5000)
    assert len(most) < 50_000
    assert photos.read(most).width == 1280
    before = process_time()
    with pytest.raises(Refused) as refused:
        photos.read(more)
    assert refused.value.why is Why.TOO_MANY_PIXELS
    assert process_time() - before < 1, "unpacked it takes a minute"


def test_what_looks_like_a_scan_and_lies_beside_the_pixels_is_none() -> None:
    """Phones put a small picture into a photo, and some a short film behind it."""
    scan = b"\xff\xda\0\x08" * (photos.MOST_SCANS + 1)
    assert photos.read(jpeg((6000, 4000), comment=scan) + scan).width == 1280


def test_more_than_six_megabytes_are_refused_unread() -> None:
    with pytest.raises(Refused) as refused:
        photos.read(jpeg() + b"\0" * photos.MOST_BYTES)
    assert refused.value.why is Why.TOO_LARGE


def test_while_one_is_read_the_next_waits_and_is_refused_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = jpeg((2000, 1500))
    with ThreadPoolExecutor(1) as pool:
        with photos._ROOM:
            waits = pool.submit(photos.read, sent)
            with pytest.raises(TimeoutError):
                waits.result(timeout=0.3)
        assert waits.result(timeout=10).width == 1280, "as soon as there is room"
        monkeypatch.setattr(photos, "WAIT_SECONDS", 0.05)
        with photos._ROOM, pytest.raises(Refused) as refused:
            photos.read(sent)
    assert refused.value.why is Why.BUSY
    for broken in (b"x", jpeg()[:300]):  # whatever becomes of one, there is room for the next
        with pytest.raises(Refused, match="no photo"):
            photos.read(broken)
    assert photos.read(sent)

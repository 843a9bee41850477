"""What the page of a crew's link says, in Kiswahili and English: whoever is sent to a job reads one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.cases.photos import MOST_OF_LINK, Why


@dataclass(frozen=True)
class Two:
    """The same in both languages."""

    sw: str
    en: str


LINK_OVER = Two(
    "Kiungo hiki kimekwisha. Kimejibiwa, muda wake umepita, au kimeondolewa. Uliza aliyekutumia.",
    "This link is over. It was answered, its time has passed, or it was taken back. Ask who sent it to you.",
)
"""Of every link that opens nothing, whatever the reason."""
GUESSED_TOO_OFTEN = Two(
    "Umejaribu mara nyingi mno. Subiri robo saa, kisha fungua kiungo tena.",
    "Too many tries. Wait a quarter of an hour, then open the link again.",
)
ANSWERED = Two(
    "Asante. Jibu lako limefika ofisini. Huna lingine la kufanya hapa.",
    "Thank you. The office has your answer. There is nothing more to do here.",
)


def some_kept(kept: int, sent: int) -> Two:
    """What is said where a case has no room for all of his photos."""
    return Two(
        f"Asante. Jibu lako limefika ofisini. Picha {kept} kati ya {sent} zimehifadhiwa: zilizopo zinatosha.",
        f"Thank you. The office has your answer. It kept {kept} of {sent} photos: there are enough already.",
    )


WHAT = Two("Chagua jibu moja.", "Choose one of the answers.")
TOO_MANY_PHOTOS = Two(f"Picha ni nyingi mno: mwisho {MOST_OF_LINK}.", f"Too many photos: at most {MOST_OF_LINK}.")
PHOTOS: Mapping[Why, Two] = {
    Why.TOO_LARGE: Two(
        "Picha ni kubwa mno: mwisho MB 6. Piga ndogo zaidi, au jibu bila picha.",
        "The photo is too large: at most 6 MB. Take a smaller one, or answer without.",
    ),
    Why.NO_PICTURE: Two(
        "Picha haikusomeka. Tuma picha ya JPEG, PNG au WebP, au jibu bila picha.",
        "The photo could not be read. Send a JPEG, PNG or WebP, or answer without.",
    ),
    Why.TOO_MANY_PIXELS: Two(
        "Picha ni kubwa mno. Piga ndogo zaidi, au jibu bila picha.",
        "The photo has too many pixels. Take a smaller one, or answer without.",
    ),
    Why.BUSY: Two(
        "Picha nyingi zinaingia sasa. Subiri dakika moja, kisha tuma tena.",
        "Many photos are coming in now. Wait a minute, then send again.",
    ),
}

"""What the page of a crew's link says, in Kiswahili and English: whoever is sent to a job reads one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.cases.photos import Why


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


def some_kept(kept: int, sent: int, because: Iterable[Two]) -> Two:
    """What is said where his answer was taken and not all of his photos, and why."""
    whys = list(dict.fromkeys(because))
    return Two(
        f"Asante. Jibu lako limefika ofisini. Picha {kept} kati ya {sent} zimehifadhiwa: "
        f"{', '.join(why.sw for why in whys)}.",
        f"Thank you. The office has your answer. It kept {kept} of {sent} photos: {', '.join(why.en for why in whys)}.",
    )


WHAT = Two("Chagua jibu moja.", "Choose one of the answers.")
TOO_LARGE = Two(
    "Picha ni kubwa mno: mwisho MB 6 kila moja. Tuma ndogo zaidi, au jibu bila picha.",
    "The photos are too large: at most 6 MB each. Send smaller ones, or answer without.",
)
LEFT_OUT: Mapping[Why | None, Two] = {
    None: Two("zilizopo zinatosha", "there are enough already"),
    Why.TOO_LARGE: Two("moja ni kubwa kuliko MB 6", "one is larger than 6 MB"),
    Why.NO_PICTURE: Two("moja haikusomeka", "one could not be read"),
    Why.TOO_MANY_PIXELS: Two("moja ina nukta nyingi mno", "one has too many pixels"),
    Why.BUSY: Two("nyingine nyingi zinaingia sasa hivi", "many others are coming in just now"),
}
"""Why a photo was not kept, behind the number of those that were."""

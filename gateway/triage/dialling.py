"""How to reach us, for posters and the radio: taken from the settings and the tree, so that paper says what is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.county import County, Menu, Ward
from config.settings import Channel
from config.wording import Text
from gateway.installation import Installation
from menus import tree
from menus.proof import printed

SPOKEN: Mapping[str, Mapping[str, str]] = {
    "sw": {
        "0": "sifuri", "1": "moja", "2": "mbili", "3": "tatu", "4": "nne", "5": "tano", "6": "sita", "7": "saba",
        "8": "nane", "9": "tisa", "*": "nyota", "#": "alama ya reli",
    },
    "en": {
        "0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven",
        "8": "eight", "9": "nine", "*": "star", "#": "hash",
    },
}  # fmt: skip
"""The keys of a telephone as they are said."""
FIRST_LIST = ("categories", Menu.MAIN)
"""What the screen picks from that a ward's own code begins with."""


@dataclass(frozen=True)
class Way:
    """One line of a screen: the name that we know it by, its key, and what it is called there."""

    name: str
    keys: str
    label: Text


@dataclass(frozen=True)
class HowTo:
    """`code` leads to the first screen, where `ways` stand; `ward_code` begins in the ward at once, with `subjects` to
    choose from, the last of which leads to all others; `about` is what these are called in a sentence; `short_code`
    takes texts. `ussd_free` and `sms_free`: the county pays, else the caller does."""

    code: str
    ward_code: str | None
    short_code: str
    hotline: str
    ussd_free: bool
    sms_free: bool
    ways: tuple[Way, ...]
    subjects: tuple[Way, ...]
    about: tuple[Text, ...]

    def said(self, code: str, language: str) -> str:
        """A code as it is read out: `nyota, tatu, nane, nne, …`."""
        return ", ".join(SPOKEN[language][letter] for letter in code if letter in SPOKEN[language])


def of(installation: Installation, ward: Ward | None) -> HowTo:
    settings, menu, county = installation.settings, installation.menu, installation.office.county
    code = settings.service_code
    options = [option for screen in menu.screens.values() for option in screen.options]
    labels = {option.printed: option.text.variants[-1][1] for option in options}
    ways = tuple(Way(name, one.keys, labels[name]) for name, one in printed.standing(menu).items())
    return HowTo(
        code=code,
        ward_code=f"{code.rstrip('#')}*{ward.code}#" if ward else None,
        short_code=settings.short_code,
        hotline=county.hotline,
        ussd_free=Channel.USSD not in settings.resident_pays,
        sms_free=Channel.SMS not in settings.resident_pays,
        ways=ways,
        subjects=_subjects(menu, county),
        about=tuple(one.short for one in county.menu(Menu.MAIN)),
    )


def _subjects(menu: tree.Menu, county: County) -> tuple[Way, ...]:
    """The first list of categories, and behind it what counts on: the key to all others."""
    listed = [(one.code, one.label) for one in county.menu(Menu.MAIN)]
    screens = [one for one in menu.screens.values() if one.pick and (one.pick.source, one.pick.of) == FIRST_LIST]
    options = [one for screen in screens[:1] for one in screen.options if one.key == tree.NEXT_KEY]
    listed += [("others", option.text.variants[-1][1]) for option in options]
    return tuple(Way(name, str(key), label) for key, (name, label) in enumerate(listed, start=1))

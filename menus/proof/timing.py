"""How long a practised and a slow user of a keypad phone take to read a screen and to answer it.

Measured against the tables of the dialogue that it was drawn up for, the model reads like this:

* the seconds of an answer are reading, scrolling, opening the reply box and pressing keys. They are what the idle limit
  of a network allows for; network and server come on top once per hop, the first and the last one included;
* `CON ` is on no phone: it is not read;
* a phone fills its lines of 21 letters to the last one, whatever the words, and shows six of them;
* whoever chooses from numbered lines reads as far as the line chosen; whoever types something else reads it all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SHOWN_LINES = 6
LINE_LETTERS = 21
"""The display of a basic phone."""

AIM = 20
"""Seconds in which a screen should be answered: the cautious reading of the networks' idle limits."""

LETTERS = 8
"""A name, or two short words: what must fit into the time of every screen that asks for words."""

_PREFIX = re.compile(r"\A(?:CON|END) ")


@dataclass(frozen=True)
class User:
    """Somebody with a keypad phone. Seconds, but for `reading`: letters per second.

    `network` is what one hop takes on 2G, our server included; `scroll` is per line; `reply` opens the box and sends;
    `letters_on` switches the box from digits to letters.
    """

    name: str
    network: float
    reading: float
    scroll: float
    reply: float
    digit: float
    letter: float
    letters_on: float


# Reading at about 120 and 60 words a minute and the network are estimates; letters by multitap are the 10.67 words a
# minute in Sajida (MSc thesis, Tampere 2012), and the 7.95 that it quotes from earlier data.
PRACTISED = User("practised", network=2.5, reading=12, scroll=0.4, reply=2.5, digit=0.8, letter=1.12, letters_on=1.5)
SLOW = User("slow", network=4.0, reading=6, scroll=0.7, reply=4.0, digit=1.2, letter=1.51, letters_on=3.0)
USERS = (PRACTISED, SLOW)


def answering(user: User, screen: str, typed: str) -> float:
    """Seconds from the moment that `screen` (the whole reply) shows until `typed` is sent: what the idle limit counts.

    An answer that is the number of a line is given once this line is read; any other after the whole screen.
    """
    return reading(user, _as_far_as(_PREFIX.sub("", screen), typed)) + user.reply + _keys(user, typed)


def reading(user: User, text: str) -> float:
    """Seconds to read `text`, scrolling past what the display shows at once."""
    lines = sum(max(1, -(-len(line) // LINE_LETTERS)) for line in text.split("\n"))
    return len(text) / user.reading + max(0, lines - SHOWN_LINES) * user.scroll


def letters_within(user: User, screen: str, seconds: float) -> int:
    """How many letters can be typed as an answer to `screen` before `seconds` are over."""
    left = seconds - reading(user, _PREFIX.sub("", screen)) - user.reply - user.letters_on
    return max(0, int(left / user.letter))


def _keys(user: User, typed: str) -> float:
    if typed.isascii() and typed.isdigit():
        return len(typed) * user.digit
    return user.letters_on + len(typed) * user.letter if typed else 0.0


def _as_far_as(text: str, key: str) -> str:
    """`text` to the end of the line that `key` chooses, which may stand beside another; all of it where none does."""
    found = [*re.finditer(rf"^(?:.*  )?{re.escape(key)} .*$", text, re.MULTILINE)] if key else []
    return text[: found[-1].end()] if found else text

"""How long each screen takes to answer at its worst case, against the seconds that networks wait for an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from menus.networks import NETWORKS, SHORTEST_IDLE
from menus.proof.faces import Face, Faces
from menus.proof.situations import Situations
from menus.proof.timing import LETTERS, PRACTISED, SLOW, User, answering, letters_within
from menus.tree import Kind, Menu, Screen


@dataclass(frozen=True)
class Pace:
    """The worst case of answering one screen in one language, in seconds.

    `cut_off` is the first answer that comes too late for a slow user; `letters` are what a practised and a slow user
    can type in time, where words are asked for.
    """

    screen: str
    language: str
    practised: float
    slow: float
    cut_off: str | None
    letters: tuple[int, int] | None


def paces_of(situations: Situations) -> Iterator[Pace]:
    """The pace of every screen that is answered, below its error line."""
    faces = Faces(situations, retry=True)
    for screen in situations.menu.screens.values():
        if screen.kind is not Kind.END:
            for language in situations.menu.languages:
                yield _pace(situations, faces, screen, language)


def _pace(situations: Situations, faces: Faces, screen: Screen, language: str) -> Pace:
    shown = [face for one in situations.of(screen) for face in faces.of(screen, one, language)]
    slow, face = max(((slowest(SLOW, screen, face), face) for face in shown), key=lambda found: found[0])
    practised_letters, slow_letters = (
        min(letters_within(user, one.text, SHORTEST_IDLE) for one in shown) for user in (PRACTISED, SLOW)
    )
    return Pace(
        screen=screen.id,
        language=language,
        practised=max(slowest(PRACTISED, screen, face) for face in shown),
        slow=slow,
        cut_off=next((key for key in face.keys if answering(SLOW, face.text, key) > SHORTEST_IDLE), None),
        letters=(practised_letters, slow_letters) if screen.kind is Kind.WORDS else None,
    )


def slowest(user: User, screen: Screen, face: Face) -> float:
    """Seconds of the answer that takes longest."""
    typed = (*_typed(screen), *face.keys)
    return max((answering(user, face.text, one) for one in typed), default=0.0)


def _typed(screen: Screen) -> Iterator[str]:
    """What is typed where no line is chosen."""
    if screen.kind is Kind.WORDS:
        yield "w" * LETTERS
    if screen.kind is Kind.NUMBER:
        yield "0" * screen.digits


def idle_problems(menu: Menu, paces: Sequence[Pace]) -> list[str]:
    """Screens on which even a practised user is cut off before she has answered."""
    problems = []
    for pace in paces:
        names = ", ".join(network.name for network in NETWORKS if network.idle < pace.practised)
        took = f"takes {pace.practised:.1f} s to answer"
        if pace.letters:
            took = f"can type {pace.letters[0]} letters of {LETTERS} in {SHORTEST_IDLE} s"
        if names:
            where = f"screen `{pace.screen}` (line {menu.screens[pace.screen].line})"
            problems.append(f"{where}: a practised user {took} in {pace.language}, too slow for {names}")
    return problems


def idle_notes(menu: Menu, paces: Sequence[Pace]) -> list[str]:
    """On which screens a slow user is cut off, with the first answer that comes too late for her."""
    notes = []
    for language in menu.languages:
        late = [pace for pace in paces if pace.language == language and pace.slow > SHORTEST_IDLE]
        told = ", ".join(f"{pace.screen} ({pace.cut_off or f'{LETTERS} letters'})" for pace in late)
        if late:
            notes.append(f"in {language} a slow user is cut off after {SHORTEST_IDLE} s, from this answer on: {told}")
    return notes

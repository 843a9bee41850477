"""How long every path through a tree takes from the dial, against what a session may last and a network waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from menus.networks import SESSION_SECONDS, SHORTEST_IDLE
from menus.proof.faces import Face, Faces, numbered
from menus.proof.paths import FIRST, REPORT, Answered, Caller, Path, TooManyPlaces, explore
from menus.proof.situations import Situation, Situations, named_by
from menus.proof.timing import PRACTISED, SLOW, USERS, User, answering
from menus.tree import MORE_KEY, Option

LAST = "the last line"

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class Spent:
    """Seconds from the dial to the reply that ends a path, and those of the answer on it that takes longest."""

    seconds: float
    longest: float


@dataclass(frozen=True)
class Way:
    """A path of one caller, and what each user spends on it, by her name, at the worst case of every screen.

    `first`: every list is answered with its first line; `last`: with its last one. `is_usual`: no shorter path files a
    report in this language.
    """

    caller: Caller
    path: Path
    first: Mapping[str, Spent]
    last: Mapping[str, Spent]
    is_usual: bool


@dataclass(frozen=True)
class Ways:
    """Every way, what is wrong with them, and what is worth knowing. `told`: in how many hops a report is filed."""

    ways: tuple[Way, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    told: str = ""


def prove_ways(situations: Situations, callers: Sequence[Caller]) -> Ways:
    """The ways of every caller, and every limit that they break.

    A practised user must be through in time whatever she chooses. So must a slow one who chooses first lines, by every
    way in the language that her session begins in and by the usual way in each; on the usual way no network cuts her
    off, either.
    """
    stopwatch = _Stopwatch(situations)
    ways: list[Way] = []
    problems: list[str] = []
    for caller in callers:
        try:
            ways += _ways_of(caller, explore(situations.menu, caller), stopwatch)
        except TooManyPlaces as error:
            problems.append(f"{caller.name}: {error.__doc__}")
        if caller.hops is not None and not any(_is_measured(way) for way in ways if way.caller is caller):
            problems.append(f"{caller.name} cannot file by an option that is printed as `{REPORT}`")
    problems += [problem for way in ways for problem in (*_too_many_hops(way), *_too_slow(way))]
    late = [way for way in ways if way.last[SLOW.name].seconds > SESSION_SECONDS]
    note = f"on {len(late)} of {len(ways)} ways a slow user may not be through within {SESSION_SECONDS} s: marked !"
    return Ways(tuple(ways), tuple(dict.fromkeys(problems)), (note,) if late else (), _told(ways))


def _ways_of(caller: Caller, paths: Sequence[Path], stopwatch: _Stopwatch) -> Iterator[Way]:
    fewest = {
        language: min((path.hops for path in paths if path.is_report and path.language == language), default=0)
        for language in caller.languages
    }
    for path in paths:
        is_usual = path.is_report and path.hops == fewest[path.language]
        yield Way(caller, path, stopwatch.spent(path, FIRST), stopwatch.spent(path, LAST), is_usual)


class _Stopwatch:
    """Takes the time of answers; each that many paths share, once."""

    def __init__(self, situations: Situations) -> None:
        self.situations = situations
        self.faces = Faces(situations, retry=False)
        self.known: dict[object, tuple[float, ...]] = {}
        self.shown: dict[object, list[tuple[Situation, tuple[Face, ...]]]] = {}

    def spent(self, path: Path, line: str) -> Mapping[str, Spent]:
        """By user. The network is waited for at every hop, that of the dial included."""
        found = {}
        for user in USERS:
            answers = [second for step in path.answered for second in self._seconds(user, step, line)]
            found[user.name] = Spent(sum(answers) + (len(answers) + 1) * user.network, max(answers, default=0.0))
        return found

    def _seconds(self, user: User, step: Answered, line: str) -> tuple[float, ...]:
        """What the answer of `step` takes at its worst case; on a later page of a list, one number for each page."""
        facts = step.facts & named_by(step.screen)
        choice = step.choice if isinstance(step.choice, str) else id(step.choice)
        key = (user.name, step.screen.id, facts, step.language, choice, line)
        if key not in self.known:
            # Facts that nobody thought of together: then the worst case of all, rather than none.
            shown = [*self._faces(step, facts, line)] or [*self._faces(step, None, line)]
            self.known[key] = max((self._along(user, faces, key) for faces, key in shown), key=sum, default=())
        return self.known[key]

    def _along(self, user: User, faces: tuple[Face, ...], key: str) -> tuple[float, ...]:
        pages = [number for number, face in enumerate(faces) if key in face.keys]
        page = pages[0] if pages else 0
        before = [answering(user, face.text, MORE_KEY) for face in faces[:page]]
        return (*before, answering(user, faces[page].text, key))

    def _faces(self, step: Answered, facts: frozenset[str] | None, line: str) -> Iterator[tuple[tuple[Face, ...], str]]:
        """The faces of a screen in every situation with these facts (None: any), and the key of the answer there."""
        place = (step.screen.id, facts, step.language)
        if place not in self.shown:
            situations = [one for one in self.situations.of(step.screen) if facts is None or one.facts == facts]
            self.shown[place] = [(one, self.faces.of(step.screen, one, step.language)) for one in situations]
        for situation, faces in self.shown[place]:
            key = _key(step, situation, line)
            if key:
                yield faces, key


def _key(step: Answered, situation: Situation, line: str) -> str:
    """What is typed for an answer in one situation; nothing where it cannot be given."""
    count = len(situation.items)
    if isinstance(step.choice, Option):
        options = numbered(step.screen, situation.holds, count)
        return next((key for key, option in options if option is step.choice), "")
    if step.choice == FIRST:
        return "" if not count else "1" if line == FIRST else str(count)
    return step.choice


def _too_many_hops(way: Way) -> Iterator[str]:
    most = way.caller.hops
    if most is not None and _is_measured(way) and way.path.hops > most:
        told = f"files in {_number(way.path.hops)} hops in {way.path.language}, {_number(most)} at most"
        yield f"{way.caller.name} {told}: {' '.join(way.path.typed)}"


def _too_slow(way: Way) -> Iterator[str]:
    who = f"{way.caller.name} in {way.path.language}, by {' '.join(way.path.typed)} to `{way.path.screen}`"
    for user, spent, counts in (
        (PRACTISED, way.last, True),
        (SLOW, way.first, way.is_usual or way.path.language == way.caller.facts.language),
    ):
        seconds = spent[user.name].seconds
        if counts and seconds > SESSION_SECONDS:
            yield f"{who}: a {user.name} user takes {seconds:.0f} s, a session lasts {SESSION_SECONDS}"
    longest = way.first[SLOW.name].longest
    if way.is_usual and longest > SHORTEST_IDLE:
        yield f"{who}: a slow user takes {longest:.0f} s for one answer, networks wait {SHORTEST_IDLE}"


def _is_measured(way: Way) -> bool:
    """Whether it counts for the promise of few hops: to change the language takes one more."""
    return way.is_usual and way.path.language == way.caller.facts.language


def _told(ways: Sequence[Way]) -> str:
    """`A returning reporter files in five hops, a first-time reporter in seven.`"""
    hops: dict[str, int] = {}
    for way in filter(_is_measured, ways):
        hops[way.caller.name] = max(way.path.hops, hops.get(way.caller.name, 0))
    first, *others = sorted(hops.items(), key=lambda one: one[1]) or [("", 0)]
    told = f"{first[0][:1].upper()}{first[0][1:]} files in {_number(first[1])} hops"
    return ", ".join((told, *(f"{name} in {_number(count)}" for name, count in others))) + "." if hops else ""


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)

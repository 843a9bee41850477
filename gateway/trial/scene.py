"""One phone and one rehearsed office: where written dialogues are played, and where somebody tries the menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from config.county import Category, County, Ward
from config.zone import NAIROBI
from gateway.cases import steps
from gateway.cases.desk_models import Incident
from gateway.cases.models import Case, Confirmation, Desk, Ending, Status
from gateway.dialogue.tail import tail_of
from gateway.trial import climbing
from gateway.trial.memory import Draft, Letter, Own
from gateway.trial.rehearsal import Rehearsal
from menus.engine import Catalogue
from menus.handset import Handset, NoSession
from menus.marked import did_you_mean
from menus.networks import Network
from menus.script import Refused
from menus.tree import Menu

MORNING = time(9)
"""The time of day in Nairobi at which dialogues are played."""
ENDINGS = tuple(ending.value for ending in Ending if ending is not Ending.FIXED)
STATES = ("new", "taken", "raised", "resolved", *ENDINGS, "closed")
PLANNED_AHEAD = timedelta(days=120)


class Scene:
    """Plays a dialogue as `menus.script.Player`, on the day `day`."""

    def __init__(self, county: County, menu: Menu, catalogue: Catalogue, day: date) -> None:
        self.office = Rehearsal(county, menu, _morning(day))
        self.handset = Handset(menu, catalogue, self.office)

    # The phone

    def dial(self, dialled: str) -> str:
        """The first screen of a new session; `dialled` is the whole code, or what stands behind the service code."""
        (service_code, *_) = self.handset.catalogue.slots["service_code"].values()
        if dialled.isdigit():
            dialled = f"{service_code.rstrip('#')}*{dialled}#"
        if dialled and not (dialled.startswith(service_code.rstrip("#")) and dialled.endswith("#")):
            raise Refused(f"{dialled} is not the code {service_code} with something behind it")
        return self.handset.dial(tail_of(self.handset.catalogue, service_code, dialled, "").start).text

    def type(self, typed: str) -> str:
        try:
            return self.handset.type(typed).text
        except NoSession:
            raise Refused("no session is under way: dial first") from None

    def again(self) -> str:
        try:
            return self.handset.again().text
        except NoSession:
            raise Refused("nothing was dialled yet") from None

    def drop(self) -> None:
        self.handset.drop()

    def network(self, network: Network) -> None:
        self.handset.network = network

    # What is given

    def today(self, day: date) -> None:
        self.office.now = _morning(day)

    def given(self, what: str) -> None:
        """What the office knows before she dials:

            stranger                              nothing of this phone
            returning WARD                        her ward, by its code
            language CODE                         her language
            case CATEGORY DAY [STATE [DAY]]       a report of hers: when it came in, and what became of it when
            draft WARD CATEGORY [PROBLEM]         a report that she began and did not send
            letter TEXT                           an SMS about her latest case that may not have arrived
            answered                              by SMS: whether it is fixed
            higher                                by SMS: that her latest case goes a step up
            sent                                  the report that she had begun, its time being over
            incident WARD PROBLEM [DAY] TITLES    published by an officer: `WATER/BURST_PIPE`, titles as `sw / en`
            over                                  the same, ended
            landmark WARD NAME                    put on the phone by the ward's administrator

        STATE is `new` (as without one), `taken` by the category's department, `raised` a step up as it was late,
        `resolved` so that she is asked whether it is fixed, an ending such as `cannot_now`, or `closed`. Raises
        Refused.
        """  # fmt: skip
        noun, _, rest = what.partition(" ")
        kinds: dict[str, Callable[[str], None]] = {
            "stranger": self._stranger, "returning": self._returning, "language": self._language, "case": self._case,
            "draft": self._draft, "letter": self._letter, "answered": self._answered, "higher": self._higher,
            "sent": self._sent, "incident": self._incident, "over": self._over, "landmark": self._landmark,
        }  # fmt: skip
        if noun not in kinds:
            raise Refused(f"nobody knows what `{noun}` is{did_you_mean(noun, kinds)}")
        kinds[noun](rest.strip())

    def _stranger(self, _: str) -> None:
        self.office.memory.phones.pop(self.handset.phone, None)

    def _returning(self, code: str) -> None:
        self.office.known(self.handset.phone).ward_code = self._ward(code).code

    def _language(self, code: str) -> None:
        languages = self.office.menu.languages
        if code not in languages:
            raise Refused(f"there is no language `{code}`: it is one of {', '.join(languages)}")
        self.office.known(self.handset.phone).language = code

    def _case(self, what: str) -> None:
        code, came, state, since = (*what.split(), "", "", "", "")[:4]
        category = self._category(code).code
        if state and state not in STATES:
            raise Refused(f"a case is never `{state}` here: it is one of {', '.join(STATES)}")
        known = self.office.known(self.handset.phone)
        case = self.office.new_case(category, str(known.ward_code or ""), now=_moment(came))
        own, day = Own(case, self.handset.phone), _moment(since) if since else case.desk_since
        if state == "raised":
            climbing.climb(case, self.office.county, self.office.calendar, day, asked=False)
        elif state:
            _move_on(case, state, day)
        case.desk_since = day
        self.office.memory.cases.append(own)

    def _draft(self, what: str) -> None:
        code, about, problem = (*what.split(), "", "", "")[:3]
        ward, category = self._ward(code), self._category(about)
        chosen = {"sub_county": str(ward.sub_county), "ward": str(ward.code), "category": category.code}
        if problem:
            self._check_problem(category, problem)
        draft = Draft(chosen | ({"problem": problem} if problem else {}), self.office.menu.languages[0])
        self.office.memory.drafts[self.handset.phone].append(draft)

    def _ward(self, code: str) -> Ward:
        ward = self.office.county.ward(int(code)) if code.isascii() and code.isdigit() else None
        if ward is None:
            raise Refused(f"{self.office.county.name} has no ward `{code}`")
        return ward

    def _category(self, code: str) -> Category:
        category = self.office.county.category(code)
        if category is None:
            codes = [one.code for one in self.office.county.categories]
            raise Refused(f"there is no category `{code}`{did_you_mean(code, codes)}")
        return category

    def _check_problem(self, category: Category, problem: str) -> None:
        problems = [one.code for one in category.problems]
        if problem not in problems:
            raise Refused(f"{category.code} has no problem `{problem}`{did_you_mean(problem, problems)}")

    def _letter(self, text: str) -> None:
        hers = [own.case for own in self.office.memory.cases if own.phone == self.handset.phone]
        if not hers or not text:
            raise Refused("`given letter` needs a case before it and a text behind it")
        self.office.memory.letters[self.handset.phone].append(Letter(hers[-1].reference, text))

    def _answered(self, _: str) -> None:
        asked = self.office.memory.asked(self.handset.phone)
        if asked is None:
            raise Refused("she is asked nothing")
        asked.status, asked.confirmation = Status.CLOSED, Confirmation.CONFIRMED

    def _higher(self, _: str) -> None:
        hers = [own for own in self.office.memory.cases if own.phone == self.handset.phone]
        if not hers or not steps.may_be_sent_higher(hers[-1].case, self.office.now):
            raise Refused("she has no case that goes a step up now")
        climbing.climb(hers[-1].case, self.office.county, self.office.calendar, self.office.now, asked=True)

    def _sent(self, _: str) -> None:
        if not self.office.memory.drafts.pop(self.handset.phone, None):
            raise Refused("she has begun nothing")

    def _incident(self, what: str) -> None:
        code, about, rest = (*what.split(None, 2), "", "", "")[:3]
        ward, (category, _, problem) = self._ward(code), about.partition("/")
        self._check_problem(self._category(category), problem)
        day, _, titles = rest.partition(" ") if rest[:1].isdigit() else ("", "", rest)
        words, languages = [title.strip() for title in titles.split("/")], self.office.menu.languages
        if len(words) != len(languages) or not all(words):
            raise Refused(f"expected a title for each of {', '.join(languages)}, with / in between")
        incidents = self.office.memory.incidents
        incidents.append(
            Incident(
                id=len(incidents) + 1, ward_code=ward.code, category=category, problem=problem,
                titles=dict(zip(languages, words, strict=True)), expected_on=_moment(day).date() if day else None,
            )
        )  # fmt: skip

    def _over(self, _: str) -> None:
        if not self.office.memory.incidents:
            raise Refused("nothing is published")
        self.office.memory.incidents.clear()

    def _landmark(self, what: str) -> None:
        code, _, name = what.partition(" ")
        ward = self._ward(code)
        if not name:
            raise Refused("`given landmark` needs a ward and a name")
        self.office.memory.landmarks[ward.code].append(name)


def _move_on(case: Case, state: str, day: datetime) -> None:
    if state == "taken":
        case.status, case.desk = Status.TAKEN, Desk.DEPARTMENT
    elif state == "resolved":
        case.status, case.ending, case.confirmation = Status.RESOLVED, Ending.FIXED, Confirmation.ASKED
    elif state == "closed":
        case.status = Status.CLOSED
    elif state in ENDINGS:
        case.status, case.ending = Status.RESOLVED, Ending(state)
        if case.ending is Ending.PLANNED:
            case.planned_for = (day + PLANNED_AHEAD).date()


def _moment(day: str) -> datetime:
    try:
        return _morning(date.fromisoformat(day))
    except ValueError:
        raise Refused(f"expected a day such as 2026-11-23, found `{day}`") from None


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, NAIROBI)

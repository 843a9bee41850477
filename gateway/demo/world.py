"""What every story of the demo goes by: the office, the officers, the clock on the wall, and one source of chance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random

from stdnum import damm

from config.county import Ward
from config.zone import NAIROBI
from gateway.cases.clock import local_day
from gateway.cases.models import Case, Channel, Desk
from gateway.cases.office import Office
from gateway.demo.texts import Texts
from gateway.people.models import Role
from gateway.people.presence import Seat

DAYS = 90
JUST_NOW = timedelta(minutes=15)
"""Nothing happens in the demo's stories so shortly ago: every SMS of theirs has left."""
PHONES = "+254199"
"""0199 is given to no network, so that a demo can never ring anybody; nine digits after the country's code."""
ANY_HOUR = (1, 0, 0, 0, 1, 4, 10, 13, 10, 7, 6, 6, 9, 9, 6, 6, 8, 11, 14, 15, 12, 8, 5, 2)
OFFICE_HOUR = (0, 0, 0, 0, 0, 0, 0, 0, 8, 12, 12, 9, 5, 4, 8, 8, 5, 0, 0, 0, 0, 0, 0, 0)
DAY_OF_WEEK = (12, 11, 10, 10, 11, 8, 5)


@dataclass
class Person:
    """Somebody with a phone. What is stored of her follows from her cases."""

    phone: str
    language: str
    ward: Ward


@dataclass
class World:
    office: Office
    officers: Mapping[str, int]
    """Ids by login, such as `ward-1014`."""
    now: datetime
    rng: Random
    texts: Texts
    phones: set[str] = field(default_factory=set)
    """Numbers that are taken."""
    references: set[str] = field(default_factory=set)
    """References that are taken."""
    asked: set[str] = field(default_factory=set)
    """Phones with an open question."""
    people: list[Person] = field(default_factory=list)
    _pace: dict[int, float] = field(default_factory=dict)

    # Time

    def past(self, moment: datetime) -> bool:
        """Whether it has happened by now."""
        return moment <= self.now - JUST_NOW

    def hours(self, typical: float) -> float:
        """A number of hours: mostly around `typical`, sometimes many times as much."""
        return self.rng.lognormvariate(math.log(typical), 0.9)

    def at_work(self, after: datetime, hours: float) -> datetime:
        """When `hours` of working time have passed."""
        return self.office.calendar.add_working_time(after, timedelta(hours=hours))

    def received(self, channel: Channel) -> datetime:
        """When a report comes in on this channel: within the last `DAYS`, lately more than long ago."""
        staffed = channel in (Channel.HOTLINE, Channel.PAPER)
        while True:
            age = self.rng.triangular(0, DAYS, 0) if self.rng.random() < 0.3 else self.rng.uniform(0, DAYS)
            day = local_day(self.now - timedelta(days=age))
            if self.rng.random() * max(DAY_OF_WEEK) > DAY_OF_WEEK[day.weekday()]:
                continue
            if staffed and not self.office.calendar.is_working(day):
                continue
            hour = self.rng.choices(range(24), OFFICE_HOUR if staffed else ANY_HOUR)[0]
            clock = time(hour, self.rng.randrange(60), self.rng.randrange(60))
            moment = datetime.combine(day, clock, NAIROBI)
            if self.past(moment):
                return moment

    # People

    def somebody(self, ward: Ward) -> Person:
        """A resident of `ward`: mostly somebody new, sometimes one who has reported before."""
        known = [person for person in self.people[-300:] if person.ward is ward]
        if known and self.rng.random() < 0.5:
            return self.rng.choice(known)
        return self.newcomer(ward)

    def newcomer(self, ward: Ward) -> Person:
        """A resident who has not reported before."""
        languages = self.office.county.languages
        weights = [0.74, 0.26, *[0.05] * len(languages)][: len(languages)]
        person = Person(self._new_phone(), self.rng.choices(languages, weights)[0], ward)
        self.people.append(person)
        return person

    def _new_phone(self) -> str:
        while True:
            phone = f"{PHONES}{self.rng.randrange(1_000_000):06d}"
            if phone not in self.phones:
                self.phones.add(phone)
                return phone

    def some_ward(self) -> Ward:
        """A ward, likelier the more people live there."""
        wards = self.office.county.wards
        return self.rng.choices(wards, [ward.population for ward in wards])[0]

    def pace(self, ward_code: int | None) -> float:
        """How slow the desk of this ward is; 1.0 is usual."""
        if ward_code not in self._pace:
            self._pace[ward_code or 0] = self.rng.lognormvariate(0.0, 0.35)
        return self._pace[ward_code or 0]

    def officer(self, desk: Desk, ward_code: int | None, department: str | None) -> int:
        """The officer at whose desk it is."""
        if desk is Desk.CONFIDENTIAL:
            return self.officers["ombudsman"]
        if desk is Desk.DEPARTMENT:
            return self.officers[f"department-{department}"]
        return self.officers[f"ward-{ward_code:04d}" if ward_code else "hotline"]

    def seats(self, case: Case) -> Mapping[Seat, frozenset[int]]:
        """Who there is above a case."""
        logins: Mapping[Seat, str] = {
            (Role.SUB_COUNTY, case.sub_county_code): f"sub-county-{case.sub_county_code}",
            (Role.CHIEF_OFFICER, case.department): f"chief-{case.department}",
            (Role.COUNTY_SECRETARY, None): "secretary",
        }
        return {seat: frozenset({self.officers[login]}) for seat, login in logins.items() if login in self.officers}

    def reference(self) -> str:
        """A reference that no case has."""
        while True:
            digits = str(self.rng.randrange(1_000_000, 10_000_000))
            reference = digits + str(damm.calc_check_digit(digits))
            if reference not in self.references:
                self.references.add(reference)
                return reference

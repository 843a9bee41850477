"""Carries what phones send to the gateway, and holds what it shows and stores against the model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text

from gateway.dialogue import sessions
from gateway.dialogue.sessions import Session
from menus.engine import Facts, Need, trace, walk
from menus.lettering import SCREEN_BUDGET, is_gsm7, septets
from tests.callbacks.handset import post, post_ussd
from tests.callbacks.hosts import Host, World
from tests.callbacks.model import Call, Matter, Model, Report

_TABLES = (
    "call_back", "case_event", "cases", "draft", "intake", "message", "question", "resident", "screen_count",
    "ussd_session",
)  # fmt: skip
_COUNTS = text("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in _TABLES))
_EMPTY = text(f"TRUNCATE {', '.join(_TABLES)} CASCADE")
_ASKED = text(
    "SELECT (SELECT count(*) FROM message WHERE resident_id = who.id AND wording = 'draft') AS texts,"
    " EXISTS (SELECT FROM question WHERE resident_id = who.id AND status = 'open') AS is_open"
    " FROM (SELECT CAST(:phone AS bytea) AS phone_hash) AS phone LEFT JOIN resident AS who USING (phone_hash)"
)
_REFERENCE = re.compile(r"(?<!\d)(\d{4}) (\d{4})(?!\d)")
_QUIET = {"redis_away", "bell_not_rung", "ussd_other_phone", "ussd_diverged"}
_MATTERS = {"question.fixed", "letter.waiting", "draft.open", "matter.pending"}
_ENDED = "END Kikao hiki kimeisha. Piga tena *384*123#."


class Witness:
    """Sees everything between `phones` and the county, from an empty county on."""

    def __init__(self, world: World, phones: Sequence[str]) -> None:
        self.world, self.phones = world, phones
        self.office = world.hosts[0].installation.office
        self.model = Model(self.office.county)
        self.hash_of = {phone: self.office.vault.phone_hash(phone) for phone in phones}
        self.told: set[str] = set()
        """References that were shown or texted to somebody."""
        self.letters_read = 0
        self.log_read = len(world.log.getvalue())
        with world.engine.begin() as connection:
            connection.execute(_EMPTY)
        world.redis.flushdb()

    # Hops

    def dial(self, call: Call, host: Host) -> None:
        """The first hop, which closes what the same phone left behind."""
        self.model.calls.append(call)
        left = [one for one in self.model.calls[:-1] if one.phone == call.phone and not one.closed]
        screen = self._deliver(call, call.text(), host)
        for one in left:
            self.closed(one, host)
        self._check_offer(call, self._row(call))
        self._shown(call, screen, host)

    def type(self, call: Call, typed: str, host: Host) -> None:
        if call.is_safe(call.last + 1, host.has_redis):
            call.inputs.append(typed)
            self._shown(call, self._deliver(call, call.text(), host), host)

    def repeat(self, call: Call, number: int, host: Host) -> None:
        """An earlier hop comes again: the same bytes as then, whatever has happened since."""
        if call.is_safe(number, host.has_redis):
            with self._nothing_changes(call):
                assert self._deliver(call, call.text(number), host) == call.shown[call.text(number)]
            call.note(number, host.has_redis)

    def diverge(self, call: Call, other: str, host: Host) -> None:
        """A text that goes on from nothing that was typed leads nowhere."""
        if call.is_strange(other) and call.is_known(host.has_redis):
            with self._nothing_changes(call):
                assert self._deliver(call, other, host) == call.screen
            call.note(call.last, host.has_redis)

    def intrude(self, call: Call, phone: str, typed: str, host: Host) -> None:
        """Another phone says that this session is its own."""
        with self._nothing_changes(call):
            assert post_ussd(host.app, call.fields(typed, phone)) == _ENDED

    def end(self, call: Call, host: Host, *, told: bool) -> None:
        """The end event; `told`: it says what was typed."""
        fields = [*call.fields("")[:1], ("sessionId", call.id), ("input", call.text() if told else "")]
        with self._nothing_changes(call):
            answer = post(host.app, "ussd-end", urlencode(fields))
            assert (answer.status_code, answer.data) == (200, b"")
        call.over = True
        call.in_row = call.last if told else call.known(host.has_redis)

    def _deliver(self, call: Call, typed: str, host: Host) -> str:
        screen = post_ussd(host.app, call.fields(typed))
        assert is_gsm7(screen)
        assert septets(screen) <= SCREEN_BUDGET
        self._listen(screen)
        return screen

    def _listen(self, said: str) -> None:
        self.told |= {one + two for one, two in _REFERENCE.findall(said)}

    @contextmanager
    def _nothing_changes(self, call: Call) -> Iterator[None]:
        before = self._counts(), self._row(call).answers
        yield
        assert (self._counts(), self._row(call).answers) == before

    # What a hop did

    def _shown(self, call: Call, screen: str, host: Host) -> None:
        """It is what the pure walk says of all that she typed, and what she did has happened."""
        assert call.shown.setdefault(call.text(), screen) == screen
        call.screen = screen
        row, edition = self._row(call), self.world.editions[call.edition]
        assert row.menu == call.edition
        facts = row.facts(edition.catalogue, self.office.vault)
        step = walk(edition.menu, call.walked(), facts)
        assert not isinstance(step, Need)
        assert step.text == screen, (step.text, screen)
        call.note(call.last, host.has_redis)
        if row.answers.keys() - call.answers:
            call.in_row = call.last
        self._happened(call, row, facts)

    def _happened(self, call: Call, row: Session, facts: Facts) -> None:
        """Take every answer that is new, in the order of the hops, into the model."""
        menu = self.world.editions[call.edition].menu
        hop_at = {len("*".join(call.inputs[:number])): number for number in range(call.last, -1, -1)}
        for key in sorted(row.answers.keys() - call.answers, key=lambda key: int(key.partition(":")[0])):
            position, _, name = key.partition(":")
            if "incident.over" in row.answers[key].get("facts", ()):
                continue  # nothing was filed
            values = trace(menu, call.inputs[: hop_at[int(position)]], facts).values
            self._take(call, name, values, row)
        call.answers = frozenset(row.answers)

    def _take(self, call: Call, name: str, values: Any, row: Session) -> None:
        model, reference = self.model, values.get("reference", "")
        report = model.reports.get(reference)
        hers = report if report and report.is_hers(call) else None
        match name:
            case "file" | "support":
                assert not call.reference
                call.reference = reference
                if report is None:
                    model.reports[reference] = Report(call.phone, call.id, hidden=bool(values.get("anonymous")))
                else:  # what she says is the same stands there already as hers
                    assert name == "support"
                    assert hers
                ward = int(values["ward"]) if values.get("ward") else None
                model.send(call, values["category"], ward, values.get("problem", ""))
            case "resume":
                stands = any(one.id == call.offered for one in model.drafts.get(call.phone, ()))
                call.resumed = call.offered if stands else 0
                assert row.resumed == (call.resumed or None)
            case "drop_draft":
                model.drop(call.phone, call.offered)
            case "read_letter" | "put_away_letter":
                model.see_letter(row.profile["letter"])
            case "add_words" if hers:
                hers.words.append(values["words"])
            case "hide" if hers:
                hers.hidden = True
            case "withdraw" if hers:
                hers.withdrawn, hers.words = True, []

    def _check_offer(self, call: Call, row: Session) -> None:
        """At most one matter is pending: an SMS that may be lost, else the draft that she left last."""
        facts, kept = set(row.profile["facts"]) & _MATTERS, self.model.drafts.get(call.phone)
        lost = [number for number, about in self.model.lost.items() if self._may_be_offered(about, call.phone)]
        if lost:
            assert facts == {"letter.waiting", "matter.pending"}
            assert row.profile["letter"] == max(lost)
        elif kept:
            assert facts == {"draft.open", "matter.pending"}
            ward = self.office.county.ward(kept[-1].ward or 0)
            assert row.profile["slots"]["draft_ward"] == (ward.short if ward else self.office.county.name)
            call.offered = kept[-1].id = kept[-1].id or row.profile["draft"]
            assert row.profile["draft"] == call.offered
        else:
            assert not facts

    def _may_be_offered(self, reference: str, phone: str) -> bool:
        report = self.model.reports[reference]
        secret = any(row["sensitive"] for row in self._cases() if row["reference"] == reference)
        return report.phone == phone and not (report.hidden or report.withdrawn or secret)

    # What time does

    def close_due(self, host: Host, now: datetime, *, late: bool) -> None:
        """A sweeper closes what has ended; `late`: also what no network lets last until `now`."""
        due = [call for call in self.model.calls if not call.closed and (late or call.over)]
        done = host.closer.close_due(now)
        assert done == sum([self.closed(call, host) for call in due])
        assert host.closer.close_due(now) == 0

    def closed(self, call: Call, host: Host) -> bool:
        """Somebody there wants to close it: what broke off is a draft now. False where it stays open.

        Without Redis, which may know more, nobody closes a session that said too little.
        """
        edition, known = self.world.editions[call.edition], call.known(host.has_redis)
        reached = trace(edition.menu, call.walked(known), self._row(call).facts(edition.catalogue, self.office.vault))
        matter = None if call.reference else self.model.begun(call, reached)
        call.closed = host.has_redis or matter is not None
        if matter:
            self.model.keep(call, matter)
        return call.closed

    def asked(self, phone: str) -> tuple[int, bool]:
        """How many SMS asked this phone about a draft, and whether a question to it is open."""
        with self.world.engine.begin() as connection:
            found = connection.execute(_ASKED, {"phone": self.hash_of[phone]}).one()
        return found.texts, found.is_open

    def filed(self, due: Sequence[tuple[str, Matter]]) -> None:
        """These drafts were filed as they were, and nothing else was."""
        new = [row for row in self._cases() if row["reference"] not in self.model.reports]
        found = [(row["category"], row["ward_code"], bytes(row["phone_hash"])) for row in new]
        meant = [(one.category, one.ward, self.hash_of[phone]) for phone, one in due]
        assert sorted(map(repr, found)) == sorted(map(repr, meant))
        phones = {phone_hash: phone for phone, phone_hash in self.hash_of.items()}
        for row in new:
            report = Report(phones[bytes(row["phone_hash"])], "", incomplete=True)
            self.model.reports[row["reference"]] = report
        self.model.drafts.clear()

    # What is stored

    def check(self) -> None:
        """Whoever was thanked has a case, whatever was begun is kept once, and nothing else is."""
        self._read_letters()
        cases = self._cases()
        assert self.told <= {row["reference"] for row in cases}
        assert sorted(row["reference"] for row in cases) == sorted(self.model.reports)
        for row in cases:
            self._check_case(row, self.model.reports[row["reference"]])
        for phone in self.phones:
            self._check_drafts(phone)

    def check_log(self) -> None:
        lines = self.world.log.getvalue()[self.log_read :].splitlines()
        assert {json.loads(line)["event"] for line in lines} <= _QUIET

    def _read_letters(self) -> None:
        query = text("SELECT id, text_sealed FROM message WHERE id > :read ORDER BY id")
        with self.world.engine.begin() as connection:
            for row in connection.execute(query, {"read": self.letters_read}).all():
                self.letters_read = row.id
                self._listen(self.office.vault.open(row.text_sealed))

    def _check_case(self, row: Any, report: Report) -> None:
        assert (row["status"] == "withdrawn") == report.withdrawn
        assert row["incomplete"] == (report.incomplete and not report.words)
        words = self.office.vault.open(row["words_sealed"]) if row["words_sealed"] else row["words"] or ""
        lines = words.split("\n") if words else []
        if row["sensitive"]:
            # What was typed as a place stands among them.
            rest = iter(lines)
            assert all(one in rest for one in report.words)
        else:
            assert lines == report.words, (lines, report)
        if not report.hidden and not report.withdrawn:
            assert row["phone_hash"] == self.hash_of[report.phone]

    def _check_drafts(self, phone: str) -> None:
        query = text("SELECT * FROM draft WHERE phone_hash = :phone")
        with self.world.engine.begin() as connection:
            rows = connection.execute(query, {"phone": self.hash_of[phone]}).all()
        found = [
            (row.category, row.ward_code or 0, row.chosen["problem"], row.language, row.ask_at is None) for row in rows
        ]
        meant = self.model.drafts.get(phone, [])
        assert sorted(found) == sorted(one.said for one in meant), (found, meant)
        for one in meant:
            one.id = rows[found.index(one.said)].id

    def _row(self, call: Call) -> Session:
        with self.world.engine.begin() as connection:
            row = sessions.load(connection, call.id, self.office.vault)
        assert row is not None
        return row

    def _cases(self) -> list[Any]:
        query = "SELECT cases.*, phone_hash FROM cases LEFT JOIN resident ON resident.id = resident_id"
        with self.world.engine.begin() as connection:
            return list(connection.execute(text(query)).mappings())

    def _counts(self) -> tuple[int, ...]:
        with self.world.engine.begin() as connection:
            return tuple(connection.execute(_COUNTS).one())

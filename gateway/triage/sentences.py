"""What happened with a case, line by line of its history, in plain English sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from config.county import County
from gateway.cases.models import CaseEvent, Channel, Ending, Kind
from gateway.cases.references import spoken
from gateway.triage import raised
from gateway.triage.english import (
    CHANNELS,
    DISPUTES,
    HOURS,
    ending,
    english,
    month,
    subject,
    ward_name,
)


def sentence(county: County, kind: Kind, event: CaseEvent, name: str) -> str:
    """What happened with a case of this kind, in one sentence; `name` is that of who did it. It takes no words of
    anybody's."""
    write = SENTENCES.get(event.name)
    known = CaseEvent(name=event.name, data={**event.data, "kind": kind})
    return write(county, known, name) if write else event.name.replace("_", " ").capitalize()


Write = Callable[[County, CaseEvent, str], str]


def _says(sentence: str) -> Write:
    """A sentence in which `{}` is the officer's name."""
    return lambda county, event, name: sentence.format(name or "somebody")


def _filed(county: County, event: CaseEvent, name: str) -> str:
    sentence = f"Reported {_channel(event)}"
    if event.data.get("incomplete"):
        return f"Begun {_channel(event)} and not sent; nobody answered our SMS, so it was filed as it was"
    return f"{sentence}; confidential words were found in it" if event.data.get("suspected") else sentence


def _channel(event: CaseEvent) -> str:
    given = event.data.get("channel")
    return CHANNELS[Channel(given)] if given in list(Channel) else ""


def _taken(county: County, event: CaseEvent, name: str) -> str:
    return f"{name} took it, by SMS" if event.data.get("channel") == Channel.SMS else f"{name or 'somebody'} took it"


def _called_out(county: County, event: CaseEvent, name: str) -> str:
    officers = event.data.get("officers")
    if not officers:
        return "It cannot wait, and nobody could be told by SMS"
    return f"It cannot wait: {officers} {'officer was' if officers == 1 else 'officers were'} told by SMS at once"


def _referred(county: County, event: CaseEvent, name: str) -> str:
    department = county.department(event.data.get("department") or "")
    return f"Referred to {english(department.name) if department else event.data.get('body')} by {name}"


def _routed(county: County, event: CaseEvent, name: str) -> str:
    return f"Sent to {ward_name(county, event.data.get('ward'))} ward by {name}"


def _placed(county: County, event: CaseEvent, name: str) -> str:
    return f"{name} corrected the place. Before it was" if event.data.get("again") else f"{name} wrote down the place"


def _sorted(county: County, event: CaseEvent, name: str) -> str:
    return f"Sorted by {name}: {subject(county, str(event.data.get('category')), event.data.get('problem'))}"


def _guess_confirmed(county: County, event: CaseEvent, name: str) -> str:
    category, ward = event.data.get("category"), event.data.get("ward")
    about = [subject(county, category, event.data.get("problem"))] if category else []
    where = [f"{ward_name(county, ward)} ward"] if ward else []
    return f"{name} confirmed what was read from the words: {', '.join(about + where)}"


def _with_other(newer: str, older: str, unnamed: str) -> Write:
    """Sentences for the two cases of a line that stands in both; `unnamed` where the other one may not be named."""

    def write(county: County, event: CaseEvent, name: str) -> str:
        other = event.data.get("other")
        sentence = (newer if event.data.get("newer") else older) if other else unnamed
        return sentence.format(name=name or "somebody", other=spoken(str(other)))

    return write


def _ended(county: County, event: CaseEvent, name: str) -> str:
    given = event.data.get("ending")
    how = ending(event.data["kind"], Ending(given)) if given in list(Ending) else "Ended"
    planned = event.data.get("planned_for")
    until = f" for {month(date.fromisoformat(planned))}" if planned else ""
    return f"Ended by {name}: {how}{until}"


def _transferred(county: County, event: CaseEvent, name: str) -> str:
    return f"{name} sent it to {event.data.get('body')}, which has the information"


def _added(county: County, event: CaseEvent, name: str) -> str:
    return f"The resident added words {_channel(event)}".rstrip()


def _why_not(county: County, event: CaseEvent, name: str) -> str:
    reason = str(event.data.get("reason"))
    return f"The resident says why it is not fixed: {DISPUTES.get(reason, reason)}"


def _call_asked(county: County, event: CaseEvent, name: str) -> str:
    hour = str(event.data.get("hour"))
    return f"The resident asks to be called {HOURS.get(hour, hour)}"


def _called(county: County, event: CaseEvent, name: str) -> str:
    reached = event.data.get("outcome") == "reached"
    return f"{name} called the resident" if reached else f"{name} called; the resident was not reached"


def _officer_called(county: County, event: CaseEvent, name: str) -> str:
    reached = event.data.get("outcome") == "reached"
    return f"{name} called the officer who asked for it" + ("" if reached else ", who was not reached")


def _about_ombudsman(county: County, event: CaseEvent, name: str) -> str:
    if not name:
        return "Words about the ombudsman's own office were found in it: the county secretary has it"
    return f"{name} sent it to the county secretary: it is about the ombudsman's own office"


def _assigned(county: County, event: CaseEvent, name: str) -> str:
    return f"{name or 'somebody'} gave it to {event.data.get('whom') or 'a colleague'}"


def _incident_ended(county: County, event: CaseEvent, name: str) -> str:
    return f"{name} ended the incident: nobody is asked any more" if name else "Nobody is asked about it any more"


def _unmerged(county: County, event: CaseEvent, name: str) -> str:
    other = event.data.get("other")
    if event.data.get("moved"):
        return f"{spoken(str(other)) if other else 'One of these reports'} stands under another report now"
    return _PARTED(county, event, name)


_PARTED = _with_other(
    "{name} took it out from under {other}",
    "{name} took {other} out: it is worked on by itself",
    "{name} took it apart from another report",
)


def _handed_over(county: County, event: CaseEvent, name: str) -> str:
    if "ward" in event.data:
        return f"{ward_name(county, event.data['ward'])} ward takes part now: it went there from the county desk"
    to_somebody = "to" in event.data
    told = {
        "leave": "Its officer is on leave: her deputy has it" if to_somebody else "Its officer is on leave: new again",
        "back": "Its officer is back and has it again" if to_somebody else "The deputy has it no longer: new again",
        "gone": "Its officer has it to do no longer: new again",
    }.get(str(event.data.get("why")), "Handed over")
    return f"{told}. Arranged by {name}" if name else told


def _crew(what: str) -> Write:
    """What who was sent says; that it is so is for an officer to say."""

    def write(county: County, event: CaseEvent, name: str) -> str:
        count = int(event.data.get("photos") or 0)
        other = event.data.get("other")
        return f"Who was sent {f'to {spoken(str(other))}' if other else 'there'} says: {what}" + (
            f" ({count} {'photo' if count == 1 else 'photos'})" if count else ""
        )

    return write


SENTENCES: Mapping[str, Write] = {
    "filed": _filed,
    "words_added": _added,
    "amended": lambda county, event, name: f"{name or 'The resident'} changed the ward, place or problem",
    "taken": _taken,
    "declined": _says("{} says by SMS that it is not hers: it went to the county desk"),
    "call_me": _says("{} asks by SMS to be called about it"),
    "called_out": _called_out,
    "assigned": _assigned,
    "handed_over": _handed_over,
    "note": _says("Note by {}"),
    "written": _says("{} wrote to the resident"),
    "waiting": _says("The case waits for the resident; its clock stands still"),
    "resumed": _says("The clock runs on"),
    "referred": _referred,
    "routed": _routed,
    "placed": _placed,
    "ward_named": lambda county, event, name: f"The resident named {ward_name(county, event.data.get('ward'))} ward",
    "guess_confirmed": _guess_confirmed,
    "sorted": _sorted,
    "unlinked": _says("{} says that it does not belong to the older report"),
    "joined": _with_other(
        "{name} joined it to {other}, where it goes on", "{name} joined {other} to it", "{name} joined another report"
    ),
    "parted": _with_other("{name} parted it from {other}", "{name} parted {other} from it", "{name} undid a join"),
    "split": _with_other(
        "{name} made this case out of a text that stood in {other}",
        "{name} made a case of its own out of a text: {other}",
        "{name} made a text a case of its own",
    ),
    "merged": _with_other(
        "{name} merged it with {other}, which is worked on for both",
        "{name} merged {other} with it: the same problem",
        "{name} merged it with another report of the same",
    ),
    "supported": _with_other(
        "Its resident says that it is the same as {other}, which is worked on for both",
        "Somebody else says that hers is the same: {other}",
        "Somebody else reports the same",
    ),
    "unmerged": _unmerged,
    "led_by": _with_other(
        "{other} is worked on for it from now on",
        "It is worked on for {other}, too, from now on",
        "It is worked on for others, too, from now on",
    ),
    "supporter_wrote": _with_other(
        "The resident of {other} added words",
        "The resident of {other} added words",
        "Another resident added words",
    ),
    "incident_published": _says("{} published it as an incident"),
    "incident_ended": _incident_ended,
    "said_again": lambda county, event, name: f"The resident says the same again {_channel(event)}".rstrip(),
    "hidden": _says("{} sent it to the confidential desk"),
    "ended": _ended,
    "confirmed": _says("The resident says: yes, it is fixed"),
    "disputed": _says("The resident says: not fixed. Open again"),
    "dispute_reason": _why_not,
    "unconfirmed": _says("The resident did not answer. Closed as not confirmed"),
    "closed": _says("Closed: the time to object is over"),
    "plan_due": _says("The planned time has come. Open again"),
    "text_made_case": _says("{} made a case of the text, which had been set aside"),
    "conflict_named": _says("{} kept it from whom it is about"),
    "conflict_lifted": _says("{} says that it is not about somebody who was named"),
    "about_ombudsman": _about_ombudsman,
    "not_about_ombudsman": _says("{} sent it to the ombudsman: it is not about her office"),
    "released": _says("{} released it: it is not confidential any more"),
    "made_confidential": _says("Confidential words were added: it went to the ombudsman"),
    "crew_sent": _says("{} made a link for somebody to send there"),
    "crew_going": _crew("on the way"),
    "crew_done": _crew("it is done"),
    "crew_cannot": _crew("it cannot be done"),
    "crew_withdrawn": _says("{} withdrew a link"),
    "shared": lambda county, event, name: f"{name} made a card to share, as {event.data.get('form')}",
    "news": _says("{} asked the other body for news"),
    "accepted": _says("{} wrote down that the other body has taken it"),
    "not_a_report_proposed": _says("{} says that it is no report; another officer must agree"),
    "not_a_report_rejected": _says("{} says that it is a report"),
    "staff_answer": _says("An officer’s own phone said that it is fixed: that does not confirm it"),
    "centre_came": _says("{} filed it under a number of the county’s call centre"),
    "centre_handed": _says("{} handed it over to the county’s call centre"),
    "centre_returned": _says("{} wrote down what the county’s call centre said; it is back"),
    "officer_called": _officer_called,
    "raised": raised.sentence,
    "number_shown": _says("{} looked at the number"),
    "corrected": _says("{} corrected what is kept"),
    "erased": _says("{} erased its words and its number, as the resident asked"),
    "erasure_confirmed": _says("The resident says once more by SMS: erase everything"),
    "extended": _says("{} used the one extension of 14 days that the law allows"),
    "transferred": _transferred,
    "number_hidden": _says("The resident hid her number"),
    "withdrawn": _says("The resident took the report back; its words were erased"),
    "call_back_asked": _call_asked,
    "call_back_done": _called,
}

"""The officer's side: a card without personal data, a link that is shown once, what a crew said, and its photos."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from PIL import Image
from sqlalchemy import select

from gateway.cases import actions, conflicts, crews, events, guesses, photos
from gateway.cases.crews import Said
from gateway.cases.desk_models import CrewLink, Photo
from gateway.cases.models import Case
from gateway.people.models import Audit, Role
from gateway.triage import crew_links
from tests.cases.pictures import jpeg
from tests.cases.stage import AMINA, SHEYWE, WANJIKU, Stage
from tests.triage.conftest import Browser

Open = Callable[..., Browser]
WORDS = "Bomba limepasuka mbele ya nyumba ya Mama Atieno"


@pytest.fixture
def reference(stage: Stage) -> str:
    return stage.file(problem="BURST_PIPE", words=WORDS, landmark="nyumba ya Atieno")


def card(reference: str) -> str:
    return f"/triage/cases/{reference}/card.png"


def audited(stage: Stage, name: str) -> list[list[int] | None]:
    with stage.transaction() as session:
        return list(session.scalars(select(Audit.case_ids).where(Audit.name == name).order_by(Audit.id)))


def answer(stage: Stage, token: str, said: Said, shots: int = 0) -> None:
    with stage.transaction() as session:
        crews.answer(session, stage.office, token, said, "Tayari", [photos.read(jpeg())] * shots, stage.now)


def sent(ward: Browser, reference: str, name: str = "Musa Wekesa") -> str:
    page = ward.act(reference, "crew", for_whom=name, words="Badilisha bomba").text
    found = re.search(r"/crew/([\w-]{43})", page)
    assert found
    return found[1]


# The card


def test_the_card_has_problem_place_days_and_reference_and_nothing_of_the_resident(
    ward: Browser, reference: str
) -> None:
    page = ward.act(reference, "share", form="text").text
    found = re.search(r"<textarea[^>]*readonly[^>]*>(.*?)</textarea>", page, re.S)
    assert found
    text = found[1]
    lines = text.splitlines()
    assert lines[:3] == [
        "Kakamega · Sikiza", "Maji: Bomba limepasuka / Water: Burst pipe", "Mahali / Place: Shirere, Lurambi",
    ]  # fmt: skip
    assert [line.partition(":")[0] for line in lines[3:]] == [
        "Iliripotiwa / Reported", "Imeahidiwa / Promised by", "Piga / Dial", "Nambari / Reference",
    ]  # fmt: skip
    assert lines[-1].endswith(f"{reference[:4]} {reference[4:]}")
    for secret in ("Atieno", "nyumba", WANJIKU[-6:], "Rose"):
        assert secret not in text
    link = re.search(r'href="(https://wa\.me/\?text=[^"]+)" rel="noopener noreferrer"', page)
    assert link
    assert unquote(link[1].partition("=")[2]) == text


def test_the_card_says_what_is_dialled_in_its_ward(ward: Browser, stage: Stage, reference: str) -> None:
    text = ward.act(reference, "share", form="text").text
    assert re.search(r"Piga / Dial: (\*[\d*]+)#, Shirere: \1\*1014#", text)


def test_the_card_of_a_case_that_ended_says_how_and_promises_nothing(ward: Browser, stage: Stage) -> None:
    said = {}
    for ending in ("fixed", "not_ours"):
        reference = stage.file(problem="BURST_PIPE", phone=stage.phone())
        ward.act(reference, "end", ending=ending, words="Limerekebishwa")
        said[ending] = ward.act(reference, "share", form="text").text
        assert "Promised by" not in said[ending]
    assert "Hali / State: imetatuliwa? / fixed?" in said["fixed"]
    assert "Hali / State: si ya kaunti / not the county" in said["not_ours"]


def test_the_image_is_small_and_square(ward: Browser, stage: Stage, reference: str) -> None:
    found = ward.get(card(reference))
    assert (found.status_code, found.mimetype) == (200, "image/png")
    assert len(found.data) < 60_000
    image = Image.open(io.BytesIO(found.data))
    assert (image.size, image.format) == ((1080, 1080), "PNG")
    assert not image.info.keys() & {"exif", "Author", "Software", "Comment"}


def test_looking_leaves_no_event_and_making_it_does(ward: Browser, stage: Stage, reference: str) -> None:
    ward.read(f"/triage/cases/{reference}/share")
    ward.get(card(reference))
    assert stage.history(reference) == ["filed"]
    assert ward.act(reference, "share", form="text").status_code == 200
    assert ward.act(reference, "share", form="image").status_code == 200
    assert ward.act(reference, "share", form="video").status_code == 400
    made = [(event.data, event.officer_id) for event in stage.events(reference)[1:]]
    assert made == [({"form": "text"}, ward.who.id), ({"form": "image"}, ward.who.id)]
    assert len(audited(stage, "card_shown")) == 4
    assert "made a card to share, as image" in ward.case(reference)


@pytest.mark.parametrize(
    "given", [{"category": "STAFF", "words": "Karani"}, {"category": "data_see", "ward_code": None}]
)
def test_there_is_no_card_of_what_is_confidential_or_a_request(
    browser: Open, stage: Stage, given: dict[str, object]
) -> None:
    reference = stage.file(**given)
    for who in (browser(Role.OMBUDSMAN), browser(Role.HOTLINE), browser()):
        assert who.get(card(reference)).status_code == 404
        assert who.get(f"/triage/cases/{reference}/share").status_code == 404
        assert who.act(reference, "share", form="text").status_code == 404
    assert "shared" not in stage.history(reference)


def test_there_is_no_card_of_practice(ward: Browser, stage: Stage, reference: str) -> None:
    stage.set("UPDATE cases SET practice = true")
    assert ward.get(card(reference)).status_code == 404


def test_what_is_kept_from_an_officer_goes_on_no_card_and_to_no_foreman(
    ward: Browser, browser: Open, stage: Stage, reference: str
) -> None:
    """A colleague's card could be shown to exactly whom it is kept from."""
    ombudsman, colleague = stage.officer(Role.OMBUDSMAN), browser()
    stage.do(guesses.hide, reference, ward.who, "STAFF", "Ni siri")
    stage.do(conflicts.name, reference, ombudsman, [ward.who.id])
    stage.do(actions.release, reference, ombudsman, "Si siri")
    page = colleague.case(reference)
    assert "Share it as a card" not in page
    assert "Send somebody" not in page
    assert colleague.get(card(reference)).status_code == 404
    assert colleague.act(reference, "share", form="text").status_code == 404
    refused = colleague.act(reference, "crew", for_whom="Musa", words="Badilisha bomba")
    assert (refused.status_code, "none that is shown to others" in refused.text) == (409, True)
    assert stage.count(CrewLink) == 0


def test_the_card_is_not_found_by_others(browser: Open, stranger: Browser, reference: str) -> None:
    assert browser(ward_code=SHEYWE).get(card(reference)).status_code == 404
    assert stranger.get(card(reference)).status_code == 303


# The link


def test_a_link_is_shown_once_with_what_to_paste(ward: Browser, stage: Stage, reference: str) -> None:
    made = ward.act(reference, "crew", for_whom="Musa Wekesa", words="Badilisha bomba")
    token = re.search(r"/crew/([\w-]{43})", made.text)
    assert token
    assert made.headers["Cache-Control"] == "no-store"
    text = re.search(r"<textarea[^>]*readonly[^>]*>(.*?)</textarea>", made.text, re.S)
    assert text
    assert f"{reference[:4]} {reference[4:]}" in text[1]
    assert text[1].endswith(f"/crew/{token[1]}")
    assert "Badilisha" not in text[1]
    [away] = re.findall(r'href="(whatsapp:[^"]+)"', made.text)
    assert unquote(away) == f"whatsapp://send?text={text[1]}"
    assert not re.search(r'(?:href|action|src)="https?:', made.text), "no page of anybody's is given the token"
    assert "Atieno" not in text[1]
    for page in (ward.case(reference), ward.read("/triage/")):
        assert token[1] not in page
    page = ward.case(reference)
    assert "has not answered yet" in page
    assert "made a link for somebody to send there" in page


@pytest.mark.parametrize(("name", "words"), [("", "Badilisha"), ("x" * 61, ""), ("Musa", "x" * 301)])
def test_a_form_that_cannot_be_used_is_shown_again_with_what_was_typed(
    ward: Browser, stage: Stage, reference: str, name: str, words: str
) -> None:
    page = ward.act(reference, "crew", for_whom=name, words=words)
    assert page.status_code == 422
    assert (name or words) in page.text
    assert stage.count(CrewLink) == 0


def test_a_fourth_link_is_refused_with_the_reason(ward: Browser, stage: Stage, reference: str) -> None:
    for _ in range(3):
        sent(ward, reference)
    page = ward.act(reference, "crew", for_whom="Juma", words="")
    assert (page.status_code, "Withdraw one first" in page.text, "Juma" in page.text) == (409, True, True)
    assert ward.act(reference, "crew/1/withdraw").status_code == 303
    sent(ward, reference, "Juma")
    assert ward.act(reference, "crew/1/withdraw").status_code == 303
    assert "already" in ward.said()
    assert stage.history(reference).count("crew_withdrawn") == 1


def test_the_form_of_a_link_sent_twice_leaves_one_link_open(ward: Browser, stage: Stage, reference: str) -> None:
    found = re.search(r'/crew">.*?name="nonce" value="([^"]+)"', ward.case(reference), re.S)
    assert found
    tokens, told = [], []
    for name in ("Musa", "Musa", "Juma"):  # pressed twice; then gone back to, for another one
        page = ward.act(reference, "crew", for_whom=name, words="Badilisha bomba", nonce=found[1])
        assert page.status_code == 200
        told.append("The link made a moment ago opens nothing any more: send this one." in page.text)
        tokens += re.findall(r"/crew/([\w-]{43})", unquote(page.text))[:1]
    assert told == [False, True, False]
    with stage.transaction() as session:
        opened = []
        for token in tokens:
            try:
                opened.append(crews.of(session, token, stage.now).for_whom)
            except crews.Over:
                opened.append("")
    assert opened == ["", "Musa", "Juma"]
    assert stage.history(reference) == ["filed", "crew_sent", "crew_withdrawn", "crew_sent", "crew_sent"]
    answer(stage, tokens[1], Said.GOING)
    again = ward.act(reference, "crew", for_whom="Musa", words="Badilisha bomba", nonce=found[1])
    assert (again.status_code, "has used it" in again.text) == (409, True)
    assert stage.count(CrewLink) == 3


def test_a_card_made_twice_within_minutes_is_told_once(ward: Browser, stage: Stage, reference: str) -> None:
    for form in ("text", "text", "image", "text"):
        assert ward.act(reference, "share", form=form).status_code == 200
    assert [event.data["form"] for event in stage.events(reference)[1:]] == ["text", "image"]
    other = stage.file(phone=AMINA)
    with stage.transaction() as session:
        case = session.scalars(select(Case).where(Case.reference == other)).one()
        earlier, vault = datetime.now(UTC) - timedelta(minutes=6), stage.office.vault
        events.append(session, case, "shared", earlier, vault=vault, officer_id=ward.who.id, form="text")
    ward.act(other, "share", form="text")
    assert stage.history(other).count("shared") == 2


@pytest.mark.parametrize("change", ["practice = true", "kind = 'feedback'"])
def test_nobody_is_sent_to_practice_or_to_what_is_no_grievance(
    ward: Browser, stage: Stage, reference: str, change: str
) -> None:
    stage.set(f"UPDATE cases SET {change}")
    assert "Send somebody" not in ward.case(reference)
    page = ward.act(reference, "crew", for_whom="Musa", words="Badilisha bomba")
    assert (page.status_code, stage.count(CrewLink)) == (409, 0)


def test_nobody_is_sent_by_an_officer_who_does_not_see_the_case(browser: Open, stage: Stage, reference: str) -> None:
    for who in (browser(ward_code=SHEYWE), browser(Role.OMBUDSMAN), browser(Role.AUDITOR), browser(Role.COUNTY)):
        assert who.act(reference, "crew", for_whom="Musa").status_code == 404
        assert who.act(reference, "crew/1/withdraw").status_code == 404
    assert stage.count(CrewLink) == 0


def test_what_the_crew_said_is_a_proposal_until_an_officer_does_something(
    ward: Browser, stage: Stage, reference: str
) -> None:
    token = sent(ward, reference)
    answer(stage, token, Said.GOING)
    assert "Musa Wekesa is on the way" in ward.case(reference)
    assert crew_links.chip(stage.case(reference)) == "Crew: on the way"
    answer(stage, token, Said.DONE, shots=2)
    page = ward.case(reference)
    assert "Musa Wekesa says that it is done (photo 1, photo 2)" in re.sub(
        r"<a href=[^>]*/photos/\d+\">|</a>", "", page
    )
    assert "?open=end&amp;ending=fixed" in page
    assert crew_links.chip(stage.case(reference)) == "Crew says: done"
    ward.act(reference, "take")
    page = ward.case(reference)
    assert "End it as fixed?" not in page
    assert "Photo 1 (" in page
    assert crew_links.chip(stage.case(reference)) == ""


def test_a_second_foreman_on_his_way_hides_no_answer_of_the_first(ward: Browser, stage: Stage, reference: str) -> None:
    musa, otieno = sent(ward, reference, "Musa"), sent(ward, reference, "Otieno")
    answer(stage, musa, Said.DONE, shots=1)
    stage.later(minutes=5)
    answer(stage, otieno, Said.GOING)
    page = ward.case(reference)
    assert re.search(r"Musa says that it is done \(<a href=[^>]+>1 photo</a>\)", page)
    assert "?open=end&amp;ending=fixed" in page
    assert "is on the way since" in page
    stage.later(minutes=5)
    answer(stage, otieno, Said.DONE)
    assert "Otieno says that it is done</h3>" in ward.case(reference)


def test_who_answered_last_is_named_whichever_link_was_made_last(ward: Browser, stage: Stage, reference: str) -> None:
    musa, otieno = sent(ward, reference, "Musa"), sent(ward, reference, "Otieno")
    for token in (otieno, musa):
        stage.later(minutes=5)
        answer(stage, token, Said.CANNOT)
    assert "Musa says that it cannot be done</h3>" in ward.case(reference)


def test_no_name_of_a_foreman_is_left_with_a_case_that_was_confidential(
    ward: Browser, browser: Open, stage: Stage, reference: str
) -> None:
    answer(stage, sent(ward, reference, "Musa Wekesa"), Said.DONE)
    ombudsman = browser(Role.OMBUDSMAN)
    stage.do(guesses.hide, reference, ward.who, "STAFF", "Ni siri")
    assert "<b>Somebody</b> says that it is done" in ombudsman.case(reference)


def test_what_a_foreman_writes_is_shown_as_text_and_numbers_in_it_are_masked(
    ward: Browser, stage: Stage, reference: str
) -> None:
    token = sent(ward, reference, "<b>Musa</b>")
    with stage.transaction() as session:
        words = f"<script>alert(1)</script> piga {WANJIKU}"
        crews.answer(session, stage.office, token, Said.CANNOT, words, [], stage.now)
    page = ward.case(reference)
    assert "<script>alert" not in page
    assert "<b>Musa" not in page
    assert WANJIKU not in page


@pytest.mark.parametrize(("landmark", "is_withheld"), [("nyumba ya Atieno", True), (None, False)])
def test_who_sends_somebody_is_told_that_the_residents_own_place_is_not_on_the_card(
    ward: Browser, stage: Stage, landmark: str | None, is_withheld: bool
) -> None:
    reference = stage.file(problem="BURST_PIPE", words=WORDS, landmark=landmark)
    told = "The place that the resident named is not on the card: write the way to it below."
    assert (told in ward.case(reference)) is is_withheld
    again = ward.act(reference, "crew", for_whom="", words="Badilisha bomba")
    assert (again.status_code, told in again.text) == (422, is_withheld)


def test_the_banner_leads_to_the_photo_that_came_with_it(ward: Browser, stage: Stage, reference: str) -> None:
    answer(stage, sent(ward, reference), Said.DONE, shots=1)
    banner = re.search(r'<div class="seen" role="status">\s*<h3>(.*?)</h3>', ward.case(reference), re.S)
    assert banner
    link = re.search(r'href="([^"]+/photos/\d+)">1 photo</a>', banner[1])
    assert link
    assert ward.get(link[1]).mimetype == "image/jpeg"


# Photos


def test_a_photo_is_served_as_a_picture_that_can_do_nothing(
    ward: Browser, browser: Open, stage: Stage, reference: str, stranger: Browser
) -> None:
    answer(stage, sent(ward, reference), Said.DONE, shots=1)
    [link] = set(re.findall(r'href="(/triage/cases/\d+/photos/\d+)"', ward.case(reference)))
    assert "<img" not in ward.case(reference), "on 2G a photo is loaded by who wants it"
    found = ward.get(link)
    assert (found.status_code, found.mimetype) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(found.data)).size == (640, 480)
    assert found.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["Content-Disposition"] == "inline"
    assert audited(stage, "photo_opened") == [[stage.case(reference).id]]
    assert browser(ward_code=SHEYWE).get(link).status_code == 404
    assert stranger.get(link).status_code == 303
    other = stage.file(phone=AMINA)
    assert ward.get(link.replace(reference, other)).status_code == 404
    assert stage.count(Photo) == 1

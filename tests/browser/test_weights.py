"""What every main page weighs on the wire, as a browser is sent it, and the limit that each is held under."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from playwright.sync_api import BrowserContext, Page, Response

from tests.browser.demo import Demo
from tests.browser.phone import SHIRERE_WATER, Phone
from tests.browser.test_crew import sent as link_for
from tests.browser.triage import Desk, path_of

QUEUE = 14_000
"""The first visit to the queue, with its style, its script and its icon: about the first round trip of a new
connection. The keys come after it."""
REFUSED = 10_000
"""A form of the queue that comes back: the rest the browser has by then."""
CASE = 14_000
"""The page of a case: all that may be done with it, its SMS and its history, in the same round trip."""
REGISTER = 10_000
"""The slips of a whole meeting in one load: each line of them offers every subject."""
TYPED = 2_000
"""What was typed into every row of such a load, and a sentence about each, where all of it is refused."""
PAGE = 6_000
"""Any other page: most of it is a list, or the wards and subjects of a county to choose from."""
OF: Mapping[str, Sequence[str]] = {
    "ward-1014": (
        "/triage/", "/triage/?show=done", "/triage/find?words=maji", "/triage/keys", "/triage/ready-texts",
        "/triage/announce",
        "/triage/incidents", "/triage/landmarks", "/triage/paper", "/triage/paper/register", "/triage/paper/read-aloud",
        "/triage/paper/poster", "/triage/paper/radio", "/triage/slips/register", "/triage/account",
    ),
    "sub-county-202": ("/triage/", "/triage/?show=done", "/triage/paper", "/triage/paper/register?ward=1014"),
    "department-water": ("/triage/",),
    "ombudsman": ("/triage/", "/triage/audit"),
    "hotline": (
        "/triage/", "/triage/log-call", "/triage/call-backs", "/triage/texts", "/triage/unplaced", "/triage/centre",
        "/triage/slips", "/triage/slips/register", "/triage/paper/poster?ward=1014",
    ),
    "county": (
        "/triage/", "/triage/officers", "/triage/wards", "/triage/faults", "/triage/costs", "/triage/giving-up",
        "/triage/audit",
    ),
}  # fmt: skip
FILES: Mapping[str, int] = {
    "triage.css": 3_450,
    "triage.js": 700,
    "keys.js": 2_300,
    "case.css": 1_500,
    "sms.js": 1_500,
    "paper.css": 1_500,
    "hotline.css": 1_500,
    "icon.svg": 450,
}
"""What the pages share: a browser keeps it for a year."""
FIRST = ("triage.css", "triage.js", "icon.svg")
"""What the first page of all brings along."""


def test_every_page_is_held_under_its_weight(county: Demo, open_context: Callable[..., BrowserContext]) -> None:
    reference = Phone(open_context().new_page(), "Barasa").file(*SHIRERE_WATER)
    county.flask("demo", "fill", "--cases", "300", "--seed", "7")
    heavy: list[str] = []
    first: list[int] = []
    shared: dict[str, int] = {}
    for login, paths in OF.items():
        page = open_context().new_page()
        answers: list[Response] = []
        page.on("response", partial(note, answers))
        Desk(page).sign_in(login)
        for path in (*paths, *([path_of(reference)] if login == "ward-1014" else [])):
            answer = page.goto(path)
            assert answer, path
            assert answer.ok, path
            weight, limit = weight_of(answer), limit_of(path)
            print(f"{login} {path}: {weight} of {limit}")  # noqa: T201
            first += [weight] if path == "/triage/" else []
            heavy += [f"{login} {path}: {weight}"] if weight > limit else []
        page.wait_for_load_state("networkidle")
        for one in answers:
            if "/static/" in one.url:  # what the browser has kept already weighs nothing the second time
                shared[name_of(one)] = max(weight_of(one), shared.get(name_of(one), 0))
    print(shared)  # noqa: T201
    most = max(first) + sum(shared[name] for name in FIRST)
    print(f"the heaviest first visit to a queue: {most} of {QUEUE}")  # noqa: T201
    assert most <= QUEUE
    assert heavy == []
    assert {name: weight for name, weight in shared.items() if weight > FILES.get(name, 2_000)} == {}


def test_what_comes_after_a_form_is_held_under_its_weight_also_where_it_is_refused(
    county: Demo, open_context: Callable[..., BrowserContext]
) -> None:
    reference = Phone(open_context().new_page(), "Barasa").file(*SHIRERE_WATER)
    county.flask("demo", "fill", "--cases", "300", "--seed", "7")
    ward, hotline = (Desk(open_context().new_page()).sign_in(login) for login in ("ward-1014", "hotline"))
    foreman = open_context().new_page()
    address = link_for(ward, reference, "Musa")
    found = {
        ("a foreman's link", PAGE): after(foreman, lambda: foreman.goto(address)),
        ("sharing", PAGE): after(ward.page, lambda: ward.page.goto(f"{path_of(reference)}/share")),
        ("a refused queue", REFUSED): after(ward.page, lambda: refuse_queue(ward.page)),
        ("a refused case", CASE): after(ward.page, lambda: refuse_case(ward.page, reference)),
        ("a refused register", REGISTER + TYPED): after(hotline.page, lambda: refuse_register(hotline.page)),
        ("a caller's form", PAGE): after(hotline.page, lambda: look_up(hotline.page)),
        ("fifty slips", PAGE): after(hotline.page, lambda: print_slips(hotline.page)),
    }
    for (name, limit), answer in found.items():
        print(f"{name} ({answer.status}): {weight_of(answer)} of {limit}")  # noqa: T201
    assert [answer.status for answer in found.values()] == [200, 200, 422, 422, 422, 200, 200]
    assert [name for (name, limit), answer in found.items() if weight_of(answer) > limit] == []


def after(page: Page, act: Callable[[], object]) -> Response:
    """The last page that comes of it, behind whatever leads there."""
    answers: list[Response] = []
    page.on("response", lambda one: answers.append(one) if one.request.is_navigation_request() else None)
    act()
    page.wait_for_load_state("networkidle")
    return answers[-1]


def refuse_queue(page: Page) -> None:
    """With a sentence typed into each row; `tests/triage/test_home.py` weighs a full one."""
    page.goto("/triage/")
    page.evaluate(
        """for (const [at, one] of document.querySelectorAll(".row textarea").entries())
             one.value = `Fundi ${at} atakuja wiki ya ${at * 7} na vifaa vya bomba namba ${at * 7919}.`"""
    )
    page.get_by_role("button", name="Do it with the selected").click()


def refuse_case(page: Page, reference: str) -> None:
    page.goto(f"{path_of(reference)}?open=end")
    page.locator("form[action$='/end']").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="End the case").click()


def refuse_register(page: Page) -> None:
    """A whole sheet of notes whose code is none."""
    page.goto("/triage/slips/register")
    page.evaluate(
        """for (const one of document.querySelectorAll(".sheet input")) {
             const [name, row] = one.name.split("-");
             if (name === "code") one.value = "99";
             if (name === "words") one.value = `Bomba la ${row * 7919} limepasuka karibu na duka la ${row * 104729}`;
           }"""
    )
    page.get_by_role("button", name="Register them").click()


def look_up(page: Page) -> None:
    page.goto("/triage/log-call")
    page.get_by_role("button", name="Go on").click()


def print_slips(page: Page) -> None:
    page.goto("/triage/slips")
    page.get_by_label("How many").fill("50")
    page.get_by_role("button", name="Make the slips").click()


def note(answers: list[Response], answer: Response) -> None:
    answers.append(answer)


def weight_of(answer: Response) -> int:
    """Bytes of the body as it travelled."""
    return answer.request.sizes()["responseBodySize"]


def name_of(answer: Response) -> str:
    return answer.url.rpartition("/")[2].partition("?")[0]


def limit_of(path: str) -> int:
    if path.startswith("/triage/cases/"):
        return CASE
    if path.partition("?")[0] == "/triage/slips/register":
        return REGISTER
    return QUEUE - sum(FILES[name] for name in FIRST) if path.partition("?")[0] == "/triage/" else PAGE

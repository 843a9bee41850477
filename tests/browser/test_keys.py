"""The keys of the queue and of a case: what each does, where they are silent, and the list that `?` shows."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.phone import SHIRERE_WATER, Phone
from tests.browser.triage import Desk, path_of

OpenPage = Callable[..., Page]
OpenPhone = Callable[[str], Phone]


def press(page: Page, *keys: str) -> None:
    page.wait_for_selector("[data-keys=on]", state="attached")  # they come after the page
    for key in keys:
        page.keyboard.press(key)


def row_of(page: Page, reference: str) -> Locator:
    return page.locator(".row").filter(has_text=reference)


def test_an_officer_goes_through_the_queue_by_keys_alone(phone: OpenPhone, open_page: OpenPage) -> None:
    first = phone("Barasa").file(*SHIRERE_WATER)
    second = phone("Nafula").file(*SHIRERE_WATER[:3], "2", "1", "5")
    page = open_page()
    ward = Desk(page).sign_in("ward-1014")
    assert ward.queue() == [first, second]
    link = {one: row_of(page, one).get_by_role("heading").get_by_role("link") for one in (first, second)}

    press(page, "t")  # no row has the focus: nothing is taken
    press(page, "j")
    expect(link[first]).to_be_focused()
    press(page, "j")
    expect(link[second]).to_be_focused()
    press(page, "j")  # the last one stays
    expect(link[second]).to_be_focused()
    press(page, "k", "x")
    expect(row_of(page, first).get_by_role("checkbox")).to_be_checked()
    expect(row_of(page, second).get_by_role("checkbox")).not_to_be_checked()
    expect(page.locator(".picked")).to_have_text("(1)")
    press(page, "e")
    expect(row_of(page, first).get_by_label("What")).to_be_focused()
    row_of(page, first).get_by_label("Words").focus()
    page.keyboard.type("njtxq?")  # while she types, they are letters
    expect(row_of(page, first).get_by_label("Words")).to_have_value("njtxq?")
    expect(page.get_by_role("dialog")).to_have_count(0)

    link[second].focus()
    press(page, "Control+x", "Alt+x")
    expect(row_of(page, second).get_by_role("checkbox")).not_to_be_checked()
    press(page, "t")
    expect(ward.said).to_contain_text(f"{second} is yours.")
    press(page, "m")
    page.wait_for_url("**show=mine*")
    expect(page.locator(".row")).to_have_count(1)
    press(page, "j", "o")
    expect(page.get_by_role("heading", level=1)).to_contain_text(second)
    press(page, "w")
    expect(page.get_by_label("Message")).to_be_focused()
    page.get_by_label("Message").blur()
    press(page, "g", "q")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    press(page, "/")
    expect(page.get_by_label("Reference or words")).to_be_focused()


def test_the_question_mark_shows_the_keys_of_the_page_and_escape_closes_them(
    phone: OpenPhone, open_page: OpenPage
) -> None:
    reference = phone("Barasa").file(*SHIRERE_WATER)
    page = open_page()
    Desk(page).sign_in("ward-1014")
    shown = page.get_by_role("dialog", name="Keys of this page")
    press(page, "?")
    keys = {"g q", "/", "n", "l", "m", "f", "j", "k", "o", "x", "t", "e", "s"}
    assert set(shown.locator("kbd").all_inner_texts()) == keys
    for named in ("Waits for me", "Open the case", "With the selected"):
        expect(shown).to_contain_text(named)
    press(page, "n")  # under the dialog nothing moves
    press(page, "Escape")
    expect(shown).to_have_count(0)
    assert "show=" not in page.url
    page.goto(path_of(reference))
    press(page, "?")
    keys = {"t", "e", "w", "r", "b", "n", "s", "C", "p", "k", "l", "h", "i", "d", "g q"}
    assert set(shown.locator("kbd").all_inner_texts()) == keys
    expect(shown).not_to_contain_text("The next case")
    expect(shown).to_contain_text("Send to another ward")
    press(page, "Escape", "k")
    expect(page.locator("form[action$='/sort'] select")).to_be_focused()
    page.locator("main").focus()
    press(page, "d")  # inside a form that is closed
    expect(page.get_by_role("radio", name="Fixed")).to_be_visible()
    expect(page.locator("form[action$='/end'] .ready button").first).to_be_focused()
    press(page, "d")
    expect(page.locator("form[action$='/write'] .ready button").first).to_be_focused()


def test_whoever_is_disturbed_by_single_keys_turns_them_off(phone: OpenPhone, open_page: OpenPage) -> None:
    """As WCAG 2.1.4 wants it: whoever speaks to her browser would press them without knowing."""
    reference = phone("Barasa").file(*SHIRERE_WATER)
    page = open_page()
    Desk(page).sign_in("ward-1014")
    page.get_by_role("link", name="Keys").click()
    page.get_by_role("button", name="Turn the keys off in this browser").click()
    page.goto(path_of(reference))
    press(page, "t", "?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Take it", exact=True)).to_be_visible()
    page.get_by_role("link", name="Keys").click()
    page.get_by_role("button", name="Turn the keys on in this browser").click()
    page.goto(path_of(reference))
    press(page, "t")
    expect(page.get_by_role("status")).to_contain_text("is yours.")


def test_without_javascript_the_keys_are_listed_and_several_cases_are_ended_at_once(
    phone: OpenPhone, open_page: OpenPage
) -> None:
    references = [phone("Barasa").file(*SHIRERE_WATER), phone("Nafula").file(*SHIRERE_WATER[:3], "2", "1", "5")]
    page = open_page(java_script_enabled=False)
    ward = Desk(page).sign_in("ward-1014")
    page.get_by_role("link", name="Keys").click()
    expect(page.locator("main")).to_contain_text("They need JavaScript")
    expect(page.get_by_role("button", name="Turn the keys")).to_have_count(0)
    assert ward.queue() == references
    for reference in references:
        row_of(page, reference).get_by_role("checkbox").check()
    panel = page.get_by_role("region", name="With the selected cases")
    panel.get_by_label("What").select_option(label="Cannot be done now")
    panel.get_by_label("Words").fill("Hakuna pesa mwaka huu.")
    panel.get_by_role("button", name="Do it with the selected").click()
    expect(ward.said).to_contain_text("2 cases ended: cannot be done now.")
    assert ward.queue() == []
    assert sorted(ward.queue("done")) == sorted(references)


def test_all_cases_of_a_page_are_selected_with_one_button(phone: OpenPhone, open_page: OpenPage) -> None:
    phone("Barasa").file(*SHIRERE_WATER)
    phone("Nafula").file(*SHIRERE_WATER[:3], "2", "1", "5")
    page = open_page()
    Desk(page).sign_in("ward-1014")
    page.get_by_role("button", name="Select all").click()
    assert [box.is_checked() for box in page.locator(".row").get_by_role("checkbox").all()] == [True, True]
    expect(page.locator(".picked")).to_have_text("(2)")
    page.get_by_role("button", name="Select none").click()
    assert [box.is_checked() for box in page.locator(".row").get_by_role("checkbox").all()] == [False, False]


def test_after_a_row_is_done_the_next_one_is_in_sight_and_the_first_key_goes_there(
    phone: OpenPhone, open_page: OpenPage
) -> None:
    first = phone("Barasa").file(*SHIRERE_WATER)
    second = phone("Nafula").file(*SHIRERE_WATER[:3], "2", "1", "5")
    page = open_page()
    ward = Desk(page).sign_in("ward-1014")
    assert ward.queue() == [first, second]
    row = row_of(page, first)
    row.get_by_text("Answer or end").click()
    row.get_by_label("What").select_option(label="End: cannot be done now")
    row.get_by_label("Words").fill("Hakuna pesa mwaka huu.")
    row.get_by_role("button", name="Do it").click()
    expect(ward.said).to_be_in_viewport()
    expect(row_of(page, first)).to_have_count(0)
    assert page.url.endswith(f"#r{second.replace(' ', '')}")
    take = row_of(page, second).get_by_role("button", name="Take it")
    expect(take).to_have_accessible_description(row_of(page, second).get_by_role("heading").inner_text())
    press(page, "j")
    expect(row_of(page, second).get_by_role("heading").get_by_role("link")).to_be_focused()


def test_a_form_that_was_stopped_on_its_way_can_be_sent_again(phone: OpenPhone, open_page: OpenPage) -> None:
    reference = phone("Barasa").file(*SHIRERE_WATER)
    page = open_page()
    page.clock.install()
    ward = Desk(page).sign_in("ward-1014")
    sent: list[str] = []

    def stop(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) == 1:
            route.abort("aborted")
        else:
            route.continue_()

    page.route("**/triage/queue", stop)
    take = row_of(page, reference).get_by_role("button", name="Take it")
    for _ in range(2):  # the second press comes too soon
        take.click(no_wait_after=True)
    assert len(sent) == 1
    page.clock.fast_forward("00:11")
    take.click()
    expect(ward.said).to_contain_text(f"{reference} is yours.")
    assert len(sent) == 2

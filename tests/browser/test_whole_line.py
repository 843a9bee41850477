"""The whole line in a browser: a resident's phone, the officers' desks, and her phone again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.phone import SHIRERE_WATER, Phone, reference_in
from tests.browser.triage import Desk, path_of

OpenPhone = Callable[[str], Phone]
OpenDesk = Callable[[str], Desk]


def test_what_is_dialled_in_is_cleared_and_confirmed_by_the_resident(phone: OpenPhone, desk: OpenDesk) -> None:
    akinyi = phone("Akinyi")
    assert akinyi.dial().startswith("Kaunti ya Kakamega, bure.\n1 Ripoti shida\n")
    filed = akinyi.answer(*SHIRERE_WATER)
    reference = reference_in(filed)
    assert filed.startswith(f"Imepokelewa: {reference}\nUtajibiwa kufikia ")
    assert akinyi.hops == 7
    assert akinyi.answer("1").startswith(f"Asante. Nambari {reference}. SMS inakuja.")
    akinyi.sms(f"ripoti {reference} imepokelewa")

    beatrice = desk("ward-1014")
    assert beatrice.queue("new") == [reference]
    expect(beatrice.row(reference)).to_contain_text("No water")
    beatrice.open(reference, "new").take()
    expect(beatrice.state).to_contain_text("In progress")
    beatrice.end("Fixed", "Bomba limerekebishwa na fundi wa wadi.")
    expect(beatrice.state).to_contain_text("Fixed, resident asked")

    akinyi.sms(f"{reference}: afisa anasema imetatuliwa. Ni kweli?")
    akinyi.text("NDIYO")
    akinyi.sms(f"{reference}: asante kwa kuthibitisha. Imefungwa.")
    beatrice.open(reference, "done")
    expect(beatrice.state).to_contain_text("Fixed, resident says yes")
    expect(beatrice.history).to_contain_text("The resident says: yes, it is fixed")
    expect(beatrice.history).to_contain_text("Bomba limerekebishwa na fundi wa wadi.")
    expect(beatrice.page.locator(".thread")).to_contain_text("NDIYO")
    assert akinyi.dial().startswith("Kaunti ya Kakamega, bure.\n1 Ripoti shida (Shirere)\n")


def test_a_case_that_is_not_fixed_after_all_is_on_top_of_the_queue_with_the_reason(
    phone: OpenPhone, desk: OpenDesk
) -> None:
    older = phone("Barasa").file(*SHIRERE_WATER)
    wafula = phone("Wafula")
    reference = wafula.file(*SHIRERE_WATER)
    officer = desk("ward-1014")
    assert officer.queue() == [older, reference]
    officer.open(reference).end("Fixed", "Nimeona maji yanatoka.")
    assert officer.queue() == [older]
    wafula.sms(f"{reference}: afisa anasema imetatuliwa.")

    home = wafula.dial()
    assert home.startswith(f"{reference}: afisa asema imetatuliwa. Kweli?\n7 Ndiyo  8 Bado\n")
    assert wafula.answer("8").startswith(f"Pole. {reference} imefunguliwa tena, iko mwanzo wa foleni. Kwa nini?")
    assert wafula.answer("2").startswith(f"Asante. Afisa ataona {reference} kwanza.")

    assert officer.queue() == [reference, older]
    expect(officer.row(reference)).to_contain_text("Not fixed, says the resident")
    officer.open(reference)
    expect(officer.state).to_contain_text("Not fixed, says the resident")
    expect(officer.history).to_contain_text("The resident says why it is not fixed: only half done")


def test_a_text_without_a_ward_goes_to_the_county_desk_and_with_the_answer_to_the_ward(
    phone: OpenPhone, desk: OpenDesk
) -> None:
    nafula = phone("Nafula")
    nafula.text("Taa za barabarani haziwaki tangu Jumatatu, wezi wamekuwa wengi")
    reference = reference_in(nafula.sms("imepokelewa", "Ni wadi gani?").inner_text())

    hotline, ward = desk("hotline"), desk("ward-1014")
    assert hotline.queue() == [reference]
    expect(hotline.row(reference)).to_contain_text("Ward not known")
    expect(hotline.row(reference)).to_contain_text("Taa za barabarani haziwaki tangu Jumatatu")
    assert ward.queue() == []

    nafula.text("Shirere")
    nafula.sms(f"{reference}: asante. Iko kwa msimamizi wa wadi ya Shirere.")
    assert hotline.queue() == []
    assert ward.queue("new") == [reference]
    ward.open(reference, "new")
    expect(ward.page.get_by_text("wezi wamekuwa wengi").first).to_be_visible()


def test_a_text_is_asked_for_its_ward_answered_by_an_officer_and_confirmed(phone: OpenPhone, desk: OpenDesk) -> None:
    wafula = phone("Wafula")
    wafula.text("hakna maji kisa tangu juzi bomba imepasuka")
    asked = wafula.sms("imepokelewa", "1 Kisa North 2 Kisa East 3 Kisa West 4 Kisa Central").inner_text()
    reference = reference_in(asked)
    wafula.text("wadi ya sherere")
    wafula.sms(f"{reference}: asante. Iko kwa msimamizi wa wadi ya Shirere.")

    officer = desk("ward-1014")
    assert officer.queue("new") == [reference]
    expect(officer.row(reference)).to_contain_text("Water?")
    officer.open(reference, "new")
    page = officer.page
    expect(page.locator("main")).to_contain_text("Burst pipe")
    page.get_by_role("button", name="That is right").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Water")
    officer.take()
    page.locator("summary", has_text="Write to the resident").click()
    page.get_by_label("Message").fill("Fundi anakuja leo mchana ’")
    page.get_by_role("button", name="Look at the SMS first").click()
    expect(page.get_by_label("Message")).to_have_value("Fundi anakuja leo mchana ’")
    page.get_by_role("button", name="Send the SMS").click()
    wafula.sms(f"{reference}, Kaunti ya Kakamega: Fundi anakuja leo mchana '")
    expect(page.locator(".thread")).to_contain_text("wadi ya sherere")

    wafula.text("mmefika wapi")
    wafula.sms(f"{reference}: kazini. Kwa: Msimamizi wa wadi tangu")
    officer.open(reference).end("Fixed", "Bomba limerekebishwa.")
    wafula.sms(f"{reference}: afisa anasema imetatuliwa. Ni kweli?")
    wafula.text("Ndio, asante")
    wafula.sms(f"{reference}: asante kwa kuthibitisha. Imefungwa.")
    officer.open(reference, "done")
    expect(officer.state).to_contain_text("Fixed, resident says yes")


def test_what_is_doubtful_is_a_report_of_its_own_until_an_officer_joins_it(phone: OpenPhone, desk: OpenDesk) -> None:
    amina = phone("0722 000 197")
    older = amina.file(*SHIRERE_WATER)
    amina.sms(f"ripoti {older} imepokelewa")
    amina.text("bado watu wanateseka sana hapa kwetu")  # the words that the SMS asked for
    amina.sms(f"Maneno yako yameongezwa kwa ripoti {older}")
    amina.text("Maji ya kisima nayo yamekuwa machafu Shirere")
    received = amina.page.get_by_test_id("sms").filter(has_text="imepokelewa")
    expect(received).to_have_count(2)
    [newer] = {reference_in(text) for text in received.all_inner_texts()} - {older}

    officer = desk("ward-1014")
    assert sorted(officer.queue("new")) == sorted([older, newer])
    officer.open(newer, "new")
    officer.page.get_by_role("button", name="Same matter: join").click()
    amina.sms(f"{newer}: afisa ameiunganisha na ripoti yako {older}")
    assert officer.queue("new") == [older]


def test_a_bribe_does_not_exist_for_the_ward_and_is_seen_by_the_ombudsman(phone: OpenPhone, desk: OpenDesk) -> None:
    makokha = phone("Makokha")
    makokha.dial()
    received = makokha.answer("4", "3", "1")
    reference = reference_in(received.partition(", siri ")[0])
    assert received.endswith("Kisha eleza kwa ufupi.\n1 Endelea\n0 Maliza")
    makokha.answer("1")
    assert makokha.answer("Karani wa soko aliomba pesa").startswith("Maneno yameongezwa.")
    assert makokha.answer("1").startswith("Nambari yako haikuhifadhiwa. Hutapata SMS.")

    ward = desk("ward-1014")
    assert ward.queue() == []
    expect(ward.page.locator(".tab b")).to_have_text(["0"] * 6)
    # Not with `goto`: a page that is refused counts as an error of its own in the browser's console.
    assert ward.page.request.get(path_of(reference)).status == 404
    assert ward.page.request.get(f"/triage/find?words={reference}").status == 404

    ombudsman = desk("ombudsman")
    assert ombudsman.queue() == [reference]
    expect(ombudsman.row(reference)).not_to_contain_text("pesa")
    ombudsman.open(reference)
    expect(ombudsman.state).to_contain_text("Confidential")
    expect(ombudsman.page.locator("blockquote")).to_have_text("Karani wa soko aliomba pesa")


def test_a_call_that_drops_is_taken_up_at_the_next_dial_and_a_poster_begins_in_its_ward(
    phone: OpenPhone, desk: OpenDesk
) -> None:
    barasa = phone("Barasa")
    assert barasa.dial("*384*123*1014#").startswith("Shirere:\n1 Maji")
    barasa.answer("1", "2")
    barasa.hang_up()
    assert barasa.dial().startswith("Ulianza ripoti, Shirere.\n7 Endelea  8 Ifute\n")
    assert barasa.answer("7").startswith("Mahali?\n1 Soko Shirere")
    reference = reference_in(barasa.answer("1"))
    assert barasa.answer("1").startswith(f"Asante. Nambari {reference}.")
    assert desk("ward-1014").queue("new") == [reference]
    assert barasa.dial().startswith("Kaunti ya Kakamega, bure.\n1 Ripoti shida (Shirere)")


def test_who_wants_to_be_called_is_on_the_hotlines_list(phone: OpenPhone, desk: OpenDesk) -> None:
    barasa = phone("Barasa")
    barasa.dial()
    assert barasa.answer("5", "1").startswith("Asante. Mhudumu atakupigia.")

    page = desk("hotline").page
    page.get_by_role("link", name="Call-backs").click()
    [row] = page.locator(".row").all()
    expect(row).to_contain_text("Wants a call today")
    expect(row).not_to_contain_text("000144")
    row.get_by_role("button", name="Show number, call").click()
    expect(row.get_by_role("link", name="+254 771 000144")).to_have_attribute("href", "tel:+254771000144")
    row.get_by_role("button", name="We spoke").click()
    expect(page.get_by_text("Nobody waits for a call.")).to_be_visible()


def test_pasted_markup_is_shown_as_it_was_written(phone: OpenPhone, desk: OpenDesk) -> None:
    words = "<script>document.title = 'taken'</script><img src=x onerror=alert(1)> Shirere maji & \"matope\""
    stranger = phone("0722 000 199")
    stranger.text(words)
    expect(stranger.page.get_by_test_id("sms-sent")).to_contain_text(words)
    reference = reference_in(stranger.sms("imepokelewa").inner_text())

    officer = desk("ward-1014")
    page = officer.page
    assert officer.queue() == [reference]
    expect(officer.row(reference)).to_contain_text("<script>document.title = 'taken'</script>")
    officer.open(reference)
    expect(page.locator("blockquote")).to_have_text(words)
    assert "taken" not in page.title()
    assert page.locator("main script, main img").count() == 0

"""The county folder: Kakamega as it is shipped, and every way in which a folder may be wrong."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from config.county import COUNTIES, County, Menu, Term, TermName, TermUnit, load, resolve
from menus.lettering import SCREEN_BUDGET, is_gsm7, septets
from menus.marked import Mistakes

MINIMAL = Path(__file__).parent / "counties" / "minimal"


@pytest.fixture(scope="module")
def kakamega() -> County:
    return load(resolve("kakamega"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the minimal county, to be spoilt."""
    return Path(shutil.copytree(MINIMAL, tmp_path / "minimal"))


def mistakes_in(folder: Path) -> list[str]:
    with pytest.raises(Mistakes) as caught:
        load(folder)
    return [str(problem) for problem in caught.value.problems]


def test_kakamega_has_its_sub_counties_wards_and_people(kakamega: County) -> None:
    assert (kakamega.code, kakamega.name, kakamega.languages) == (37, "Kakamega", ("sw", "en"))
    assert [sub_county.code for sub_county in kakamega.sub_counties] == list(range(199, 211))
    assert [ward.code for ward in kakamega.wards] == list(range(991, 1051))
    assert sum(ward.population for ward in kakamega.wards) == 1_660_651


def test_shirere_is_ward_1014_of_lurambi_with_its_own_landmarks(kakamega: County) -> None:
    ward = kakamega.ward(1014)
    assert ward
    assert (ward.name, ward.short, ward.sub_county, ward.population) == ("Shirere", "Shirere", 202, 33510)
    assert [dict(landmark.label) for landmark in ward.landmarks] == [
        {"sw": "Soko Shirere", "en": "Shirere market"},
        {"sw": "Zahanati", "en": "Dispensary"},
        {"sw": "Shule msingi", "en": "Primary school"},
    ]
    lurambi = kakamega.sub_county(202)
    assert lurambi
    assert (lurambi.name, lurambi.aliases) == ("Lurambi", ("Kakamega Central",))
    assert [ward.short for ward in lurambi.wards][-3:] == ["Sheywe", "Mahiakalo", "Shirere"]


def test_long_ward_names_have_a_short_one(kakamega: County) -> None:
    shorts = {ward.name: ward.short for ward in kakamega.wards if ward.short != ward.name}
    assert shorts == {
        "Shinoyi-Shikomari-Esumeyia": "Shinoyi-Shikomari",
        "Malaha/Isongo/Makunga": "Malaha/Isongo",
    }
    assert max(len(ward.short) for ward in kakamega.wards) == 17


def test_the_menus_are_those_of_the_dialogue(kakamega: County) -> None:
    def labels(menu: Menu, language: str) -> list[str]:
        return [category.label[language] for category in kakamega.menu(menu)]

    assert labels(Menu.MAIN, "sw") == [
        "Maji", "Barabara, daraja", "Hospitali, dawa", "Taa za barabarani", "Soko", "Taka, mitaro", "Basari, chekechea",
    ]  # fmt: skip
    assert labels(Menu.MAIN, "en") == [
        "Water", "Road, bridge", "Hospital, drugs", "Street lights", "Market", "Garbage, drains", "Bursary, ECDE",
    ]  # fmt: skip
    assert labels(Menu.MORE, "sw") == [
        "Ardhi, nyumba", "Kilimo, mifugo", "Ada, leseni", "Mradi umekwama", "Walemavu, wazee", "Kelele, pombe", "Ajira",
        "Mazingira",
    ]  # fmt: skip
    assert labels(Menu.MORE, "en") == [
        "Land, housing", "Farming", "Fees, permits", "Stalled project", "Disabled, elderly", "Noise, alcohol", "Jobs",
        "Environment",
    ]  # fmt: skip
    assert [category.code for category in kakamega.menu(Menu.SECRET)] == ["GBV", "CORRUPT", "STAFF"]


def test_a_disaster_alone_cannot_wait(kakamega: County) -> None:
    assert [category.code for category in kakamega.categories if category.urgent] == ["DISASTER"]


def test_sensitive_categories_are_with_the_ombudsman_and_in_no_ordinary_list(kakamega: County) -> None:
    sensitive = [category for category in kakamega.categories if category.sensitive]
    assert {(category.code, category.menu, category.department) for category in sensitive} == {
        ("GBV", Menu.SECRET, "ombudsman"), ("CORRUPT", Menu.SECRET, "ombudsman"), ("STAFF", Menu.SECRET, "ombudsman"),
    }  # fmt: skip
    assert set(kakamega.sensitive.words) == {"GBV", "CORRUPT", "STAFF"}


@pytest.mark.parametrize("language", ["sw", "en"])
def test_every_list_of_problems_fits_below_the_longest_ward(kakamega: County, language: str) -> None:
    longest = max((ward.short for ward in kakamega.wards), key=septets)
    for category in [*kakamega.menu(Menu.MAIN), *kakamega.menu(Menu.MORE)]:
        options = [f"{key} {problem.label[language]}" for key, problem in enumerate(category.problems, start=1)]
        screen = "\n".join([f"CON Rudia. {category.short[language]}, {longest}:", *options, "0 Rudi"])
        assert is_gsm7(screen)
        assert septets(screen) <= SCREEN_BUDGET
        assert category.problems[-1].code == "OTHER"


def test_the_charter_keeps_its_units_and_lets_a_category_differ(kakamega: County) -> None:
    charter = kakamega.charter
    assert charter.term(TermName.RESOLVE) == Term(8, TermUnit.WORKING_DAYS)
    assert charter.term("resolve", "WATER") == Term(8, TermUnit.WORKING_DAYS)
    assert charter.term("resolve", "ROADS") == Term(14, TermUnit.WORKING_DAYS)
    assert charter.term("first_action", "ROADS") == Term(48, TermUnit.HOURS)
    assert charter.term("hard_stop") == Term(30, TermUnit.DAYS)
    with pytest.raises(KeyError):
        charter.term("someday")


def test_what_is_unknown_is_none(kakamega: County) -> None:
    assert kakamega.ward(1) is None
    assert kakamega.sub_county(1) is None
    assert kakamega.category("FISH") is None
    assert kakamega.department("fish") is None
    assert kakamega.service("FISH") is None
    assert kakamega.referral("FISH") is None


def test_something_else_is_no_common_problem(kakamega: County) -> None:
    water = kakamega.category("WATER")
    assert water is not None
    listed = {one.code: water.problem(one.code) for one in water.problems}
    assert listed.pop("OTHER") is None
    assert list(listed.values()) == [one for one in water.problems if one.code != "OTHER"]
    assert (water.problem(None), water.problem("NOTHING")) == (None, None)


def test_helplines_and_referrals_name_real_numbers(kakamega: County) -> None:
    lines = kakamega.helplines
    assert (lines.child, lines.violence, lines.emergency, lines.mobile_emergency, lines.eacc) == (
        "116", "1195", "999", "112", "1551",
    )  # fmt: skip
    assert kakamega.hotline == "0800 724 388"
    assert kakamega.hotline_hours == (8, 17)
    assert kakamega.quiet_hours == (21, 7)
    power = kakamega.referral("KPLC")
    assert power
    assert power.text["sw"] == "Stima ni KPLC, si kaunti: piga 97771."
    assert all(septets(wording) <= 70 for referral in kakamega.referrals for wording in referral.text.values())


def test_a_name_means_a_shipped_county_and_anything_else_a_path(tmp_path: Path) -> None:
    assert resolve("kakamega") == COUNTIES / "kakamega"
    assert resolve(str(tmp_path)) == tmp_path
    assert resolve("../kakamega") == Path("../kakamega")


def test_the_minimal_county_loads_and_needs_no_referrals(folder: Path) -> None:
    (folder / "referrals.yml").unlink()
    county = load(folder)
    assert county.referrals == ()
    assert [ward.code for ward in county.wards] == [1013, 1014, 1016]
    assert county.charter.gazetted == {date(2026, 12, 24)}
    assert county.charter.cancelled == {date(2026, 12, 25)}
    assert county.charter.term("resolve", "WATER") == Term(3, TermUnit.WORKING_DAYS)


def test_a_text_may_be_in_further_languages_here_and_there(folder: Path) -> None:
    for file, old, new in [
        ("county.yml", "en: County hotline", "en: County hotline, luy: Isimu ya kaundi"),
        ("places.yml", "en: Market", "en: Market, luy: Isoko"),
        (
            "departments.yml",
            "short: {sw: Idara ya Maji, en: Water dept",
            "short: {sw: Idara ya Maji, en: Water dept, luo: Pi",
        ),
        ("categories.yml", "en: No water", "en: No water, luy: Amatsi kabula"),
        ("referrals.yml", "{sw: Stima (KPLC), en: Power (KPLC)", "{luy: Isitima, sw: Stima (KPLC), en: Power (KPLC)"),
    ]:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    county = load(folder)
    assert county.languages == ("sw", "en")
    assert county.services[0].label == {"sw": "Simu ya kaunti", "en": "County hotline", "luy": "Isimu ya kaundi"}
    assert county.wards[0].landmarks[0].label["luy"] == "Isoko"
    assert county.departments[0].short == {"sw": "Idara ya Maji", "en": "Water dept", "luo": "Pi"}
    assert "luy" not in county.departments[0].name
    no_water, other = county.categories[0].problems
    assert (no_water.label["luy"], set(other.label)) == ("Amatsi kabula", {"sw", "en"})
    assert county.referrals[0].label["luy"] == "Isitima"


@pytest.mark.parametrize(("written", "hours"), [("0-1", (0, 1)), ("08-17", (8, 17)), ("6-23", (6, 23))])
def test_the_hours_of_the_hotline_are_full_hours_of_the_day(folder: Path, written: str, hours: tuple[int, int]) -> None:
    path = folder / "county.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("8-17", written), encoding="utf-8")
    assert load(folder).hotline_hours == hours


WRONG = yaml.safe_load((MINIMAL.parent / "wrong.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("wrong", WRONG, ids=[f"{wrong['file']}-{wrong['new']}" for wrong in WRONG])
def test_a_folder_with_a_mistake_is_refused_with_file_and_line(folder: Path, wrong: dict[str, str]) -> None:
    path = folder / wrong["file"]
    text = path.read_text(encoding="utf-8")
    assert wrong["old"] in text
    path.write_text(text.replace(wrong["old"], wrong["new"], 1), encoding="utf-8")
    assert f"minimal/{wrong['mistake']}" in mistakes_in(folder)


def test_every_mistake_is_listed_at_once_in_the_order_of_the_files(folder: Path) -> None:
    for file, old, new in [
        ("charter.yml", "8 working_days", "soon"),
        ("places.yml", "code: 1014", "code: 0"),
        ("places.yml", "code: 1016", "code: x"),
    ]:
        path = folder / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert [mistake.split(": ")[0] for mistake in mistakes_in(folder)] == [
        "minimal/charter.yml:4",
        "minimal/places.yml:8",
        "minimal/places.yml:13",
    ]


def test_a_screen_of_problems_that_is_too_long_is_refused(folder: Path) -> None:
    path = folder / "categories.yml"
    many = "".join(f"    P{key}: {{sw: Shida ya maji nyingi, en: Trouble with water}}\n" for key in range(6))
    text = path.read_text(encoding="utf-8").replace("    OTHER: {sw: Ny", many + "    OTHER: {sw: Ny", 1)
    path.write_text(text.replace("    NO_WATER: {sw: Hakuna maji, en: No water}\n", ""), encoding="utf-8")
    assert mistakes_in(folder) == [
        "minimal/categories.yml:7: the screen of these options takes 186 septets in `en`, at most 160 fit",
        "minimal/categories.yml:7: the screen of these options takes 191 septets in `sw`, at most 160 fit",
    ]


@pytest.mark.parametrize("file", ["county", "places", "departments", "categories", "charter", "sensitive"])
def test_a_missing_file_is_one_mistake(folder: Path, file: str) -> None:
    (folder / f"{file}.yml").unlink()
    assert mistakes_in(folder) == [f"minimal/{file}.yml:1: cannot be read: FileNotFoundError"]


@pytest.mark.parametrize("file", ["county", "places", "departments", "categories", "charter", "sensitive", "referrals"])
@pytest.mark.parametrize(
    "content",
    [b"", b"# no\n", b"plain", b"- a\n- [b]\n", b"a: {b: [c]}\n", b"\xff\xfe", b"&a [*a]\n", b"\0", b"? [a]\n: b\n"],
)
def test_any_content_of_a_file_is_refused_and_never_a_traceback(folder: Path, file: str, content: bytes) -> None:
    (folder / f"{file}.yml").write_bytes(content)
    assert any(mistake.startswith(f"minimal/{file}.yml:") for mistake in mistakes_in(folder))


def test_empty_places_are_refused(folder: Path) -> None:
    text = (folder / "places.yml").read_text(encoding="utf-8")
    (folder / "places.yml").write_text(text.split("sub_counties:")[0] + "sub_counties: []\n", encoding="utf-8")
    assert mistakes_in(folder) == ["minimal/places.yml:3: there is no sub-county"]
    lonely = "sub_counties:\n  - {code: 202, name: Lurambi, wards: []}\n"
    (folder / "places.yml").write_text(text.split("sub_counties:")[0] + lonely, encoding="utf-8")
    assert mistakes_in(folder) == ["minimal/places.yml:4: `Lurambi` has no ward"]


def test_a_file_that_nothing_reads_is_pointed_out(folder: Path) -> None:
    (folder / "referrals.yml").rename(folder / "referals.yml")
    assert mistakes_in(folder) == [
        "minimal/referals.yml:1: nothing reads this file; did you mean `referrals.yml`?",
    ]


def test_a_county_that_is_not_there_is_a_mistake_with_a_hint() -> None:
    assert mistakes_in(resolve("kakamga")) == ["kakamga:1: there is no such county folder; did you mean `kakamega`?"]


def test_a_ninth_service_is_refused(folder: Path) -> None:
    with (folder / "county.yml").open("a", encoding="utf-8") as file:
        file.writelines(f"  S{key}: {{sw: S{key}, en: S{key}}}\n" for key in range(8))
    assert mistakes_in(folder) == ["minimal/county.yml:8: 9 options, at most 8 fit"]

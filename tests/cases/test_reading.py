"""What a text says by itself: ward, category and problem, suggested with the words that speak for them."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from bench import reading as bench
from config.county import County, load, resolve
from gateway.cases.gazetteer import namesakes
from gateway.cases.reading import Reading, read
from menus.lettering import septets


@pytest.fixture(scope="module")
def kakamega() -> County:
    return load(resolve("kakamega"))


@pytest.fixture(scope="module")
def done(kakamega: County) -> list[bench.Read]:
    """The half of the labelled texts that the word lists were tuned on, read."""
    return bench.read_all(kakamega, bench.labelled("dev"))


def among(county: County, text: str) -> list[str]:
    return [ward.short for ward in read(county, text).among]


def test_a_text_gives_ward_category_problem_and_the_words_that_she_wrote_for_them(kakamega: County) -> None:
    assert read(kakamega, "Habari, Bomba LIMEPAXUKA pale Kabras  ya Mashariki, maji yote barabarani!") == Reading(
        ward=kakamega.ward(1004),
        ward_words="Kabras  ya Mashariki",
        among=(),
        category="WATER",
        problem="BURST_PIPE",
        category_words=("Bomba", "LIMEPAXUKA", "maji"),
    )


@pytest.mark.parametrize(
    "text", ["", "   ", "1", "???", "\U0001f4a7\U0001f4a7", "mambo vipi", "test", "ok asante", "x" * 5000]
)
def test_a_text_that_says_nothing_suggests_nothing(kakamega: County, text: str) -> None:
    assert read(kakamega, text) == Reading(None, "", (), None, None, ())


@pytest.mark.parametrize(
    ("text", "ward", "words"),
    [
        ("hakuna maji xilele jamani", "Shirere", "xilele"),
        ("lwadeti road very bad", "Lwandeti", "lwadeti"),
        ("mautma maji hakuna", "Mautuma", "mautma"),
        ("Chebaywa barabara imekuwa mto", "Chevaywa", "Chebaywa"),
        ("murhada hosi imefungwa", "Murhanda", "murhada"),
        ("isuxa west mashimo", "Isukha West", "isuxa west"),
        ("kisa cntral dispensary", "Kisa Central", "kisa cntral"),
        ("N. Marama taa zimezima", "Marama North", "N. Marama"),
        ("idakho e. barabara ni mud", "Idakho East", "idakho e"),
        ("kaskazini mwa Marama taa", "Marama North", "kaskazini mwa Marama"),
        ("butsotso est mtaro", "Butsotso East", "butsotso est"),
        ("kisaeast hakuna maji", "Kisa East", "kisaeast"),
        ("Manda, Malava hakuna maji", "Manda-Shivanga", "Manda"),
        ("Shianda ya Butere taa", "Marenyo-Shianda", "Shianda"),
        ("Koyonzo hakuna daktari, tunaenda hadi Mumias", "Koyonzo", "Koyonzo"),
        ("Kabras sugar inatoa moshi South Kabras", "South Kabras", "South Kabras"),
        ("wadi ya Shianda", "Marenyo-Shianda", "Shianda"),
    ],
)
def test_a_ward_is_read_in_any_spelling_that_leaves_no_doubt(
    kakamega: County, text: str, ward: str, words: str
) -> None:
    reading = read(kakamega, text)
    assert reading.ward
    assert (reading.ward.short, reading.ward_words, reading.among) == (ward, words, ())


@pytest.mark.parametrize(
    ("text", "wards"),
    [
        ("Kisa hatuna maji", ["Kisa North", "Kisa East", "Kisa West", "Kisa Central"]),
        ("kwisero taa zimezima", ["Kisa North", "Kisa East", "Kisa West", "Kisa Central"]),
        ("isuka barabara", ["Isukha North", "Isukha Central", "Isukha South", "Isukha East", "Isukha West"]),
        ("busotso barabara ni mbaya", ["Butsotso East", "Butsotso South", "Butsotso Central"]),
        ("Mumias East hakuna maji", ["Lusheya/Lubinu", "Malaha/Isongo", "East Wanga"]),
        ("taka Shianda", ["Lusheya/Lubinu", "Malaha/Isongo", "East Wanga", "Marenyo-Shianda"]),
        ("Shianda, Mumias East", ["Lusheya/Lubinu", "Malaha/Isongo", "East Wanga"]),
        ("Marama, Butere", ["Marama West", "Marama Central", "Marama North", "Marama South"]),
        ("likuyani no water", ["Likuyani", "Sango", "Kongoni", "Nzoia", "Sinoko"]),
    ],
)
def test_a_name_of_a_few_wards_is_to_be_asked_about(kakamega: County, text: str, wards: list[str]) -> None:
    assert among(kakamega, text) == wards
    assert read(kakamega, text).ward is None
    assert read(kakamega, text).ward_words


@pytest.mark.parametrize(
    "text",
    [
        "Mumias maji yamekatika",  # a town and two sub-counties: seven wards
        "Lugari hakuna maji",  # six
        "Navakholo taa haziwaki",  # five, but their names are too long for one question
        "Kisa na Marama hakuna maji",
        "barabara ya Shirere hadi Mahiakalo",
        "daraja la mto Nzoia limelegea",
        "miwa ya Mumias sugar barabarani",
        "Maraba estate",
        "mambo ya maana, nambari gani, mahala gani, machungu",
        "kuna kisa cha wizi",
        "Wanga hakuna maji",
    ],
)
def test_a_name_that_says_too_little_or_something_else_is_neither(kakamega: County, text: str) -> None:
    reading = read(kakamega, text)
    assert (reading.ward, reading.among, reading.ward_words) == (None, (), "")


def test_every_group_that_may_be_asked_about_fits_its_question(kakamega: County, done: list[bench.Read]) -> None:
    groups = namesakes(kakamega)
    assert len(groups) >= 10
    for wards in groups:
        assert 2 <= len(wards) <= 5
        assert septets(" ".join(f"{key} {ward.short}" for key, ward in enumerate(wards, start=1))) <= 80
    assert {one.reading.among for one in done if one.reading.among} <= set(groups)


@pytest.mark.parametrize(
    ("text", "category", "problem"),
    [
        ("maj hakna xaxa", "WATER", "NO_WATER"),
        ("hakuna amatsi", "WATER", "NO_WATER"),
        ("brbr mbovu", "ROADS", "POTHOLES"),
        ("dwa hakuna hosi", "HEALTH", "NO_DRUGS"),
        ("balabala imejaa mashimo", "ROADS", "POTHOLES"),
        ("hospitari haina dakitari", "HEALTH", "NO_STAFF"),
        ("stimz zinapotea", "NATIONAL", None),
        ("Taa ya stage imezima", "LIGHT", "OUT"),
        ("garbage not collected", "WASTE", "NOT_COLLECTED"),
        ("taka kando ya barabara", "WASTE", "NOT_COLLECTED"),
        ("maji machafu ya bomba", "WATER", "DIRTY_WATER"),
        ("choo cha soko kimejaa", "MARKET", "TOILET"),
        ("choo cha stage kimejaa", "WASTE", "TOILET"),
        ("No water near the market", "WATER", "NO_WATER"),
        ("barabara karibu na shule ya msingi imeharibika", "ROADS", None),
        ("daktari wa mifugo hayuko", "AGRI", "VET"),
        ("leseni bado haijatoka", "REVENUE", "LICENCE"),
        ("bursary lini", "EDUCATION", "BURSARY_LATE"),
        ("Mradi wa zahanati umekwama", "PROJECT", "STOPPED"),
        ("mto umechafuka, samaki wanakufa", "ENV", "RIVER"),
        ("Ajali mbaya Shirere watu wameumia", "DISASTER", None),
        ("ajali ya matatu na lori majeruhi wengi", "DISASTER", None),
        ("Ajali barabara kuu Lurambi, wawili wamekufa", "DISASTER", None),
        ("There is an accident at Shirere, three people are injured", "DISASTER", None),
        ("Road accident near Shirere market, two dead", "DISASTER", None),
        ("ajali nyingi hapa Shirere", "ROADS", "ACCIDENTS"),
        ("ajali nyingi watu wameumia wekeni matuta", "ROADS", "ACCIDENTS"),
        ("ajali kila wiki kona ya Shirere", "ROADS", "ACCIDENTS"),
        ("many accidents at this corner, people are injured every week", "ROADS", "ACCIDENTS"),
    ],
)
def test_the_category_for_which_most_speaks_is_suggested(
    kakamega: County, text: str, category: str, problem: str | None
) -> None:
    reading = read(kakamega, text)
    assert (reading.category, reading.problem) == (category, problem)
    assert all(word in text for word in reading.category_words)


def test_at_most_four_words_are_shown(kakamega: County) -> None:
    words = read(kakamega, "maji bomba kisima mfereji bili mita chemchemi").category_words
    assert words == ("maji", "bomba", "kisima", "mfereji")


@pytest.mark.parametrize(
    "text",
    [
        "daktari wa zahanati anaomba hongo, hakuna dawa",
        "msichana alibakwa akichota maji kisimani",
        "muuguzi alinitukana hospitali ya Shirere",
    ],
)
def test_a_text_that_is_hidden_gets_no_category_so_that_nothing_reveals_it(kakamega: County, text: str) -> None:
    assert read(kakamega, text).category is None
    assert read(kakamega, text).problem is None
    assert read(kakamega, text).category_words == ()


def test_no_text_is_ever_read_as_a_sensitive_category_or_as_other(kakamega: County, done: list[bench.Read]) -> None:
    allowed = {category.code for category in kakamega.categories if not category.sensitive} - {"OTHER", "RATING"}
    assert {one.reading.category for one in done} - {None} <= allowed
    words = " ".join(phrase.replace("*", "") for phrase in ("ukatili", "ufisadi", "tabia ya mfanyakazi", "hongo"))
    assert read(kakamega, words).category is None


def test_a_county_without_a_lexicon_reads_wards_alone(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(resolve("kakamega"), tmp_path / "bare"))
    (folder / "lexicon.yml").unlink()
    reading = read(load(folder), "hakuna maji sherere")
    assert reading.ward
    assert (reading.ward.code, reading.category, reading.category_words) == (1014, None, ())


def test_the_aims_are_met_on_the_texts_that_the_lists_were_tuned_on(kakamega: County, done: list[bench.Read]) -> None:
    shares = [*bench.ward_shares(kakamega, done), *bench.category_shares(kakamega, done)]
    assert [str(share) for share in shares if not share.met] == []


def test_a_hostile_text_holds_nobody_up(kakamega: County) -> None:
    for text in ("hakuna maji " * 500, " ".join(f"mpaki{number}" for number in range(500)), "kisa north " * 500):
        started = time.process_time()
        read(kakamega, text)
        assert time.process_time() - started < 1

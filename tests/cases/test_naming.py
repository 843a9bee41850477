"""Names of places in a search: which wards they are, and what is left of the words."""

from __future__ import annotations

import pytest

from config.county import County, load, resolve
from gateway.cases.naming import place_in


@pytest.fixture(scope="module")
def county() -> County:
    return load(resolve("kakamega"))


@pytest.mark.parametrize(
    ("typed", "names", "rest"),
    [
        ("Shirere", ["Shirere"], ""),
        ("bomba shirere", ["Shirere"], "bomba"),
        ("SHIRERE ward bomba limepasuka", ["Shirere"], "bomba limepasuka"),
        ("bomba wadi Shirere", ["Shirere"], "bomba"),
        ("kata ya Shirere maji", ["Shirere"], "maji"),
        ("maji wadi ya Shirere", ["Shirere"], "maji"),
        ("ward of Shirere", ["Shirere"], ""),
        ("bomba la Shirere", ["Shirere"], "bomba la"),
        ("shirere bomba la mzee", ["Shirere"], "bomba la mzee"),
        ("Sheywe, soko", ["Sheywe"], "soko"),
    ],
)
def test_a_ward_is_known_by_its_name_wherever_it_stands(
    county: County, typed: str, names: list[str], rest: str
) -> None:
    place = place_in(county, typed)
    assert place
    assert sorted(ward.name for ward in county.wards if ward.code in place.wards) == names
    assert place.rest == rest


def test_a_sub_county_is_all_of_its_wards(county: County) -> None:
    sub_county = county.sub_counties[0]
    place = place_in(county, f"{sub_county.name} sub county maji")
    assert place
    assert place.wards >= {ward.code for ward in sub_county.wards}
    assert place.rest == "maji"


@pytest.mark.parametrize("typed", ["bomba", "", '"shirere bomba"', "bomba -shirere", "shirer", "4821", "!!!"])
def test_nothing_else_names_a_place(county: County, typed: str) -> None:
    assert place_in(county, typed) is None


def test_every_ward_and_sub_county_is_found_by_its_own_name(county: County) -> None:
    for ward in county.wards:
        place = place_in(county, f"maji {ward.name}")
        assert place is not None, ward.name
        assert ward.code in place.wards, ward.name
    for sub_county in county.sub_counties:
        place = place_in(county, sub_county.name)
        assert place is not None, sub_county.name

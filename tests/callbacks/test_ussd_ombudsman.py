"""What is about the ombudsman's own office is told on the phone without her reading it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine

from tests.callbacks.handset import Handset
from tests.callbacks.traces import one


@pytest.mark.parametrize(
    ("typed", "about"),
    [("4*4*3*1", True), ("4*4*3*2", True), ("4*4*1", False), ("4*4*2", False), ("4*4*3*0*2", False)],
)
def test_a_complaint_about_her_office_goes_past_the_ombudsman(
    gateway: Flask, db: Engine, typed: str, about: bool
) -> None:
    Handset(gateway).go(typed)
    case = one(db, "cases")
    assert (case["sensitive"], case["category"], case["about_ombudsman"]) == (True, "STAFF", about)
    assert case["desk"] == ("county_secretary" if about else "confidential")


def test_the_screen_says_where_it_goes_before_anything_is_filed(gateway: Flask, db: Engine) -> None:
    screen = Handset(gateway).go("4*4*3")
    assert screen.startswith("CON Ofisi ya Ombudsman haitaona hii. Inaenda kwa katibu wa kaunti.")

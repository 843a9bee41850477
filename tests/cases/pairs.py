"""Pairs of reports of one ward, made up: which tell of one problem, and which of two."""

from __future__ import annotations

from datetime import timedelta

from gateway.cases.duplicates import Told
from tests.cases.stage import MONDAY

NAMES = ("Shirere", "Lurambi", "Kakamega")


def report(about: str, words: str = "", place: str = "", days: float = 0) -> Told:
    """`about`: `WATER:BURST_PIPE`, `WATER` or empty for what nobody has sorted."""
    category, _, problem = about.partition(":")
    return Told(category or "OTHER", problem or None, place or None, words or None, MONDAY + timedelta(days=days))


PIPE, DRY, HOLES, LAMPS, RUBBISH = "WATER:BURST_PIPE", "WATER:NO_WATER", "ROADS:POTHOLES", "LIGHT:DARK", "WASTE:PILE"

SAME = (
    (report(PIPE, place="Sokoni"), report(PIPE, place="Sokoni")),
    (report(PIPE, place="Soko la Shirere"), report(PIPE, place="sokoni Shirere", days=1)),
    (report(PIPE, place="Shirere Market"), report(PIPE, place="market", days=3)),
    (report(DRY, place="Amalemba"), report(DRY, place="Amaremba", days=2)),
    (report(DRY, place="Amalemba"), report(DRY, place="Amalembah", days=6)),
    (report(HOLES, place="Kefinco"), report(HOLES, place="Kefinko", days=10)),
    (report(HOLES, place="Shule ya Shirere"), report(HOLES, place="shule", days=2)),
    (report(LAMPS, place="Bukhungu stadium"), report(LAMPS, place="Bukungu stadium", days=4)),
    (report(RUBBISH, place="Soko la Amalemba"), report("WASTE", place="soko Amalemba", days=1)),
    (report(PIPE, "Bomba limepasuka karibu na soko"), report(PIPE, "bomba limepasuka soko maji yanamwagika")),
    (report(PIPE, "Bomba limepasuka hapa Kefinco"), report(PIPE, place="Kefinco", days=1)),
    (report(DRY, "Hakuna maji mtaa wa Amalemba wiki mbili"), report(DRY, place="Amalemba", days=2)),
    (report(DRY, "maji hayatoki Scheme yote tangu jumatatu"),
     report(DRY, "Maji hayatoki Scheme tangu wiki jana", days=2)),
    (report("", "Mti umeanguka barabarani karibu na kanisa la Friends"),
     report("", "mti umeanguka barabara ya kanisa la Friends", days=0.2)),
    (report("", "Daraja la mto Isiukhu limebomoka"), report("ROADS:BRIDGE", "daraja la Isiukhu limebomoka", days=1)),
    (report("", "Burst pipe behind Shirere market water everywhere"),
     report(PIPE, "water from burst pipe at the market", "Shirere market", 0.1)),
    (report(HOLES, "Mashimo makubwa barabara ya Kefinco kwenda hospitali"),
     report(HOLES, "barabara ya kefinco ina mashimo makubwa hospitali", days=5)),
    (report(LAMPS, "taa za barabara ya stadium haziwaki"), report(LAMPS, "Taa za stadium haziwaki usiku", days=1)),
    (report(RUBBISH, "Takataka zimejaa soko la Amalemba zinanuka"),
     report(RUBBISH, "taka taka zimejaa sokoni Amalemba zinanuka sana", days=3)),
    (report(RUBBISH, place="Stendi ya matatu"), report(RUBBISH, "Takataka zimejaa stendi ya matatu", days=2)),
    (report(PIPE, "bomba la maji limepasuka mbele ya shule ya msingi"),
     report(PIPE, "Bomba la maji limepasuka shuleni shule ya msingi", days=1)),
    (report("HEALTH:NO_DRUGS", place="Zahanati ya Shirere"), report("HEALTH:NO_DRUGS", place="zahanati", days=2)),
    (report("", "nyumba imeungua moto Amalemba plot ya Musa"),
     report("DISASTER:", "Moto! nyumba inaungua Amalemba plot ya Musa")),
    (report(HOLES, "the road to Kefinco has big potholes"), report(HOLES, "big potholes on kefinco road", days=8)),
)  # fmt: skip

DIFFERENT = (
    (report(PIPE, place="Sokoni"), report(PIPE, place="Kefinco")),
    (report(PIPE, place="Shule ya msingi Amalemba"), report(PIPE, place="Hospitali kuu", days=1)),
    (report(PIPE), report(PIPE, days=1)),
    (report(DRY), report(DRY)),
    (report(DRY, "Hakuna maji"), report(DRY, "hakuna maji kwetu", days=1)),
    (report(DRY, "Hakuna maji Shirere"), report(DRY, "Maji hakuna Shirere", days=2)),
    (report(HOLES, place="Kefinco"), report(HOLES, place="Amalemba")),
    (report(HOLES, "mashimo barabara ya Kefinco"), report(HOLES, "mashimo barabara ya Amalemba", days=1)),
    (report(HOLES, place="Kefinco"), report(LAMPS, place="Kefinco")),
    (report(PIPE, place="Sokoni"), report("WATER:DIRTY", place="Sokoni", days=3)),
    (report(LAMPS, "taa haziwaki"), report(LAMPS, "taa moja haiwaki kwa lango", days=2)),
    (report(RUBBISH, "takataka zimejaa kwa soko"), report(RUBBISH, "takataka zimejaa kwa hospitali", days=6)),
    (report("", "Naomba msaada wa karo ya shule"), report("", "naomba msaada wa mbolea", days=0.1)),
    (report("", "Ng'ombe wangu ni mgonjwa"), report("AGRI:SICK", "kuku wangu ni wagonjwa", days=1)),
    (report("", "Asante"), report("", "asante sana")),
    (report("", "maji"), report(PIPE, "maji")),
    (report("", "Habari, nina shida Shirere"), report("", "habari nina shida hapa Shirere tafadhali")),
    (report("HEALTH:NO_DRUGS", place="Zahanati ya Shirere"), report("HEALTH:NO_DRUGS", place="Hospitali kuu")),
    (report("HEALTH:NO_DRUGS", "hakuna dawa ya sukari"), report("HEALTH:NO_DRUGS", "hakuna dawa ya malaria", days=2)),
    (report(PIPE, place="Sokoni", days=0), report(RUBBISH, place="Sokoni")),
    (report("", "mti umeanguka nyumba ya jirani"), report("", "mti umeanguka barabarani Kefinco", days=1)),
    (report(DRY, "Mita yangu ya maji imeharibika"), report(PIPE, "bomba la maji limeharibika", days=1)),
    (report(HOLES, "the road has potholes"), report(HOLES, "potholes", days=5)),
    (report(LAMPS, place="Stadium"), report(LAMPS, place="Soko", days=1)),
)  # fmt: skip

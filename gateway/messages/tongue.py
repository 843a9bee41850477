"""Which language somebody writes, guessed from her first text alone; later she is answered in the one she chose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_KISWAHILI = """
    na ya wa za la cha vya kwa ni si sio siyo katika kwenye hii hiyo hilo hizi hapa hapo huku hku pale kule yetu wetu
    zetu letu yangu wangu langu changu zangu yake wake yao wao sisi mimi nyinyi nyie wewe yeye kila sana xana sna xna
    bado bdo tu pia lakini lkn kama ama au hata hadi mpaka tangu toka kutoka baada kabla sasa leo jana juzi kesho wiki
    mwezi miezi mwaka siku saa usiku asubuhi jioni mchana hakuna hamna kuna hatuna hatujapata iko yuko wako niko tuko
    mko nini nani wapi lini gani vipi kwani mbona naomba tunaomba twaomba nataka tunataka tafadhali asante asanteni
    habari shikamoo mkuu jamani ndugu mheshimiwa mhesh saidia tusaidie nisaidie tusaidieni tunaumia tumechoka watu mtu
    watoto mtoto wamama akina wazee vijana serikali kaunti wadi kijiji mji mtaa shida tatizo maji barabara daraja
    hospitali hosi dawa taa soko taka mtaro basari shule mwalimu ardhi shamba mbolea leseni ushuru kazi mradi nyumba
    pesa kitu vitu mbaya mbovu nzuri kubwa ndogo nyingi wengi mno mmoja moja mbili tatu matatu mitatu nne tano mitano
    yote wote zote kabisa tena bila kuhusu ndio ndiyo hapana wala imekuwa limekuwa umekuwa nilikuwa ilikuwa baro doo
    stima bomba kisima mashimo imeharibika limepasuka umeziba nambari namba maana mapema sema kusema
"""
_ENGLISH = """
    the a an is are was were be been being am has have had hv do does did dont not no and or but of to in on at from for
    with without by near this that these those there here it its he she they we us our my your you u me i their his her
    him them who what wat when where why how which since ago last next every week weeks month months year years day
    days yesterday today now still never always again please pls plz pliz kindly help thanks thank hello hi dear sir
    madam people pple children pupils kids residents village ward county road roads bridge water hospital doctor nurse
    drugs medicine lights street market garbage drainage school teacher bursary land permit fee fees job jobs project
    contractor money bad dirty broken blocked burst closed working works get got give given can cannot cant will would
    should could need want wanted come came because if so very too all any some many much more only one two three after
    before until out up down off over about nothing nobody complaint report way right sit wet higher escalate appeal
"""
COMMON: Mapping[str, frozenset[str]] = {"sw": frozenset(_KISWAHILI.split()), "en": frozenset(_ENGLISH.split())}
"""Words that many texts have, by language, in small letters and digits."""

_APOSTROPHES = re.compile("['`\u2018\u2019\u02bc]")
_WORD = re.compile(r"[^\W_]+")


def guess_language(text: str, languages: Sequence[str]) -> str:
    """The one of `languages` of which most common words stand in the text; in doubt the first."""
    words = _WORD.findall(_APOSTROPHES.sub("", text.lower()))
    counts = {language: sum(word in COMMON.get(language, ()) for word in words) for language in languages}
    # The first of equals is the county's first language.
    return max(languages, key=counts.__getitem__)

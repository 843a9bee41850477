"""Small words of residents, in either language: how they answer, agree, refuse, thank and ask after their report."""

from __future__ import annotations

import re

YES = frozenset({
    "1", "7", "yes", "y", "yeah", "yah", "yap", "yep", "ndio", "ndiyo", "ndyo", "naam", "ndivyo", "tayari", "eeh",
    "sawa", "kweli", "true", "correct", "sure", "fixed", "solved", "done", "imetatuliwa", "imerekebishwa",
    "imetengenezwa", "limerekebishwa", "limetengenezwa", "imefanywa", "imeshatengenezwa", "wametengeneza",
    "wamerekebisha",
})  # fmt: skip
NO = frozenset({
    "2", "8", "no", "n", "nope", "not", "never", "bado", "bdo", "la", "hapana", "si", "sio", "siyo", "uongo", "false",
    "haijatatuliwa", "haijarekebishwa", "haijatengenezwa", "haijafanywa", "hawajatengeneza", "hawajarekebisha",
})  # fmt: skip
CLEAR_IN_A_SENTENCE = frozenset({"ndio", "ndiyo", "tayari", "bado", "hapana"})
"""Words that nobody begins a new complaint with; `no water in Shirere` is one, so `no` must stand nearly alone."""
BUT = frozenset({"bado", "bdo", "hapana", "no", "not", "si", "sio", "siyo"})
"""After a yes these take it back, as in `ndio lakini bado`: only what is clear counts as confirmed."""
LEADING = frozenset({"ni", "it", "its", "s", "is", "was", "has", "been", "really", "kwa", "now", "sasa"})
"""What may stand around an answer without changing it: `ni kweli`, `yes its fixed now`."""
DROP = frozenset({"futa", "ifute", "ufute", "uifute", "delete", "usitume", "msitume"})
"""What lets a report go that was begun and not sent, as the first word of a short answer."""
DROP_ALONE = DROP | {
    "acha", "iache", "sitaki", "stop", "cancel", "drop", "la", "hapana", "no", "si", "sio", "siyo", "not", "don",
    "dont",
}  # fmt: skip
"""These let it go where nothing else is said: `no water in Shirere` is what she began to tell."""
DELETE = DROP - {"usitume", "msitume"}
KEEP = frozenset({"usifute", "msifute", "acha", "iache", "keep", "cancel", "don", "dont"})
"""Beside a plain no: what keeps a report that she was asked whether to delete."""
SEND = frozenset({"tuma", "itume", "send", "it", "please", "tafadhali", "ok", "okay"})
POLITE = frozenset({"naomba", "asante", "thanks", "thank", "you", "do", "t", "the", "my", "yangu", "ripoti", "report"})
THANKS = POLITE | frozenset({
    "sana", "mno", "shukran", "shukrani", "ahsante", "asanteni", "ahsanteni", "much", "very", "so", "u", "thx", "tnx",
    "tx", "ok", "okay", "sawa", "poa", "nashukuru", "nawashukuru", "tunashukuru", "kwa", "for", "kazi", "nzuri", "good",
    "work", "job", "na", "mungu", "awabariki", "akubariki", "bless", "god", "karibu", "welcome",
})  # fmt: skip
GRATEFUL = frozenset({
    "asante", "asanteni", "ahsante", "ahsanteni", "shukran", "shukrani", "thanks", "thank", "thx", "tnx", "tx",
    "nashukuru", "nawashukuru", "tunashukuru", "bless", "awabariki", "akubariki",
})  # fmt: skip
CHASES = re.compile(
    r"\b(?:"
    + "|".join(
        (
            "m(?:me)?(?:fika|likuja|ko) wapi", "imefika wapi", "iko wapi", "m(?:ta|na)kuja lini", "lini m(?:ta|na)kuja",
            "hamjakuja", "hamjafika", "hamjafanya", "hamjatengeneza", "hamjajibu", "sijajibiwa", "sijapata jibu",
            "hakuna aliyekuja", "hakuna mtu amekuja", "[nt]u?(?:na|me)?ngoja", "nasubiri", "tunasubiri", "kumbusho",
            "ripoti yangu", "malalamiko yangu", "mbona (?:ham|kimya|hak)",
            "when (?:will|are) (?:you|u|they)", "any (?:updates?|news|progress|feedback)", "what happened to",
            "still waiting", "no one has come", "nobody (?:has )?c[ao]me", "no one came",
            "(?:not|never) (?:been )?(?:attended|answered|responded)", "reminder", "my (?:report|complaint|case)",
        )
    )
    + r")\b"
)  # fmt: skip
"""Asking after a report rather than making one."""
GREETINGS = frozenset({
    "habari", "hello", "hallo", "helo", "hi", "hey", "hujambo", "jambo", "mambo", "vipi", "sasa", "niaje", "salamu",
    "salama", "shikamoo", "good", "morning", "afternoon", "evening", "za", "ya", "asubuhi", "mchana", "jioni", "leo",
    "mkuu", "sir", "madam", "mheshimiwa", "mhesh", "there", "wakuu", "yako", "yenu", "test", "testing", "jaribio",
})  # fmt: skip
"""A text of these alone says nothing yet: whoever greets is told what we are for."""
ACKNOWLEDGED = frozenset({"ok", "okay", "sawa", "sawasawa", "poa", "haya", "fine", "alright", "noted", "roger", "fit"})
"""A text of these alone, where nothing was asked, closes the talk: it needs no answer."""
PLACING = frozenset({
    "at", "near", "in", "by", "next", "opposite", "behind", "around", "karibu", "hapa", "pale", "kule", "huku",
    "katika", "kwenye", "kando", "mbele", "nyuma", "mkabala", "ni", "from", "kutoka", "eneo", "area", "mtaa", "kijiji",
    "village",
})  # fmt: skip
"""The first word of a text that names a place, even if what stands there is a school or a market."""

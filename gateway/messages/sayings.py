"""Small words of residents, in either language: how they answer, agree, refuse, thank and ask after their report."""

from __future__ import annotations

import re

YES = frozenset({"1", "7", "yes", "y", "ndio", "ndiyo", "ndyo", "tayari", "eeh", "sawa", "kweli", "true"})
NO = frozenset({"2", "8", "no", "n", "not", "bado", "bdo", "la", "hapana", "si", "sio", "siyo", "uongo", "false"})
CLEAR_IN_A_SENTENCE = frozenset({"ndio", "ndiyo", "tayari", "bado", "hapana"})
"""Words that nobody begins a new complaint with; `no water in Shirere` is one, so `no` must stand nearly alone."""
BUT = frozenset({"bado", "bdo", "hapana", "no", "not", "si", "sio", "siyo"})
"""After a yes these take it back, as in `ndio lakini bado`: only what is clear counts as confirmed."""
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
            "ripoti yangu", "malalamiko yangu",
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

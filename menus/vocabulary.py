"""Every name that a tree may use: conditions, values, slots, look-ups, effects, lists, words and replies.

Nearly all that is about grievances here; README.md names the rest. Whoever uses the engine for something else
replaces it.
"""

from __future__ import annotations

FACTS = (
    "ussd.free", "sms.free",
    "resident.has_ward", "matter.pending", "question.fixed", "question.settled", "letter.waiting", "draft.open",
    "draft.problem", "draft.gone",
    "case.filed", "case.feedback", "case.national", "case.known", "case.open", "case.callable", "case.late",
    "case.promised", "case.renewed", "case.ended", "case.higher", "case.top", "case.anonymous", "step.settled",
    "words.cut", "incident.open", "incident.dated", "incident.over", "incident.supported",
    "ward.unknown", "places.none", "purpose.ward", "purpose.feedback",
)  # fmt: skip
"""Every condition that a tree may name. There are no expressions."""

VALUES = (
    "sub_county", "ward", "category", "problem", "landmark", "place_words", "words", "typed", "rating", "reference",
    "secret", "reason", "hour", "referral", "anonymous", "incident",
)  # fmt: skip
"""Every value that a walk may gather."""

SLOTS = (
    "county", "hotline", "service_code", "short_code", "emergency", "mobile_emergency", "violence_line",
    "child_line", "corruption_line", "ward", "sub_county", "category", "problem", "landmark", "referral",
    "referral_answer", "typed", "reference", "promise", "promise_day", "secret", "desk", "since", "status",
    "question_reference", "letter_reference", "letter", "draft_ward", "call_hours", "follow_up", "keep_months", "month",
    "department", "sent_to", "answer_by", "answer_day", "incident", "expected",
)  # fmt: skip

NEEDS = ("places", "nearby", "my_cases", "case")
"""Look-ups that a screen may ask for when it is entered."""

EFFECTS = (
    "language", "ward", "file", "support", "amend", "add_words", "hide", "withdraw", "call_back", "confirm", "dispute",
    "dispute_reason", "resume", "drop_draft", "read_letter", "put_away_letter", "send_higher",
)  # fmt: skip
"""Things that happen once, at one position of one session."""

LISTS = ("sub_counties", "wards", "categories", "problems", "landmarks", "referrals", "services", "need")
PARTS = ("main", "more")
"""Parts of a list that a tree names itself; other lists are of the value that was chosen before."""

WORDS = (
    "retry", "more", "go_on",
    "status_new", "status_taken", "status_waiting", "status_referred", "status_resolved", "status_closed",
    "status_withdrawn", "status_late", "status_disputed", "status_planned", "status_cannot_now", "status_not_ours",
    "status_not_found",
    "desk_ward", "desk_county", "desk_sub_county", "desk_chief_officer", "desk_county_secretary", "desk_confidential",
    "step_sub_county", "step_chief_officer", "step_county_secretary",
)  # fmt: skip
REPLIES = ("not_understood", "try_again", "ended", "three_wrong")

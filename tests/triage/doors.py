"""Whose each route is: the table that the walk over all routes goes by. A route that is in no table fails the walk."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.people.models import ALONE, Role

EVERYBODY = frozenset(Role)
HOME = frozenset(role for role in Role if role not in ALONE)
CALLERS = frozenset({Role.HOTLINE, Role.OMBUDSMAN, Role.COUNTY_SECRETARY})
SHARERS = HOME - {Role.OMBUDSMAN, Role.COUNTY_SECRETARY}
"""Nobody makes a card of what is confidential, and nothing else is at home with these two."""
SHEETS = frozenset({Role.WARD, Role.SUB_COUNTY, Role.HOTLINE, Role.COUNTY})
READERS = frozenset({Role.AUDITOR, Role.OMBUDSMAN, Role.COUNTY_SECRETARY})

PUBLIC = frozenset(
    {
        "triage.front_door", "triage.favicon", "triage.static", "triage.sign_in", "triage.enter", "triage.pin",
        "triage.code", "triage.enter_code", "triage.link", "triage.use_link", "health.healthz", "health.readyz",
        "health.metrics", "crew.static", "phone.page", "phone.inbox", "phone.static", "phone.provider",
        "phone.bring_morning",
    }
)  # fmt: skip
"""Open to everybody. What `phone` has is there in the demo alone; a link is worth what its token is."""

CALLBACKS = frozenset(
    {
        "callbacks.ussd", "callbacks.ussd-end", "callbacks.sms", "callbacks.delivery", "callbacks.opt-out",
        "crew.page", "crew.answer",
    }
)  # fmt: skip
"""Open to whoever knows the token in the address, and without a browser's token."""

OF_THE_COUNTY = (
    "triage.officers", "triage.add_officer_form", "triage.add_officer", "triage.one_officer",
    "triage.give_post", "triage.end_post", "triage.set_officer_phone", "triage.make_link",
    "triage.set_officer_leave", "triage.end_officer_leave", "triage.leave_service", "triage.come_back",
    "triage.wards", "triage.set_ward_state", "triage.trainers", "triage.add_trainer", "triage.remove_trainer",
    "triage.faults",
)  # fmt: skip
"""Accounts, wards and trainers: the county administrator's."""

PAGES: Mapping[str, frozenset[Role]] = {
    "triage.queue": EVERYBODY,
    "triage.together": HOME,
    "triage.sign_out": EVERYBODY,
    "triage.keys": EVERYBODY,
    "triage.ready_texts": HOME,
    "triage.find": HOME,
    "triage.announce": frozenset({Role.WARD, Role.SUB_COUNTY, Role.COUNTY}),
    "triage.send_announcement": frozenset({Role.WARD, Role.SUB_COUNTY, Role.COUNTY}),
    "triage.look_at_announcement": frozenset({Role.WARD, Role.SUB_COUNTY, Role.COUNTY}),
    "triage.call_backs": CALLERS,
    "triage.texts": CALLERS,
    "triage.log_call": frozenset({Role.HOTLINE}),
    "triage.file_call": frozenset({Role.HOTLINE}),
    "triage.put_call_right": frozenset({Role.HOTLINE}),
    "triage.look_up_caller": frozenset({Role.HOTLINE}),
    "triage.unplaced": frozenset({Role.HOTLINE}),
    "triage.place_case": frozenset({Role.HOTLINE}),
    "triage.slips": frozenset({Role.HOTLINE}),
    "triage.print_slips": frozenset({Role.HOTLINE}),
    "triage.register_slips": frozenset({Role.HOTLINE, Role.WARD}),
    "triage.file_slips": frozenset({Role.HOTLINE, Role.WARD}),
    "triage.centre": frozenset({Role.HOTLINE}),
    "triage.centre_file": frozenset({Role.HOTLINE}),
    "triage.incidents": frozenset({Role.WARD, Role.SUB_COUNTY, Role.DEPARTMENT, Role.HOTLINE}),
    "triage.landmarks": frozenset({Role.WARD, Role.SUB_COUNTY, Role.HOTLINE}),
    "triage.add_landmarks": frozenset({Role.WARD, Role.SUB_COUNTY, Role.HOTLINE}),
    "triage.change_landmark": frozenset({Role.WARD, Role.SUB_COUNTY, Role.HOTLINE}),
    "triage.paper": SHEETS,
    "triage.poster": SHEETS,
    "triage.radio": SHEETS,
    "triage.register": frozenset({Role.WARD, Role.SUB_COUNTY}),
    "triage.read_aloud": frozenset({Role.WARD, Role.SUB_COUNTY}),
    "triage.notice": HOME | {Role.COUNTY},
    "triage.giving_up": frozenset({Role.COUNTY}),
    "triage.costs": frozenset({Role.COUNTY}),
    "triage.set_limit": frozenset({Role.COUNTY}),
    "triage.try_again": frozenset({Role.COUNTY}),
    "triage.audit": frozenset({Role.COUNTY, Role.AUDITOR, Role.OMBUDSMAN, Role.COUNTY_SECRETARY}),
    "triage.affected": frozenset({Role.AUDITOR, Role.OMBUDSMAN, Role.COUNTY_SECRETARY}),
    "triage.affected_file": frozenset({Role.AUDITOR, Role.OMBUDSMAN, Role.COUNTY_SECRETARY}),
    "triage.histories": frozenset({Role.AUDITOR}),
    "triage.find_history": frozenset({Role.AUDITOR}),
    "triage.account": EVERYBODY,
    "triage.authenticator": EVERYBODY,
    "triage.turn_on_authenticator": EVERYBODY,
    "triage.keep_device_form": EVERYBODY,
    "triage.keep_this_device": EVERYBODY,
    "triage.own_password": EVERYBODY,
    "triage.change_own_password": EVERYBODY,
    "triage.set_own_language": EVERYBODY,
    "triage.end_other_sign_ins": EVERYBODY,
    "triage.my_leave": EVERYBODY,
    "triage.set_my_leave": EVERYBODY,
    **dict.fromkeys(OF_THE_COUNTY, frozenset({Role.COUNTY})),
}
"""Pages and forms that belong to no single case, each with the roles that it opens for."""

OF_A_CASE: Mapping[str, frozenset[Role]] = {
    "triage.case": HOME,
    "triage.act": HOME,
    "triage.show_number": HOME,
    "triage.share": SHARERS,
    "triage.make_card": SHARERS,
    "triage.card_image": SHARERS,
    "triage.send_crew": HOME,
    "triage.withdraw_crew": HOME,
    "triage.photo": HOME,
    "triage.export_holdings": frozenset({Role.HOTLINE, Role.OMBUDSMAN, Role.COUNTY_SECRETARY}),
    "triage.call": CALLERS,
    "triage.close_call_back": CALLERS,
    "triage.text_to_case": CALLERS,
    "triage.text_again": CALLERS,
    "triage.text_aside": CALLERS,
    "triage.case_history": frozenset({Role.AUDITOR}),
}
"""Those of one case, call-back or text, each with the roles that it opens for where they see that one."""

OF_HERSELF = frozenset(
    {
        "triage.forget_device", "triage.end_sign_in", "triage.without_authenticator", "triage.turn_off_authenticator",
        "triage.slip_batch", "triage.month", "triage.recovery_codes", "triage.new_recovery_codes",
        "triage.end_my_leave",
    }
)  # fmt: skip
"""What is done with one's own things: those of another officer, and those that she does not have, are not found."""

FIGURES: Mapping[str, frozenset[Role]] = {
    "triage.queue": frozenset({Role.COUNTY}),
    "triage.costs": frozenset({Role.COUNTY}),
    "triage.giving_up": frozenset({Role.COUNTY}),
    "triage.audit": frozenset({Role.AUDITOR}),
    "triage.affected": READERS,
    "triage.affected_file": READERS,
    "triage.read_aloud": frozenset({Role.WARD, Role.SUB_COUNTY}),
    "triage.register": frozenset({Role.WARD, Role.SUB_COUNTY}),
}
"""Pages that count over all cases, as the owner, for these roles. Of a case that their reader does not see they tell
nothing, but how a report of her ward stands that is worked on with another ward's."""

UNKNOWN = (
    "{endpoint} ({rule}) is in no table of tests/triage/doors.py: say there whose it is. PAGES has what belongs to no"
    " single case, OF_A_CASE what needs that the officer sees the case, PUBLIC what is open to everybody."
)

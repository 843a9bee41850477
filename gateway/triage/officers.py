"""The county administrator's pages about officers: the list, a new account, and one officer's posts, phone and link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import Form

from config.logging import log_event
from gateway.cases import relief
from gateway.cases.clock import local_day
from gateway.installation import Installation
from gateway.people import accounts, leave
from gateway.people.models import Officer
from gateway.people.officers import OfficerRefused
from gateway.triage import roster
from gateway.triage.county import administering
from gateway.triage.forms import ButtonForm, problems_of
from gateway.triage.officer_forms import (
    LeaveForm,
    PhoneForm,
    PostForm,
    leave_form,
    officer_form,
    post_form,
    search_form,
)
from gateway.triage.sign_in import officer

Do = Callable[[Session, Officer, datetime], ResponseReturnValue]
"""What is done with an officer's account, and the answer to it."""


def add_routes(routes: Blueprint, installation: Installation) -> None:
    """`/triage/officers` and below."""
    office, vault = installation.office, installation.office.vault
    county = office.county

    @routes.get("/triage/officers")
    def officers() -> ResponseReturnValue:
        form = search_form(county, request.args)
        with administering(installation) as session:
            listed = roster.read(session, form, request.args.get("page", 1, int), datetime.now(UTC))
            return render_template("triage/officers.html", listed=listed, form=form, state=roster.state)

    @routes.get("/triage/officers/add")
    def add_officer_form() -> ResponseReturnValue:
        with administering(installation):
            return _new_page(officer_form(county, seat=request.args.get("seat", "")))

    @routes.post("/triage/officers/add")
    def add_officer() -> ResponseReturnValue:
        form, now = officer_form(county, request.form), datetime.now(UTC)
        try:
            with administering(installation) as session:
                if not form.validate():
                    return _new_page(form), 422
                added = accounts.add(session, form.name.data, form.email.data, form.chosen, officer())
                token = accounts.invite(session, added, officer(), now)
        except OfficerRefused as refused:
            return _new_page(form, str(refused)), 422
        log_event("officer_added", officer=officer().id, about=added.id)
        return _link_page(added, token)

    @routes.get("/triage/officers/<int:officer_id>")
    def one_officer(officer_id: int) -> ResponseReturnValue:
        with administering(installation) as session:
            return _page(session, officer_id, {})

    def act(officer_id: int, kind: str, form: Form, do: Do) -> ResponseReturnValue:
        """Do it for this officer; where the form or the account says no, her page tells."""
        now, why = datetime.now(UTC), ""
        try:
            with administering(installation) as session:
                who = roster.find(session, officer_id)
                if form.validate():
                    done = do(session, who, now)
                    log_event("account_changed", officer=officer().id, about=officer_id, change=kind)
                    return done
        except OfficerRefused as refused:
            why = str(refused)
        with administering(installation) as session:
            return _page(session, officer_id, {kind: form}, why), 422

    @routes.post("/triage/officers/<int:officer_id>/posts")
    def give_post(officer_id: int) -> ResponseReturnValue:
        form = post_form(county, request.form)

        def do(session: Session, who: Officer, now: datetime) -> ResponseReturnValue:
            accounts.give(session, who, form.chosen, officer())
            return _done(officer_id, "The post is hers. She is signed out everywhere, and signs in anew.")

        return act(officer_id, "posts", form, do)

    @routes.post("/triage/officers/<int:officer_id>/posts/<int:post_id>/end")
    def end_post(officer_id: int, post_id: int) -> ResponseReturnValue:
        def do(session: Session, who: Officer, now: datetime) -> ResponseReturnValue:
            if post_id not in {post.id for post in roster.held_posts(session, who)}:
                abort(404)
            relief.end_post(session, office, who, post_id, officer(), now)
            return _done(officer_id, "The post has ended. What she had in hand by it is new at its desk.")

        return act(officer_id, "end", ButtonForm(), do)

    @routes.post("/triage/officers/<int:officer_id>/phone")
    def set_officer_phone(officer_id: int) -> ResponseReturnValue:
        form = PhoneForm(request.form)

        def do(session: Session, who: Officer, now: datetime) -> ResponseReturnValue:
            accounts.set_phone(session, vault, who, form.number, officer())
            return _done(officer_id, "Her phone is kept." if form.number else "Her phone is not kept any more.")

        return act(officer_id, "phone", form, do)

    @routes.post("/triage/officers/<int:officer_id>/link")
    def make_link(officer_id: int) -> ResponseReturnValue:
        def do(session: Session, who: Officer, now: datetime) -> ResponseReturnValue:
            return _link_page(who, accounts.invite(session, who, officer(), now))

        return act(officer_id, "link", ButtonForm(), do)

    @routes.post("/triage/officers/<int:officer_id>/leave")
    def set_officer_leave(officer_id: int) -> ResponseReturnValue:
        with administering(installation) as session:
            form = leave_form(
                county, leave.deputies(session, county, roster.find(session, officer_id), officer()), request.form
            )

        def do(session: Session, who: Officer, now: datetime) -> ResponseReturnValue:
            relief.go_on_leave(session, office, who, form.plan, officer(), now)
            return _done(officer_id, "Her leave is kept.")

        return act(officer_id, "leave", form, do)

    @routes.post("/triage/officers/<int:officer_id>/leave/<int:absence_id>/end")
    def end_officer_leave(officer_id: int, absence_id: int) -> ResponseReturnValue:
        def do(session: Session, who: Officer, now: datetime) -> ResponseReturnValue:
            relief.end_leave(session, office, roster.own_absence(session, who, absence_id, now), officer(), now)
            return _done(officer_id, "Her leave has ended.")

        return act(officer_id, "end_leave", ButtonForm(), do)

    @routes.post("/triage/officers/<int:officer_id>/left")
    def leave_service(officer_id: int) -> ResponseReturnValue:
        def do(session: Session, who: Officer, now: datetime) -> ResponseReturnValue:
            relief.leave_service(session, office, who, officer(), now)
            return _done(
                officer_id, "She has left: her posts and sign-ins have ended. Her name stays in the histories."
            )

        return act(officer_id, "left", ButtonForm(), do)

    @routes.post("/triage/officers/<int:officer_id>/back")
    def come_back(officer_id: int) -> ResponseReturnValue:
        def do(session: Session, who: Officer, now: datetime) -> ResponseReturnValue:
            accounts.come_back(session, who, officer())
            return _done(officer_id, "She is back. Give her a post, and a link for a new password.")

        return act(officer_id, "back", ButtonForm(), do)

    def _page(session: Session, officer_id: int, given: Mapping[str, Any], why: str = "") -> str:
        """`given`: the form that was not in order, by its name."""
        card = roster.card(session, roster.find(session, officer_id), officer(), datetime.now(UTC))
        posts: PostForm = given.get("posts") or post_form(county)
        away: LeaveForm = given.get("leave") or leave_form(
            county, leave.deputies(session, county, card.officer, officer())
        )
        forms = {"posts": posts, "phone": given.get("phone") or PhoneForm(), "leave": away}
        wrong = next(iter(given), "")
        problems = problems_of(given[wrong]) if wrong else []
        return render_template(
            "triage/officer.html", card=card, forms=forms, wrong=wrong, problems=problems, why=why, state=roster.state,
            today=local_day(datetime.now(UTC)),
        )  # fmt: skip

    def _link_page(who: Officer, token: str) -> str:
        address = installation.settings.public_url.rstrip("/") + url_for("triage.link", token=token)
        return render_template("triage/officer_link.html", who=who, address=address)


def _new_page(form: Form, why: str = "") -> str:
    return render_template("triage/officer_new.html", form=form, problems=problems_of(form), why=why)


def _done(officer_id: int, sentence: str) -> ResponseReturnValue:
    flash(sentence)
    return redirect(url_for("triage.one_officer", officer_id=officer_id), 303)

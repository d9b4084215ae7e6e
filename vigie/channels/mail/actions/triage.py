"""Mails that wait for a person: read again, said whose they are, or set aside. The bytes stay whatever is decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app as jobs

from vigie.accounts import access as people
from vigie.accounts.actions import create_contact
from vigie.channels.mail import access
from vigie.channels.mail.actions.intake import SETTLE
from vigie.channels.mail.actions.mailboxes import add_domain
from vigie.channels.mail.models import InboundMail
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import Refusal
from vigie.tenancy import access as tenancy
from vigie.toolkit import journal

TRIAGE = "mail:triage"
State = InboundMail.State
OPEN = (State.HELD, State.QUARANTINED, State.IGNORED)
AT_ONCE = 500


@transaction.atomic
def replay(actor: Actor, mail_id: int, *, now: dt.datetime) -> InboundMail:
    """Read and settle a mail again from its bytes, as on the first day."""
    return _again(actor, _open_mail(actor, mail_id), "replayed", now)


@transaction.atomic
def replay_all(actor: Actor, state: str, outcome: str, *, now: dt.datetime) -> int:
    """Read again every mail in sight that is in ``state`` for the reason ``outcome``; how many (500 at once at most)."""
    actor.demand(TRIAGE)
    if state not in OPEN:
        raise Refusal("mail.not_open")
    wanted = access.visible(actor).filter(state=state, outcome=outcome).order_by("pk")
    mails = list(wanted.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
    for mail in mails:
        _again(actor, mail, "replayed", now)
    return len(mails)


@transaction.atomic
def decide(
    actor: Actor, mail_id: int, affiliation_id: int, *, remember_domain: bool, now: dt.datetime
) -> InboundMail:
    """Say that the sender is a known contact, for the client of that affiliation."""
    mail = _open_mail(actor, mail_id)
    found = people.one_affiliation(actor, affiliation_id)
    return _decide(actor, mail, found.organisation_id, found.person_id, remember_domain, now)


@transaction.atomic
def decide_new(
    actor: Actor,
    mail_id: int,
    organisation_id: int,
    person: Mapping[str, Any],
    *,
    remember_domain: bool,
    now: dt.datetime,
) -> InboundMail:
    """Make the sender a contact of a client, then settle its mail. ``person``: name and email."""
    mail = _open_mail(actor, mail_id)
    made = create_contact(actor, organisation_id, person, {"roles": ["user"]}, now=now)
    return _decide(actor, mail, organisation_id, made.pk, remember_domain, now)


@transaction.atomic
def set_aside(actor: Actor, mail_id: int, reason: str, *, now: dt.datetime) -> InboundMail:
    """No ticket will come of this mail; the reason stays with it."""
    mail = _open_mail(actor, mail_id)
    if not reason.strip():
        raise Refusal("mail.reason_needed", field="reason")
    before = {"state": mail.state, "outcome": mail.outcome}
    mail.state, mail.outcome, mail.detail = State.IGNORED, "set_aside", reason.strip()[:500]
    mail.settled_at = now
    mail.save(update_fields=["state", "outcome", "detail", "settled_at"])
    after = {"state": mail.state, "outcome": mail.outcome, "detail": mail.detail}
    journal.record(actor, "set_aside", mail, now=now, before=before, after=after)
    return mail


def _open_mail(actor: Actor, mail_id: int) -> InboundMail:
    actor.demand(TRIAGE)
    mail = access.one(actor, mail_id, lock=True)
    if mail.state not in OPEN:
        raise Refusal("mail.not_open")
    return mail


def _decide(
    actor: Actor, mail: InboundMail, organisation_id: int, person_id: int, remember: bool, now: dt.datetime
) -> InboundMail:
    """Write whose mail it is and settle it again. A mailbox of one client takes mails for that client alone."""
    tenancy.one(actor, organisation_id)
    if mail.mailbox.organisation_id not in (None, organisation_id):
        raise Refusal("mail.mailbox_of_another_client")
    if remember:
        add_domain(actor, organisation_id, mail.sender.rpartition("@")[2], now=now)
    mail.organisation_id, mail.decided_person_id = organisation_id, person_id
    return _again(actor, mail, "decided", now)


def _again(actor: Actor, mail: InboundMail, verb: str, now: dt.datetime) -> InboundMail:
    before = {"state": mail.state, "outcome": mail.outcome}
    mail.state, mail.outcome, mail.detail, mail.settled_at = State.RECEIVED, "", "", None
    mail.attempts = mail.reader_deaths = 0
    mail.save(
        update_fields=[
            "state", "outcome", "detail", "attempts", "reader_deaths", "settled_at", "organisation", "decided_person",
        ]
    )  # fmt: skip
    after = {"organisation": mail.organisation_id, "person": mail.decided_person_id}
    journal.record(actor, verb, mail, now=now, before=before, after=after)
    jobs.configure_task(SETTLE).defer(inbound_id=mail.pk, replayed=True)
    return mail

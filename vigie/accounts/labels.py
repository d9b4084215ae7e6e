"""Sentences and names of this area, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.toolkit import refusals

refusals.register(
    {
        "access.not_found": _("There is nothing here, or you may not see it."),
        "access.not_granted": _("Your roles do not allow this. Ask an administrator for “%(grant)s”."),
        "access.signed_out": _("Your session ended. Sign in again: what you typed was kept."),
        "access.stale_form": _(
            "This form was open for too long. Go back, reload the page and send it again."
        ),
        "access.other_author": _(
            "This form was opened by somebody else, who is no longer signed in here. It was not sent; "
            "its text is kept for that person."
        ),
        "access.malformed": _(
            "What your browser sent could not be read, or your session ended on the way. "
            "Go back and send it again: the form still holds your text."
        ),
        "access.wrong_method": _("Nothing can be shown at this address: a form or a button leads there."),
        "access.too_large": _(
            "What you sent is too large: a file may weigh %(most)s MB. Go back with your browser: the form still holds your text."
        ),
        "accounts.email_taken": _("Somebody already uses the address %(email)s."),
        "accounts.unknown_email": _("Nobody signs in with the address %(email)s."),
        "accounts.agent_needs_email": _("An agent signs in with an e-mail address: give one."),
        "accounts.no_way_in": _("A person without e-mail address, or disabled, cannot sign in."),
        "accounts.unknown_grant": _("“%(grant)s” is not a grant of this installation."),
        "accounts.last_administrator": _("This is the last administrator: name another one first."),
        "accounts.beyond_own_sight": _(
            "This concerns clients that you do not see: ask somebody who sees them all."
        ),
        "accounts.role_in_use": _("%(count)s people hold this role: give them another one first."),
        "accounts.bad_skill_level": _("A level goes from 1 (notions) to 4 (reference)."),
        "accounts.staff_has_no_affiliation": _("An agent of the provider is not a contact of a client."),
        "accounts.already_affiliated": _("This person is already a contact of %(client)s."),
        "accounts.place_of_another_client": _("This place belongs to another client."),
        "accounts.ends_before_start": _("The end comes before the start."),
        "accounts.vip_incomplete": _(
            "A VIP needs a reason, an approver on the client side and an end or review date."
        ),
        "accounts.demo_only": _("One-click sign-in exists only on the demonstration data."),
    }
)

GRANTS: dict[str, str | Promise] = {
    "tickets:view": _("See the tickets of authorised clients"),
    "tickets:open": _("Open a ticket"),
    "tickets:reply": _("Reply to the requester"),
    "tickets:note": _("Write internal notes"),
    "tickets:work": _("Move tickets along: start, wait, solve, close"),
    "tickets:assign": _("Assign to a team or an agent"),
    "tickets:confirm": _("Confirm or refuse a solution"),
    "tickets:override_priority": _("Set a priority by hand, with a reason"),
    "tickets:correct": _("Correct type, client or recorded instants"),
    "tickets:correct_late": _("Decide on late corrections that others asked for"),
    "views:share": _("Share saved views"),
    "replies:share": _("Share canned replies"),
    "clients:view": _("See clients and their places"),
    "clients:manage": _("Create and change clients and places"),
    "people:view": _("See people and teams"),
    "people:manage": _("Create and change contacts and teams"),
    "access:manage": _("Decide who may do what: agents, roles, authorised clients"),
    "catalog:view": _("See services and categories"),
    "catalog:manage": _("Change services and categories"),
    "contracts:view": _("See contracts and calendars"),
    "contracts:manage": _("Change contracts, commitments and calendars"),
    "compliance:view": _("See rates, penalties and their tickets"),
    "compliance:propose": _("Set rates and penalties, ask for exclusions, propose months"),
    "compliance:approve": _("Decide about exclusions and approve months that others proposed"),
    "rota:view": _("See shifts and on-call"),
    "rota:manage": _("Plan shifts and on-call of every team"),
    "escalation:view": _("See escalations and breach risks, acknowledge what one was told"),
    "escalation:manage": _("Change ladders of escalation"),
    "workflow:view": _("See workflows"),
    "workflow:manage": _("Publish workflows"),
    "imports:run": _("Import tickets from files"),
    "operations:view": _("See how the installation runs: its state, its jobs, its alarms"),
    "operations:run": _("Run failed jobs again, or discard them"),
    "mail:manage": _("Set up mailboxes"),
    "mail:triage": _("Decide about mails that wait for a person"),
}

AREAS: dict[str, str | Promise] = {
    "tickets": _("Tickets"),
    "views": _("Tickets"),
    "replies": _("Tickets"),
    "clients": _("Clients"),
    "people": _("People"),
    "access": _("Administration"),
    "workflow": _("Administration"),
    "imports": _("Administration"),
    "mail": _("Mail"),
    "operations": _("Administration"),
    "catalog": _("Catalogue"),
    "contracts": _("Contracts"),
    "compliance": _("Contracts"),
    "rota": _("Teams"),
    "escalation": _("Contracts"),
}

SKILL_LEVELS: dict[int, str | Promise] = {
    1: _("Notions"),
    2: _("At ease"),
    3: _("Expert"),
    4: _("Reference"),
}


def grant_name(grant: str) -> str:
    """A grant in words; its code when this version has no words for it."""
    return str(GRANTS.get(grant, grant))


refusals.name_by("grant", grant_name)


def by_area(grants: Iterable[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """``[(area, [(grant, words)])]`` in the order given, areas of one name together."""
    found: dict[str, list[tuple[str, str]]] = {}
    for grant in grants:
        area = grant.partition(":")[0]
        found.setdefault(str(AREAS.get(area, area)), []).append((grant, grant_name(grant)))
    return list(found.items())

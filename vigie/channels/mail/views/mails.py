"""Pages of mails received: what waits for a person and why, one mail with its bytes, and what a person decides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from vigie.channels.mail import labels, queries, reader
from vigie.channels.mail.actions import triage
from vigie.channels.mail.forms import AsideForm, KnownSenderForm, NewSenderForm
from vigie.channels.mail.models import InboundMail
from vigie.channels.mail.rules.parsed import ParsedMail, Unreadable
from vigie.tenancy import access as tenancy
from vigie.tickets.labels import unverified_words
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done
from vigie.toolkit.ordering import by_name
from vigie.toolkit.pages import render

State = InboundMail.State
SHOWN = {
    "held": "user", "quarantined": "alert-triangle", "ignored": "ban", "noted": "note", "settled": "ticket",
    "received": "hourglass", "all": "mail",
}  # fmt: skip
TEXT_SHOWN = 20_000
DIGITS = 15


@agents("mail:triage")
@require_safe
def mails(request: Request) -> HttpResponse:
    """Mails of one state, those that wait for a person first."""
    asked = request.GET.get("state", "held")
    state = asked if asked in SHOWN else "held"
    outcome, sender = request.GET.get("reason", "")[:40], request.GET.get("q", "").strip()[:100]
    found = queries.page(
        request.actor, state="" if state == "all" else state, outcome=outcome, sender=sender,
        cursor=request.GET.get("page"),
    )  # fmt: skip
    context = {
        "found": found, "state": state, "outcome": outcome, "sender": sender, "states": dict(State.choices),
        "lists": labels.LISTS,
        "mail_views": _views(request, state), "word": labels.outcome_name,
        "reasons": queries.reasons(request.actor, state) if state in ("held", "quarantined", "ignored") else [],
        "waits": state in queries.FOR_PEOPLE,
        "may_replay": state in triage.OPEN and bool(outcome) and bool(found.rows),
    }  # fmt: skip
    return render(request, "mail/mails.html", context)


def _views(request: Request, current: str) -> list[dict[str, Any]]:
    """The states as views, those that wait for a person with their number."""
    counts = queries.counts_for_people(request.actor)
    return [
        {
            "label": labels.LISTS[state],
            "href": f"{reverse('inbound_mails')}?state={state}",
            "current": state == current,
            "count": counts.get(state),
            "icon": icon,
        }
        for state, icon in SHOWN.items()
    ]


@agents("mail:triage")
@require_safe
def mail(request: Request, mail_id: int) -> HttpResponse:
    """One mail: why it is where it is, what it says, and what may be decided."""
    return _mail_page(request, mail_id)


def _mail_page(request: Request, mail_id: int, **forms: Any) -> HttpResponse:
    found = queries.one(request.actor, mail_id)
    raw = queries.raw_of(request.actor, mail_id)
    read = reader.read(raw)
    context = {
        "mail": found, "headers": queries.headers_of(raw), "reason": labels.outcome_name(found.outcome),
        "state": State(found.state).label, "open": found.state in triage.OPEN, "waits": found.state == State.HELD,
        "read": read if isinstance(read, ParsedMail) else None,
        "unreadable": labels.outcome_name(read.code) if isinstance(read, Unreadable) else "",
        # what a person wrote is read as words; all else is what a program said, in its own language
        "why": found.detail if found.outcome == "set_aside" else "",
        "technical": found.detail if found.outcome != "set_aside" else "",
        "doubt": unverified_words(found.trust_detail),
        "text": read.text[:TEXT_SHOWN] if isinstance(read, ParsedMail) else "",
        **_decisions(request, found, read), **forms,
    }  # fmt: skip
    refused = any(form.errors for form in forms.values())
    return render(request, "mail/mail.html", context, status=422 if refused else 200)


def _decisions(request: Request, found: InboundMail, read: ParsedMail | Unreadable) -> dict[str, Any]:
    """The forms of a mail whose sender nobody knows, with what is known filled in."""
    if found.state != State.HELD:
        return {}
    sender = read.sender if isinstance(read, ParsedMail) else None
    email = sender.email if sender else found.sender
    domain = email.rpartition("@")[2]
    given = {
        "name": (sender.name if sender else "") or email.partition("@")[0],
        "email": email,
        "organisation": found.organisation_id,
        "remember_domain": False,
    }
    return {
        "known_form": KnownSenderForm(),
        "new_form": NewSenderForm(initial=given, clients=_clients(request)),
        "may_create": request.actor.can("people:manage"),
        "creators": [] if request.actor.can("people:manage") else queries.creators(request.actor, found),
        "domain": domain if queries.may_remember(domain) else "",
    }


def _clients(request: Request) -> list[tuple[int, str]]:
    return list(tenancy.visible(request.actor).order_by(by_name("name")).values_list("id", "name"))


@agents("mail:triage", answers="file")
@require_safe
def raw(request: Request, mail_id: int) -> HttpResponse:
    """The bytes as they came, as a file that no browser opens or runs."""
    response = HttpResponse(queries.raw_of(request.actor, mail_id), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="mail-{mail_id}.eml"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


@agents("mail:triage", answers="redirect")
@require_POST
def replay(request: Request, mail_id: int) -> HttpResponse:
    """Read the mail again."""
    triage.replay(request.actor, mail_id, now=timezone.now())
    messages.success(request, _("The mail is being read again."))
    return redirect("inbound_mail", mail_id)


@agents("mail:triage", answers="redirect")
@require_POST
def replay_all(request: Request) -> HttpResponse:
    """Read again every mail that is set aside for one reason."""
    count = triage.replay_all(
        request.actor, request.POST.get("state", ""), request.POST.get("reason", ""), now=timezone.now()
    )
    text = ngettext("%(num)s mail is being read again.", "%(num)s mails are being read again.", count)
    messages.success(request, text % {"num": count})
    return redirect("inbound_mails")


@agents("mail:triage", answers="redirect")
@require_POST
def known(request: Request, mail_id: int) -> HttpResponse:
    """The sender is a known contact."""
    form = KnownSenderForm(request.POST)
    if not done(
        form,
        lambda values: triage.decide(
            request.actor, mail_id, values["affiliation"],
            remember_domain=values["remember_domain"], now=timezone.now(),
        ),
    ):  # fmt: skip
        return _mail_page(request, mail_id, known_form=form)
    return _decided(request, mail_id)


@agents("mail:triage", answers="redirect")
@require_POST
def new(request: Request, mail_id: int) -> HttpResponse:
    """The sender becomes a contact."""
    form = NewSenderForm(request.POST, clients=_clients(request))
    if not done(
        form,
        lambda values: triage.decide_new(
            request.actor, mail_id, values["organisation"], {"name": values["name"], "email": values["email"]},
            remember_domain=values["remember_domain"], now=timezone.now(),
        ),
    ):  # fmt: skip
        return _mail_page(request, mail_id, new_form=form)
    return _decided(request, mail_id)


def _decided(request: Request, mail_id: int) -> HttpResponse:
    messages.success(request, _("Decided: the mail is on its way to a ticket."))
    return redirect("inbound_mail", mail_id)


@agents("mail:triage", answers="redirect")
@require_POST
def aside(request: Request, mail_id: int) -> HttpResponse:
    """No ticket comes of it."""
    form = AsideForm(request.POST)
    if not done(
        form,
        lambda values: triage.set_aside(request.actor, mail_id, values["reason"], now=timezone.now()),
    ):
        return _mail_page(request, mail_id, aside_form=form)
    messages.success(request, _("Set aside; the mail and the reason stay."))
    return redirect("inbound_mail", mail_id)


@agents("mail:triage", answers="fragment")
@require_safe
def contacts(request: Request) -> HttpResponse:
    """Contacts for the field that says who wrote; of one client when the mailbox is a client's."""
    client = request.GET.get("client", "")
    organisation_id = int(client) if client.isdigit() and len(client) < DIGITS else None
    found = queries.contacts(
        request.actor, request.GET.get("q", "")[:100], organisation_id, timezone.localdate()
    )
    items = [
        {"value": row["id"], "label": row["person__name"], "more": row["organisation__name"]} for row in found
    ]
    return render(request, "mail/_options.html", {"items": items})

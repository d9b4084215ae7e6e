"""The page of outgoing mail for administrators, and what the page of a person says of its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from vigie.accounts.models import Person
from vigie.channels.mail.outgoing import actions, queries
from vigie.channels.mail.rules.delivery import verdict
from vigie.kernel.actor import Actor
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.pages import render


@agents("mail:manage")
@require_safe
def outgoing_mail(request: Request) -> HttpResponse:
    """Which server, how much waits, what did not leave and why; ``show=skipped``: what was not sent by choice."""
    actor, reason = request.actor, request.GET.get("reason", "")
    shows_skipped = request.GET.get("show") == "skipped"
    context = {
        "servers": queries.servers(actor),
        "sender": settings.DEFAULT_FROM_EMAIL,
        "figures": queries.figures(actor, timezone.now()),
        "shows_skipped": shows_skipped,
        "reason": reason if reason in queries.WITHHELD else "",
        "reasons": queries.WITHHELD,
        "troubled": queries.skipped(actor, reason if reason in queries.WITHHELD else "")
        if shows_skipped
        else queries.troubled(actor),
        "suspended": queries.suspended(actor),
    }
    return render(request, "mail/outgoing.html", context)


@agents("mail:manage", answers="redirect")
@require_POST
def outgoing_retry(request: Request) -> HttpResponse:
    """Send the chosen mails again."""
    ids = [int(one) for one in request.POST.getlist("mail") if one.isdecimal() and len(one) < 16]
    number = actions.send_again(request.actor, ids, now=timezone.now())
    said = ngettext("%(num)s mail will be sent again.", "%(num)s mails will be sent again.", number)
    messages.info(request, said % {"num": number})
    return redirect("outgoing_mail")


@agents("mail:manage", answers="redirect")
@require_POST
def outgoing_test(request: Request) -> HttpResponse:
    """Send a mail to oneself and show the server's own words."""
    email = str(getattr(request.user, "email", "") or "")
    answer = actions.try_server(request.actor, email, now=timezone.now())
    if verdict(answer) == "sent":
        messages.success(request, gettext("A test mail is on its way to %(address)s.") % {"address": email})
    else:
        messages.error(request, gettext("The test mail did not leave: %(why)s") % {"why": str(answer)})
    return redirect("outgoing_mail")


@agents("tickets:reply", answers="redirect")
@require_POST
def address_use_again(request: Request, person_id: int) -> HttpResponse:
    """Write to a suspended address again."""
    actions.use_again(request.actor, person_id, now=timezone.now())
    return redirect("person", person_id)


def person_address(request: HttpRequest, person: Person) -> str:
    """For the page of a person: its address refused mails, or '' when it never did."""
    known = queries.address_of(person.email)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if known is None:
        return ""
    values = {"known": known, "who": person, "may_use": actor.can("tickets:reply")}
    return render_to_string("mail/_address.html", values, request=request)


def composer_warning(request: HttpRequest, requester: Mapping[str, Any]) -> str:
    """For the composer of a ticket: no mail reaches its requester, or ''. ``requester``: the ticket's ``requester_*``."""
    known = queries.address_of(requester["requester__email"])
    if known is None or known.suspended_at is None:
        return ""
    return render_to_string("mail/_suspended.html", {"known": known, "who": requester}, request=request)

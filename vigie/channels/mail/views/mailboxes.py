"""Pages of mailboxes: the list with its health, the settings, a test in words, the connection, domains of clients."""

from __future__ import annotations

import hmac
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.access import offered_teams, visible_teams
from vigie.channels.mail import access, oauth, queries
from vigie.channels.mail.actions import mailboxes as actions
from vigie.channels.mail.forms import DomainForm, MailboxForm
from vigie.channels.mail.labels import trouble_sentence
from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.sources.probe import try_out
from vigie.kernel.refusal import Refusal
from vigie.tenancy import access as tenancy
from vigie.toolkit import vault
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, choose_from, done, form_page
from vigie.toolkit.ordering import by_name
from vigie.toolkit.pages import render

BEGUN = "mailbox_connection"  # in the session: what the return of a connection must show


@agents("mail:manage")
@require_safe
def mailboxes(request: Request) -> HttpResponse:
    """Every mailbox in sight and how it fares."""
    return render(request, "mail/mailboxes.html", {"rows": queries.mailboxes(request.actor, timezone.now())})


@agents("mail:manage")
@require_http_methods(["GET", "POST"])
def mailbox_form(request: Request, mailbox_id: int | None = None) -> HttpResponse:
    """Set up a mailbox, or change it; on an existing one also its health, its test and its connection."""
    found = access.mailbox(request.actor, mailbox_id) if mailbox_id else None
    form = MailboxForm(request.POST or None, initial=model_to_dict(found) if found else None)
    choose_from(form, "organisation", tenancy.visible(request.actor).order_by(by_name("name")))
    choose_from(form, "team", offered_teams(visible_teams(request.actor)).order_by(by_name("name_fr")))
    if request.method == "POST":
        saved = attempt(
            form,
            lambda values: actions.save_mailbox(request.actor, mailbox_id, values, now=timezone.now()),
        )
        if saved:
            messages.success(request, _("Saved. The test says whether it works."))
            return redirect("mailbox", saved.pk)
    return form_page(
        request, form, title=found.address if found else _("New mailbox"), action=_("Save"), groups=MailboxForm.groups,
        crumbs=[{"label": _("Mailboxes"), "href": reverse("mailboxes")}], template="mail/mailbox.html",
        **_standing(found),
    )  # fmt: skip


def _standing(found: Mailbox | None) -> dict[str, Any]:
    """What the page of an existing mailbox shows above its settings."""
    if found is None:
        return {"found": None}
    return {
        "found": found,
        "health": queries.health(found, timezone.now(), queries.oldest_unread(found)),
        "trouble": trouble_sentence(found),
        "is_connected": bool(found.oauth_tokens_sealed),
        "return_to": _return_to(),
    }


@agents("mail:manage", answers="fragment")
@require_POST
def mailbox_test(request: Request, mailbox_id: int) -> HttpResponse:
    """Try the saved settings out, step by step."""
    found, now = access.mailbox(request.actor, mailbox_id), timezone.now()

    def way_out() -> str:
        if found.sign_in == Mailbox.SignIn.OAUTH:
            return oauth.access_token(found.pk, now=now)
        return vault.unseal(found.smtp_password_sealed)

    steps = try_out(found, lambda: oauth.secret_of(found, now=now), way_out, now)
    return render(request, "mail/_steps.html", {"steps": steps})


@agents("mail:manage", answers="redirect")
@require_safe
def mailbox_connect(request: Request, mailbox_id: int) -> HttpResponse:
    """Send the browser to the authorisation server. A link, since a form may not lead to another site."""
    started = actions.begin_connection(request.actor, mailbox_id, return_to=_return_to())
    request.session[BEGUN] = {
        "mailbox": mailbox_id, "state": started.state, "verifier": started.verifier,
    }  # fmt: skip
    return HttpResponseRedirect(started.address)


@agents("mail:manage", answers="redirect")
@require_safe
def oauth_return(request: Request) -> HttpResponse:
    """The browser comes back with a code, for the connection that this very session began, once."""
    begun = request.session.pop(BEGUN, None)
    if begun is None or not hmac.compare_digest(begun["state"], request.GET.get("state", "")):
        raise Refusal("mail.oauth_state")
    if not request.GET.get("code"):
        raise Refusal("mail.oauth_refused", detail=oauth.known_error(request.GET.get("error", "")))
    actions.finish_connection(
        request.actor, begun["mailbox"], code=request.GET["code"], verifier=begun["verifier"],
        return_to=_return_to(), now=timezone.now(),
    )  # fmt: skip
    messages.success(request, _("Connected. The test says whether it works."))
    return redirect("mailbox", begun["mailbox"])


def _return_to() -> str:
    """The address to declare at the provider: never taken from the request, whose host anybody may choose."""
    return settings.VIGIE_URL.rstrip("/") + reverse("mailbox_oauth_return")


@agents("mail:manage")
@require_http_methods(["GET", "POST"])
def domains(request: Request) -> HttpResponse:
    """Which mail domain belongs to which client."""
    form = DomainForm(request.POST or None)
    choose_from(form, "organisation", tenancy.visible(request.actor).order_by(by_name("name")))
    if request.method == "POST" and done(
        form,
        lambda values: actions.add_domain(
            request.actor, values["organisation"].pk, values["domain"], now=timezone.now()
        ),
    ):
        return redirect("client_domains")
    rows = access.domains(request.actor).select_related("organisation").order_by("domain")
    return form_page(
        request, form, title=_("Domains of clients"), action=_("Add"), groups=[("", ("domain", "organisation"))],
        crumbs=[{"label": _("Mailboxes"), "href": reverse("mailboxes")}], template="mail/domains.html", rows=rows,
        intro=_("A sender whose address ends with a domain of this list is taken for one of that client's people."),
    )  # fmt: skip


@agents("mail:manage", answers="redirect")
@require_POST
def domain_remove(request: Request, domain_id: int) -> HttpResponse:
    """Forget a domain."""
    actions.remove_domain(request.actor, domain_id, now=timezone.now())
    return redirect("client_domains")

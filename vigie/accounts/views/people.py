"""The list of people, the page of one, and new ones."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from vigie.accounts import access, actions, history, queries
from vigie.accounts.forms import AffiliationForm, AgentForm, ContactForm
from vigie.accounts.labels import SKILL_LEVELS
from vigie.accounts.models import Affiliation, Person
from vigie.accounts.rules import ADMINISTRATION
from vigie.toolkit import slots
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import attempt, form_page
from vigie.toolkit.pages import render


@agents("people:view")
@require_safe
def people(request: Request) -> HttpResponse:
    """People in sight, by name."""
    filters = _filters(request)
    found = queries.people_page(
        request.actor, filters, today=timezone.localdate(), cursor=request.GET.get("page")
    )
    context = {
        "found": found,
        "total": queries.total(request.actor, filters, found),
        "filters": filters,
        "query": {"q": filters.words, "side": filters.side, "client": filters.organisation_id, "active": request.GET.get("active")},
        "clients": queries.client_choices(request.actor),
        "may_manage": request.actor.can("people:manage"),
        "may_administer": request.actor.can(ADMINISTRATION),
    }  # fmt: skip
    return render(request, "accounts/people.html", context)


def _filters(request: Request) -> queries.Filters:
    given = request.GET
    client = given.get("client", "")
    return queries.Filters(
        words=given.get("q", "").strip()[:100],
        side=given.get("side", ""),
        organisation_id=int(client) if client.isdecimal() and len(client) < 12 else None,
        active=given["active"] if given.get("active") in ("no", "all") else "yes",
    )


@agents("people:view")
@require_safe
def person(request: Request, person_id: int) -> HttpResponse:
    """Everything about one person that the reader may see."""
    actor = request.actor
    who = access.one(actor, person_id)
    rights = actions.rights_over(actor, who)
    context: dict[str, Any] = {
        "who": who,
        "rights": rights,
        "affiliations": queries.affiliations_of(actor, person_id),
        "agent": queries.agent_profile(actor, person_id),
        "history": history.told(queries.history_of(actor, person_id)) if rights.manage else [],
        "sessions": queries.sessions_of(actor, person_id) if rights.identify else [],
        "contact_roles": dict(Affiliation.ContactRole.choices),
        "skill_levels": SKILL_LEVELS,
        "today": timezone.localdate(),
        "more": slots.filled("person", request, person=who),
    }
    return render(request, "accounts/person.html", context)


@agents("people:manage")
@require_http_methods(["GET", "POST"])
def contact_new(request: Request) -> HttpResponse:
    """A new contact of a client: first which client, then who."""
    client = request.POST.get("organisation") or request.GET.get("client", "")
    organisation_id = int(client) if client.isdecimal() and len(client) < 12 else 0
    form = ContactForm(
        request.POST or None,
        clients=queries.client_choices(request.actor),
        sites=queries.site_choices(request.actor, organisation_id),
        entities=queries.entity_choices(request.actor, organisation_id),
        initial={"organisation": organisation_id or None, "language": "fr"},
    )
    if request.method == "POST":
        made = attempt(form, lambda values: actions.create_contact(
            request.actor, values["organisation"], values, place(values), now=timezone.now()))  # fmt: skip
        if made:
            return redirect("person", made.pk)
    return form_page(
        request, form, title=_("New contact"), crumbs=[people_crumb()], action=_("Create the contact"),
        groups=[
            (_("Identity"), ("name", "email", "job_title", "phone", "language", "timezone")),
            (_("At the client"), ("organisation", "roles", *(AffiliationForm.place if organisation_id else ()))),
            (_("VIP"), AffiliationForm.vip),
        ],
    )  # fmt: skip


@agents(ADMINISTRATION)
@require_http_methods(["GET", "POST"])
def agent_new(request: Request) -> HttpResponse:
    """A new colleague."""
    form = AgentForm(request.POST or None, initial={"language": "fr"})
    if request.method == "POST":
        made = attempt(form, lambda values: actions.create_agent(request.actor, now=timezone.now(), **values))
        if made:
            return redirect("person_access", made.pk)
    groups = [
        (_("Identity"), ("name", "email", "job_title", "phone", "language", "timezone")),
        (_("Clients"), ("all_clients",)),
    ]
    return form_page(
        request,
        form,
        title=_("New agent"),
        crumbs=[people_crumb()],
        action=_("Create the agent"),
        groups=groups,
    )


def place(values: dict[str, Any]) -> dict[str, Any]:
    """What the actions take of an affiliation form."""
    return {**values, "site_id": values.get("site"), "entity_id": values.get("entity")}


def people_crumb() -> dict[str, str]:
    return {"label": pgettext("menu", "People"), "href": reverse("people")}


def person_crumb(who: Person) -> dict[str, str]:
    return {"label": who.name, "href": reverse("person", args=[who.pk])}

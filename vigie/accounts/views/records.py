"""Changing one person: identity, access, skills, what it is at clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from vigie.accounts import access, actions, queries
from vigie.accounts.forms import AccessForm, AffiliationForm, IdentityForm, NewAffiliationForm, SkillsForm
from vigie.accounts.models import Affiliation
from vigie.accounts.rules import ADMINISTRATION
from vigie.accounts.views.people import people_crumb, person_crumb, place
from vigie.kernel.refusal import NotFound
from vigie.tenancy import access as tenancy
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.jinja import local_name

IDENTITY = ("name", "email", "job_title", "phone", "language", "timezone")


@agents("people:manage")
@require_http_methods(["GET", "POST"])
def person_edit(request: Request, person_id: int) -> HttpResponse:
    """Who a person is."""
    who = access.one(request.actor, person_id)
    actions.may_identify(request.actor, who)
    form = IdentityForm(request.POST or None, initial={name: getattr(who, name) for name in IDENTITY})
    if request.method == "POST" and done(
        form, lambda values: actions.update_person(request.actor, person_id, values, now=timezone.now())
    ):
        return redirect("person", person_id)
    crumbs = [people_crumb(), person_crumb(who)]
    return form_page(
        request, form, title=_("Edit the identity"), crumbs=crumbs, groups=[("", IDENTITY)], action=_("Save"),
        intro=_("A new e-mail address ends the open sessions of this person."),
    )  # fmt: skip


@agents(ADMINISTRATION)
@require_http_methods(["GET", "POST"])
def person_access(request: Request, person_id: int) -> HttpResponse:
    """What an agent may do, and for which clients."""
    who = access.one(request.actor, person_id)
    profile = queries.agent_profile(request.actor, person_id)
    if profile is None:
        raise NotFound()
    form = AccessForm(
        request.POST or None,
        roles=[(role["id"], local_name(role)) for role in queries.roles(request.actor)],
        clients=queries.client_choices(request.actor),
        initial={
            "roles": [role["id"] for role in profile["roles"]],
            "all_clients": profile["all_clients"],
            "clients": [client["id"] for client in profile["clients"]],
        },
    )
    if request.method == "POST" and done(
        form,
        lambda values: actions.set_access(
            request.actor, person_id, role_ids=values["roles"], organisation_ids=values["clients"],
            all_clients=values["all_clients"], now=timezone.now(),
        ),
    ):  # fmt: skip
        return redirect("person", person_id)
    groups = [(_("Roles"), ("roles",)), (_("Clients"), ("all_clients", "clients"))]
    crumbs = [people_crumb(), person_crumb(who)]
    return form_page(
        request, form, title=_("Roles and clients"), crumbs=crumbs, groups=groups, action=_("Save")
    )


@agents("people:manage")
@require_http_methods(["GET", "POST"])
def person_skills(request: Request, person_id: int) -> HttpResponse:
    """What an agent knows, and how well."""
    who = access.one(request.actor, person_id)
    profile = queries.agent_profile(request.actor, person_id)
    if profile is None:
        raise NotFound()
    form = SkillsForm(
        request.POST or None,
        skills=[(skill["id"], local_name(skill)) for skill in queries.skills()],
        initial={f"skill_{skill['skill_id']}": skill["level"] for skill in profile["skills"]},
    )
    if request.method == "POST" and done(
        form, lambda values: actions.set_skills(request.actor, person_id, form.levels(), now=timezone.now())
    ):
        return redirect("person", person_id)
    crumbs = [people_crumb(), person_crumb(who)]
    return form_page(
        request, form, title=_("Skills"), crumbs=crumbs, groups=[("", tuple(form.fields))], action=_("Save"),
        intro="" if form.fields else _("There is no skill yet: create them on the page of the teams."),
    )  # fmt: skip


ACTS: dict[str, tuple[Callable[..., Any], str | Promise]] = {
    "disable": (actions.disable_person, gettext_lazy("The door is closed: every open session ended.")),
    "enable": (actions.enable_person, gettext_lazy("The person may sign in again.")),
    "end_sessions": (actions.end_sessions, gettext_lazy("Every open session ended.")),
    "send_link": (actions.send_password_link, gettext_lazy("The link to choose a password is on its way.")),
}


@agents("people:manage")
@require_POST
def person_act(request: Request, person_id: int) -> HttpResponse:
    """Close or open the door, end sessions, send the link to choose a password."""
    if request.POST.get("act") not in ACTS:
        raise NotFound()
    act, said = ACTS[request.POST["act"]]
    act(request.actor, person_id, now=timezone.now())
    messages.success(request, str(said))
    return redirect("person", person_id)


@agents("people:manage")
@require_http_methods(["GET", "POST"])
def affiliation_new(request: Request, person_id: int) -> HttpResponse:
    """One more client for a contact."""
    who = access.one(request.actor, person_id)
    taken = {row["organisation_id"] for row in queries.affiliations_of(request.actor, person_id)}
    clients = [choice for choice in queries.client_choices(request.actor) if choice[0] not in taken]
    form = NewAffiliationForm(request.POST or None, clients=clients)
    if request.method == "POST" and done(
        form,
        lambda values: actions.add_affiliation(
            request.actor, person_id, values["organisation"], place(values), now=timezone.now()
        ),
    ):
        return redirect("person", person_id)
    groups = [("", ("organisation", "roles", "active_from", "active_until")), (_("VIP"), AffiliationForm.vip)]
    crumbs = [people_crumb(), person_crumb(who)]
    return form_page(
        request, form, title=_("Contact of one more client"), crumbs=crumbs, groups=groups, action=_("Add")
    )


@agents("people:manage")
@require_http_methods(["GET", "POST"])
def affiliation_edit(request: Request, affiliation_id: int) -> HttpResponse:
    """What a contact is at one client."""
    affiliation = access.one_affiliation(request.actor, affiliation_id)
    who, client = affiliation.person, tenancy.one(request.actor, affiliation.organisation_id)
    form = AffiliationForm(
        request.POST or None,
        sites=queries.site_choices(request.actor, client.pk),
        entities=queries.entity_choices(request.actor, client.pk),
        initial=_typed(affiliation),
    )
    if request.method == "POST" and done(
        form,
        lambda values: actions.change_affiliation(
            request.actor, affiliation_id, place(values), now=timezone.now()
        ),
    ):
        return redirect("person", who.pk)
    groups = [("", ("roles", *AffiliationForm.place)), (_("VIP"), AffiliationForm.vip)]
    crumbs = [people_crumb(), person_crumb(who)]
    return form_page(
        request, form, title=_("Contact of %(client)s") % {"client": client.name},
        crumbs=crumbs, groups=groups, action=_("Save"),
    )  # fmt: skip


def _typed(affiliation: Affiliation) -> dict[str, Any]:
    names = ("roles", "active_from", "active_until", *AffiliationForm.vip)
    shown = {name: getattr(affiliation, name) for name in names}
    return {**shown, "site": affiliation.site_id, "entity": affiliation.entity_id}


@agents("people:manage")
@require_POST
def affiliation_end(request: Request, affiliation_id: int) -> HttpResponse:
    """End an affiliation today."""
    ended = actions.end_affiliation(
        request.actor, affiliation_id, on=timezone.localdate(), now=timezone.now()
    )
    messages.success(request, _("From now on this person sees nothing of that client."))
    return redirect("person", ended.person_id)

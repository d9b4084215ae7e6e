"""Roles: what each one allows, in words."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts import access, actions, history, labels, queries
from vigie.accounts.forms import RoleForm
from vigie.accounts.rules import ADMINISTRATION
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.pages import render


@agents("people:view")
@require_safe
def roles(request: Request) -> HttpResponse:
    """Every role, its holders and its grants by area."""
    found = [
        {**role, "areas": labels.by_area(_in_order(role["grants"]))} for role in queries.roles(request.actor)
    ]
    return render(
        request, "accounts/roles.html", {"roles": found, "may_administer": request.actor.can(ADMINISTRATION)}
    )


@agents(ADMINISTRATION)
@require_http_methods(["GET", "POST"])
def role_new(request: Request) -> HttpResponse:
    """A new role."""
    form = RoleForm(request.POST or None, grants=_grant_choices())
    if request.method == "POST" and done(
        form, lambda values: actions.create_role(request.actor, now=timezone.now(), **values)
    ):
        return redirect("roles")
    return _role_page(request, form, title=_("New role"), action=_("Create the role"), role=None, history=[])


@agents(ADMINISTRATION)
@require_http_methods(["GET", "POST"])
def role_edit(request: Request, role_id: int) -> HttpResponse:
    """What a role means, for everybody who holds it."""
    role = access.one_role(request.actor, role_id)
    initial = {"name_fr": role.name_fr, "name_en": role.name_en, "grants": role.grants}
    form = RoleForm(request.POST or None, grants=_grant_choices(), initial=initial)
    del form.fields["code"]
    if request.method == "POST" and done(
        form, lambda values: actions.change_role(request.actor, role_id, now=timezone.now(), **values)
    ):
        return redirect("roles")
    told = history.told(queries.history_of_subject(request.actor, "accounts.role", role_id))
    return _role_page(request, form, title=queries.named(role), action=_("Save"), role=role, history=told)


@agents(ADMINISTRATION)
@require_POST
def role_delete(request: Request, role_id: int) -> HttpResponse:
    """Remove a role that nobody holds."""
    actions.delete_role(request.actor, role_id, now=timezone.now())
    messages.success(request, _("The role is removed."))
    return redirect("roles")


def _role_page(request: Request, form: RoleForm, **page: Any) -> HttpResponse:
    names = [name for name in ("name_fr", "name_en", "code") if name in form.fields]
    return form_page(
        request, form, template="accounts/role.html", groups=[("", names)],
        crumbs=[{"label": _("Roles"), "href": reverse("roles")}],
        areas=labels.by_area(access.declared_grants()), chosen=set(form["grants"].value() or ()), **page,
    )  # fmt: skip


def _grant_choices() -> list[tuple[str, str]]:
    return [(grant, labels.grant_name(grant)) for grant in access.declared_grants()]


def _in_order(grants: list[str]) -> list[str]:
    order = {grant: i for i, grant in enumerate(access.declared_grants())}
    return sorted(grants, key=lambda grant: order.get(grant, len(order)))

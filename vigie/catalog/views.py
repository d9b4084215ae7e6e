"""Pages of the catalogue: services, the category tree, a client's subscriptions."""

from __future__ import annotations

from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.catalog import access, actions, labels, queries
from vigie.catalog.forms import CategoryForm, ServiceForm, SubscriptionForm
from vigie.tenancy import access as tenancy_access
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import done, form_page
from vigie.toolkit.pages import render


@agents("catalog:view")
@require_safe
def services(request: Request) -> HttpResponse:
    """The services offered, the critical ones first."""
    search, unused = request.GET.get("q", "").strip()[:100], request.GET.get("unused") == "1"
    found = queries.services_page(request.actor, search=search, unused=unused, cursor=request.GET.get("page"))
    context = {
        "found": found, "search": search, "unused": unused, "criticalities": labels.CRITICALITIES,
        "may_manage": request.actor.can("catalog:manage"),
    }  # fmt: skip
    return render(request, "catalog/services.html", context)


@agents("catalog:manage")
@require_http_methods(["GET", "POST"])
def service_form(request: Request, service_id: int | None = None) -> HttpResponse:
    """Add or change a service; beside it, the clients that use it."""
    initial = model_to_dict(access.one_of_all(request.actor, service_id)) if service_id else None
    form = ServiceForm(request.POST or None, initial=initial)
    if request.method == "POST" and done(
        form, lambda values: actions.save_service(request.actor, service_id, values, now=timezone.now())
    ):
        return redirect("services")
    names = ("code", "icon", "name_fr", "name_en", "description_fr", "description_en")
    return form_page(
        request, form, title=_("Edit the service") if service_id else _("New service"), action=_("Save"),
        crumbs=[{"label": _("Services"), "href": reverse("services")}], template="catalog/service.html",
        groups=[("", names), (_("Handling"), ("criticality", "default_team", "is_active"))],
        clients=queries.clients_of(request.actor, service_id) if service_id else [],
    )  # fmt: skip


@agents("catalog:view")
@require_safe
def categories(request: Request) -> HttpResponse:
    """The category tree."""
    context = {
        "rows": queries.category_tree(request.actor),
        "may_manage": request.actor.can("catalog:manage"),
    }
    return render(request, "catalog/categories.html", context)


@agents("catalog:manage")
@require_http_methods(["GET", "POST"])
def category_form(request: Request, category_id: int | None = None) -> HttpResponse:
    """Add, change or move a category."""
    initial = (
        model_to_dict(access.one_category(request.actor, category_id))
        if category_id
        else dict(request.GET.items())
    )
    form = CategoryForm(request.POST or None, initial=initial)
    if request.method == "POST" and done(
        form, lambda values: actions.save_category(request.actor, category_id, values, now=timezone.now())
    ):
        return redirect("categories")
    return form_page(
        request, form, title=_("Edit the category") if category_id else _("New category"), action=_("Save"),
        crumbs=[{"label": _("Categories"), "href": reverse("categories")}],
        groups=[("", ("name_fr", "name_en", "code", "parent")), ("", ("is_public", "is_active"))],
        intro=_("At most three levels. A category that moves takes along all that is under it."),
    )  # fmt: skip


@agents("clients:manage")
@require_http_methods(["GET", "POST"])
def subscription_form(
    request: Request, organisation_id: int, subscription_id: int | None = None
) -> HttpResponse:
    """A client starts to use a service, or its line changes."""
    actor, client = request.actor, tenancy_access.one(request.actor, organisation_id)
    line = access.one_subscription(actor, organisation_id, subscription_id) if subscription_id else None
    form = SubscriptionForm(request.POST or None, initial=model_to_dict(line) if line else None)
    if line:
        del form.fields["service"]
    if request.method == "POST" and done(
        form,
        lambda values: actions.save_subscription(
            actor, organisation_id, subscription_id, values, now=timezone.now()
        ),
    ):
        return redirect(reverse("client", args=[organisation_id]) + "#services")
    return form_page(
        request, form, title=_("Edit the subscription") if line else _("New subscription"), action=_("Save"),
        groups=[("", tuple(form.fields))],
        crumbs=[{"label": _("Clients"), "href": reverse("clients")},
                {"label": client.name, "href": reverse("client", args=[organisation_id])}],
    )  # fmt: skip

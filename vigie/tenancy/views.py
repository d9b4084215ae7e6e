"""Pages of clients, their sites and entities, and the way in to administration."""

from __future__ import annotations

from typing import Any

from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from vigie.kernel.refusal import NotAllowed
from vigie.tenancy import access, actions, labels, queries
from vigie.tenancy.forms import HABITS, IDENTITY, ClientForm, EntityForm, SiteForm
from vigie.tenancy.models import Organisation
from vigie.toolkit.entry import Request, agents, signed_in
from vigie.toolkit.forms import attempt, done, form_page
from vigie.toolkit.pages import render

ADMINISTRATION = (
    ("clients", "clients:view"),
    ("people", "people:view"),
    ("contracts", "contracts:view"),
    ("calendars", "contracts:view"),
    ("suppliers", "contracts:view"),
    ("agreements", "contracts:view"),
    ("ladders", "escalation:manage"),
    ("services", "catalog:view"),
    ("categories", "catalog:view"),
    ("teams", "access:manage"),
    ("roles", "access:manage"),
    ("canned_replies", "tickets:reply"),
    ("workflows", "workflow:view"),
    ("outgoing_mail", "mail:manage"),
    ("mailboxes", "mail:manage"),
    ("status", "operations:view"),
    ("jobs", "operations:view"),
)


@agents()
@require_safe
def administration(request: Request) -> HttpResponse:
    """What the reader may administer, and nothing else."""
    allowed = [name for name, grant in ADMINISTRATION if request.actor.can(grant)]
    if not allowed:
        raise NotAllowed("access.not_granted", grant="clients:view")
    return render(request, "tenancy/administration.html", {"allowed": allowed})


@agents("clients:view")
@require_safe
def clients(request: Request) -> HttpResponse:
    """The list of clients in sight."""
    search, status = request.GET.get("q", "").strip()[:100], request.GET.get("status", "")
    found = queries.clients_page(request.actor, search=search, status=status, cursor=request.GET.get("page"))
    counts = queries.counts_by_status(request.actor)
    chips = [(code, word, counts[code]) for code, word in labels.STATUSES.items() if counts.get(code)]
    context = {
        "found": found, "search": search, "status": status, "chips": chips, "total": sum(counts.values()),
        "statuses": labels.STATUSES, "natures": labels.NATURES, "may_open": _may_open(request),
    }  # fmt: skip
    return render(request, "tenancy/clients.html", context)


def _may_open(request: Request) -> bool:
    return request.actor.can("clients:manage") and request.actor.organisations is None


@agents("clients:manage")
@require_http_methods(["GET", "POST"])
def client_new(request: Request) -> HttpResponse:
    """Open a client."""
    form = ClientForm(request.POST or None, request.FILES or None)
    del form.fields["drop_logo"]
    if request.method == "POST":
        made = attempt(form, lambda values: actions.create_client(
            request.actor, _identity(values), logo=_bytes(values), now=timezone.now()))  # fmt: skip
        if made:
            return redirect("client", made.pk)
    return _client_form(
        request, form, title=_("New client"), crumbs=[_clients_crumb()], action=_("Open the client")
    )


@agents("clients:manage")
@require_http_methods(["GET", "POST"])
def client_edit(request: Request, organisation_id: int) -> HttpResponse:
    """Change a client's identity, colours and logo."""
    client = access.one(request.actor, organisation_id)
    form = ClientForm(request.POST or None, request.FILES or None, initial=model_to_dict(client))
    if not client.logo:
        del form.fields["drop_logo"]
    if request.method == "POST":
        saved = attempt(form, lambda values: actions.change_client(
            request.actor, organisation_id, _identity(values), logo=_bytes(values),
            drop_logo=bool(values.get("drop_logo")), now=timezone.now()))  # fmt: skip
        if saved:
            return redirect("client", organisation_id)
    crumbs = [_clients_crumb(), _client_crumb(client)]
    return _client_form(request, form, title=_("Edit the client"), crumbs=crumbs, action=_("Save"))


def _client_form(request: Request, form: ClientForm, **page: Any) -> HttpResponse:
    looks = [name for name in ("accent", "logo", "drop_logo") if name in form.fields]
    groups = [(_("Identity"), IDENTITY), (_("Habits"), HABITS), (_("In the portal"), looks)]
    return form_page(request, form, groups=groups, **page)


def _identity(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in ("logo", "drop_logo")}


def _bytes(values: dict[str, Any]) -> bytes | None:
    """The uploaded picture, read no further than what shows that it is too large."""
    upload = values.get("logo")
    return upload.read(actions.LOGO_LIMIT + 1) if upload else None


@signed_in(answers="file")
@require_safe
def client_logo(request: Request, organisation_id: int) -> HttpResponse:
    """A client's logo, for those who see the client."""
    data, kind = queries.logo_of(request.actor, organisation_id)
    response = HttpResponse(data, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@agents("clients:manage")
@require_http_methods(["GET", "POST"])
def site_form(request: Request, organisation_id: int, site_id: int | None = None) -> HttpResponse:
    """Add or change a site."""
    client = access.one(request.actor, organisation_id)
    initial = model_to_dict(actions.one_site(request.actor, organisation_id, site_id)) if site_id else None
    form = SiteForm(request.POST or None, initial=initial, organisation_id=organisation_id)
    if request.method == "POST" and done(
        form,
        lambda values: actions.save_site(request.actor, organisation_id, site_id, values, now=timezone.now()),
    ):
        return redirect(reverse("client", args=[organisation_id]) + "#sites")
    groups = [("", ("name", "entity")), (_("Time and holidays"), ("timezone", "country", "subdivision")),
              (_("On the spot"), ("address", "access_notes", "is_active"))]  # fmt: skip
    return form_page(
        request, form, title=_("Edit the site") if site_id else _("New site"), groups=groups, action=_("Save"),
        crumbs=[_clients_crumb(), _client_crumb(client)],
    )  # fmt: skip


@agents("clients:manage")
@require_http_methods(["GET", "POST"])
def entity_form(request: Request, organisation_id: int, entity_id: int | None = None) -> HttpResponse:
    """Add or change an entity."""
    client = access.one(request.actor, organisation_id)
    initial = (
        model_to_dict(actions.one_entity(request.actor, organisation_id, entity_id)) if entity_id else None
    )
    form = EntityForm(request.POST or None, initial=initial, organisation_id=organisation_id)
    if request.method == "POST" and done(
        form,
        lambda values: actions.save_entity(
            request.actor, organisation_id, entity_id, values, now=timezone.now()
        ),
    ):
        return redirect(reverse("client", args=[organisation_id]) + "#entities")
    return form_page(
        request, form, title=_("Edit the entity") if entity_id else _("New entity"), action=_("Save"),
        groups=[("", ("name", "parent", "cost_centre"))], crumbs=[_clients_crumb(), _client_crumb(client)],
    )  # fmt: skip


def _clients_crumb() -> dict[str, str]:
    return {"label": _("Clients"), "href": reverse("clients")}


def _client_crumb(client: Organisation) -> dict[str, str]:
    return {"label": client.name, "href": reverse("client", args=[client.pk])}

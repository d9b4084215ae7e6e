"""Canned replies: kept, changed, and put in the composer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vigie.accounts.access import offered_teams, visible_teams
from vigie.catalog import access as catalog_access
from vigie.kernel.refusal import NotFound
from vigie.tickets import access
from vigie.tickets.actions import canned as actions
from vigie.tickets.models import CannedReply
from vigie.tickets.queries import canned as queries
from vigie.tickets.rules.canned import PLACES
from vigie.toolkit.entry import Request, agents
from vigie.toolkit.forms import RecordForm, attempt, choose_from, form_page
from vigie.toolkit.jinja import local_name
from vigie.toolkit.pages import render


class CannedForm(RecordForm):
    """A reply in both languages, and who uses it."""

    class Meta:
        model = CannedReply
        fields = ("title_fr", "body_fr", "title_en", "body_en", "is_shared", "team", "service")
        widgets = {"body_fr": forms.Textarea(attrs={"rows": 8}), "body_en": forms.Textarea(attrs={"rows": 8})}

    def __init__(self, *args: Any, actor: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choose_from(self, "team", offered_teams(visible_teams(actor)))
        choose_from(self, "service", catalog_access.visible(actor))
        for name in ("team", "service"):
            self.fields[name].label_from_instance = lambda row: local_name(vars(row))  # type: ignore[attr-defined]
        if not actor.can("replies:share"):
            for name in ("is_shared", "team"):
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What the action keeps."""
        given = self.cleaned_data
        team, service = given.get("team"), given["service"]
        words = {name: given[name] for name in actions.WORDS}
        return {
            **words, "is_shared": given.get("is_shared", False), "team_id": team.pk if team else None,
            "service_id": service.pk if service else None,
        }  # fmt: skip


@agents("tickets:reply")
@require_safe
def canned_replies(request: Request) -> HttpResponse:
    """Replies that one may use: one's own, and the shared ones."""
    actor = request.actor
    values = {"rows": queries.listed(actor), "me": actor.person_id, "may_share": actor.can("replies:share")}
    return render(request, "tickets/canned_replies.html", values)


@agents("tickets:reply")
@require_http_methods(["GET", "POST"])
def canned_new(request: Request) -> HttpResponse:
    return _edit(request, None)


@agents("tickets:reply")
@require_http_methods(["GET", "POST"])
def canned_edit(request: Request, canned_id: int) -> HttpResponse:
    found = access.visible_canned(request.actor).filter(pk=canned_id).first()
    if found is None:
        raise NotFound()
    return _edit(request, found)


def _edit(request: Request, found: CannedReply | None) -> HttpResponse:
    form = CannedForm(request.POST or None, instance=found, actor=request.actor)
    if request.method == "POST":
        canned_id = found.pk if found else None
        kept = attempt(
            form,
            lambda values: actions.save_canned(request.actor, canned_id, form.values(), now=timezone.now()),
        )
        if kept is not None:
            messages.success(request, _("The reply is kept."))
            return redirect("canned_replies")
    sharing = [name for name in ("is_shared", "team", "service") if name in form.fields]
    places = ", ".join(f"{{{{ {name} }}}}" for name in PLACES)
    return form_page(
        request, form, title=_("Canned reply") if found else _("New canned reply"), action=_("Keep the reply"),
        crumbs=[{"label": _("Canned replies"), "href": reverse("canned_replies")}],
        groups=[(_("French"), ("title_fr", "body_fr")), (_("English"), ("title_en", "body_en")), (_("Who uses it"), sharing)],
        intro=_("Sent in the language of the requester. These places are filled by themselves: %(places)s.") % {"places": places},
    )  # fmt: skip


@agents("tickets:reply")
@require_POST
def canned_delete(request: Request, canned_id: int) -> HttpResponse:
    actions.delete_canned(request.actor, canned_id, now=timezone.now())
    messages.success(request, _("The reply is deleted."))
    return redirect("canned_replies")


@agents("tickets:reply", answers="fragment")
@require_safe
def ticket_canned(request: Request, ticket_id: int) -> HttpResponse:
    """Replies found for the composer of a ticket."""
    words = request.GET.get("q", "").replace("\x00", "")[:100]
    items = [
        {"value": pk, "label": title, "more": ""}
        for pk, title, _other in queries.offered(request.actor, ticket_id, words)
    ]
    return render(request, "tickets/_options.html", {"items": items})


@agents("tickets:reply", answers="fragment")
@require_safe
def ticket_canned_text(request: Request, ticket_id: int, canned_id: int) -> HttpResponse:
    """One reply, filled for the ticket: what the composer inserts."""
    return render(
        request, "tickets/_canned_text.html", {"body": queries.text_for(request.actor, ticket_id, canned_id)}
    )

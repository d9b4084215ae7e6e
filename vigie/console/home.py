"""The front door: everybody goes where its day begins."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from vigie.console.shell import administration, places
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed
from vigie.toolkit.entry import anyone
from vigie.toolkit.pages import refused


@anyone(answers="redirect")
def home(request: HttpRequest) -> HttpResponse:
    """Agents to the first page their roles open, customers to the portal, anybody else to the sign-in.

    Without tickets to see, the day begins with administration.
    """
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    if actor is None:
        if request.user.is_authenticated:
            return refused(request, NotAllowed("console.no_access"))
        return HttpResponseRedirect(reverse("account_login"))
    if actor.is_client:
        return HttpResponseRedirect(reverse("portal_home"))
    open_places = [*places(actor), *administration(actor)]
    if not actor.can("tickets:view"):
        open_places = [*administration(actor), *places(actor)]
    return HttpResponseRedirect(open_places[0]["href"] if open_places else reverse("me"))

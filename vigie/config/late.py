"""A form that arrives too late: its session ended, its token was renewed, or somebody else signed in meanwhile.

What it holds is sealed and kept for the one whose page it was, and given back after signing in, ready to be sent again.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from vigie.accounts.actors import actor_of
from vigie.accounts.models import Person
from vigie.kernel.refusal import Refusal
from vigie.tenancy.walls import client_wall
from vigie.tickets.actions.conversation import save_draft
from vigie.tickets.queries.asking import draft_at
from vigie.toolkit import richtext, vault
from vigie.toolkit.authorship import FIELD, Author, author_of
from vigie.toolkit.entry import Request, signed_in
from vigie.toolkit.pages import is_fragment, refused, render

PLACE = "sent"
KEPT_FOR = dt.timedelta(hours=12)
UNTYPED = frozenset({"submission", "uploads", "seen"})
SHORTEST_TEXT = 12  # shorter values are codes and ids, which tell a reader nothing


def wants_page(request: HttpRequest) -> bool:
    """A whole page was sent from: a script keeps what it sent and only asks to be told."""
    return not is_fragment(request) and "application/json" not in request.headers.get("Accept", "")


def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Ask to sign in, and come back: to the page, or to the form that was just sent."""
    if not wants_page(request):
        return refused(request, _refusal("access.signed_out", 401))
    after = request.get_full_path()
    if request.method != "GET":
        author = author_of(request)
        after = reverse("sent_form") if author and _keep(request, author) else page_of_form(request)
    return redirect_to_login(after)


def under_another_name(request: HttpRequest) -> HttpResponseBase | None:
    """Refuse a form of somebody else's page, and keep it for that person; ``None`` when it is one's own."""
    author = author_of(request) if request.method == "POST" else None
    if author is None or author.person_id == request.user.pk:
        return None
    if wants_page(request):
        _keep(request, author)
    return refused(request, _refusal("access.other_author", 403))


def token_failed(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """The token is not valid. A form that we signed for this very person is no forgery: it comes back with a new one."""
    author = author_of(request)
    if author is None:
        return refused(request, _refusal("access.stale_form", 403))
    if not request.user.is_authenticated:
        return sign_in(request)
    if author.person_id != request.user.pk or not wants_page(request):
        return under_another_name(request) or refused(request, _refusal("access.stale_form", 403))
    return _given_back(request, _sent(request), status=403)


@require_GET
@signed_in()
def sent_form(request: Request) -> HttpResponseBase:
    """The form that arrived too late, for the one who wrote it."""
    kept = draft_at(request.actor, PLACE)
    if not kept or timezone.now() - dt.datetime.fromisoformat(kept["at"]) > KEPT_FOR:
        return HttpResponseRedirect("/")
    return _given_back(request, json.loads(vault.unseal(kept["sealed"].encode())))


def _keep(request: HttpRequest, author: Author) -> bool:
    """Keep the form for its author. False when that person may act no more."""
    now = timezone.now()
    person = Person.objects.filter(pk=author.person_id).first()
    actor = person and actor_of(person, today=timezone.localdate(), organisation_id=author.organisation_id)
    if not actor:
        return False
    sealed = vault.seal(json.dumps(_sent(request))).decode()
    content = {"at": now.isoformat(), "sealed": sealed}
    if actor.is_provider:
        save_draft(actor, PLACE, content, now=now)
    else:
        with client_wall(actor):
            save_draft(actor, PLACE, content, now=now)
    return True


def _sent(request: HttpRequest) -> dict[str, Any]:
    """The form: where it went, where it came from, its fields in order, and whether files came with it."""
    ours = {"csrfmiddlewaretoken", FIELD}
    fields = [(name, value) for name, values in request.POST.lists() if name not in ours for value in values]
    return {
        "to": request.get_full_path(),
        "page": page_of_form(request),
        "fields": fields,
        "had_files": any(request.FILES[name] for name in request.FILES),
    }


def _given_back(request: HttpRequest, sent: dict[str, Any], status: int = 200) -> HttpResponse:
    typed = [value for name, value in sent["fields"] if name not in UNTYPED]
    texts = [richtext.to_text(value) if "<" in value else value for value in typed]
    shown = [text for text in texts if len(text) >= SHORTEST_TEXT and not text.isalnum()]
    return render(request, "layouts/sent_form.html", {"sent": sent, "texts": shown}, status=status)


def page_of_form(request: HttpRequest) -> str:
    """Where a form came from: its page shows again what the draft kept."""
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        parts = urlsplit(came_from)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return "/"


def too_large(request: HttpRequest) -> HttpResponse:
    """The web entry read no body larger than this (``runtime/asgi.py``)."""
    most = settings.UPLOAD_LIMIT // (1024 * 1024)
    return refused(request, _refusal("access.too_large", 413, most=most))


def _refusal(code: str, status: int, *, most: int = 0) -> Refusal:
    refusal = Refusal(code, most=most)
    refusal.status = status
    return refusal

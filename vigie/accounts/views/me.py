"""Oneself: preferences, security, language, theme, active client."""

from __future__ import annotations

from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from vigie.accounts import actions, queries
from vigie.accounts.forms import PreferencesForm
from vigie.accounts.models import Person
from vigie.tenancy.walls import past_the_wall
from vigie.toolkit.entry import Request, anyone, signed_in
from vigie.toolkit.forms import done, zones
from vigie.toolkit.pages import render
from vigie.toolkit.sessions import seconds_left


@signed_in()
@require_http_methods(["GET", "POST"])
def me(request: Request) -> HttpResponse:
    """One's own preferences and the way to everything about one's security."""
    person = request.user
    assert isinstance(person, Person)
    fields = ("name", "phone", "language", "timezone", "theme")
    form = PreferencesForm(request.POST or None, initial={name: getattr(person, name) for name in fields})
    if request.method == "POST" and done(
        form, lambda values: actions.change_preferences(request.actor, values, now=timezone.now())
    ):
        with translation.override(form.cleaned_data["language"]):
            messages.success(request, _("Your preferences are saved."))
        return redirect("me")
    context = {
        "form": form,
        "zones": zones(),
        "email": person.email,
        "security": _security(person),
        "affiliations": queries.own_affiliations(request.actor, timezone.localdate()),
    }
    return render(request, "accounts/me.html", context, status=422 if form.errors else 200)


def _security(person: Person) -> dict[str, int | bool]:
    """How the person's own account is protected: counts, no secret."""
    with past_the_wall("own_account"):
        kinds = list(Authenticator.objects.filter(user_id=person.pk).values_list("type", flat=True))
        sessions = UserSession.objects.filter(user_id=person.pk).count()
    return {
        "password": person.has_usable_password(),
        "totp": Authenticator.Type.TOTP in kinds,
        "keys": kinds.count(Authenticator.Type.WEBAUTHN),
        "codes": Authenticator.Type.RECOVERY_CODES in kinds,
        "sessions": sessions,
    }


@signed_in()
@require_POST
def switch_client(request: Request) -> HttpResponse:
    """Make another of one's own clients the active one."""
    wanted = request.POST.get("organisation", "")
    chosen = actions.switch_client(
        request.actor, int(wanted) if wanted.isdecimal() else 0, now=timezone.now()
    )
    request.session["organisation_id"] = chosen
    return redirect("/")


@anyone()
@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Choose a language: kept with the person, and in a cookie for whoever is not signed in."""
    chosen = request.POST.get("language", "")
    response = redirect(_back(request))
    if chosen in dict(settings.LANGUAGES):
        if actor := getattr(request, "actor", None):
            actions.choose_language(actor, chosen, now=timezone.now())
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=365 * 86400,
            secure=settings.SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@signed_in(answers="json")
@require_http_methods(["GET", "POST"])
def session(request: Request) -> JsonResponse:
    """How many seconds the session has left; POST extends it."""
    if request.method == "POST":
        request.session.modified = True
    return JsonResponse({"left": seconds_left(request.session)})


@signed_in()
@require_POST
def set_theme(request: Request) -> HttpResponse:
    """Choose light, dark, or as the system."""
    chosen = request.POST.get("theme", "")
    if chosen in Person.Theme.values:
        actions.choose_theme(request.actor, chosen, now=timezone.now())
    if request.headers.get("HX-Request") == "true" or "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(status=204)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page the visitor was on, when it is one of ours; never another site."""
    wanted = request.POST.get("next", "")
    if not wanted:
        came_from = urlsplit(request.headers.get("Referer", ""))
        wanted = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=request.is_secure())
    return wanted if safe and wanted.startswith("/") else "/"

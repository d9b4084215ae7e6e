"""The sign-in page, and the one click of the demonstration."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from allauth.usersessions.models import UserSession
from django.contrib.auth import login as open_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from vigie.accounts import demo_mode
from vigie.toolkit.entry import anyone

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class SignInView(LoginView):  # type: ignore[misc]
    """The sign-in page of django-allauth, and the personas of the demonstration where there is one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        offered = demo_mode.personas()
        has_ended = not offered and demo_mode.holds_other_data()
        return {**super().get_context_data(**kwargs), "personas": offered, "one_click_ended": has_ended}


sign_in = anyone()(SignInView.as_view())


@anyone()
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Become a persona of the demonstration and go on to ``next``, a path of ours. Refused everywhere else."""
    if not request.user.is_authenticated:
        person = demo_mode.person_for(request.POST.get("email", ""))
        open_session(request, person, backend=BACKEND)
        UserSession.objects.create_from_request(request)
    after = request.POST.get("next", "")
    return redirect(after if url_has_allowed_host_and_scheme(after, None) else "/")

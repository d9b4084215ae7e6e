"""How sign-in fits Vigie: accounts are made by administrators, never by sign-up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from vigie.accounts.actors import actor_of
from vigie.kernel.actor import Actor
from vigie.toolkit import journal


class AccountAdapter(DefaultAccountAdapter):
    """No sign-up; nobody enters who may not act."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_user_display(self, user: Any) -> str:
        return str(user.name)

    def set_password(self, user: Any, password: str) -> None:
        """One's own new password: journalled as the others, never shown."""
        with transaction.atomic():
            super().set_password(user, password)
            oneself = Actor(side=user.side, person_id=user.pk, organisations=frozenset(), name=user.name)
            journal.record(oneself, "password_set", user, now=timezone.now())

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponseBase | None:
        """After the password and before the session: a contact whose last affiliation ended stays outside."""
        refused: HttpResponseBase | None = super().pre_login(request, user, **kwargs)
        if refused is None and actor_of(user, today=timezone.localdate()) is None:
            clear_login(request)
            refused = self.respond_user_inactive(request, user)
        return refused

"""What a person does to its own second factors is in its journal, without any secret."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation

from tests.world import PASSWORD, World
from vigie.accounts import history, queries
from vigie.toolkit.models import JournalEntry

pytestmark = pytest.mark.django_db


def entered() -> Browser:
    browser = Browser()
    browser.post(reverse("account_login"), {"login": "user@alpha.example", "password": PASSWORD})
    return browser


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(counters()))))


def verbs(world: World) -> list[tuple[str, Any, Any]]:
    rows = JournalEntry.objects.filter(subject="accounts.person", subject_id=world.a.user.pk).order_by("id")
    return [(r.verb, r.before.get("factor"), r.after.get("factor")) for r in rows]


def test_an_application_comes_and_goes(world: World, django_capture_on_commit_callbacks: Any) -> None:
    browser, url = entered(), reverse("mfa_activate_totp")
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": url})
    with django_capture_on_commit_callbacks(execute=True):
        browser.get(url)
        browser.post(url, {"code": code_of(browser.session["mfa.totp.secret"])})
    assert verbs(world) == [("factor_added", None, "totp"), ("factor_added", None, "recovery_codes")]
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("mfa_generate_recovery_codes"))
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("mfa_deactivate_totp"))
    assert verbs(world)[2:] == [
        ("factor_renewed", None, "recovery_codes"),
        ("factor_removed", "totp", None),
        ("factor_removed", "recovery_codes", None),
    ]
    secret_words = str(list(JournalEntry.objects.values_list("before", "after")))
    assert "secret" not in secret_words
    assert "seed" not in secret_words


def test_a_passkey_is_told_by_its_name_to_whoever_may_read(world: World) -> None:
    key = Authenticator.objects.create(
        user=world.a.user, type=Authenticator.Type.WEBAUTHN, data={"name": "Clé bleue", "credential": {}}
    )
    authenticator_removed.send(sender=Authenticator, request=None, user=world.a.user, authenticator=key)
    with translation.override("en"):
        (line,) = history.told(queries.history_of(world.actor(world.admin), world.a.user.pk))
    assert (line["what"], line["who"]) == ("Second factor removed", world.a.user.name)
    assert line["lines"] == [("Second factor", "Passkey", "—"), ("Name of the key", "Clé bleue", "—")]

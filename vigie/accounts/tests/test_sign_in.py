"""The door: who enters, who does not, and that nobody learns who exists."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.world import PASSWORD, World
from vigie.accounts import demo_mode, tasks
from vigie.accounts.actions import create_agent
from vigie.accounts.live import topics_of
from vigie.accounts.models import Affiliation, Person
from vigie.demo.load import load_demo
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.runtime import checks
from vigie.tenancy.models import Organisation

LOGIN = "/account/login/"


@pytest.fixture(autouse=True)
def _no_memory_of_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def enter(email: str, password: str = PASSWORD, browser: Browser | None = None) -> tuple[Browser, Any]:
    browser = browser or Browser()
    return browser, browser.post(LOGIN, {"login": email, "password": password})


def bare(body: bytes) -> str:
    """A page without what differs at each sending."""
    text = re.sub(
        r'name="csrfmiddlewaretoken" value="[^"]*"|name="csrf-token" content="[^"]*"', "", body.decode()
    )
    return re.sub(r"[\w.]+@[\w.]+", "", text)


def test_signing_in_rotates_the_session_and_lists_it(world: World) -> None:
    browser = Browser()
    browser.get(LOGIN)
    browser.session["seen"] = True
    before = browser.session.session_key
    _, response = enter("USER@alpha.example", browser=browser)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert browser.session.session_key != before
    assert UserSession.objects.filter(user=world.a.user).count() == 1
    page = browser.get("/account/sessions/").content.decode()
    assert "127.0.0.1" in page


def test_known_and_unknown_get_the_same_answer(world: World) -> None:
    _, known = enter("user@alpha.example", "a wrong password 42")
    _, unknown = enter("nobody@alpha.example", "a wrong password 42")
    assert known.status_code == unknown.status_code == 200
    assert bare(known.content) == bare(unknown.content)


def test_an_unknown_address_costs_one_password_hash_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    real_set, real_check = Person.set_password, Person.check_password
    monkeypatch.setattr(
        Person, "set_password", lambda self, raw: (hashed.append("hash"), real_set(self, raw))[1]
    )
    monkeypatch.setattr(
        Person, "check_password", lambda self, raw: (hashed.append("hash"), real_check(self, raw))[1]
    )
    enter("nobody@alpha.example", "a wrong password 42")
    unknown = len(hashed)
    hashed.clear()
    enter("user@alpha.example", "a wrong password 42")
    assert unknown == len(hashed) == 1


def test_password_link_asks_the_same_for_known_and_unknown(world: World) -> None:
    answers = []
    for email in ("user@alpha.example", "nobody@alpha.example"):
        response = Browser().post(reverse("account_reset_password"), {"email": email}, follow=True)
        answers.append(bare(response.content))
    assert answers[0] == answers[1]
    jobs = ProcrastinateJob.objects.filter(task_name="accounts.send_password_link").values_list(
        "args", flat=True
    )
    assert [job["email"] for job in jobs] == ["user@alpha.example", "nobody@alpha.example"]
    assert mail.outbox == []
    for job in jobs:
        tasks.send_password_link(**job)
    assert [message.to for message in mail.outbox] == [["user@alpha.example"]]
    link = re.search(r"https?://[^/\s]+(/account/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link is not None
    browser = Browser()
    form = browser.get(link[1])
    response = browser.post(
        form["Location"], {"password1": "a brand new pass 7", "password2": "a brand new pass 7"}
    )
    assert response.status_code == 302
    world.a.user.refresh_from_db()
    assert world.a.user.check_password("a brand new pass 7")
    assert b"no longer works" in Browser().get(link[1], HTTP_ACCEPT_LANGUAGE="en", follow=True).content


def test_weak_passwords_are_refused(world: World) -> None:
    browser, _ = enter("user@alpha.example")
    url = reverse("account_change_password")
    for weak in ("short1", "password1234", "user@alpha.example"):
        answer = browser.post(url, {"oldpassword": PASSWORD, "password1": weak, "password2": weak})
        assert answer.status_code == 200, weak
    world.a.user.refresh_from_db()
    assert world.a.user.check_password(PASSWORD)


def test_too_many_attempts_are_stopped(world: World) -> None:
    for _ in range(6):
        enter("user@alpha.example", "a wrong password 42")
    browser, response = enter("user@alpha.example")
    assert response.status_code != 302
    assert browser.get("/me/").status_code == 302


@pytest.mark.parametrize(
    "path",
    ["signup/", "email/", "confirm-email/", "confirm-email/abc/", "login/code/", "login/code/confirm/", "2fa/webauthn/signup/", "3rdparty/", "social/signup/", "phone/verify/", "signup/passkey/"],
)  # fmt: skip
def test_what_is_not_used_is_closed(path: str, db: None) -> None:
    assert Browser().get(f"/account/{path}").status_code == 404
    assert Browser().post(f"/account/{path}").status_code == 404


def test_a_contact_without_any_client_left_stays_outside(world: World) -> None:
    _, response = enter("former@alpha.example")
    assert (response.status_code, response["Location"]) == (302, reverse("account_inactive"))
    browser, _ = enter("user@alpha.example")
    assert browser.get("/me/").status_code == 200
    Affiliation.objects.filter(person=world.a.user).update(active_until=dt.date(2026, 1, 1))
    response = browser.get("/me/")
    assert (response.status_code, response["Location"]) == (302, f"{LOGIN}?next=/me/")
    assert browser.get(LOGIN).status_code == 200  # no endless turn between the two


def test_other_sessions_end_on_demand(world: World) -> None:
    first, _ = enter("user@alpha.example")
    second, _ = enter("user@alpha.example")
    assert second.post(reverse("usersessions_list")).status_code == 302
    assert (first.get("/me/").status_code, second.get("/me/").status_code) == (302, 200)


def test_a_stream_stops_with_the_password(world: World) -> None:
    browser, _ = enter("user@alpha.example")
    key = browser.session.session_key
    assert topics_of(key) is not None
    world.a.user.set_password("a brand new pass 7")
    world.a.user.save()
    assert topics_of(key) is None


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def test_authenticator_app_is_asked_after_the_password(world: World) -> None:
    browser, _ = enter("user@alpha.example")
    url = reverse("mfa_activate_totp")
    assert browser.get(url)["Location"] == f"{reverse('account_reauthenticate')}?next={quote(url, safe='')}"
    answer = browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": url})
    assert answer["Location"] == url
    page = browser.get(url)
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", page.content.decode())
    assert secret is not None
    assert b'src="data:image/svg+xml' in page.content
    answer = browser.post(reverse("mfa_activate_totp"), {"code": code_of(secret[1])})
    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_view_recovery_codes"))
    codes = re.findall(
        r"^\w{8}$", browser.get(answer["Location"]).content.decode().split('class="codes">')[1], re.M
    )
    assert Authenticator.objects.filter(user=world.a.user).count() == 2
    cache.clear()
    again, response = enter("user@alpha.example")
    assert response["Location"].startswith(reverse("mfa_authenticate"))
    assert again.get("/me/").status_code == 302
    assert again.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert again.get("/me/").status_code == 302
    assert again.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 302
    assert again.get("/me/").status_code == 200


def test_one_click_needs_the_setting_and_the_marker(world: World, settings: Any) -> None:
    demo_mode.offer([demo_mode.Persona("user@alpha.example", "User", "U", "U", "peut", "can", "user")])
    try:
        for on, marked in ((False, False), (True, False), (False, True), (True, True)):
            settings.DEMO = on
            if marked and not demo_mode.JournalEntry.objects.filter(verb=demo_mode.MARKER).exists():
                demo_mode.mark_loaded(SYSTEM, now=timezone.now())
            allowed = on and marked
            assert demo_mode.is_demo() is allowed
            assert (b"user@alpha.example" in Browser().get(LOGIN).content) is allowed
            browser = Browser()
            response = browser.post(reverse("demo_sign_in"), {"email": "user@alpha.example"})
            assert response.status_code == (302 if allowed else 403)
            assert browser.get("/me/").status_code == (200 if allowed else 302)
        for after, goes in (("/portal/new/", "/portal/new/"), ("https://evil.example/", "/")):
            form = {"email": "user@alpha.example", "next": after}
            assert Browser().post(reverse("demo_sign_in"), form)["Location"] == goes
        assert b'name="next" value="/portal/new/"' in Browser().get(f"{LOGIN}?next=/portal/new/").content
        with pytest.raises(NotAllowed, match=r"accounts\.demo_only"):
            demo_mode.person_for("admin@nord.example")
        assert Browser().get(reverse("demo_sign_in")).status_code == 405
        assert (
            Browser(enforce_csrf_checks=True)
            .post(reverse("demo_sign_in"), {"email": "user@alpha.example"})
            .status_code
            == 403
        )
    finally:
        demo_mode.offer([])


def test_one_click_ends_by_itself_when_real_data_comes(world: World, settings: Any) -> None:
    settings.DEMO = True
    demo_mode.offer([demo_mode.Persona("user@alpha.example", "User", "U", "U", "peut", "can", "user")])
    try:
        loaded = timezone.now()
        demo_mode.mark_loaded(SYSTEM, now=loaded)
        later = loaded + dt.timedelta(seconds=1)
        persona = world.actor(world.admin)
        assert demo_mode.is_demo()
        create_agent(persona, email="second@nord.example", name="Play", all_clients=True, now=later)
        assert demo_mode.is_demo()
        for come in (
            lambda: create_agent(SYSTEM, email="first@real.test", name="First", all_clients=True, now=later),
            lambda: create_agent(persona, email="who@nord.fr", name="Who", all_clients=True, now=later),
            lambda: Organisation.objects.create(code="REAL", name="Real", created_at=later),
        ):
            point = transaction.savepoint()
            come()
            assert demo_mode.holds_other_data()
            assert (demo_mode.ended_by() or ("",))[0] in ("First", "Who", "Real")
            page = Browser().get(LOGIN, HTTP_ACCEPT_LANGUAGE="en").content
            assert b"user@alpha.example" not in page
            assert b"One-click sign-in is off" in page
            answer = Browser().post(reverse("demo_sign_in"), {"email": "user@alpha.example"})
            assert answer.status_code == 403
            assert "demo accounts keep their published password" in checks._demo_problems()[0]
            with pytest.raises(Refusal, match=r"demo\.not_empty"):
                load_demo()
            transaction.savepoint_rollback(point)
        assert demo_mode.is_demo()
        assert b"One-click sign-in is off" not in Browser().get(LOGIN, HTTP_ACCEPT_LANGUAGE="en").content
        assert checks._demo_problems() == []
    finally:
        demo_mode.offer([])


def test_language_and_theme_show_on_the_next_page(world: World) -> None:
    visitor = Browser()
    visitor.post(reverse("set_language"), {"language": "en", "next": LOGIN})
    assert b'<html lang="en"' in visitor.get(LOGIN).content
    visitor.post(reverse("set_language"), {"language": "fr"})
    assert b'<html lang="fr"' in visitor.get(LOGIN).content
    for email in ("user@alpha.example", "agent@nord.example"):
        browser, _ = enter(email)
        assert browser.post(reverse("set_theme"), {"theme": "dark", "next": "/me/"})["Location"] == "/me/"
        assert b'data-theme="dark"' in browser.get("/me/").content
        browser.post(reverse("set_language"), {"language": "en"})
        assert b'<html lang="en"' in browser.get("/me/").content
        assert (
            browser.post(reverse("set_language"), {"language": "fr", "next": "https://evil.example/"})[
                "Location"
            ]
            == "/"
        )


def test_active_client_changes_what_is_in_sight(world: World) -> None:
    browser, _ = enter("both@alpha.example")
    assert (
        browser.post(reverse("switch_client"), {"organisation": world.c.organisation.pk}).status_code == 302
    )
    assert browser.session["organisation_id"] == world.c.organisation.pk
    page = browser.get("/me/").content.decode()
    assert "Gamma" in page
    assert "Alpha" in page
    assert (
        browser.post(reverse("switch_client"), {"organisation": world.b.organisation.pk}).status_code == 404
    )
    assert browser.session["organisation_id"] == world.c.organisation.pk

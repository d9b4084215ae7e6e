"""The pages of whoever runs the installation: what they show, to whom, and what is decided there."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.world import START, World
from vigie.accounts.models import Person
from vigie.channels.mail.models import Mailbox
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.operations.actions import jobs as deciding
from vigie.operations.labels import JOBS
from vigie.operations.models import Alarm
from vigie.operations.queries import jobs
from vigie.operations.tests.conftest import put_job
from vigie.tickets.tests.browsing import chromium, seat
from vigie.toolkit.backups import remember
from vigie.toolkit.jobs import DECLARED
from vigie.toolkit.models import JobFailure, JournalEntry

PAGES = ("/administration/status/", "/administration/jobs/", "/administration/jobs/1/")


def browser_of(person: Person) -> Client:
    browser = Client()
    browser.force_login(person, "allauth.account.auth_backends.AuthenticationBackend")
    return browser


def seen(person: Person, path: str) -> str:
    answer = browser_of(person).get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def state_of(job_id: int) -> str:
    return ProcrastinateJob.objects.get(pk=job_id).status


def test_every_job_has_words() -> None:
    app.perform_import_paths()
    assert sorted(DECLARED.keys() - JOBS.keys()) == [], "say what the job does in operations/labels.py"


@pytest.mark.parametrize("path", PAGES)
def test_only_administrators_see_how_it_runs(world: World, path: str) -> None:
    put_job()
    for person in (world.agent, world.dispatcher, world.manager):
        assert browser_of(person).get(path).status_code == 403
    assert browser_of(world.a.manager).get(path).status_code == 404


def test_the_list_shows_what_failed_and_why_and_no_argument(world: World) -> None:
    failed = put_job("accounts.send_password_link", state="failed", attempts=9, email="someone@alpha.example")
    JobFailure.objects.create(
        job_id=failed, error="builtins.ValueError", place="accounts/mails.py:9", at=START
    )
    put_job("mail.settle")
    page = seen(world.admin, "/administration/jobs/")
    assert "Envoyer un lien pour choisir un mot de passe" in page
    assert "builtins.ValueError" in page
    assert "someone@" not in page
    assert f"/administration/jobs/{failed}/" in page
    assert "Lire un e-mail" not in page
    waiting = seen(world.admin, "/administration/jobs/?state=todo")
    assert "Lire un e-mail" in waiting
    one = seen(world.admin, f"/administration/jobs/{failed}/")
    assert "accounts/mails.py:9" in one
    assert "someone@" not in one


def test_the_list_is_read_page_by_page(world: World) -> None:
    ids = [put_job(state="failed") for _ in range(120)]
    found: list[int] = []
    path = "/administration/jobs/?state=failed&name=mail.settle"
    while path:
        page = seen(world.admin, path)
        found += [int(number) for number in re.findall(r'data-href="/administration/jobs/(\d+)/"', page)]
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/administration/jobs/" + following[1].replace("&amp;", "&") if following else ""
    assert found == sorted(ids, reverse=True)


@pytest.mark.parametrize(("path", "most"), [("/administration/jobs/", 10), ("/administration/status/", 24)])
def test_the_number_of_statements_does_not_grow(
    world: World, data: Path, path: str, most: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        put_job(state="failed")
        put_job()
    browser = browser_of(world.admin)
    with django_assert_max_num_queries(most):
        browser.get(path)


def test_a_failed_job_is_run_again_once_and_journalled(world: World) -> None:
    job = put_job(state="failed")
    browser = browser_of(world.admin)
    assert browser.post(f"/administration/jobs/{job}/replay/").status_code == 302
    assert state_of(job) == "todo"
    entry = JournalEntry.objects.get(verb="replayed")
    assert (entry.subject_id, entry.actor_id, entry.before["task_name"]) == (
        job,
        world.admin.pk,
        "mail.settle",
    )
    assert "args" not in entry.before
    assert browser.post(f"/administration/jobs/{job}/replay/").status_code == 422, "it waits already"


def test_two_of_one_lock_do_not_wait_together(world: World) -> None:
    now = timezone.now()
    actor = world.actor(world.admin)
    first = put_job("mail.dispatch", state="failed", queueing_lock="mail.dispatch")
    second = put_job("mail.dispatch", state="failed", queueing_lock="mail.dispatch")
    other = put_job("mail.settle", state="failed")
    assert deciding.replay_all(actor, "mail.dispatch", now=now) == 1
    assert [state_of(job) for job in (first, second, other)] == ["todo", "failed", "failed"]
    with pytest.raises(Refusal, match="same_waits"):
        deciding.replay(actor, second, now=now)


def test_a_job_is_discarded_with_a_reason(world: World) -> None:
    job = put_job(state="failed")
    browser = browser_of(world.admin)
    path = f"/administration/jobs/{job}/discard/"
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"reason": "  "}).status_code == 422
    assert state_of(job) == "failed"
    assert browser.post(path, {"reason": "Client parti"}).status_code == 302
    assert state_of(job) == "cancelled"
    assert JournalEntry.objects.get(verb="discarded").after == {"reason": "Client parti"}
    assert seen(world.admin, "/administration/jobs/").count(f"/administration/jobs/{job}/") == 0


def test_what_waits_or_runs_is_left_alone(world: World) -> None:
    actor = world.actor(world.admin)
    for job in (put_job(), put_job(state="doing"), put_job(state="succeeded")):
        with pytest.raises(Refusal, match="not_failed"):
            deciding.discard(actor, job, "x", now=START)
        with pytest.raises(Refusal, match="not_failed"):
            deciding.replay(actor, job, now=START)


def test_seeing_is_not_deciding(world: World) -> None:
    role = world.roles["desk_manager"]
    role.grants = [*role.grants, "operations:view"]
    role.save()
    job = put_job(state="failed")
    browser = browser_of(world.manager)
    if "desk_manager" not in world.manager.agent.roles.values_list("role__code", flat=True):
        world.manager.agent.roles.create(role=role)
    assert browser.get(f"/administration/jobs/{job}/").status_code == 200
    assert b"replay" not in browser.get(f"/administration/jobs/{job}/").content
    assert browser.post(f"/administration/jobs/{job}/replay/").status_code == 403
    with pytest.raises(NotAllowed):
        deciding.discard(world.actor(world.manager), job, "x", now=START)


def test_the_status_page_says_how_it_is(world: World, worker: int, data: Path) -> None:
    Mailbox.objects.create(
        name="Support", address="support@nord.example", host="imap.nord.example", trouble="mail.no_answer",
        created_at=START,
    )  # fmt: skip
    Alarm.objects.create(code="disk_full", raised_at=START)
    put_job(since=timezone.now() - dt.timedelta(minutes=4))
    remember(data, "backup", {"at": "2026-01-11T02:00:00+00:00", "file": "vigie-20260111.tar.age"})
    page = seen(world.admin, "/administration/status/")
    for words in (
        "Le disque est presque plein",
        "support@nord.example",
        "imap.nord.example",
        "vigie-20260111.tar.age",
    ):
        assert words in page, words
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version')")
        assert cursor.fetchone()[0] in page


def test_a_mailbox_of_a_client_out_of_sight_is_not_shown(world: World, data: Path) -> None:
    Mailbox.objects.create(
        name="Beta", address="beta@nord.example", organisation=world.b.organisation, created_at=START
    )
    role = world.roles["agent"]
    role.grants = [*role.grants, "operations:view"]
    role.save()
    assert "beta@nord.example" not in seen(world.agent, "/administration/status/")
    assert "beta@nord.example" in seen(world.admin, "/administration/status/")


def test_a_job_queued_by_hand_has_not_been_tried_once_more(world: World) -> None:
    job = put_job("mail.dispatch", state="failed", attempts=10)
    before = ProcrastinateJob.objects.get(pk=job).attempts
    deciding.replay(world.actor(world.admin), job, now=timezone.now())
    assert ProcrastinateJob.objects.get(pk=job).attempts == before


def test_a_job_that_no_code_knows_says_so(world: World) -> None:
    job = put_job("old.gone", state="failed")
    with translation.override("en"):
        assert "knows no job of this name" in jobs.one(world.actor(world.admin), job)["error"]
        page = jobs.page(world.actor(world.admin), "failed", "", None)
    assert "knows no job of this name" in page.rows[0]["error"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_pages_are_accessible_and_quiet(live_server: Any, world: World, data: Path) -> None:
    job = put_job("mail.settle", state="failed", attempts=9)
    put_job("mail.fetch", state="failed")
    Alarm.objects.create(code="worker_silent", raised_at=START)
    with chromium() as browser:
        desk = seat(browser, live_server.url, world.admin)
        for path in (
            "/administration/status/",
            "/administration/jobs/",
            "/administration/jobs/?state=failed&name=mail.settle",
            "/administration/jobs/?state=doing",
            f"/administration/jobs/{job}/",
            f"/administration/jobs/{job}/discard/",
        ):
            desk.goto(path)
            assert desk.violations() == [], path
        assert desk.troubles == []

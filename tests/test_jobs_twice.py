"""Every declared job is run twice at one instant: the first run does its work, the second changes no row.

A new job without a sample fails here: give it one that makes it do something.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from tests.world import START, World, report
from vigie.accounts.models import Person
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.compliance.actions.terms import add_rate, set_penalty_terms
from vigie.compliance.tests.scene import rate_values, rated, terms_values
from vigie.contracts.actions.feeds import follow
from vigie.contracts.models import Contract
from vigie.escalation.tests.scene import usual
from vigie.notifications.models import Notice
from vigie.operations.models import Alarm
from vigie.operations.tests.conftest import put_job
from vigie.replay.models import Study
from vigie.runtime.backup.sums import Sums, row_sums
from vigie.tickets.actions.conversation import upload
from vigie.tickets.actions.handling import assign, set_parent
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Attachment
from vigie.toolkit.jobs import DECLARED

NOW = START + dt.timedelta(days=10)
TICK = {"timestamp": int(NOW.timestamp())}

app.perform_import_paths()  # as a worker does first: some jobs stand outside of a feature's own tasks

Sample = Callable[[World], dict[str, Any]]
SAMPLES: dict[str, Sample] = {}
# The first run shows elsewhere than in a row that it worked.
NO_ROW = {
    "accounts.send_password_link", "mail.schedule_fetches", "mail.settle_left", "mail.refuse_stranger",
}  # fmt: skip


def sample(name: str) -> Callable[[Sample], Sample]:
    """The function makes the ground for the job ``name`` and gives its arguments."""

    def keep(make: Sample) -> Sample:
        SAMPLES[name] = make
        return make

    return keep


@sample("accounts.send_password_link")
def _password_link(world: World) -> dict[str, Any]:
    return {"email": world.agent.email}


def _mailbox(world: World) -> Mailbox:
    return Mailbox.objects.create(
        name="Support", address="support@nord.example", source="folder", folder="in", created_at=START,
        team=world.team,
    )  # fmt: skip


def _mail(world: World) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"] = world.a.user.email, "support@nord.example"
    letter["Subject"], letter["Message-ID"] = "Imprimante en panne", "<1@alpha.example>"
    letter.set_content("Elle ne répond plus.")
    return letter.as_bytes()


@sample("mail.schedule_fetches")
def _schedule(world: World) -> dict[str, Any]:
    _mailbox(world)
    return TICK


@sample("mail.fetch")
def _fetch(world: World) -> dict[str, Any]:
    box = _mailbox(world)
    folder = Path(configured.MAIL_FOLDERS) / "in"
    folder.mkdir(parents=True)
    (folder / "1.eml").write_bytes(_mail(world))
    return {"mailbox_id": box.pk}


@sample("mail.settle")
def _settle(world: World) -> dict[str, Any]:
    raw = _mail(world)
    digest = hashlib.sha256(raw).hexdigest()
    row = InboundMail.objects.create(
        mailbox=_mailbox(world), sha256=digest, size=len(raw), raw=raw, received_at=NOW
    )
    return {"inbound_id": row.pk}


@sample("mail.settle_left")
def _settle_left(world: World) -> dict[str, Any]:
    raw = _mail(world)
    early = timezone.now() - dt.timedelta(hours=1)
    InboundMail.objects.create(
        mailbox=_mailbox(world),
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        raw=raw,
        received_at=early,
    )
    return TICK


@sample("mail.dispatch")
def _dispatch(world: World) -> dict[str, Any]:
    report(world, world.a)
    assert Notice.objects.filter(deliveries__state="waiting").exists()
    return TICK


@sample("mail.refuse_stranger")
def _refuse(world: World) -> dict[str, Any]:
    row = InboundMail.objects.create(
        mailbox=_mailbox(world), sha256="0" * 64, size=1, raw=b"x", received_at=NOW, sender="x@other.example"
    )
    return {"inbound_id": row.pk}


@sample("tickets.sweep_clocks")
def _clocks(world: World) -> dict[str, Any]:
    report(world, world.a)
    return TICK


@sample("tickets.sweep_endings")
def _endings(world: World) -> dict[str, Any]:
    agent = world.actor(world.agent_all)
    silent, solved = report(world, world.a), report(world, world.a, title="Accès VPN")
    for ticket in (silent, solved):
        assign(agent, ticket.pk, team_id=world.team.pk, assignee_id=world.agent_all.pk, now=START)
        take_step(agent, ticket.pk, "start", Given(), now=START)
    asked = Given(pending_reason="client_info", text="<p>Quel poste ?</p>")
    take_step(agent, silent.pk, "wait", asked, now=START)
    take_step(agent, solved.pk, "resolve", _solved(), now=START)
    return TICK


def _solved() -> Given:
    return Given(resolution_code="solved_permanently", text="<p>Voilà.</p>")


@sample("tickets.resolve_children")
def _children(world: World) -> dict[str, Any]:
    agent = world.actor(world.agent_all)
    parent, child = report(world, world.a), report(world, world.a, title="Imprimante bloquée")
    set_parent(agent, child.pk, parent.reference, now=START)
    for ticket in (parent, child):
        assign(agent, ticket.pk, team_id=world.team.pk, assignee_id=world.agent_all.pk, now=START)
        take_step(agent, ticket.pk, "start", Given(), now=START)
    take_step(agent, parent.pk, "resolve", _solved(), now=START)
    return {"ticket_id": parent.pk, "organisation_id": world.a.organisation.pk}


@sample("tickets.purge_loose_files")
def _loose_files(world: World) -> dict[str, Any]:
    actor = world.actor(world.a.user)
    upload(actor, world.a.organisation.pk, "note.txt", 4, [b"note"], now=START)
    assert Attachment.objects.filter(message=None).exists()
    return TICK


@sample("tickets.learn_words")
def _words(world: World) -> dict[str, Any]:
    report(world, world.a)
    return TICK


@sample("tickets.follow_person")
def _renamed(world: World) -> dict[str, Any]:
    report(world, world.a)
    Person.objects.filter(pk=world.a.user.pk).update(name="Camille Nouveau")
    return {"person_id": world.a.user.pk}


@sample("compliance.propose_months")
def _months(world: World) -> dict[str, Any]:
    manager, december = world.actor(world.manager), dt.date(2025, 12, 1)
    set_penalty_terms(manager, world.a.contract.pk, terms_values(), december, now=START)
    add_rate(manager, world.a.contract.pk, rate_values(), december, now=START)
    return TICK


@sample("replay.study")
def _study(world: World) -> dict[str, Any]:
    report(world, world.a)
    variant = {"name": "x", "pauses": {"supplier": True}}
    study = Study.objects.create(
        organisation=world.a.organisation, contract=world.a.contract, month=dt.date(2026, 1, 1), variants=[variant],
        asked_by=world.manager, asked_at=NOW,
    )  # fmt: skip
    return {"study_id": study.pk}


@sample("contracts.read_feeds")
def _feeds(world: World) -> dict[str, Any]:
    follow(world.actor(world.admin), world.calendar.pk, "https://127.0.0.1/jours.ics", now=START)
    return TICK


@sample("escalation.fire_due_steps")
def _steps(world: World) -> dict[str, Any]:
    usual(world)
    report(world, world.a, now=NOW - dt.timedelta(days=5))
    return TICK


@sample("escalation.weigh_risks")
def _risks(world: World) -> dict[str, Any]:
    rated(world)
    report(world, world.a, impact=2, urgency=1, now=NOW)  # due today
    return TICK


@sample("contracts.follow_dates")
def _dates(world: World) -> dict[str, Any]:
    Contract.objects.filter(pk=world.a.contract.pk).update(ends_on=dt.date(2026, 2, 1), notice_months=0)
    return TICK


@sample("operations.look")
def _look(world: World) -> dict[str, Any]:
    Alarm.objects.all().delete()
    late = put_job()
    with connection.cursor() as cursor:  # planned for then: whatever else waits began to wait later
        cursor.execute("update procrastinate_jobs set scheduled_at = %s where id = %s", [START, late])
    return TICK


@sample("operations.purge")
def _purge(world: World) -> dict[str, Any]:
    Session.objects.create(session_key="ended", session_data="", expire_date=START)
    put_job(state="succeeded", since=START)
    return TICK


def test_every_job_has_a_sample() -> None:
    assert sorted(DECLARED.keys() - SAMPLES.keys()) == [], "give the job a sample in tests/test_jobs_twice.py"
    assert sorted(SAMPLES.keys() - DECLARED.keys()) == [], "no such job any more"


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_second_run_changes_no_row(
    world: World, name: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FILES, settings.MAIL_FOLDERS = tmp_path / "files", tmp_path / "mail"
    arguments = SAMPLES[name](world)
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    before = rows()
    app.tasks[name](**arguments)
    once = rows()
    app.tasks[name](**arguments)
    twice = rows()
    assert changed(once, twice) == []
    assert changed(before, once) or name in NO_ROW, "the sample gives the job nothing to do"
    if name == "accounts.send_password_link":
        assert mail.outbox


def rows() -> Sums:
    """Rows of every table but the queue's own, which counts each run."""
    connection.ensure_connection()
    found = row_sums(connection.connection)
    return {table: sums for table, sums in found.items() if not table.startswith("procrastinate_")}


def changed(one: Sums, two: Sums) -> list[str]:
    return sorted(table for table in one.keys() | two.keys() if one.get(table) != two.get(table))

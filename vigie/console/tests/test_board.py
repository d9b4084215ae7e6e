"""The clients board: its figures are those of the lists they lead to, and who begins there."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.world import World, report
from vigie.console.board import standings
from vigie.tickets.models import Clock, Ticket

pytestmark = pytest.mark.django_db


def signed(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_everybody_begins_where_the_day_does(world: World) -> None:
    first = {"manager": "/board/", "agent": "/tickets/", "admin": "/administration/"}
    for who, page in first.items():
        assert signed(getattr(world, who)).get("/")["Location"] == page


def test_the_board_is_for_those_who_answer_for_contracts(world: World) -> None:
    assert signed(world.agent).get("/board/").status_code == 403
    assert signed(world.admin).get("/board/").status_code == 403
    page = signed(world.manager).get("/board/").content.decode()
    assert "Alpha" in page
    assert "Beta" not in page  # she is authorised for Alpha alone


def test_figures_are_those_of_their_lists(world: World) -> None:
    now = timezone.now()
    late, soon, calm = (report(world, now=now - dt.timedelta(days=n)) for n in (3, 2, 1))
    Ticket.objects.filter(pk=late.pk).update(due_at=now - dt.timedelta(hours=1))
    Ticket.objects.filter(pk=soon.pk).update(due_at=now + dt.timedelta(hours=1))
    Ticket.objects.filter(pk=calm.pk).update(due_at=now + dt.timedelta(days=9))
    Clock.objects.filter(ticket=late, kind="resolution").update(breached_at=now)
    Clock.objects.filter(ticket=calm, kind="resolution").update(breached_at=now - dt.timedelta(days=40))
    actor = world.actor(world.manager)
    month = f"{timezone.localdate(now):%Y-%m}"
    (row,) = standings(actor, month=month, now=now)
    assert (row["open"], row["risk"], row["breached"]) == (3, 2, 1)
    assert row["oldest"] == late.opened_at
    assert row["next"] == now + dt.timedelta(hours=1)
    assert row["contract"]["reference"] == "C-ALPHA"
    client = signed(world.manager)
    listed = {
        f"/tickets/?status=all&client=ALPHA&breached={month}": [late],
        "/tickets/?client=ALPHA&due=4h": [late, soon],
    }
    for address, tickets in listed.items():
        page = client.get(address).content.decode()
        shown = {t.reference for t in (late, soon, calm) if f">{t.reference}<" in page}
        assert shown == {t.reference for t in tickets}, address


def test_a_view_of_a_month_keeps_its_month(world: World) -> None:
    """Counts rewrite the present in their SQL; the bounds of a month must not move with it."""
    from vigie.tickets.queries.queue import counts, names_in_sight
    from vigie.tickets.rules.filters import Filters

    now = timezone.now()
    ticket = report(world, now=now - dt.timedelta(days=1))
    Clock.objects.filter(ticket=ticket, kind="resolution").update(breached_at=now)
    actor = world.actor(world.manager)
    month = f"{timezone.localdate(now):%Y-%m}"
    wanted = {m: Filters(status="all", breached=m) for m in (month, "2024-02")}
    for at in (now, now + dt.timedelta(days=90)):
        assert counts(actor, wanted, names_in_sight(actor), now=at) == {month: 1, "2024-02": 0}


def test_the_board_asks_a_fixed_number_of_statements(
    world: World, django_assert_max_num_queries: Any
) -> None:
    actor = world.actor(world.dispatcher)
    with django_assert_max_num_queries(4):
        assert len(standings(actor, month="2026-11", now=timezone.now())) == 3

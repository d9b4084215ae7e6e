"""A client's own priority matrix: written, refused, dropped, and only for tickets to come."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import PASSWORD, World, report
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tickets.actions.priority_policy import drop_priority_policy, save_priority_policy
from vigie.tickets.models import PriorityPolicy
from vigie.tickets.rules.priority import DEFAULT_MATRIX
from vigie.toolkit.models import JournalEntry

NOW = dt.datetime(2026, 1, 14, 10, 0, tzinfo=dt.UTC)
FLAT = ((2, 2, 3), (2, 3, 3), (3, 3, 3))


def test_matrix_serves_tickets_to_come(world: World) -> None:
    before = report(world, impact=1, urgency=1)
    save_priority_policy(world.actor(world.admin), world.a.organisation.pk, FLAT, "none", now=NOW)
    before.refresh_from_db()
    assert before.priority == 1
    assert report(world, impact=1, urgency=1, now=NOW).priority == 2
    vip = report(
        world, impact=3, urgency=2, requester_id=world.a.user.pk, beneficiary_id=world.a.vip.pk, now=NOW
    )
    assert vip.priority == 3
    assert report(world, world.b, impact=1, urgency=1, now=NOW).priority == 1


def test_a_matrix_that_lowers_is_refused(world: World) -> None:
    with pytest.raises(Refusal) as refused:
        save_priority_policy(
            world.actor(world.admin),
            world.a.organisation.pk,
            ((3, 2, 1), (3, 3, 3), (3, 3, 3)),
            "none",
            now=NOW,
        )
    assert refused.value.code == "tickets.bad_matrix"
    assert not PriorityPolicy.objects.exists()


def test_going_back_to_the_usual_is_journalled(world: World) -> None:
    actor, a = world.actor(world.admin), world.a.organisation.pk
    save_priority_policy(actor, a, FLAT, "none", now=NOW)
    drop_priority_policy(actor, a, now=NOW)
    verbs = (
        JournalEntry.objects.filter(subject="tickets.prioritypolicy")
        .order_by("pk")
        .values_list("verb", flat=True)
    )
    assert list(verbs) == ["created", "deleted"]


@pytest.mark.parametrize("who", ["agent", "agent_all", "dispatcher"])
def test_who_may_not_manage_is_refused(world: World, who: str) -> None:
    actor = world.actor(getattr(world, who))
    with pytest.raises(NotAllowed):
        save_priority_policy(actor, world.a.organisation.pk, FLAT, "none", now=NOW)
    with pytest.raises(NotAllowed):
        drop_priority_policy(actor, world.a.organisation.pk, now=NOW)


def test_client_out_of_sight_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        save_priority_policy(world.actor(world.manager), world.b.organisation.pk, FLAT, "none", now=NOW)


def test_page_writes_the_nine_cells(world: World) -> None:
    client, address = Client(), reverse("priority_policy", args=[world.a.organisation.pk])
    assert client.login(email=world.manager.email, password=PASSWORD)
    assert client.get(address).status_code == 200
    cells = {f"cell_{i}_{j}": FLAT[i - 1][j - 1] for i in (1, 2, 3) for j in (1, 2, 3)}
    assert client.post(address, {"vip_rule": "none", **cells}).status_code == 302
    assert PriorityPolicy.objects.get(pk=world.a.organisation.pk).matrix == [list(row) for row in FLAT]
    assert client.post(address, {"vip_rule": "none", **cells, "cell_3_3": 1}).status_code == 422
    assert client.post(address, {"usual": "1"}).status_code == 302
    assert not PriorityPolicy.objects.exists()
    assert DEFAULT_MATRIX[0][0] == 1

"""The demonstration is loaded alone, and twice the same."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from django.db import transaction

from vigie.demo.load import load_demo
from vigie.kernel.refusal import Refusal
from vigie.tickets.models import Clock, Message, Ticket

pytestmark = pytest.mark.django_db
ANCHOR = dt.datetime(2026, 3, 14, 23, 0, tzinfo=dt.UTC)  # a Saturday night


def digest() -> str:
    found = hashlib.sha256()
    for reference, title, opened in Ticket.objects.order_by("reference").values_list(
        "reference", "title", "opened_at"
    ):
        found.update(f"{reference} {title} {opened}".encode())
    for reference, body, at in Message.objects.order_by("ticket__reference", "created_at", "id").values_list(
        "ticket__reference", "body", "created_at"
    ):
        found.update(f"{reference} {body} {at}".encode())
    for row in Clock.objects.order_by("ticket__reference", "kind", "cycle").values_list(
        "ticket__reference", "kind", "state", "used_seconds", "due_at"
    ):
        found.update(str(row).encode())
    return found.hexdigest()


def test_it_never_goes_beside_real_data(world: object) -> None:
    with pytest.raises(Refusal) as refused:
        load_demo(ANCHOR)
    assert refused.value.code == "demo.not_empty"


@pytest.mark.long
def test_two_loads_are_the_same() -> None:
    found = []
    for _ in range(2):
        point = transaction.savepoint()
        load_demo(ANCHOR)
        found.append(digest())
        assert (
            Ticket.objects.filter(phase__in=["active", "waiting"]).count() >= 30
        )  # at night on a week-end too
        transaction.savepoint_rollback(point)
    assert found[0] == found[1]

"""Another service, category, site or type: what really changed keeps the time used, an error is measured again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from tests.world import START, World, promise, report
from vigie.catalog.models import Service, Subscription
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.tenancy.models import Site
from vigie.tickets.actions import classifying, handling
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.models import Clock, Fact, Ticket
from vigie.tickets.queries.history import history

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
PARIS_18H = START + 9 * HOUR  # Monday 18:00, 9 service hours after the opening


@pytest.fixture
def slow(world: World) -> Service:
    """A service promised within 40 h where the usual P4 is 24 h, response within 20 h instead of 2 h."""
    return subscribed(world, "slow", resolution=40, response=20)


def subscribed(world: World, code: str, *, resolution: int, response: int) -> Service:
    service = Service.objects.create(code=code, name_fr=code, name_en=code, criticality=2)
    Subscription.objects.create(organisation=world.a.organisation, service=service)
    for kind, hours in (("response", response), ("resolution", resolution)):
        row = {"kind": kind, "service": service, "target_seconds": hours * 3600, "calendar": world.calendar}
        promise(world.a.contract, row)
    return service


def clock(ticket: Ticket, kind: str = "resolution") -> Clock:
    return Clock.objects.exclude(state="cancelled").get(ticket=ticket, kind=kind)


def figures(ticket: Ticket, kind: str = "resolution") -> tuple[int, int, bool]:
    """Hours promised, hours used, and whether the promise is missed."""
    found = clock(ticket, kind)
    return found.target_seconds // 3600, found.used_seconds // 3600, found.breached_at is not None


def edit(world: World, ticket: Ticket, person: str = "agent", *, now: dt.datetime, **wanted: object) -> None:
    how = {key: wanted.pop(key) for key in ("is_error", "reason") if key in wanted}
    classifying.edit_ticket(world.actor(getattr(world, person)), ticket.pk, wanted, {}, now=now, **how)  # type: ignore[arg-type]


def test_a_real_change_keeps_the_time_used_and_the_response(world: World, slow: Service) -> None:
    ticket = report(world)
    edit(world, ticket, service_id=slow.pk, now=START + HOUR)
    assert figures(ticket) == (40, 1, False)
    assert figures(ticket, "response") == (2, 1, False)
    # 1 h used, 39 h left from 10:00: 8 h Monday, 10 h a day, 1 h on Friday
    assert clock(ticket).due_at == dt.datetime(2026, 1, 16, 8, 0, tzinfo=dt.UTC)


def test_a_real_change_never_erases_a_breach(world: World, slow: Service) -> None:
    ticket = report(world, impact=1, urgency=1)  # P1: 4 h
    edit(world, ticket, service_id=slow.pk, now=START + 5 * HOUR)
    assert figures(ticket) == (40, 5, True)
    assert clock(ticket).breached_at == START + 4 * HOUR + dt.timedelta(seconds=1)


def test_an_error_asks_for_the_grant_and_a_reason_and_writes_nothing_without(
    world: World, slow: Service
) -> None:
    ticket = report(world, impact=1, urgency=1)
    facts = Fact.objects.filter(ticket=ticket).count()
    late = START + 5 * HOUR
    with pytest.raises(NotAllowed, match="not_granted"):
        edit(world, ticket, service_id=slow.pk, is_error=True, reason="mal qualifié", now=late)
    with pytest.raises(Refusal, match="correction_needs_reason"):
        edit(world, ticket, "dispatcher", service_id=slow.pk, is_error=True, reason=" ", now=late)
    ticket.refresh_from_db()
    assert (ticket.service_id, Fact.objects.filter(ticket=ticket).count()) == (world.service.pk, facts)
    assert figures(ticket)[0] == 4


def test_an_error_is_measured_again_and_its_first_verdict_stays_in_the_history(
    world: World, slow: Service
) -> None:
    ticket = report(world, impact=1, urgency=1)
    reply(world.actor(world.agent), ticket.pk, Said("<p>Bonjour</p>"), now=START + HOUR)  # 15 min: missed
    assert clock(ticket, "response").state == "missed"
    now = START + 5 * HOUR
    edit(world, ticket, "dispatcher", service_id=slow.pk, is_error=True, reason="mal qualifié", now=now)
    assert figures(ticket) == (40, 5, False)
    assert (clock(ticket, "response").state, clock(ticket, "response").breached_at) == ("met", None)
    kept = Fact.objects.get(ticket=ticket, kind="promised", after__clock="resolution")
    missed_at = (START + 4 * HOUR + dt.timedelta(seconds=1)).isoformat()
    assert kept.before == {"target": 4 * 3600, "used": 5 * 3600, "missed_at": missed_at}
    assert (kept.after["target"], kept.after["used"], kept.after["missed_at"]) == (40 * 3600, 5 * 3600, None)
    with override("en"):
        _, entries = history(world.actor(world.agent), ticket.pk)
    told = [entry for entry in entries if "after a correction" in entry.told.text]
    assert len(told) == 2
    assert ("Promised", "4 h", "40 h") in [change for entry in told for change in entry.changes]
    assert any("mal qualifié" in entry.told.text for entry in entries)


def test_a_site_that_moved_keeps_its_promise_and_a_wrong_one_is_measured_again(
    world: World, slow: Service
) -> None:
    """R4.17. Montréal opens at 08:00, 14:00 in Paris: 4 hours of Monday by 18:00 Paris instead of 9."""
    montreal = Site.objects.create(
        organisation=world.a.organisation, name="Montréal", timezone="America/Toronto", country="CA"
    )
    ticket = report(world, service_id=slow.pk)
    edit(world, ticket, site_id=montreal.pk, now=PARIS_18H)
    assert figures(ticket) == (40, 9, False)
    assert not Fact.objects.filter(ticket=ticket, kind="promised").exists()
    wrong = report(world, service_id=slow.pk)
    edit(
        world, wrong, "dispatcher", site_id=montreal.pk, is_error=True, reason="site du bureau", now=PARIS_18H
    )
    assert figures(wrong) == (40, 4, False)


def test_fields_that_promise_nothing_write_no_promise(world: World) -> None:
    ticket = report(world)
    edit(world, ticket, category_id=world.category.pk, tags=["vpn"], now=START + HOUR)
    assert not Fact.objects.filter(ticket=ticket, kind="promised").exists()


def test_another_type_undoes_a_missed_promise_only_with_the_grant_and_a_reason(world: World) -> None:
    row = {
        "kind": "resolution",
        "ticket_type": "request",
        "target_seconds": 40 * 3600,
        "calendar": world.calendar,
    }
    promise(world.a.contract, row)
    late, early = report(world, impact=1, urgency=1), report(world)
    now = START + 5 * HOUR
    with pytest.raises(NotAllowed, match="not_granted"):
        classifying.change_type(world.actor(world.agent), late.pk, "request", reason="x", now=now)
    dispatcher = world.actor(world.dispatcher)
    with pytest.raises(Refusal, match="correction_needs_reason"):
        classifying.change_type(dispatcher, late.pk, "request", now=now)
    assert figures(late) == (4, 0, False)  # as last written: nothing was
    classifying.change_type(dispatcher, late.pk, "request", reason="une installation", now=now)
    assert figures(late) == (40, 5, False)
    told = Fact.objects.get(ticket=late, kind="type").after
    assert (told["missed"], told["why"]) == (["resolution"], "une installation")
    # nothing is undone: a plain agent may
    classifying.change_type(world.actor(world.agent), early.pk, "request", now=START + HOUR)
    assert figures(early) == (40, 1, False)


def test_a_wrong_priority_keeps_what_the_clock_said_too(world: World) -> None:
    ticket = report(world, impact=1, urgency=1)
    handling.set_priority(
        world.actor(world.dispatcher), ticket.pk, impact=3, urgency=3, reason="x", is_error=True, now=START + 5 * HOUR
    )  # fmt: skip
    kept = Fact.objects.get(ticket=ticket, kind="promised", after__clock="resolution")
    assert kept.before is not None
    assert (kept.before["target"], kept.before["missed_at"] is not None) == (4 * 3600, True)


def test_the_form_asks_which_it_is_only_of_who_may_correct_and_only_when_it_matters(
    client: Client, world: World, slow: Service
) -> None:
    ticket = report(world)
    client.force_login(world.dispatcher)
    address = reverse("ticket_classify", args=[ticket.pk])
    sent = {"service": world.service.pk, "site": world.a.site.pk, "category": world.category.pk, "tags": ""}
    assert client.post(address, sent).status_code == 302
    asked = client.post(address, {**sent, "service": slow.pk})
    assert asked.status_code == 422
    assert 'name="nature"' in asked.content.decode()
    ticket.refresh_from_db()
    assert ticket.service_id == world.service.pk
    wrong = {**sent, "service": slow.pk, "nature": "error", "reason": "mal qualifié"}
    assert client.post(address, wrong).status_code == 302
    assert Fact.objects.filter(ticket=ticket, kind="promised", after__cause="correction").count() == 2
    client.force_login(world.agent)
    assert client.post(address, sent).status_code == 302
    assert Fact.objects.filter(ticket=ticket, kind="promised", after__cause="change").count() == 1

"""Pages of the catalogue: the tree keeps its paths, refusals, grants, cost of lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.world import PASSWORD, World
from vigie.catalog import actions
from vigie.catalog.models import Category, Service, Subscription
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.toolkit.models import JournalEntry

NOW = dt.datetime(2026, 1, 14, 10, 0, tzinfo=dt.UTC)


@pytest.fixture
def sign_in(world: World) -> Callable[[Any], Client]:
    def enter(person: Any) -> Client:
        client = Client()
        assert client.login(email=person.email, password=PASSWORD)
        return client

    return enter


def add(actor: Actor, code: str, parent: Category | None = None) -> Category:
    return actions.save_category(
        actor, None, {"code": code, "name_fr": code, "name_en": code, "parent": parent}, now=NOW
    )


class TestTree:
    def test_path_follows_the_place(self, world: World) -> None:
        actor = world.actor(world.admin)
        outlook = add(actor, "outlook", world.category)
        rules = add(actor, "rules", outlook)
        assert rules.path == "mail/outlook/rules"

    def test_branch_moves_along(self, world: World) -> None:
        actor = world.actor(world.admin)
        outlook = add(actor, "outlook", world.category)
        rules = add(actor, "rules", outlook)
        other = add(actor, "office")
        actions.save_category(actor, outlook.pk, {"parent": other, "code": "outlook2"}, now=NOW)
        rules.refresh_from_db()
        assert rules.path == "office/outlook2/rules"
        entry = JournalEntry.objects.filter(subject="catalog.category", verb="changed").latest("pk")
        assert entry.after["path"] == "office/outlook2"

    def test_sibling_with_a_longer_code_stays(self, world: World) -> None:
        actor = world.actor(world.admin)
        longer = add(actor, "mailbox")
        actions.save_category(actor, world.category.pk, {"code": "mails"}, now=NOW)
        longer.refresh_from_db()
        assert longer.path == "mailbox"

    def test_move_into_itself_is_refused(self, world: World) -> None:
        actor = world.actor(world.admin)
        below = add(actor, "outlook", world.category)
        for target in (below, world.category):
            with pytest.raises(Refusal) as refused:
                actions.save_category(actor, world.category.pk, {"parent": target}, now=NOW)
            assert refused.value.code == "catalog.category_loop"

    def test_three_levels_at_most(self, world: World) -> None:
        actor = world.actor(world.admin)
        rules = add(actor, "rules", add(actor, "outlook", world.category))
        with pytest.raises(Refusal) as refused:
            add(actor, "deeper", rules)
        assert refused.value.code == "catalog.too_deep"
        top = add(actor, "top")
        with pytest.raises(Refusal) as refused:
            actions.save_category(actor, world.category.pk, {"parent": top}, now=NOW)
        assert refused.value.code == "catalog.too_deep"


def test_service_out_of_use_leaves_the_offer_but_not_the_catalogue(world: World, sign_in: Any) -> None:
    client, mail = sign_in(world.admin), world.service
    data = {"code": "mail", "name_fr": "Messagerie", "name_en": "Mail", "criticality": 1, "icon": "mail"}
    assert client.post(reverse("service", args=[mail.pk]), data).status_code == 302
    mail.refresh_from_db()
    assert (mail.is_active, mail.criticality, mail.default_team_id) == (False, 1, None)
    assert client.get(reverse("service", args=[mail.pk])).status_code == 200
    assert "Messagerie" not in client.get(reverse("services")).content.decode()
    assert "Messagerie" in client.get(reverse("services") + "?unused=1").content.decode()


def test_subscription_comes_once(world: World, sign_in: Callable[[Any], Client]) -> None:
    address = reverse("subscription_new", args=[world.a.organisation.pk])
    answer = sign_in(world.admin).post(address, {"service": world.service.pk, "is_active": "on"})
    assert answer.status_code == 422
    assert Subscription.objects.filter(organisation=world.a.organisation).count() == 1
    other = Service.objects.create(code="vpn", name_fr="VPN", name_en="VPN")
    answer = sign_in(world.manager).post(
        address, {"service": other.pk, "team": world.team2.pk, "is_active": "on"}
    )
    assert answer.status_code == 302
    made = Subscription.objects.get(organisation=world.a.organisation, service=other)
    assert made.team_id == world.team2.pk


def test_subscription_of_another_client_is_not_found(world: World) -> None:
    theirs = Subscription.objects.get(organisation=world.b.organisation)
    for actor, client in ((world.actor(world.manager), world.b), (world.actor(world.admin), world.a)):
        with pytest.raises(NotFound):
            actions.save_subscription(actor, client.organisation.pk, theirs.pk, {"is_active": False}, now=NOW)


@pytest.mark.parametrize("who", ["agent", "agent_all", "dispatcher", "manager"])
def test_who_may_not_manage_is_refused(world: World, sign_in: Callable[[Any], Client], who: str) -> None:
    person = getattr(world, who)
    actor, client = world.actor(person), sign_in(person)
    for act in (
        lambda: actions.save_service(actor, world.service.pk, {"criticality": 1}, now=NOW),
        lambda: actions.save_category(actor, world.category.pk, {"code": "x"}, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()
    if who != "manager":
        with pytest.raises(NotAllowed):
            actions.save_subscription(
                actor, world.a.organisation.pk, None, {"service": world.service}, now=NOW
            )
    for address in (
        reverse("service_new"), reverse("service", args=[world.service.pk]),
        reverse("category_new"), reverse("category", args=[world.category.pk]),
    ):  # fmt: skip
        assert client.get(address).status_code == 403, address
        assert client.post(address, {}).status_code == 403, address
    assert client.get(reverse("services")).status_code == 200
    assert client.get(reverse("categories")).status_code == 200


@pytest.mark.parametrize("name", ["services", "categories"])
def test_list_costs_the_same_at_any_size(world: World, sign_in: Callable[[Any], Client], name: str) -> None:
    client = sign_in(world.admin)
    client.get(reverse(name))

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(name)).status_code == 200
        return len(captured)

    small = cost()
    for i in range(100):
        Service.objects.create(code=f"s{i}", name_fr="x", name_en="x", default_team=world.team)
        Category.objects.create(code=f"c{i}", name_fr="x", name_en="x", path=f"c{i}")
    assert cost() == small

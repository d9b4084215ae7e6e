"""Pages of clients, sites and entities: what they write, what they refuse, who may."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.world import PASSWORD, START, World, report
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tenancy import actions
from vigie.tenancy.models import Entity, Organisation, Site
from vigie.toolkit.models import JournalEntry

NOW = dt.datetime(2026, 1, 14, 10, 0, tzinfo=dt.UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


@pytest.fixture
def sign_in(world: World) -> Callable[[Any], Client]:
    def enter(person: Any) -> Client:
        client = Client()
        assert client.login(email=person.email, password=PASSWORD)
        return client

    return enter


def identity(**more: Any) -> dict[str, Any]:
    return {
        "name": "Delta", "code": "DELTA", "legal_name": "Delta SAS", "nature": "external", "status": "active",
        "confidentiality": "standard", "language": "fr", "timezone": "Europe/Paris", "currency": "EUR",
        "fiscal_year_start": 1, "accent": "#2b5c8a", **more,
    }  # fmt: skip


class TestClient:
    def test_new_client_is_written_and_journalled(
        self, world: World, sign_in: Callable[[Any], Client]
    ) -> None:
        answer = sign_in(world.admin).post(reverse("client_new"), identity())
        made = Organisation.objects.get(code="DELTA")
        assert answer.status_code == 302
        assert answer["Location"] == reverse("client", args=[made.pk])
        entry = JournalEntry.objects.get(subject="tenancy.organisation", subject_id=made.pk)
        assert (entry.verb, entry.actor_name, entry.after["code"]) == ("created", "Admin", "DELTA")

    def test_who_sees_some_clients_opens_none(self, world: World) -> None:
        with pytest.raises(NotAllowed) as refused:
            actions.create_client(world.actor(world.manager), identity(), now=NOW)
        assert refused.value.code == "tenancy.needs_full_sight"

    def test_code_stays_once_tickets_carry_it(self, world: World) -> None:
        actor, client = world.actor(world.admin), world.a.organisation
        assert actions.change_client(actor, client.pk, {"code": "ALPHA2"}, now=NOW).code == "ALPHA2"
        report(world)
        with pytest.raises(Refusal) as refused:
            actions.change_client(actor, client.pk, {"code": "ALPHA3"}, now=NOW)
        assert refused.value.code == "tenancy.code_in_use"
        client.refresh_from_db()
        assert client.code == "ALPHA2"

    def test_form_error_keeps_what_was_typed(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        answer = sign_in(world.admin).post(reverse("client_new"), identity(code="alpha!", name="Kept name"))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="Kept name"' in page
        assert 'id="id_code_error"' in page
        taken = sign_in(world.admin).post(reverse("client_new"), identity(code="ALPHA"))
        assert taken.status_code == 422

    def test_logo_is_sniffed_and_limited(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        client, address = sign_in(world.admin), reverse("client_edit", args=[world.a.organisation.pk])

        def send(data: bytes, name: str = "logo.png") -> Any:
            logo = SimpleUploadedFile(name, data, content_type="image/png")
            return client.post(address, identity(name="Alpha", code="ALPHA", logo=logo))

        assert send(b"<svg onload=alert(1)>").status_code == 422
        assert send(PNG + b"\x00" * actions.LOGO_LIMIT).status_code == 422
        assert send(PNG).status_code == 302
        shown = client.get(reverse("client_logo", args=[world.a.organisation.pk]))
        assert (shown.content, shown["Content-Type"], shown["X-Content-Type-Options"]) == (
            PNG,
            "image/png",
            "nosniff",
        )
        entry = JournalEntry.objects.filter(subject="tenancy.organisation").latest("pk")
        assert entry.after["logo"].startswith("sha256:")
        assert (
            sign_in(world.b.user).get(reverse("client_logo", args=[world.a.organisation.pk])).status_code
            == 404
        )

    def test_page_tells_what_is_known(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        report(world)
        page = sign_in(world.agent).get(reverse("client", args=[world.a.organisation.pk])).content.decode()
        for word in ("C-ALPHA", "Alpha siège", "Messagerie", "Manager Alpha", "Vip Alpha", "Agent A"):
            assert word in page, word
        assert f"{reverse('queue')}?client=ALPHA" in page
        assert "Beta" not in page

    def test_client_out_of_sight_is_not_found(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        client = sign_in(world.manager)
        b = world.b.organisation.pk
        for address in (
            reverse("client", args=[b]), reverse("client_edit", args=[b]), reverse("site_new", args=[b]),
            reverse("site", args=[b, world.b.site.pk]), reverse("site", args=[world.a.organisation.pk, world.b.site.pk]),
            reverse("entity_new", args=[b]), reverse("priority_policy", args=[b]), reverse("subscription_new", args=[b]),
            reverse("client_logo", args=[b]),
        ):  # fmt: skip
            assert client.get(address).status_code == 404, address
        assert "Beta" not in client.get(reverse("clients")).content.decode()


class TestPlaces:
    def site(self, **more: Any) -> dict[str, Any]:
        return {"name": "Usine", "timezone": "Europe/Paris", "country": "FR", "subdivision": "", **more}

    def test_site_of_alsace_is_known(self, world: World) -> None:
        site = actions.save_site(
            world.actor(world.admin), world.a.organisation.pk, None, self.site(subdivision="67"), now=NOW
        )
        assert (site.country, site.subdivision, site.organisation_id) == ("FR", "67", world.a.organisation.pk)

    @pytest.mark.parametrize("place", [{"subdivision": "ZZ9"}, {"country": "QQ"}])
    def test_unknown_holidays_are_refused(self, world: World, place: dict[str, str]) -> None:
        with pytest.raises(Refusal) as refused:
            actions.save_site(
                world.actor(world.admin), world.a.organisation.pk, None, self.site(**place), now=NOW
            )
        assert refused.value.code == "tenancy.holidays_unknown"

    def test_unknown_zone_is_refused_by_the_form(
        self, world: World, sign_in: Callable[[Any], Client]
    ) -> None:
        answer = sign_in(world.admin).post(
            reverse("site_new", args=[world.a.organisation.pk]), self.site(timezone="Paris", is_active="on")
        )
        assert answer.status_code == 422
        assert not Site.objects.filter(name="Usine").exists()

    def test_entity_of_another_client_is_refused(self, world: World) -> None:
        theirs = Entity.objects.create(organisation=world.b.organisation, name="Filiale")
        with pytest.raises(Refusal) as refused:
            actions.save_site(
                world.actor(world.admin), world.a.organisation.pk, None, self.site(entity=theirs), now=NOW
            )
        assert refused.value.code == "tenancy.entity_of_another"

    def test_entity_cannot_be_part_of_itself(self, world: World) -> None:
        actor, client = world.actor(world.admin), world.a.organisation.pk
        top = actions.save_entity(actor, client, None, {"name": "Groupe"}, now=NOW)
        below = actions.save_entity(actor, client, None, {"name": "Filiale", "parent": top}, now=NOW)
        with pytest.raises(Refusal) as refused:
            actions.save_entity(actor, client, top.pk, {"parent": below}, now=NOW)
        assert refused.value.code == "tenancy.entity_loop"


@pytest.mark.parametrize("who", ["agent", "agent_all", "dispatcher"])
def test_who_may_not_manage_is_refused(world: World, sign_in: Callable[[Any], Client], who: str) -> None:
    person = getattr(world, who)
    actor, client, a = world.actor(person), sign_in(person), world.a.organisation.pk
    for act in (
        lambda: actions.create_client(actor, {}, now=NOW),
        lambda: actions.change_client(actor, a, {"name": "x"}, now=NOW),
        lambda: actions.save_site(actor, a, world.a.site.pk, {"name": "x"}, now=NOW),
        lambda: actions.save_entity(actor, a, None, {"name": "x"}, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()
    for address in (
        reverse("client_new"), reverse("client_edit", args=[a]), reverse("site_new", args=[a]),
        reverse("site", args=[a, world.a.site.pk]), reverse("entity_new", args=[a]), reverse("priority_policy", args=[a]),
    ):  # fmt: skip
        assert client.get(address).status_code == 403, address
        assert client.post(address, {}).status_code == 403, address


def test_administration_shows_what_is_granted(world: World, sign_in: Callable[[Any], Client]) -> None:
    page = sign_in(world.manager).get(reverse("administration")).content.decode()
    assert f'href="{reverse("contracts")}"' in page
    assert f'<a href="{reverse("roles")}"' not in page
    whole = sign_in(world.admin).get(reverse("administration")).content.decode()
    for name in (
        "clients",
        "people",
        "teams",
        "roles",
        "services",
        "categories",
        "contracts",
        "calendars",
        "workflows",
    ):
        assert f'<a href="{reverse(name)}"' in whole, name
    assert sign_in(world.a.manager).get(reverse("administration")).status_code == 404


def test_list_costs_the_same_at_any_size(world: World, sign_in: Callable[[Any], Client]) -> None:
    client = sign_in(world.admin)
    client.get(reverse("clients"))

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("clients")).status_code == 200
        return len(captured)

    small = cost()
    for i in range(100):
        made = Organisation.objects.create(code=f"X{i}", name=f"X {i}", created_at=START)
        Site.objects.create(organisation=made, name="Siège")
    assert cost() == small


def test_absent_from_sight_in_actions(world: World) -> None:
    with pytest.raises(NotFound):
        actions.change_client(world.actor(world.manager), world.b.organisation.pk, {"name": "x"}, now=NOW)
    with pytest.raises(NotFound):
        actions.save_site(
            world.actor(world.admin), world.a.organisation.pk, world.b.site.pk, {"name": "x"}, now=NOW
        )

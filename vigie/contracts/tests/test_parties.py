"""What stands beside the promises: who answers, who signed, prices, cover, files, and what becomes of a contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.world import PASSWORD, START, World, report
from vigie.contracts.actions import course, parties, versions
from vigie.contracts.actions.contracts import change_contract, create_contract
from vigie.contracts.models import Contract, ContractFile, Covered, Deadline, PriceLine, Suspension
from vigie.contracts.queries.comparison import compared
from vigie.contracts.rules.comparison import Move
from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.notifications.models import Notice
from vigie.tenancy.models import Entity
from vigie.tickets.models import Clock

DAY = dt.timedelta(days=1)
TODAY = START.date()
LOT = {"kind": "RUN", "name_fr": "Exploitation", "name_en": "Operations"}
PRICE = {
    "label_fr": "Forfait",
    "label_en": "Fee",
    "nature": "fee",
    "amount": Decimal("1200.00"),
    "unit": "",
    "period": "month",
}


def boss(world: World) -> Actor:
    return world.actor(world.admin)


def code(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as found:
        act()
    return found.value.code


def amend(world: World) -> Any:
    return versions.draft_amendment(
        boss(world), world.a.contract.pk, {"effective_on": TODAY}, now=START - DAY
    )


def lot(world: World, person: Any) -> Any:
    return parties.add_part(
        boss(world), world.a.contract.pk, "lots", {**LOT, "manager": person.agent}, now=START
    )


class TestParts:
    def test_the_manager_of_a_lot_sees_its_client(self, world: World) -> None:
        assert lot(world, world.manager).manager_id == world.manager.pk
        world.manager.agent.clients.all().delete()
        assert code(lambda: lot(world, world.manager)) == "contracts.manager_without_sight"

    def test_one_lot_of_a_name(self, world: World) -> None:
        lot(world, world.manager)
        with pytest.raises(ValidationError):
            lot(world, world.admin)

    def test_prices_belong_to_the_draft_and_stand_with_it(self, world: World) -> None:
        contract = world.a.contract.pk
        add = lambda: parties.add_part(boss(world), contract, "prices", PRICE, now=START)  # noqa: E731
        assert code(add) == "contracts.no_draft"
        amend(world)
        row = add()
        versions.put_in_force(boss(world), contract, now=START - DAY)
        with pytest.raises(IntegrityError), transaction.atomic():
            PriceLine.objects.filter(pk=row.pk).update(amount=1)

    def test_a_price_that_is_invoiced_otherwise_is_a_change(self, world: World) -> None:
        """The same amount each quarter and not each month; the line beside it stays and is not told."""
        contract = world.a.contract.pk
        first = amend(world)
        parties.add_part(boss(world), contract, "prices", PRICE, now=START)
        parties.add_part(
            boss(world), contract, "prices", {**PRICE, "label_en": "Visit", "label_fr": "Visite"}, now=START
        )
        versions.put_in_force(boss(world), contract, now=START - DAY)
        later = versions.draft_amendment(boss(world), contract, {"effective_on": TODAY + DAY}, now=START)
        row = PriceLine.objects.get(version=later, label_en="Fee")
        parties.change_part(
            boss(world), contract, "prices", row.pk, {**PRICE, "period": "quarter"}, now=START
        )
        with translation.override("en"):
            (told,) = compared(boss(world), first, later)
            (part,) = told.parts
        assert (part.name, part.before, part.after) == (
            "Fee", "€1,200.00, Fixed fee · each month", "€1,200.00, Fixed fee · each quarter",
        )  # fmt: skip

    def test_a_price_below_zero_and_a_ceiling_of_nothing(self, world: World) -> None:
        amend(world)
        for part, values in (
            ("prices", {**PRICE, "amount": Decimal("-1")}),
            ("signatories", {"side": "client", "name": "x", "ceiling": Decimal(0)}),
        ):
            with pytest.raises(ValidationError):
                parties.add_part(boss(world), world.a.contract.pk, part, values, now=START)

    def test_what_belongs_to_another_contract_is_not_found(self, world: World) -> None:
        row = lot(world, world.manager)
        with pytest.raises(NotFound):
            parties.drop_part(boss(world), world.b.contract.pk, "lots", row.pk, now=START)
        with pytest.raises(NotAllowed):
            parties.drop_part(world.actor(world.agent), world.a.contract.pk, "lots", row.pk, now=START)
        parties.drop_part(boss(world), world.a.contract.pk, "lots", row.pk, now=START)
        assert not world.a.contract.lots.exists()


class TestCover:
    def test_copied_into_the_next_draft_and_told_in_the_comparison(self, world: World) -> None:
        draft, contract = amend(world), world.a.contract
        parties.set_cover(boss(world), contract.pk, [world.service], [world.a.site], [], now=START)
        base = versions.last_in_force(contract)
        assert base is not None
        told = [row for row in compared(boss(world), base, draft) if row.move == Move.OTHER]
        assert "Messagerie" in str(told)
        versions.put_in_force(boss(world), contract.pk, now=START - DAY)
        later = versions.draft_amendment(boss(world), contract.pk, {"effective_on": TODAY + DAY}, now=START)
        assert Covered.objects.filter(version=later).count() == 2

    def test_another_clients_site_is_refused(self, world: World) -> None:
        amend(world)
        cover = lambda: parties.set_cover(boss(world), world.a.contract.pk, [], [world.b.site], [], now=START)  # noqa: E731
        assert code(cover) == "contracts.cover_of_another"

    def test_people_of_an_entity_and_of_what_is_under_it(self, world: World) -> None:
        top = Entity.objects.create(organisation=world.a.organisation, name="Groupe")
        under = Entity.objects.create(organisation=world.a.organisation, name="Usine", parent=top)
        world.a.user.affiliations.update(entity=under)
        amend(world)
        parties.set_cover(boss(world), world.a.contract.pk, [], [], [top], now=START)
        versions.put_in_force(boss(world), world.a.contract.pk, now=START - DAY)
        assert Clock.objects.filter(ticket=report(world)).count() == 2
        world.a.user.affiliations.update(entity=None)
        assert not Clock.objects.filter(ticket=report(world)).exists()


class TestFiles:
    def attach(self, world: World, name: str, data: bytes) -> ContractFile:
        return parties.attach(boss(world), world.a.contract.pk, name, len(data), [data], now=START)

    def test_typed_by_what_it_holds_and_served_so_that_it_cannot_act(self, world: World) -> None:
        row = self.attach(world, "contrat.pdf", b"<html><script>alert(1)</script>")
        assert row.content_type == "application/octet-stream"
        client = Client()
        assert client.login(email=world.agent.email, password=PASSWORD)
        answer = client.get(reverse("contract_file", args=[world.a.contract.pk, row.pk]))
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert client.get(reverse("contract_file", args=[world.b.contract.pk, row.pk])).status_code == 404

    def test_refusals(self, world: World, settings: Any) -> None:
        assert code(lambda: self.attach(world, "vide.pdf", b"")) == "contracts.file_empty"
        settings.UPLOAD_LIMIT = 4
        assert code(lambda: self.attach(world, "gros.pdf", b"12345")) == "contracts.file_too_large"

    def test_a_form_attaches_it(self, world: World) -> None:
        client = Client()
        assert client.login(email=world.admin.email, password=PASSWORD)
        address = reverse("contract_file_new", args=[world.a.contract.pk])
        sent = {"file": SimpleUploadedFile("annexe.pdf", b"%PDF-1.7 annexe")}
        assert client.post(address, sent).status_code == 302
        assert (ContractFile.objects.get().name, ContractFile.objects.get().content_type) == (
            "annexe.pdf",
            "application/pdf",
        )
        assert client.post(address, {}).status_code == 422


class TestCourse:
    def end(self, world: World, day: dt.date, **more: Any) -> None:
        change_contract(boss(world), world.a.contract.pk, {"ends_on": day, **more}, now=START)

    def state(self, world: World) -> str:
        return Contract.objects.get(pk=world.a.contract.pk).status

    def test_while_suspended_new_tickets_get_no_promise_and_the_past_stays(self, world: World) -> None:
        before, contract = report(world), world.a.contract.pk
        course.suspend(boss(world), contract, "impayés", now=START)
        assert self.state(world) == "suspended"
        during = report(world, now=START + dt.timedelta(hours=1))
        course.resume(boss(world), contract, now=START + 3 * DAY)
        after = report(world, now=START + 3 * DAY)
        told = [Clock.objects.filter(ticket=ticket).count() for ticket in (before, during, after)]
        assert (told, Suspension.objects.get().ends_on) == ([2, 0, 2], TODAY + 3 * DAY)
        late = report(world, opened_at=START + DAY, now=START + 4 * DAY)
        assert not Clock.objects.filter(ticket=late).exists()

    def test_notice(self, world: World) -> None:
        give = lambda now=START: course.give_notice(boss(world), world.a.contract.pk, now=now)  # noqa: E731
        assert code(give) == "contracts.no_end"
        self.end(world, dt.date(2026, 5, 1), notice_months=3, renewal="tacit")
        assert code(lambda: give(dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC))) == "contracts.notice_too_late"
        later = dt.datetime(2026, 2, 10, 12, tzinfo=dt.UTC)
        sent = {"on": dt.date(2026, 1, 30), "reference": "RAR 1A 204", "letter": ("lettre.txt", 3, [b"oui"])}
        future = {**sent, "on": dt.date(2026, 2, 11)}
        noted = lambda more: course.give_notice(boss(world), world.a.contract.pk, now=later, **more)  # noqa: E731
        assert code(lambda: noted(future)) == "contracts.notice_in_the_future"
        noted(sent)
        found = Contract.objects.get(pk=world.a.contract.pk)
        assert (found.notice_on, found.notice_reference) == (dt.date(2026, 1, 30), "RAR 1A 204")
        assert ContractFile.objects.get(contract=found).name == "lettre.txt"
        assert code(give) == "contracts.state_refused"
        course.follow_dates(dt.datetime(2026, 5, 1, 6, tzinfo=dt.UTC))
        assert self.state(world) == "ended"
        assert not Clock.objects.filter(
            ticket=report(world, now=dt.datetime(2026, 5, 2, 9, tzinfo=dt.UTC))
        ).exists()

    def test_a_tacit_renewal_promises_on_even_before_the_job_has_run(self, world: World) -> None:
        self.end(world, TODAY + DAY, notice_months=1, renewal="tacit", renewal_months=12)
        after = START + 2 * DAY
        assert Clock.objects.filter(ticket=report(world, now=after)).count() == 2
        course.follow_dates(after)
        contract = Contract.objects.get(pk=world.a.contract.pk)
        assert (contract.status, contract.ends_on) == ("active", dt.date(2027, 1, 13))

    def test_a_contract_drafted_by_mistake_is_given_up(self, world: World, client: Client) -> None:
        """It leaves the list, keeps its draft, promises nothing, and may be taken up again."""
        names = {
            "reference": "N-1",
            "name_fr": "Par erreur",
            "name_en": "By mistake",
            "starts_on": TODAY + 5 * DAY,
        }
        contract = create_contract(boss(world), world.a.organisation.pk, names, now=START)
        client.force_login(world.admin)
        place = reverse("contract", args=[contract.pk])
        assert "Abandonner ce contrat" in client.get(place).content.decode()
        assert client.post(reverse("contract_step", args=[contract.pk, "give-up"])).status_code == 302
        contract.refresh_from_db()
        assert contract.status == "given_up"
        assert "Par erreur" not in client.get("/contracts/").content.decode()
        assert "Par erreur" in client.get("/contracts/?status=given_up").content.decode()
        assert "Par erreur" in client.get("/contracts/?q=N-1").content.decode()
        assert (
            code(lambda: versions.put_in_force(boss(world), contract.pk, now=START)) == "contracts.given_up"
        )
        assert (
            code(lambda: course.give_up(boss(world), world.a.contract.pk, now=START))
            == "contracts.state_refused"
        )
        given_up = client.get(place).content.decode()
        assert "Le reprendre" in given_up
        assert "Ce contrat a été abandonné" in given_up
        assert "Un avenant est en préparation" not in given_up
        assert "les compteurs tournent" not in given_up
        assert course.take_up(boss(world), contract.pk, now=START).status == "draft"

    def test_signed_until_its_first_day(self, world: World) -> None:
        names = {"reference": "N-1", "name_fr": "x", "name_en": "x", "starts_on": TODAY + 5 * DAY}
        contract = create_contract(boss(world), world.a.organisation.pk, names, now=START)
        course.negotiate(boss(world), contract.pk, now=START)
        parties.add_part(boss(world), contract.pk, "lots", {**LOT, "manager": world.manager.agent}, now=START)
        self.end(world, TODAY + 5 * DAY)
        versions.put_in_force(boss(world), contract.pk, now=START)
        contract.refresh_from_db()
        assert contract.status == "signed"
        course.follow_dates(START + 5 * DAY)
        contract.refresh_from_db()
        assert contract.status == "active"

    def test_managers_are_reminded_once_a_step_until_one_takes_it_in_hand(self, world: World) -> None:
        lot(world, world.manager)
        self.end(world, TODAY + 61 * DAY, renewal="tacit")  # the last day to decide is in sixty days
        told = lambda: list(Notice.objects.order_by("pk").values_list("kind", "recipient_id", "params__day"))  # noqa: E731
        for n in (0, 1, 29, 30):
            course.follow_dates(START + n * DAY)
        day = (TODAY + 60 * DAY).isoformat()
        assert told() == [("contract_decision", world.manager.pk, day)] * 2
        row = Deadline.objects.get()
        course.acknowledge(boss(world), world.a.contract.pk, row.pk, now=START + 31 * DAY)
        course.follow_dates(START + 60 * DAY)
        assert len(told()) == 2

    def test_of_an_end_that_is_one_too(self, world: World) -> None:
        lot(world, world.manager)
        self.end(world, TODAY + 31 * DAY, notice_months=0)
        course.follow_dates(START)
        assert sorted(Notice.objects.values_list("kind", flat=True)) == ["contract_decision", "contract_end"]

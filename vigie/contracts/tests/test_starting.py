"""A contract begun from usual levels: sane presets, all or nothing, and nothing in force by itself."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from tests.world import World
from vigie.accounts.models import Person
from vigie.contracts.actions.commitments import read_commitment_target
from vigie.contracts.labels import target_input, target_words
from vigie.contracts.models import Calendar as Base
from vigie.contracts.models import (
    CalendarVersion,
    Commitment,
    Contract,
    ContractVersion,
    Supplier,
    SupplierContract,
    SupportCommitment,
)
from vigie.contracts.queries.comparison import compared
from vigie.contracts.queries.usual import by_use, usual_hours
from vigie.contracts.rules.calendar import WEEKDAYS, Calendar
from vigie.contracts.rules.presets import PRESETS
from vigie.contracts.rules.promise import ClockKind, Target, Unit

OFFICE = Calendar.weekly("Europe/Paris", WEEKDAYS[:5], ("08:00", "18:00"))
MONDAY = int(dt.datetime(2026, 1, 12, 7, 0, tzinfo=dt.UTC).timestamp())


def budget(text: str, hours: str) -> int:
    """Service seconds of a target from a Monday's opening."""
    columns = read_commitment_target(text)
    if columns["target_days"]:
        return Target(columns["target_days"], Unit.BUSINESS_DAYS_EOD).budget(OFFICE, MONDAY)
    return columns["target_seconds"] or 0


@pytest.mark.parametrize("preset", PRESETS)
def test_more_urgent_is_never_slower_and_an_answer_comes_before_the_end(preset: str) -> None:
    found: dict[tuple[str, ClockKind], list[int]] = {}
    for line in PRESETS[preset]:
        found.setdefault((line.ticket_type, line.kind), []).append(budget(line.target, line.hours))
    for targets in found.values():
        assert targets == sorted(targets)
    for ticket_type in ("incident", "request", "question"):
        answers, ends = (found[ticket_type, kind] for kind in (ClockKind.RESPONSE, ClockKind.RESOLUTION))
        assert len(answers) == len(ends)
        assert all(answer < end for answer, end in zip(answers, ends, strict=True))
    assert {line.priority for line in PRESETS[preset] if line.ticket_type == "incident"} == {1, 2, 3, 4, 5}
    assert len({line.key for line in PRESETS[preset]}) == len(PRESETS[preset])


def test_a_higher_level_never_promises_later() -> None:
    levels = [{line.key: budget(line.target, line.hours) for line in lines} for lines in PRESETS.values()]
    for lower, higher in pairwise(levels):
        assert all(higher[key] <= lower[key] for key in lower if key in higher)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def typed(world: World, preset: str, **more: Any) -> dict[str, Any]:
    return {
        "organisation": world.a.organisation.pk, "reference": "ALPHA-2027", "name_fr": "Infogérance 2027", "name_en": "Managed services 2027",
        "nature": "external", "starts_on": "2027-01-01", "ends_on": "2027-12-31", "notice_months": "3", "renewal": "tacit", "renewal_months": "12",
        "office": world.calendar.pk, "always": world.calendar.pk, **{line.key: line.target for line in PRESETS[preset]}, **more,
    }  # fmt: skip


@pytest.mark.django_db
class TestPages:
    def test_levels_stand_side_by_side(self, world: World) -> None:
        page = signed_in(world.admin).get(reverse("contract_start")).content.decode()
        for preset in PRESETS:
            assert reverse("contract_from", args=[preset]) in page
        assert ">0:15" in page
        assert "J+5" in page

    def test_a_draft_is_made_with_every_promise_and_nothing_is_in_force(self, world: World) -> None:
        before = Commitment.objects.count()
        address = reverse("contract_from", args=["critical"])
        answer = signed_in(world.admin).post(address, typed(world, "critical", **{"update-incident-2": ""}))
        assert answer.status_code == 302
        made = Contract.objects.get(reference="ALPHA-2027")
        assert made.status == Contract.Status.DRAFT
        draft = ContractVersion.objects.get(contract=made)
        assert draft.state == ContractVersion.State.DRAFT
        rows = Commitment.objects.filter(version=draft)
        assert rows.count() == len(PRESETS["critical"]) - 1 == Commitment.objects.count() - before
        assert rows.get(kind="response", priority=1).target_seconds == 900
        assert rows.get(kind="resolution", ticket_type="request").target_days == 2
        assert not rows.filter(kind="update", priority=2).exists()

    def test_a_new_contract_is_compared_with_the_one_in_force(self, world: World) -> None:
        """By its tickets and clocks: what is stated more narrowly takes the place of what was stated widely."""
        world.admin.language = "en"
        world.admin.save()
        browser = signed_in(world.admin)
        values = typed(world, "standard", **{"resolution-incident-1": "2h", "response-incident-1": ""})
        browser.post(reverse("contract_from", args=["standard"]), values)
        made = Contract.objects.get(reference="ALPHA-2027")
        page = browser.get(reverse("draft", args=[made.pk])).content.decode()
        assert f"Beside {world.a.contract.reference}, version 1" in page
        # the first version of a contract is never dropped: the contract is given up instead
        assert "/draft/drop/" not in page
        draft, base = made.versions.get(), world.a.contract.versions.get()
        with override("en"):
            told = {row.what: row for row in compared(world.actor(world.admin), base, draft)}
        tighter = told["Incident · P1 · Resolution"]
        assert ("Target", "4:00", "2:00") in [(part.name, part.before, part.after) for part in tighter.parts]
        assert told["Every ticket · P1 · Response · 0:15"].move == "gone"
        added = [what for what, row in told.items() if row.move == "added"]
        assert [what for what in added if what.startswith("Request · Resolution")]
        assert world.b.contract.reference not in page

    @pytest.mark.parametrize("ends_on", ["", "2027-12-31"])
    @pytest.mark.parametrize("begun", ["contract_from", "contract_new"])
    def test_what_was_just_made_opens_with_its_draft_and_the_next_step(
        self, world: World, begun: str, ends_on: str
    ) -> None:
        browser = signed_in(world.admin)
        address = reverse(begun, args=["standard"] if begun == "contract_from" else [])
        terms = {} if ends_on else {"renewal": "express", "notice_months": "0"}
        answer = browser.post(address, typed(world, "standard", ends_on=ends_on, **terms), follow=True)
        assert answer.status_code == 200
        made = Contract.objects.get(reference="ALPHA-2027")
        assert made.ends_on == (dt.date(2028, 1, 1) if ends_on else None)  # the last day is typed
        page = answer.content.decode()
        assert answer.redirect_chain[-1][0] == reverse("contract", args=[made.pk])
        assert "Ce contrat est un brouillon" in page
        assert page.count(f'href="{reverse("draft", args=[made.pk])}"') >= 2
        assert browser.get(reverse("draft", args=[made.pk])).status_code == 200

    def test_a_bad_target_is_said_beside_its_line_and_nothing_is_kept(self, world: World) -> None:
        before = Contract.objects.count()
        address = reverse("contract_from", args=["standard"])
        answer = signed_in(world.admin).post(
            address, typed(world, "standard", **{"resolution-incident-3": "1 jour"})
        )
        assert answer.status_code == 422
        page = answer.content.decode()
        assert 'id="id_resolution-incident-3_error"' in page
        assert 'value="1 jour"' in page
        assert 'value="Infogérance 2027"' in page
        assert Contract.objects.count() == before

    def test_who_may_not_and_what_is_not(self, world: World) -> None:
        assert signed_in(world.agent).get(reverse("contract_start")).status_code == 403
        assert signed_in(world.admin).get(reverse("contract_from", args=["gold"])).status_code == 404
        answer = signed_in(world.manager).post(
            reverse("contract_from", args=["standard"]),
            typed(world, "standard", organisation=world.b.organisation.pk),
        )
        assert answer.status_code == 422
        assert not Contract.objects.filter(reference="ALPHA-2027").exists()


@pytest.mark.django_db
def test_the_hours_proposed_are_those_that_contracts_use_never_a_suppliers(world: World) -> None:
    hours = CalendarVersion.objects.get(calendar=world.calendar)
    behind = Base.objects.create(code="AAA", name_fr="Éditeur", name_en="Editor")
    CalendarVersion.objects.create(
        calendar=behind,
        effective_on=hours.effective_on,
        definition=hours.definition,
        created_at=hours.created_at,
    )
    supplier = Supplier.objects.create(code="s", name="Éditeur")
    held = SupplierContract.objects.create(
        supplier=supplier, reference="S-1", name_fr="x", name_en="x", starts_on=dt.date(2026, 1, 1)
    )
    SupportCommitment.objects.create(
        audience="uc", kind="uc", supplier_contract=held, target_seconds=3600, calendar=behind,
        valid_from=dt.date(2026, 1, 1),
    )  # fmt: skip
    actor = world.actor(world.admin)
    assert usual_hours(actor, None)[0] == world.calendar.pk
    assert usual_hours(actor, world.a.organisation.pk)[0] == world.calendar.pk
    assert by_use(actor).last() == behind
    page = signed_in(world.admin).get(reverse("contract_from", args=["standard"])).content.decode()
    assert f'<option value="{world.calendar.pk}" selected' in page


def test_days_are_typed_as_they_are_shown() -> None:
    with override("en"):
        assert (target_words(None, 5), target_input(None, 5)) == ("D+5", "D+5")
    with override("fr"):
        assert (target_words(None, 5), target_input(None, 5)) == ("J+5", "J+5")
    assert read_commitment_target("D+5") == read_commitment_target("J+5")

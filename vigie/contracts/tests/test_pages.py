"""Pages of contracts and calendars: what they show, what they refuse, what they never rewrite."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.world import PASSWORD, World, report
from vigie.contracts.actions import calendars as calendar_actions
from vigie.contracts.actions import commitments as actions
from vigie.contracts.actions import contracts as contract_actions
from vigie.contracts.actions import versions
from vigie.contracts.models import Calendar, CalendarVersion, Commitment, Contract, ContractVersion
from vigie.contracts.queries import terms_of
from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.tickets.models import Clock
from vigie.toolkit.models import JournalEntry

NOW = dt.datetime(2026, 1, 14, 10, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 1, 14)


@pytest.fixture
def sign_in(world: World) -> Callable[[Any], Client]:
    def enter(person: Any) -> Client:
        client = Client()
        assert client.login(email=person.email, password=PASSWORD)
        return client

    return enter


def values(world: World, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "kind": "resolution", "ticket_type": "", "priority": 1, "service": None, "category": None, "site": None,
        "vip_only": False, "target_seconds": 2 * 3600, "target_days": None, "calendar": world.calendar,
        "follow_site": True, "pauses": {}, "thresholds": [], "on_priority_change": "", "on_reopen": "",
    }  # fmt: skip
    return {**base, **more}


def amend(
    world: World, day: dt.date = TODAY, *, now: dt.datetime = NOW - dt.timedelta(days=1)
) -> ContractVersion:
    """The draft of an amendment that starts on a day."""
    return versions.draft_amendment(
        world.actor(world.admin), world.a.contract.pk, {"effective_on": day}, now=now
    )


def p1_resolution(version: ContractVersion) -> Commitment:
    return Commitment.objects.get(version=version, kind="resolution", priority=1)


class TestCommitments:
    def test_what_is_in_force_is_changed_by_an_amendment_alone(self, world: World) -> None:
        row = p1_resolution(ContractVersion.objects.get(contract=world.a.contract))
        actor, contract = world.actor(world.admin), world.a.contract.pk
        for act in (
            lambda: actions.add_commitment(actor, contract, values(world), now=NOW),
            lambda: actions.change_commitment(actor, contract, row.pk, values(world), now=NOW),
            lambda: actions.drop_commitment(actor, contract, row.pk, now=NOW),
        ):
            with pytest.raises(Refusal) as refused:
                act()
            assert refused.value.code == "contracts.no_draft"
        amend(world)
        with pytest.raises(NotFound):
            actions.change_commitment(actor, contract, row.pk, values(world), now=NOW)

    def test_a_line_keeps_its_number_and_a_new_one_takes_no_old_number(self, world: World) -> None:
        draft, actor, contract = amend(world), world.actor(world.admin), world.a.contract.pk
        row = p1_resolution(draft)
        actions.drop_commitment(actor, contract, row.pk, now=NOW)
        added = actions.add_commitment(actor, contract, values(world, ticket_type="incident"), now=NOW)
        assert added.line == 11
        base = ContractVersion.objects.get(contract=contract, number=1)
        assert p1_resolution(base).line == row.line

    def test_twin_is_refused_and_nothing_written(self, world: World) -> None:
        actor, contract = world.actor(world.admin), world.a.contract
        amend(world)
        actions.add_commitment(actor, contract.pk, values(world, ticket_type="incident"), now=NOW)
        count = Commitment.objects.count()
        with pytest.raises(Refusal) as refused:
            actions.add_commitment(actor, contract.pk, values(world, ticket_type="incident"), now=NOW)
        assert refused.value.code == "contracts.commitment_tie"
        assert Commitment.objects.count() == count

    def test_response_clock_is_never_suspended(self, world: World) -> None:
        amend(world)
        with pytest.raises(Refusal) as refused:
            actions.add_commitment(
                world.actor(world.admin), world.a.contract.pk,
                values(world, kind="response", ticket_type="question", pauses={"supplier": True}), now=NOW,
            )  # fmt: skip
        assert refused.value.code == "contracts.response_never_paused"

    def test_site_and_calendar_of_another_client_are_refused(self, world: World) -> None:
        own = Calendar.objects.create(
            code="beta", name_fr="Beta", name_en="Beta", organisation=world.b.organisation
        )
        amend(world)
        for changed, code in (
            ({"site": world.b.site}, "contracts.site_of_another"),
            ({"calendar": own}, "contracts.calendar_of_another"),
        ):
            with pytest.raises(Refusal) as refused:
                actions.add_commitment(
                    world.actor(world.admin), world.a.contract.pk, values(world, **changed), now=NOW
                )
            assert refused.value.code == code

    @pytest.mark.parametrize(
        ("text", "columns"),
        [("8h", (28800, None)), ("30 min", (1800, None)), ("1h30", (5400, None)), ("J+2", (None, 2))],
    )
    def test_target_is_read_from_text(self, text: str, columns: tuple[int | None, int | None]) -> None:
        read = actions.read_commitment_target(text)
        assert (read["target_seconds"], read["target_days"]) == columns

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("1 jour", "contracts.target_ambiguous"), ("4", "contracts.target_ambiguous"), ("J+0", "contracts.target_not_positive"),
            ("soon", "contracts.target_unreadable"), ("2026-05-01T10:00+02:00", "contracts.target_wrong_unit"), ("0h", "contracts.target_not_positive"),
        ],
    )  # fmt: skip
    def test_ambiguous_target_is_refused(self, text: str, code: str) -> None:
        with pytest.raises(Refusal) as refused:
            actions.read_commitment_target(text)
        assert refused.value.code == code


class TestCommitmentForm:
    def post(self, client: Client, world: World, **more: Any) -> Any:
        data = {
            "kind": "resolution", "ticket_type": "incident", "priority": "2", "target": "8h", "calendar": world.calendar.pk,
            "follow_site": "on", "own_pauses": "standard", "thresholds": "50, 90", **more,
        }  # fmt: skip
        amend(world)
        return client.post(reverse("commitment_new", args=[world.a.contract.pk]), data)

    def test_saves_what_was_typed(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        answer = self.post(
            sign_in(world.admin), world, own_pauses="own", paused_by=["client_info", "supplier"]
        )
        assert answer.status_code == 302
        row = Commitment.objects.latest("pk")
        assert (row.target_seconds, row.thresholds, row.ticket_type) == (28800, [50, 90], "incident")
        assert row.pauses["supplier"] is True
        assert row.pauses["client_validation"] is False
        assert "client_info" not in row.pauses

    def test_refusal_keeps_what_was_typed(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        answer = self.post(sign_in(world.admin), world, target="2 jours")
        assert answer.status_code == 422
        assert 'value="2 jours"' in answer.content.decode()
        assert 'id="id_target_error"' in answer.content.decode()


class TestCalendars:
    HOURS = {"timezone": "Europe/Paris", "hours": {"mon": [["09:00", "17:00"]]}, "holiday_sets": ["FR"]}

    def test_new_hours_are_a_new_version(self, world: World) -> None:
        actor = world.actor(world.admin)
        calendar_actions.publish_hours(actor, world.calendar.pk, self.HOURS, dt.date(2026, 3, 1), now=NOW)
        days = list(
            CalendarVersion.objects.filter(calendar=world.calendar).values_list("effective_on", flat=True)
        )
        assert sorted(days) == [dt.date(2025, 1, 1), dt.date(2026, 3, 1)]
        assert JournalEntry.objects.filter(subject="contracts.calendarversion", verb="created").count() == 1

    @pytest.mark.parametrize(
        ("hours", "day", "code"),
        [
            ({"timezone": "Europe/Paris", "hours": {}}, dt.date(2026, 3, 1), "contracts.calendar_never_opens"),
            ({"timezone": "Europe/Paris", "hours": {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}}, dt.date(2026, 3, 1), "contracts.calendar_overlap"),
            ({"timezone": "Mars/Base", "hours": {"mon": [["08:00", "12:00"]]}}, dt.date(2026, 3, 1), "contracts.calendar_unknown_zone"),
            (HOURS, dt.date(2026, 1, 13), "contracts.version_in_the_past"),
        ],
    )  # fmt: skip
    def test_bad_hours_are_refused(
        self, world: World, hours: dict[str, Any], day: dt.date, code: str
    ) -> None:
        with pytest.raises(Refusal) as refused:
            calendar_actions.publish_hours(world.actor(world.admin), world.calendar.pk, hours, day, now=NOW)
        assert refused.value.code == code
        assert CalendarVersion.objects.filter(calendar=world.calendar).count() == 1

    def test_ticket_keeps_the_hours_stamped_on_it(self, world: World) -> None:
        clock = Clock.objects.get(ticket=report(world), kind="resolution")
        before = terms_of(clock.terms_id).calendar
        calendar_actions.publish_hours(
            world.actor(world.admin), world.calendar.pk, self.HOURS, TODAY, now=NOW
        )
        clock.refresh_from_db()
        assert terms_of(clock.terms_id).calendar == before

    def test_common_calendar_takes_the_sight_of_every_client(self, world: World) -> None:
        with pytest.raises(NotAllowed):
            calendar_actions.publish_hours(
                world.actor(world.manager), world.calendar.pk, self.HOURS, dt.date(2026, 3, 1), now=NOW
            )

    def typed(self, **more: Any) -> dict[str, Any]:
        day = timezone.localdate() + dt.timedelta(days=3)
        return {
            "effective_on": day.isoformat(), "timezone": "Europe/Paris", "mon": "8h-12h, 13:30-18:00", "sat": "22:00-06:00",
            "holiday_sets": "fr", "dates": "2026-12-24 08:00-12:00\n2026-12-26", "holidays": "--12-31", **more,
        }  # fmt: skip

    def test_form_reads_what_people_write(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        answer = sign_in(world.admin).post(reverse("calendar_hours", args=[world.calendar.pk]), self.typed())
        assert answer.status_code == 302
        hours = CalendarVersion.objects.latest("pk").definition
        assert hours["hours"] == {
            "mon": [["08:00", "12:00"], ["13:30", "18:00"]],
            "sat": [["22:00", "06:00"]],
        }
        assert hours["dates"] == {"2026-12-24": [["08:00", "12:00"]], "2026-12-26": []}
        assert hours["holiday_sets"] == ["FR"]
        assert hours["code"] == "k1"

    def test_check_shows_openings_and_writes_nothing(
        self, world: World, sign_in: Callable[[Any], Client]
    ) -> None:
        answer = sign_in(world.admin).post(
            reverse("calendar_hours", args=[world.calendar.pk]), self.typed(check="1")
        )
        assert answer.status_code == 200
        assert answer.content.decode().count("08:00 →") >= 1
        assert CalendarVersion.objects.count() == 1

    def test_bad_day_is_shown_beside_its_field(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        answer = sign_in(world.admin).post(
            reverse("calendar_hours", args=[world.calendar.pk]), self.typed(tue="morning")
        )
        assert answer.status_code == 422
        assert 'id="id_tue_error"' in answer.content.decode()
        assert 'value="morning"' in answer.content.decode()


class TestPages:
    def test_contract_page_tells_every_promise(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        page = sign_in(world.agent).get(reverse("contract", args=[world.a.contract.pk])).content.decode()
        for target in ("0:15", "4:00", "40:00"):
            assert f">{target}</td>" in page
        assert reverse("calendar", args=[world.calendar.pk]) in page

    def test_preview_answers_as_a_ticket_would(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        ticket = report(world, impact=1, urgency=1)
        due = Clock.objects.get(ticket=ticket, kind="resolution").due_at
        query = {"type": "incident", "priority": "1", "at": "2026-01-12T09:00", "site": world.a.site.pk}
        answer = sign_in(world.agent).get(reverse("contract_preview", args=[world.a.contract.pk]), query)
        assert due is not None
        assert timezone.localtime(due).strftime("%H:%M") == "13:00"
        assert "12 janv. 13:00" in answer.content.decode()

    def test_calendar_page_draws_the_week_and_names_the_holidays(self, world: World, sign_in: Any) -> None:
        page = (
            sign_in(world.agent)
            .get(reverse("calendar", args=[world.calendar.pk]) + "?year=2026")
            .content.decode()
        )
        assert page.count('class="open"') == 5
        assert "14 juil. 2026" in page

    def test_out_of_sight_is_not_found(self, world: World, sign_in: Callable[[Any], Client]) -> None:
        client = sign_in(world.manager)
        own = Calendar.objects.create(
            code="beta", name_fr="Beta", name_en="Beta", organisation=world.b.organisation
        )
        row = Commitment.objects.filter(version__contract=world.b.contract).first()
        assert row is not None
        for address in (
            reverse("contract", args=[world.b.contract.pk]), reverse("contract_edit", args=[world.b.contract.pk]),
            reverse("commitment_new", args=[world.b.contract.pk]), reverse("contract_preview", args=[world.b.contract.pk]),
            reverse("commitment", args=[world.a.contract.pk, row.pk]), reverse("calendar", args=[own.pk]),
        ):  # fmt: skip
            assert client.get(address).status_code == 404, address

    @pytest.mark.parametrize("name", ["contracts", "calendars"])
    def test_list_costs_the_same_at_any_size(self, world: World, sign_in: Any, name: str) -> None:
        client = sign_in(world.admin)
        client.get(reverse(name))

        def cost() -> int:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert client.get(reverse(name)).status_code == 200
            return len(captured)

        small = cost()
        for i in range(40):
            Contract.objects.create(
                organisation=world.b.organisation,
                reference=f"X-{i}",
                name_fr="x",
                name_en="x",
                starts_on=TODAY,
            )
            extra = Calendar.objects.create(code=f"x{i}", name_fr="x", name_en="x")
            CalendarVersion.objects.create(
                calendar=extra,
                effective_on=TODAY,
                created_at=NOW,
                definition={**TestCalendars.HOURS, "code": "x"},
            )
        assert cost() == small


@pytest.mark.parametrize("who", ["agent", "agent_all", "dispatcher"])
def test_who_may_not_manage_is_refused(world: World, sign_in: Callable[[Any], Client], who: str) -> None:
    person = getattr(world, who)
    actor, client = world.actor(person), sign_in(person)
    contract = world.a.contract.pk
    draft = amend(world)
    row = p1_resolution(draft).pk
    for act in (
        lambda: contract_actions.create_contract(actor, world.a.organisation.pk, {}, now=NOW),
        lambda: contract_actions.change_contract(actor, contract, {"name_fr": "x"}, now=NOW),
        lambda: versions.draft_amendment(actor, contract, {"effective_on": TODAY}, now=NOW),
        lambda: versions.change_draft(actor, contract, {}, now=NOW),
        lambda: versions.drop_draft(actor, contract, now=NOW),
        lambda: versions.put_in_force(actor, contract, now=NOW),
        lambda: actions.add_commitment(actor, contract, values(world), now=NOW),
        lambda: actions.change_commitment(actor, contract, row, values(world), now=NOW),
        lambda: actions.drop_commitment(actor, contract, row, now=NOW),
        lambda: calendar_actions.create_calendar(actor, {}, {}, TODAY, now=NOW),
        lambda: calendar_actions.rename_calendar(actor, world.calendar.pk, {}, now=NOW),
        lambda: calendar_actions.publish_hours(actor, world.calendar.pk, TestCalendars.HOURS, TODAY, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()
    for address in (
        reverse("contract_new"), reverse("contract_edit", args=[contract]), reverse("commitment_new", args=[contract]),
        reverse("commitment", args=[contract, row]), reverse("calendar_new"), reverse("amendment_new", args=[contract]),
        reverse("draft_edit", args=[contract, draft.pk]),
        reverse("calendar_hours", args=[world.calendar.pk]), reverse("calendar_edit", args=[world.calendar.pk]),
    ):  # fmt: skip
        assert client.get(address).status_code == 403, address
        assert client.post(address, {}).status_code == 403, address


def test_client_in_sight_only(world: World) -> None:
    with pytest.raises(NotFound):
        contract_actions.create_contract(world.actor(world.manager), world.b.organisation.pk, {}, now=NOW)

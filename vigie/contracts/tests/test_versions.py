"""Versions of a contract: what is drafted, refused, put in force, and what it never rewrites."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.world import START, World, report
from vigie.contracts.actions import commitments, course, parties, versions
from vigie.contracts.actions.contracts import change_contract, create_contract
from vigie.contracts.models import Commitment, Contract, ContractVersion, Covered, Lot
from vigie.contracts.queries import terms_of
from vigie.contracts.queries.book import Scope
from vigie.contracts.queries.comparison import compared
from vigie.contracts.queries.contracts import governing
from vigie.contracts.queries.versions import edition_on, editions
from vigie.contracts.rules.promise import Terms
from vigie.kernel.actor import SYSTEM, Actor
from vigie.kernel.refusal import Refusal
from vigie.tickets.actions.course import reopen_until
from vigie.tickets.actions.lifecycle import Given, close_if_silent, take_step
from vigie.tickets.models import Clock, Ticket
from vigie.tickets.queries.clock_view import explained
from vigie.workflow.queries import machine_of

DAY = dt.timedelta(days=1)
TODAY = START.date()
JULY = dt.date(2026, 7, 1)


def boss(world: World) -> Actor:
    return world.actor(world.admin)


def amend(
    world: World, day: dt.date = TODAY, *, now: dt.datetime = START - DAY, **more: Any
) -> ContractVersion:
    given = {"effective_on": day, "changes": "P1 en deux heures", **more}
    return versions.draft_amendment(boss(world), world.a.contract.pk, given, now=now)


def shorten(
    world: World, draft: ContractVersion, seconds: int = 2 * 3600, *, now: dt.datetime = START
) -> Commitment:
    """The draft promises P1 in two hours instead of four."""
    row = Commitment.objects.get(version=draft, kind="resolution", priority=1)
    names = ("kind", "ticket_type", "priority", "service", "category", "site", "vip_only", "calendar", "follow_site", "pauses",
             "thresholds", "on_priority_change", "on_reopen", "target_days")  # fmt: skip
    values = {**{name: getattr(row, name) for name in names}, "target_seconds": seconds}
    return commitments.change_commitment(boss(world), world.a.contract.pk, row.pk, values, now=now)


def force(world: World, *, now: dt.datetime = START - DAY) -> ContractVersion:
    return versions.put_in_force(boss(world), world.a.contract.pk, now=now)


def hours(ticket: Ticket) -> int:
    return terms_of(Clock.objects.get(ticket=ticket, kind="resolution").terms_id).target.value // 3600


def answered(world: World, contract: Contract) -> Contract:
    """The contract with somebody who answers for it."""
    Lot.objects.create(
        organisation=contract.organisation, contract=contract, kind="RUN", name_fr="Exploitation", name_en="Operations",
        manager=world.manager.agent,
    )  # fmt: skip
    return contract


def refused(act: Any) -> str:
    with pytest.raises(Refusal) as found:
        act()
    return found.value.code


def test_a_ticket_opened_the_day_before_an_amendment_keeps_its_terms_and_replays_equal(world: World) -> None:
    before = report(world, impact=1, urgency=1)
    told = explained(world.actor(world.agent), before.pk, now=START + 30 * DAY)
    shorten(world, amend(world, TODAY + DAY))
    force(world, now=START)
    late = report(world, impact=1, urgency=1, now=START + dt.timedelta(hours=2))
    after = report(world, impact=1, urgency=1, now=START + DAY)
    assert (hours(before), hours(late), hours(after)) == (4, 4, 2)
    assert explained(world.actor(world.agent), before.pk, now=START + 30 * DAY) == told


def test_a_draft_promises_nothing(world: World) -> None:
    shorten(world, amend(world))
    assert hours(report(world, impact=1, urgency=1)) == 4


def test_what_was_in_force_on_any_past_day_can_be_read(world: World) -> None:
    shorten(world, amend(world, JULY))
    force(world)
    known = editions(boss(world), world.a.contract, today=JULY + 3 * DAY)
    numbers = {
        day: (one := edition_on(known, day)) and one.version.number
        for day in (dt.date(2024, 12, 31), TODAY, JULY - DAY, JULY)
    }
    assert numbers == {dt.date(2024, 12, 31): None, TODAY: 1, JULY - DAY: 1, JULY: 2}
    assert [(one.when, one.until) for one in known] == [("past", JULY), ("now", None)]


class TestRefusals:
    def test_days_that_would_overlap(self, world: World) -> None:
        amend(world, JULY)
        force(world)
        assert refused(lambda: amend(world, JULY)) == "contracts.amendment_same_day"
        assert refused(lambda: amend(world, JULY - DAY)) == "contracts.version_overlaps"
        draft = amend(world, JULY + DAY)
        contract = world.a.contract.pk
        change = {"effective_on": JULY}
        assert (
            refused(lambda: versions.change_draft(boss(world), contract, change, now=START))
            == "contracts.amendment_same_day"
        )
        draft.refresh_from_db()
        assert draft.effective_on == JULY + DAY

    def test_a_past_that_was_promised_otherwise(self, world: World) -> None:
        assert refused(lambda: amend(world, TODAY, now=START)) == "contracts.change_in_the_past"
        amend(world, TODAY)
        move = {"effective_on": TODAY}
        contract = world.a.contract.pk
        assert (
            refused(lambda: versions.change_draft(boss(world), contract, move, now=START))
            == "contracts.change_in_the_past"
        )
        versions.change_draft(boss(world), contract, {"changes": "Autrement dit"}, now=START)
        assert refused(lambda: force(world, now=START)) == "contracts.change_in_the_past"

    def test_a_second_draft(self, world: World) -> None:
        amend(world, JULY)
        assert refused(lambda: amend(world, JULY + DAY)) == "contracts.draft_exists"

    def test_after_the_end(self, world: World) -> None:
        change_contract(boss(world), world.a.contract.pk, {"ends_on": JULY}, now=START)
        assert refused(lambda: amend(world, JULY)) == "contracts.amendment_after_end"

    def test_a_tacit_renewal_has_no_end_until_notice_is_given(self, world: World) -> None:
        terms = {"ends_on": JULY, "renewal": "tacit", "notice_months": 1}
        change_contract(boss(world), world.a.contract.pk, terms, now=START)
        amend(world, JULY)
        force(world)
        contract = Contract.objects.get(pk=world.a.contract.pk)
        told = [(one.version.effective_on, one.until) for one in editions(boss(world), contract, today=TODAY)]
        assert told[-1] == (JULY, None)
        course.give_notice(boss(world), contract.pk, now=START)
        assert refused(lambda: amend(world, JULY + DAY)) == "contracts.amendment_after_end"

    def test_the_start_of_a_contract_in_force_stands(self, world: World) -> None:
        move = lambda: change_contract(boss(world), world.a.contract.pk, {"starts_on": TODAY}, now=START)  # noqa: E731
        assert refused(move) == "contracts.start_stands"


class TestDatabase:
    """What must always be true, whoever writes."""

    def test_two_versions_on_one_day_and_an_earlier_one(self, world: World) -> None:
        amend(world, JULY)
        force(world)
        for day in (JULY, JULY - DAY):
            with pytest.raises(IntegrityError), transaction.atomic():
                ContractVersion.objects.create(
                    organisation=world.a.organisation, contract=world.a.contract, number=9, state="in_force",
                    effective_on=day, created_at=START,
                )  # fmt: skip

    def test_a_version_in_force_and_its_rows_never_change(self, world: World) -> None:
        version = ContractVersion.objects.get(contract=world.a.contract)
        row = Commitment.objects.filter(version=version)[0]
        cover = Covered(organisation=world.a.organisation, version=version, service=world.service)
        for write in (
            lambda: ContractVersion.objects.filter(pk=version.pk).update(effective_on=TODAY),
            lambda: version.delete(),
            lambda: Commitment.objects.filter(pk=row.pk).update(target_seconds=1),
            lambda: row.delete(),
            cover.save,
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                write()


def test_the_first_version_puts_its_contract_in_force(world: World) -> None:
    names = {"reference": "N-1", "name_fr": "Nouveau", "name_en": "New", "starts_on": JULY}
    contract = create_contract(boss(world), world.a.organisation.pk, names, now=START)
    assert (contract.status, contract.versions.get().state) == ("draft", "draft")
    change_contract(boss(world), contract.pk, {"starts_on": JULY + DAY}, now=START)
    assert contract.versions.get().effective_on == JULY + DAY
    assert (
        refused(lambda: versions.drop_draft(boss(world), contract.pk, now=START)) == "contracts.first_version"
    )
    force_it = lambda: versions.put_in_force(boss(world), contract.pk, now=START)  # noqa: E731
    assert refused(force_it) == "contracts.nobody_accountable"
    answered(world, contract)
    change_contract(boss(world), world.a.contract.pk, {"ends_on": JULY + DAY}, now=START)
    force_it()
    assert Contract.objects.get(pk=contract.pk).status == "signed"


def test_a_dropped_draft_leaves_nothing(world: World) -> None:
    amend(world)
    versions.drop_draft(boss(world), world.a.contract.pk, now=START)
    assert (
        world.a.contract.versions.count(),
        Commitment.objects.filter(version__contract=world.a.contract).count(),
    ) == (1, 10)


def test_a_draft_is_compared_with_what_is_in_force(world: World) -> None:
    draft, contract = amend(world, JULY), world.a.contract
    shorten(world, draft)
    gone = Commitment.objects.get(version=draft, kind="response", priority=5)
    commitments.drop_commitment(boss(world), contract.pk, gone.pk, now=START)
    values = {"on_reopen": "restart", "pauses": {"resolution": {"supplier": True}}}
    versions.change_draft(boss(world), contract.pk, values, now=START)
    base = versions.last_in_force(contract)
    assert base is not None
    draft.refresh_from_db()
    told = compared(boss(world), base, draft)
    moves = [(row.move, [(part.before, part.after, part.move) for part in row.parts]) for row in told]
    assert moves[:2] == [("tighter", [("4:00", "2:00", "tighter")]), ("gone", [])]
    assert len(told) == 3
    course = {part.name: part.move for part in told[2].parts}
    assert sorted(course.values()) == ["looser", "other"]


def test_a_draft_out_of_the_client_s_sight(world: World) -> None:
    amend(world, JULY)
    known = editions(world.actor(world.a.manager), world.a.contract, today=TODAY)
    assert [one.when for one in known] == ["now"]


class TestPolicies:
    def test_commitments_inherit_them_and_may_differ(self, world: World) -> None:
        draft, contract = amend(world), world.a.contract
        policies = {
            "on_priority_change": "restart",
            "on_reopen": "count",
            "pauses": {"resolution": {"supplier": True}},
        }
        versions.change_draft(boss(world), contract.pk, policies, now=START)
        row = shorten(world, draft)
        Commitment.objects.filter(pk=row.pk).update(on_reopen="restart", pauses={"supplier": False})
        force(world)
        first, second = report(world, impact=1, urgency=1), report(world, impact=3, urgency=1)
        one, two = (
            terms_of(Clock.objects.get(ticket=t, kind="resolution").terms_id) for t in (first, second)
        )
        assert (str(one.on_retarget), str(one.on_reopen), "supplier" in one.pause_reasons) == (
            "restart",
            "restart",
            False,
        )
        assert (str(two.on_retarget), str(two.on_reopen), "supplier" in two.pause_reasons) == (
            "restart",
            "count",
            True,
        )

    def test_the_response_is_never_paused(self, world: World) -> None:
        amend(world)
        versions.change_draft(
            boss(world), world.a.contract.pk, {"pauses": {"resolution": {"supplier": True}}}, now=START
        )
        force(world)
        clock = Clock.objects.get(ticket=report(world), kind="response")
        assert terms_of(clock.terms_id).pause_reasons == frozenset()

    def test_a_reason_that_does_not_exist(self, world: World) -> None:
        amend(world)
        contract, change = world.a.contract.pk, {"pauses": {"update": {"rain": True}}}
        assert (
            refused(lambda: versions.change_draft(boss(world), contract, change, now=START))
            == "contracts.pause_unknown_reason"
        )

    def test_delays_of_the_contract_go_before_those_of_the_workflow(self, world: World) -> None:
        amend(world)
        days = {"reopen_days": 2, "close_days": 3, "silence_days": [1, 2, 3]}
        versions.change_draft(boss(world), world.a.contract.pk, days, now=START)
        force(world)
        ticket = report(world)
        take_step(
            world.actor(world.agent),
            ticket.pk,
            "resolve",
            Given(resolution_code="solved_permanently", text="Réparé."),
            now=START,
        )
        ticket.refresh_from_db()
        until = reopen_until(ticket, machine_of(ticket.workflow_version_id))
        assert until == dt.datetime(2026, 1, 14, 17, 0, tzinfo=dt.UTC)  # J+2: Wednesday, at closing
        third_day = dt.datetime(2026, 1, 15, 17, 0, tzinfo=dt.UTC)
        assert not close_if_silent(SYSTEM, ticket.pk, now=third_day)
        assert close_if_silent(SYSTEM, ticket.pk, now=third_day + dt.timedelta(seconds=1))

    def test_nothing_closes_while_it_may_be_reopened(self, world: World) -> None:
        amend(world)
        days = {"reopen_days": 10, "close_days": 5}
        versions.change_draft(boss(world), world.a.contract.pk, days, now=START)
        force(world)
        ticket = report(world)
        given = Given(resolution_code="solved_permanently", text="Réparé.")
        take_step(world.actor(world.agent), ticket.pk, "resolve", given, now=START)
        ticket.refresh_from_db()
        until = reopen_until(ticket, machine_of(ticket.workflow_version_id))
        assert until == dt.datetime(2026, 1, 26, 17, 0, tzinfo=dt.UTC)  # J+10
        assert not close_if_silent(SYSTEM, ticket.pk, now=until)
        assert close_if_silent(SYSTEM, ticket.pk, now=until + dt.timedelta(seconds=1))

    def test_terms_stamped_before_there_were_delays_read_the_same(self, world: World) -> None:
        terms = terms_of(Clock.objects.get(ticket=report(world), kind="resolution").terms_id)
        assert "delays" not in terms.to_json()
        assert Terms.from_json(terms.to_json()) == terms


class TestCover:
    def cover(self, world: World, **what: Any) -> None:
        draft = amend(world)
        Covered.objects.create(organisation=world.a.organisation, version=draft, **what)
        force(world)

    def test_a_ticket_outside_gets_no_promise(self, world: World) -> None:
        self.cover(world, site=world.a.site)
        assert report(world).contract_id == world.a.contract.pk
        world.a.user.affiliations.update(site=None)
        outside = report(world)
        assert outside.contract_id is None
        assert not Clock.objects.filter(ticket=outside).exists()

    def test_of_two_contracts_the_one_that_names_the_service(self, world: World) -> None:
        names = {
            "reference": "N-1",
            "name_fr": "Messagerie",
            "name_en": "Mail",
            "starts_on": dt.date(2024, 1, 1),
        }
        other = create_contract(boss(world), world.a.organisation.pk, names, now=START)
        Covered.objects.create(
            organisation=world.a.organisation, version=other.versions.get(), service=world.service
        )
        versions.put_in_force(boss(world), answered(world, other).pk, now=START)
        assert report(world).contract_id == other.pk


class TestTwoContracts:
    """A second contract never takes tickets from another without a word."""

    def second(self, world: World, **more: Any) -> Contract:
        names = {
            "reference": "N-1",
            "name_fr": "Support ERP",
            "name_en": "ERP support",
            "starts_on": TODAY,
            **more,
        }
        return answered(world, create_contract(boss(world), world.a.organisation.pk, names, now=START - DAY))

    def cover(self, world: World, contract: Contract, **what: list[Any]) -> None:
        named = [what.get(sort, []) for sort in ("services", "sites", "entities")]
        parties.set_cover(boss(world), contract.pk, *named, now=START - DAY)

    def act(self, world: World, contract: Contract) -> Any:
        return lambda: versions.put_in_force(boss(world), contract.pk, now=START - DAY)

    def test_the_same_cover_is_refused_and_says_of_what_and_whose(self, world: World) -> None:
        other = self.second(world)
        with pytest.raises(Refusal) as found:
            self.act(world, other)()
        assert found.value.code == "contracts.covered_twice"
        assert world.a.contract.reference in str(found.value.params["contract"])
        assert found.value.params["what"]
        assert report(world).contract_id != other.pk

    def test_a_narrower_cover_another_nature_and_a_later_start_are_none(self, world: World) -> None:
        narrower = self.second(world, reference="N-2")
        self.cover(world, narrower, services=[world.service])
        self.act(world, narrower)()
        inside = self.second(world, reference="N-3", nature="internal")
        self.act(world, inside)()
        change_contract(boss(world), world.a.contract.pk, {"ends_on": JULY}, now=START)
        self.act(world, self.second(world, reference="N-4", starts_on=JULY))()

    def test_the_same_service_twice(self, world: World) -> None:
        first, second = self.second(world, reference="N-2"), self.second(world, reference="N-3")
        for one in (first, second):
            self.cover(world, one, services=[world.service])
        self.act(world, first)()
        assert refused(self.act(world, second)) == "contracts.covered_twice"
        self.cover(world, second, services=[world.service], sites=[world.a.site])
        self.act(world, second)()

    def test_dates_that_bring_them_together_and_a_notice_withdrawn(self, world: World) -> None:
        terms = {"ends_on": JULY, "renewal": "tacit", "notice_months": 1}
        change_contract(boss(world), world.a.contract.pk, terms, now=START)
        course.give_notice(boss(world), world.a.contract.pk, now=START)
        self.act(world, self.second(world, starts_on=JULY))()
        back = lambda: course.withdraw_notice(boss(world), world.a.contract.pk, now=START)  # noqa: E731
        assert refused(back) == "contracts.covered_twice"
        longer = {"ends_on": JULY + DAY}
        change = lambda: change_contract(boss(world), world.a.contract.pk, longer, now=START)  # noqa: E731
        assert refused(change) == "contracts.covered_twice"

    def test_the_one_that_governs_is_told(self, world: World) -> None:
        narrower = self.second(world)
        self.cover(world, narrower, services=[world.service])
        self.act(world, narrower)()
        for service, expected in ((world.service.pk, narrower.pk), (None, world.a.contract.pk)):
            scope = Scope("incident", 3, service, None, world.a.site.pk, False, START + DAY)
            version = governing(boss(world), world.a.contract, scope, with_draft=False)
            assert version is not None
            assert version.contract_id == expected


@pytest.mark.parametrize(("given", "code"), [
    ({"renewal": "tacit"}, "contracts.renewal_without_end"),
    ({"notice_months": 3}, "contracts.notice_without_end"),
])  # fmt: skip
def test_a_renewal_and_a_notice_have_an_end_to_count_from(
    world: World, given: dict[str, Any], code: str
) -> None:
    names = {"reference": "N-1", "name_fr": "x", "name_en": "x", "starts_on": JULY, **given}
    assert refused(lambda: create_contract(boss(world), world.a.organisation.pk, names, now=START)) == code
    assert refused(lambda: change_contract(boss(world), world.a.contract.pk, given, now=START)) == code
    assert not Contract.objects.filter(reference="N-1").exists()

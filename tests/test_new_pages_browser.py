"""Every page of rotas, escalation, contracts, measures and replays in Chromium, each with something on it.

For each: what axe finds, at a desk in light and on a telephone in the dark, what the console says, whether a telephone has to scroll sideways, and whether paper cuts a column.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

import pytest
from django.urls import reverse

from tests.world import START, World, build_world, make_agent, report
from vigie.accounts.models import Person
from vigie.compliance.actions import exclusions, records
from vigie.compliance.actions.exclusions import Plea
from vigie.compliance.models import CreditRequest, RateCommitment
from vigie.compliance.tests.scene import MISSED, THEN, ended_with, resolution, solved
from vigie.compliance.tests.test_records import available, frozen, late_delivery, out
from vigie.contracts.actions import parties, requirements, versions
from vigie.contracts.actions.support import save_supplier
from vigie.contracts.models import Commitment, Contract, SupplierContract
from vigie.contracts.tests.test_requirements import asked, supplier_promise, team_promise
from vigie.escalation.actions.sweep import fire_due_steps
from vigie.escalation.models import Escalation
from vigie.escalation.tests.scene import steps, usual
from vigie.kernel.actor import SYSTEM
from vigie.replay import actions as replay
from vigie.rota.actions import absences, handover, on_call
from vigie.rota.models import ShiftChange, ShiftPattern
from vigie.rota.tests.test_pages import day_shift
from vigie.tickets.actions import referring
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.tests.browsing import Seat, chromium, seat
from vigie.tickets.tests.test_approvals import makes_approver

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Page = tuple[str, tuple[Any, ...], str]
DAY = dt.timedelta(days=1)
TELEPHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
CONTROLS = """[...document.querySelectorAll('main :is(a[href], button, input, select, textarea, summary)')].filter(
  (el) => el.checkVisibility() && !el.disabled && el.tabIndex >= 0 && el.type !== 'hidden')"""
WATCH = """() => {
  window.unseen = [];
  document.addEventListener('focusin', ({target}) => {
    target.classList.add('reached');
    const style = getComputedStyle(target);
    if (style.outlineStyle === 'none' && style.boxShadow === 'none') window.unseen.push(target.outerHTML.slice(0, 120));
  });
}"""
STACKED = frozenset({"contract", "draft", "portal_contract"})
SIDEWAYS = """[...document.querySelectorAll('main .scroll')].filter(
  (el) => el.scrollWidth > el.clientWidth + 1).map((el) => el.getAttribute('aria-label'))"""
SHEET = {"width": 718, "height": 1047}  # A4 within its margins
CUT = """[...document.querySelectorAll('main :is(th, td)')].filter(
  (el) => el.checkVisibility() && el.getBoundingClientRect().right > innerWidth + 1).map((el) => el.innerText.slice(0, 40)).slice(0, 3)"""
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(autouse=True)
def _in_february() -> Any:
    with patch("django.utils.timezone.now", return_value=THEN):
        yield


def everything(world: World) -> Person:
    roles = ["agent", "dispatcher", "desk_manager", "delivery_manager", "administrator"]
    person = make_agent("Toute", "toute@nord.example", roles, world.roles, clients=None, team=world.team)
    person.language = "fr"
    person.save()
    return person


def page(name: str, *args: Any, query: str = "") -> Page:
    return name, args, query


def faults(taken: Seat, pages: Iterable[Page]) -> list[str]:
    """What is wrong on these pages, each after its name."""
    found: list[str] = []
    for name, args, query in pages:
        taken.page.set_viewport_size(DESK)
        answer = taken.page.goto(taken.url + reverse(name, args=args) + query)
        if answer.status != 200:
            found.append(f"{name}: {answer.status}")
            continue
        found += [f"{name}: {one}" for one in taken.violations()]
        taken.page.set_viewport_size(TELEPHONE)
        if taken.page.evaluate(TOO_WIDE):
            found.append(f"{name}: wider than a telephone")
        if name in STACKED:
            found += [f"{name}: scrolls sideways, {one}" for one in taken.page.evaluate(SIDEWAYS)]
        taken.page.emulate_media(color_scheme="dark")
        found += [f"{name}, dark on a telephone: {one}" for one in taken.violations()]
        taken.page.emulate_media(color_scheme="light")
        taken.page.set_viewport_size(SHEET)
        taken.page.emulate_media(media="print")
        found += [f"{name}: cut on paper, {one}" for one in taken.page.evaluate(CUT)]
        taken.page.emulate_media(media="screen")
        found += [f"{name}: {one}" for one in taken.troubles]
        taken.troubles.clear()
    return found


def rota_pages(world: World, person: Person) -> list[Page]:
    shift = day_shift(world, world.agent, world.agent_all)
    rota = on_call.start_rotation(
        SYSTEM, world.team.pk, [person.pk, world.agent_all.pk], starts_on=dt.date(2026, 2, 2), handover_at=dt.time(9), now=START,
    )  # fmt: skip
    mine, other = (THEN + 3 * DAY, THEN + 4 * DAY), (THEN + 9 * DAY, THEN + 10 * DAY)
    on_call.ask_swap(
        world.actor(person), world.team.pk, world.agent_all.pk, mine, other, reason="Baptême", now=THEN
    )
    on_call.override(
        SYSTEM, world.team.pk, world.agent_all.pk, (THEN + DAY, THEN + 2 * DAY), reason="Congés", now=THEN
    )
    absences.record_absence(SYSTEM, person.pk, "leave", THEN + 5 * DAY, THEN + 6 * DAY, now=THEN)
    on_call.record_call_out(
        SYSTEM, world.team.pk, person.pk, (THEN - 2 * DAY, THEN - 2 * DAY + DAY / 24), "Lien coupé", now=THEN
    )
    ticket, team = report(world, now=THEN), world.team.pk
    words = handover.Note("À suivre ce soir.", "To watch tonight.", {ticket.pk: "rappeler"})
    note = handover.hand_over(world.actor(world.agent_all), team, world.team2.pk, words, now=THEN)
    return [
        page("rota"), page("rota_gaps"), page("rota_load"), page("rota_mine"), page("rota_absence_new"), page("rota_week", team),
        page("rota_hub", team), page("rota_shifts", team), page("rota_pattern_new", team), page("rota_pattern", team, shift.pk),
        page("rota_place_new", shift.pk), page("rota_day_new", shift.pk),
        page("rota_on_call", team), page("rota_rotation_new", team), page("rota_rotation_end", rota.pk), page("rota_override_new", team),
        page("rota_swap_new", team), page("rota_call_out_new", team), page("rota_hand_over", team), page("rota_notes"),
        page("rota_note", note.pk),
    ]  # fmt: skip


def escalation_pages(world: World) -> list[Page]:
    ladder = usual(world)
    report(world, now=THEN - DAY / 6, title="Serveur arrêté", impact=1, urgency=1)
    fire_due_steps(THEN)
    told = Escalation.objects.latest("pk")
    return [
        page("breach_risk"), page("escalations"), page("escalations", query="?which=all"), page("escalation", told.pk), page("ladders"),
        page("ladder_new"), page("ladder", ladder.pk), page("ladder_edit", ladder.pk), page("ladder_step_new", ladder.pk),
        page("ladder_step", ladder.pk, steps(ladder)[0].pk),
    ]  # fmt: skip


def contract_pages(world: World, contract: Contract) -> list[Page]:
    boss, pk = world.actor(world.admin), contract.pk
    team_promise(world, 3600)
    supplied = supplier_promise(world, 3600)
    wish = requirements.ask(boss, pk, asked(), now=START + 3 * DAY)
    requirements.decide(boss, wish.pk, "agreed", "", now=START + 3 * DAY)
    lot = {
        "kind": "RUN",
        "name_fr": "Exploitation",
        "name_en": "Operations",
        "manager": world.agent_all.agent,  # type: ignore[attr-defined]
    }
    parties.add_part(boss, pk, "lots", lot, now=START)
    promised = Commitment.objects.filter(version__contract=contract, kind="resolution").earliest("pk")
    versions.draft_amendment(boss, pk, {"effective_on": (THEN + 30 * DAY).date()}, now=THEN)
    drafted = Commitment.objects.filter(version__contract=contract, kind="resolution").latest("pk")
    values = {
        "code": "tele",
        "name": "Télécom du Nord",
        "trade": "Liens",
        "criticality": 1,
        "notes": "",
        "is_active": True,
    }
    supplier = save_supplier(SYSTEM, None, values, [], now=START)
    its = supplied.supplier_contract_id
    return [
        page("contracts"), page("contract_start"), page("contract_from", "critical"), page("contract_new"), page("contract", pk),
        page("contract_edit", pk), page("contract_preview", pk), page("contract_history", pk), page("draft", pk),
        page("commitment_new", pk), page("commitment", pk, drafted.pk), page("draft_cover", pk), page("suspension_new", pk),
        *(page("contract_part_new", pk, part) for part in ("lots", "prices", "signatories")), page("contract_file_new", pk),
        page("coverage", pk), page("chain", pk, promised.pk), page("requirements", pk), page("requirement_new", pk),
        page("requirement", wish.pk), page("requirement_edit", wish.pk), page("suppliers"), page("supplier_new"),
        page("supplier", supplier.pk), page("supplier", SupplierContract.objects.get(pk=its).supplier_id),
        page("supplier_edit", supplier.pk), page("supplier_contract_new", supplier.pk), page("supplier_contract", its),
        page("underpinning_new", its), page("agreements"), page("agreement_new", world.team.pk), page("support", supplied.pk),
        page("calendars"), page("calendar", world.calendar.pk),
        page("calendar_hours", world.calendar.pk), page("calendar_feed", world.calendar.pk),
    ]  # fmt: skip


def measured_month(world: World) -> list[Page]:
    """January of A: an availability that fell, a late delivery, tickets kept and missed; frozen, with its credit."""
    row = available(world)
    fall, late = out(world), late_delivery(world)
    desk = world.actor(world.manager)
    plea = Plea("client_access", "Site fermé", "Courriel du 14 janvier")
    missed = resolution(solved(world, MISSED))
    asked_out = exclusions.ask(desk, missed.pk, plea, now=THEN)
    work = {
        "service": world.service, "title": "Mise à jour", "announced_at": THEN, "starts_at": THEN + 6 * DAY,
        "ends_at": THEN + 6 * DAY + DAY / 12, "finished_at": None,
    }  # fmt: skip
    planned = records.save_maintenance(desk, world.a.organisation.pk, work, now=THEN)
    statement = frozen(world)
    study = replay.ask(desk, world.a.contract.pk, [{"name": "x", "pauses": {"supplier": True}}], now=THEN)
    credit, contract, client = CreditRequest.objects.get(), world.a.contract.pk, world.a.organisation.pk
    january = "?month=2026-01"
    return [
        page("contract_month", contract, query=january), page("contract_month_tickets", contract, query=january),
        page("penalty_terms", contract), page("rate_new", contract), page("statement", statement.pk), page("exclusions"),
        page("exclusion", asked_out.pk), page("exclusion_new", missed.pk), page("exclusion_new_record", "outage", fall.pk),
        *(page("measure_new", contract, kind) for kind in RateCommitment.Measure.values), page("measure", contract, row.pk),
        page("measure_month", contract, row.pk, query=january), page("deliveries", contract), page("delivery_new", contract),
        page("delivery", contract, late.pk), page("records", client), page("records", client, query="?of=maintenance"),
        page("outage_new", client), page("outage", client, fall.pk), page("maintenance_new", client),
        page("maintenance", client, planned.pk), page("credits"), page("credit", credit.pk), page("balance", ended_with(world, world.a).pk),
        page("what_if", contract),
        page("study", study.pk), page("study_tickets", study.pk),
    ]  # fmt: skip


def ticket_pages(world: World, supplier_contract: int) -> list[Page]:
    desk = world.actor(world.agent_all)
    free, away = report(world, now=THEN), report(world, now=THEN)
    referring.refer(desk, away.pk, supplier_contract, reference="FN-1", note="Lien coupé", now=THEN)
    return [
        page("ticket_refer", free.pk), page("ticket_correct", free.pk), page("ticket", away.pk), page("ticket_clocks", away.pk),
        page("ticket_answer", away.pk),
    ]  # fmt: skip


def portal_pages(world: World) -> list[Page]:
    contract, row, credit = (
        world.a.contract.pk,
        RateCommitment.objects.latest("pk"),
        CreditRequest.objects.get(),
    )
    january = "?month=2026-01"
    ticket, asked = report(world, now=THEN), report(world, ticket_type="request", now=THEN)
    given = Given(approvers=(makes_approver(world.a.manager).pk,))
    take_step(world.actor(world.agent_all), asked.pk, "ask_approval", given, now=THEN)
    return [
        page("portal_home"), page("portal_contract"), page("portal_compliance", query=january),
        page("portal_compliance_tickets", contract, query=january), page("portal_measure", contract, row.pk, query=january),
        page("portal_records"), page("portal_credit", credit.pk), page("portal_promise", ticket.pk),
        page("portal_ticket", asked.pk),
    ]  # fmt: skip


def test_every_new_page_is_sound(live_server: Any) -> None:
    world = build_world()
    person = everything(world)
    wanted = [*contract_pages(world, world.a.contract), *measured_month(world)]
    wanted += ticket_pages(world, SupplierContract.objects.get().pk)
    wanted += [*escalation_pages(world), *rota_pages(world, person)]
    with chromium() as browser:
        assert faults(seat(browser, live_server.url, person), wanted) == []
        assert faults(seat(browser, live_server.url, world.a.manager), portal_pages(world)) == []


def walked(taken: Seat) -> list[str]:
    """Controls of the page that Tab does not reach, or where the focus is not seen."""
    taken.page.evaluate(WATCH)
    for _ in range(len(taken.page.evaluate(CONTROLS)) + 60):  # the frame of the page comes first
        taken.page.keyboard.press("Tab")
    missed: list[str] = taken.page.evaluate(
        f"({CONTROLS}).filter((el) => !el.matches('.reached')).map((el) => el.outerHTML.slice(0, 120))"
    )
    unseen: list[str] = taken.page.evaluate("window.unseen")
    return [*missed, *unseen]


def test_a_rota_is_read_and_planned_without_a_mouse(live_server: Any) -> None:
    world = build_world()
    person = everything(world)
    rota_pages(world, person)
    with chromium() as browser:
        desk = seat(browser, live_server.url, person)
        for name in ("rota_week", "rota_on_call", "rota_shifts"):
            desk.goto(reverse(name, args=[world.team.pk]))
            assert walked(desk) == []
        desk.goto(reverse("rota_day_new", args=[ShiftPattern.objects.get().pk]))
        desk.page.locator("main select[name=person]").focus()
        desk.page.keyboard.type("Agent All")
        desk.page.keyboard.press("Tab")
        desk.page.keyboard.type("03032026")
        desk.page.locator("main input[name=reason]").focus()
        desk.page.keyboard.type("Renfort")
        desk.page.keyboard.press("Enter")
        desk.page.wait_for_url(f"**{reverse('rota_shifts', args=[world.team.pk])}")
        assert desk.troubles == []
    assert ShiftChange.objects.get().person_id == world.agent_all.pk

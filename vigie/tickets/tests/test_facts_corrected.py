"""A recorded fact put right: the clocks follow, the first verdict stays beside, what makes no sense is refused."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from tests.world import START, World, make_agent, promise, report
from vigie.accounts.models import Person
from vigie.contracts.models import Calendar, CalendarVersion
from vigie.contracts.rules.sla_clock import read_clock
from vigie.contracts.tests.samples import K4, terms
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.actions.correcting import correct, decide, said_of
from vigie.tickets.actions.ledger import load_rows
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import AskedCorrection, Clock, Fact, Ticket
from vigie.tickets.queries.corrected import corrections_of, waiting_corrections
from vigie.tickets.queries.paper import TEMPLATE, ticket_paper
from vigie.tickets.rules.clock_facts import Row, clock_facts
from vigie.tickets.rules.corrections import (
    ANSWERED,
    MOVED,
    PAUSED,
    REASON,
    Correction,
    check,
    effective,
    points,
)
from vigie.tickets.tests.test_paper import text_of
from vigie.tickets.tests.test_support_clocks import ola
from vigie.toolkit.papers import paper

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
NOW = START + 8 * HOUR


def lived(world: World) -> Ticket:
    """A P4 ticket opened at 09:00 in Paris, awaiting the client from 11:00 to 14:00, solved at 16:00."""
    agent = world.actor(world.agent_all)
    ticket = report(world)
    take_step(agent, ticket.pk, "start", Given(), now=START + HOUR)
    wait = Given(text="<p>Quel poste ?</p>", pending_reason="client_info")
    take_step(agent, ticket.pk, "wait", wait, now=START + 2 * HOUR)
    take_step(agent, ticket.pk, "resume", Given(), now=START + 5 * HOUR)
    done = Given(text="<p>Rétabli.</p>", resolution_code="solved_permanently")
    return take_step(agent, ticket.pk, "resolve", done, now=START + 7 * HOUR)


def second(world: World) -> Person:
    return make_agent(
        "Second", "second@nord.example", ["agent", "delivery_manager"], world.roles, clients=[world.a.organisation], team=None
    )  # fmt: skip


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as found:
        act()
    return found.value.code


def used(ticket: Ticket, kind: str = "resolution") -> int:
    return Clock.objects.get(ticket=ticket, kind=kind).used_seconds


def point(ticket: Ticket, role: str) -> int:
    return next(one.id for one in points(load_rows(ticket.pk)) if one.role == role)


@pytest.mark.django_db
def test_the_end_of_a_wait_is_moved_and_the_first_verdict_kept(world: World) -> None:
    ticket = lived(world)
    assert used(ticket) == 4 * 3600
    desk = world.actor(world.dispatcher)
    asked = Correction(MOVED, of=point(ticket, "resume"), at=START + 3 * HOUR)
    correct(desk, ticket.pk, asked, "Réponse reçue à 12 h, courriel joint", now=NOW)
    assert used(ticket) == 6 * 3600
    told = corrections_of(world.actor(world.a.user), ticket)[0]
    assert (told.who, told.why) == ("Dispatcher", "Réponse reçue à 12 h, courriel joint")
    resolution = next(one for one in told.clocks if one.used_after == 6 * 3600)
    assert resolution.used_before == 4 * 3600
    fact = Fact.objects.get(ticket=ticket, kind="corrected")
    assert fact.before["clocks"]["resolution"]["state"] == "met"
    assert fact.before["at"] == (START + 5 * HOUR).isoformat()
    assert fact.audience == "public"


@pytest.mark.django_db
def test_a_clock_of_a_team_that_moved_is_told_to_agents_alone(world: World) -> None:
    """The wait ended at 07:00 and not 08:00, outside the client's hours: its clocks stand still, the team's moves by an hour."""
    always = Calendar.objects.create(code="k4", name_fr="Toujours", name_en="Always")
    day = {d: [["00:00", "24:00"]] for d in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    CalendarVersion.objects.create(
        calendar=always, effective_on=dt.date(2025, 1, 1), definition={"timezone": "Europe/Paris", "hours": day}, created_at=START
    )  # fmt: skip
    promised = ola(world, world.team, "ola_work", 48)
    promised.calendar = always
    promised.save()
    agent = world.actor(world.agent_all)
    ticket = report(world)
    take_step(agent, ticket.pk, "start", Given(), now=START + HOUR)
    wait = Given(text="<p>Quel poste ?</p>", pending_reason="client_info")
    take_step(agent, ticket.pk, "wait", wait, now=START + 2 * HOUR)
    take_step(agent, ticket.pk, "resume", Given(), now=START + DAY - HOUR)  # 08:00 in Paris
    asked = Correction(MOVED, of=point(ticket, "resume"), at=START + DAY - 2 * HOUR)
    correct(world.actor(world.dispatcher), ticket.pk, asked, "Appel à 7 h", now=START + DAY)
    told = corrections_of(world.actor(world.manager), ticket, behind=True)[0]
    (turn,) = told.clocks
    assert turn.name.startswith(f"{world.team.name_fr} · ")
    assert (turn.used_before, turn.used_after) == (3 * 3600, 4 * 3600)
    assert (
        corrections_of(world.actor(world.manager), ticket)[0].clocks == ()
    )  # what a paper for the client says
    assert corrections_of(world.actor(world.a.user), ticket, behind=True)[0].clocks == ()
    assert Fact.objects.get(ticket=ticket, kind="behind_corrected").audience == "internal"


@pytest.mark.django_db
def test_every_turn_of_a_repeated_promise_that_moved_is_told(world: World) -> None:
    """News every hour: answered at 10:00 and not 11:00, so that the first turn ran two hours and not one."""
    promise(world.a.contract, {"kind": "update", "target_seconds": 3600, "calendar": world.calendar})
    agent = world.actor(world.agent_all)
    ticket = report(world)
    for hours in (2, 3, 3.5):
        reply(agent, ticket.pk, Said("<p>Nous y travaillons.</p>"), now=START + hours * HOUR)
    desk = world.actor(world.dispatcher)
    correct(desk, ticket.pk, Correction(ANSWERED, at=START + HOUR), "Appel de 10 h", now=START + 4 * HOUR)
    with translation.override("en"):
        told = corrections_of(world.actor(world.a.user), ticket)[0].clocks
    found = {turn.name: (turn.before, turn.after) for turn in told if turn.name.startswith("Update")}
    assert found == {
        "Update 2": ("Met (0:30:00)", "Met (1:00:00)"),
        "Update 3": ("Within its time (0:30:00)", "Met (0:30:00)"),
        "Update 4": ("—", "Within its time (0:30:00)"),
    }
    fact = Fact.objects.get(ticket=ticket, kind="corrected")
    rows = Clock.objects.filter(ticket=ticket, kind="update").order_by("cycle")
    assert [fact.after["clocks"][f"update:{row.cycle}"]["used"] for row in rows] == [
        row.used_seconds for row in rows
    ]


@pytest.mark.django_db
def test_a_late_correction_says_what_it_would_make_of_the_clocks(world: World, client: Client) -> None:
    ticket = lived(world)
    asked = Correction(MOVED, of=point(ticket, "resume"), at=START + 3 * HOUR)
    correct(world.actor(world.manager), ticket.pk, asked, "Vu au comité", now=START + 9 * DAY)
    world.manager.language = "en"
    world.manager.save()
    client.force_login(world.manager)
    place = f"/corrections/{AskedCorrection.objects.get().pk}/"
    page = client.get(place).content.decode()
    assert "What it would make of the clocks" in page
    assert "Met (4:00:00)</s> → <strong>Met (6:00:00)" in page
    decide(
        world.actor(second(world)),
        AskedCorrection.objects.get().pk,
        accepted=True,
        grounds="Vu",
        now=START + 9 * DAY + HOUR,
    )
    page = client.get(place).content.decode()
    assert "What it made of the clocks" in page
    assert "Met (4:00:00)</s> → <strong>Met (6:00:00)" in page
    assert "Until then nothing changes" not in page


@pytest.mark.django_db
def test_a_reason_is_corrected(world: World) -> None:
    ticket = lived(world)
    asked = Correction(REASON, of=point(ticket, "pause"), reason="supplier")
    correct(world.actor(world.dispatcher), ticket.pk, asked, "Nous attendions notre fournisseur", now=NOW)
    assert used(ticket) == 7 * 3600  # our supplier suspends nothing


@pytest.mark.django_db
def test_a_call_that_answered_is_added(world: World) -> None:
    ticket = report(world)
    asked = Correction(ANSWERED, at=START + HOUR / 2)
    correct(
        world.actor(world.dispatcher),
        ticket.pk,
        asked,
        "Appel de 9 h 30, relevé du standard",
        now=START + 5 * HOUR,
    )
    clock = Clock.objects.get(ticket=ticket, kind="response")
    assert (clock.state, clock.used_seconds) == ("met", 1800)
    ticket.refresh_from_db()
    assert ticket.first_response_at == START + HOUR / 2


@pytest.mark.django_db
def test_a_wait_is_added(world: World) -> None:
    ticket = lived(world)
    asked = Correction(PAUSED, at=START + 5.5 * HOUR, until=START + 6.5 * HOUR, reason="client_availability")
    correct(world.actor(world.dispatcher), ticket.pk, asked, "Poste inaccessible", now=NOW)
    assert used(ticket) == 3 * 3600


@pytest.mark.django_db
def test_the_resolution_is_moved_with_the_tickets_own_columns(world: World) -> None:
    ticket = lived(world)
    asked = Correction(MOVED, of=point(ticket, "solved"), at=START + 6 * HOUR)
    correct(world.actor(world.dispatcher), ticket.pk, asked, "Rétabli à 15 h", now=NOW)
    ticket.refresh_from_db()
    assert (ticket.resolved_at, used(ticket)) == (START + 6 * HOUR, 3 * 3600)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "asked", "code"),
    [
        ("resume", Correction(MOVED, at=NOW + HOUR), "tickets.correction_in_future"),
        ("resume", Correction(MOVED, at=START + HOUR), "tickets.correction_out_of_order"),
        ("resume", Correction(MOVED, at=START - HOUR), "tickets.correction_before_opening"),
        ("resume", Correction(MOVED, at=START + 5 * HOUR), "tickets.correction_changes_nothing"),
        ("resume", Correction(MOVED), "tickets.correction_needs_instant"),
        ("resume", Correction(REASON, reason="supplier"), "tickets.correction_unknown"),
        ("pause", Correction(REASON, reason="weather"), "tickets.correction_needs_cause"),
        ("", Correction(MOVED, of=1, at=START + HOUR), "tickets.correction_unknown"),
        ("", Correction(ANSWERED, at=START + 6 * HOUR), "tickets.correction_changes_nothing"),
        ("", Correction(PAUSED, at=START + 6 * HOUR, until=START + 5 * HOUR, reason="client_info"), "tickets.correction_ends_before_start"),
        ("", Correction(PAUSED, at=START + HOUR, until=START + 3 * HOUR, reason="client_info"), "tickets.correction_out_of_order"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(world: World, role: str, asked: Correction, code: str) -> None:
    ticket = lived(world)
    if role:
        asked = Correction(asked.what, point(ticket, role), asked.at, asked.until, asked.reason)
    with pytest.raises(Refusal) as refused:
        correct(world.actor(world.dispatcher), ticket.pk, asked, "Parce que", now=NOW)
    assert refused.value.code == code
    assert used(ticket) == 4 * 3600


@pytest.mark.django_db
def test_later_than_one_business_day_somebody_else_decides(world: World) -> None:
    ticket = lived(world)  # Monday: in time until Tuesday 18:00 in Paris
    asked = Correction(MOVED, of=point(ticket, "resume"), at=START + 3 * HOUR)
    late = START + DAY + 9 * HOUR + dt.timedelta(seconds=1)
    manager, desk = world.actor(world.manager), world.actor(world.dispatcher)
    correct(manager, ticket.pk, asked, "Tard, vu au comité", now=late)
    row = AskedCorrection.objects.get()
    assert (row.state, used(ticket)) == ("asked", 4 * 3600)
    assert [one["pk"] for one in waiting_corrections(manager)] == [row.pk]
    assert (
        refused(lambda: correct(desk, ticket.pk, asked, "Encore", now=late))
        == "tickets.correction_already_asked"
    )
    assert (
        refused(lambda: decide(manager, row.pk, accepted=True, grounds="Moi", now=late))
        == "tickets.correction_own"
    )
    with pytest.raises(NotAllowed):
        decide(desk, row.pk, accepted=True, grounds="Sans droit", now=late)
    other = world.actor(second(world))
    assert (
        refused(lambda: decide(other, row.pk, accepted=True, grounds=" ", now=late))
        == "tickets.correction_no_grounds"
    )
    decide(other, row.pk, accepted=True, grounds="Courriel du client relu", now=late)
    assert used(ticket) == 6 * 3600
    told = corrections_of(world.actor(world.a.user), ticket)[0]
    assert told.grounds == "Courriel du client relu"
    assert told.who.count(other.name) == told.who.count(manager.name) == 1
    assert (
        refused(lambda: decide(other, row.pk, accepted=False, grounds="Non", now=late))
        == "tickets.correction_decided"
    )
    with pytest.raises(NotAllowed):
        correct(world.actor(world.agent_all), ticket.pk, asked, "Sans droit", now=NOW)


@pytest.mark.django_db
def test_a_refused_late_correction_changes_nothing(world: World) -> None:
    ticket = lived(world)
    asked = Correction(MOVED, of=point(ticket, "resume"), at=START + 3 * HOUR)
    correct(world.actor(world.dispatcher), ticket.pk, asked, "Tard", now=START + 30 * DAY)
    row = AskedCorrection.objects.get()
    decide(world.actor(world.manager), row.pk, accepted=False, grounds="Aucune preuve", now=START + 30 * DAY)
    assert (used(ticket), Fact.objects.filter(kind="corrected").count()) == (4 * 3600, 0)
    correct(
        world.actor(world.dispatcher), ticket.pk, asked, "Avec le courriel", now=START + 31 * DAY
    )  # asked anew
    assert AskedCorrection.objects.count() == 2
    with pytest.raises(IntegrityError, match="is decided"), transaction.atomic():
        AskedCorrection.objects.filter(pk=row.pk).update(decision="autre chose")


@pytest.mark.django_db
def test_the_page_of_a_late_correction(world: World, client: Client) -> None:
    ticket = lived(world)
    asked = Correction(MOVED, of=point(ticket, "resume"), at=START + 3 * HOUR)
    correct(world.actor(world.dispatcher), ticket.pk, asked, "Tard", now=START + 30 * DAY)
    place = f"/corrections/{AskedCorrection.objects.get().pk}/"
    client.force_login(world.dispatcher)
    page = client.get(place).content.decode()
    assert world.manager.name in page
    assert 'name="verdict"' not in page
    assert client.post(place, {"decision": "x", "verdict": "accept"}).status_code == 403
    client.force_login(world.manager)
    assert place in client.get("/exclusions/").content.decode()
    assert client.post(place, {"decision": "", "verdict": "accept"}).status_code == 422
    assert client.post(place, {"decision": "Vu", "verdict": "accept"}).status_code == 302
    assert used(ticket) == 6 * 3600
    assert place in client.get(f"/tickets/{ticket.pk}/clocks/").content.decode()


@pytest.mark.django_db
def test_no_grounds_no_correction(world: World) -> None:
    ticket = lived(world)
    asked = Correction(MOVED, of=point(ticket, "resume"), at=START + 3 * HOUR)
    with pytest.raises(Refusal) as refused:
        correct(world.actor(world.dispatcher), ticket.pk, asked, "  ", now=NOW)
    assert refused.value.code == "tickets.correction_needs_why"


@pytest.mark.django_db
def test_the_page_corrects_and_every_reader_sees_it(world: World) -> None:
    ticket = lived(world)
    browser = Client()
    browser.force_login(world.manager)
    place = f"/tickets/{ticket.pk}/correct/"
    assert browser.get(place).status_code == 200
    sent = {
        "what": f"moved:{point(ticket, 'resume')}:0",
        "at": "2026-01-12T12:00:00",
        "why": "Courriel de midi",
    }
    assert browser.post(place, {**sent, "why": ""}).status_code == 422
    asked = browser.post(place, sent).headers["Location"]  # today is long after: somebody else decides
    browser.force_login(second(world))
    assert browser.post(asked, {"decision": "Relu", "verdict": "accept"}).status_code == 302
    assert used(ticket) == 6 * 3600
    asker = Client()
    asker.force_login(world.a.user)
    for page in (
        browser.get(f"/tickets/{ticket.pk}/clocks/"),
        browser.get(f"/tickets/{ticket.pk}/history/"),
        asker.get(f"/portal/tickets/{ticket.pk}/promise/"),
    ):
        assert "12:00:00" in page.content.decode()
    assert "Courriel de midi" in asker.get(f"/portal/tickets/{ticket.pk}/promise/").content.decode()


@pytest.mark.django_db
def test_the_paper_prints_the_first_verdict_beside_the_new_one(world: World) -> None:
    ticket = lived(world)
    asked = Correction(MOVED, of=point(ticket, "resume"), at=START + 3 * HOUR)
    correct(world.actor(world.dispatcher), ticket.pk, asked, "Mail at noon", now=NOW)
    with translation.override("en"):
        _name, values = ticket_paper(world.actor(world.a.manager), ticket.pk, now=NOW)
        told = text_of(paper(TEMPLATE, values, language="en", made_at=NOW))
    assert "Mail at noon" in told
    assert "(4:00:00)" in told
    assert "(6:00:00)" in told


@pytest.mark.django_db
def test_the_end_of_an_added_wait_has_its_own_place_in_the_form(world: World) -> None:
    """A wait of 14:30 to 15:30 is added, then ends at 15:00: half an hour is suspended, its start stays."""
    ticket = lived(world)
    browser = Client()
    browser.force_login(world.manager)
    place = f"/tickets/{ticket.pk}/correct/"
    wait = {"at": "2026-01-12T14:30:00", "until": "2026-01-12T15:30:00", "reason": "client_availability"}
    other = Client()
    other.force_login(second(world))

    def agreed(sent: dict[str, str]) -> None:
        asked = browser.post(place, sent)
        assert (
            other.post(asked.headers["Location"], {"decision": "Relu", "verdict": "accept"}).status_code
            == 302
        )

    agreed({"what": "paused", "why": "Absent", **wait})
    assert used(ticket) == 3 * 3600
    offered = re.findall(r'<option value="([^"]+)"[^>]*>([^<]*)', browser.get(place).content.decode())
    assert len({value for value, _words in offered}) == len(offered)
    end = [value for value, words in offered if "15:30:00" in words]
    sent = {"what": end[0], "at": "2026-01-12T15:00:00", "why": "Revenu à 15 h"}
    agreed(sent)
    assert used(ticket) == 3.5 * 3600
    told = corrections_of(world.actor(world.manager), ticket)[-1].text
    assert ("15:30:00" in told, "15:00:00" in told, "14:30:00" in told) == (True, True, False)


# -- pure ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=8))
def test_without_corrections_the_journal_is_itself(minutes: list[int]) -> None:
    rows = [Row(n, START + dt.timedelta(minutes=m), "state", {}, {}) for n, m in enumerate(minutes)]
    assert effective(rows) == rows


def test_the_last_of_two_corrections_stands() -> None:
    rows = [
        Row(1, START, "opened", {}, {}),
        Row(2, START + HOUR, "responded", {}, {}),
        Row(8, NOW, "corrected", {"what": MOVED, "of": 2, "at": (START + 2 * HOUR).isoformat()}, {}),
        Row(9, NOW, "corrected", {"what": MOVED, "of": 2, "at": (START + 3 * HOUR).isoformat()}, {}),
    ]
    assert [(row.id, row.at) for row in effective(rows)] == [(1, START), (2, START + 3 * HOUR)]


# -- sequences of corrections ----------------------------------------------------------------------------------------

LENGTH = 600
"""Minutes from the opening to the solution."""
WAITS = ((60, 120), (200, 260))
"""Recorded; the others are added."""
TERMS = replace(terms(K4, 20), pause_reasons=frozenset({"client_info"}))


def minute(n: int) -> dt.datetime:
    return START + dt.timedelta(minutes=n)


def recorded() -> list[Row]:
    at_work, waiting = {"phase": "active"}, {"phase": "waiting", "reason": "client_info", "agreed": True}
    rows = [Row(1, START, "opened", at_work, {})]
    for start, end in WAITS:
        rows.append(Row(len(rows) + 1, minute(start), "state", waiting, at_work))
        rows.append(Row(len(rows) + 1, minute(end), "state", at_work, waiting))
    return [*rows, Row(len(rows) + 1, minute(LENGTH), "state", {"phase": "done"}, at_work)]


def with_correction(rows: list[Row], asked: Correction) -> list[Row]:
    """The journal with the correction, as it is kept; the same journal where it is refused."""
    try:
        check(rows, asked, minute(LENGTH + 1))
    except Refusal:
        return rows
    return [*rows, Row(rows[-1].id + 1, minute(LENGTH + 1), "corrected", said_of(asked), {})]


def add_or_move(rows: list[Row], waits: list[list[int]], step: tuple[int, int, int]) -> list[Row]:
    """One step: add a wait of ``a`` to ``b``, or move an end of one to ``a``. ``waits`` become those intended."""
    which, a, b = step
    if which >= 2 * len(waits):
        asked = Correction(PAUSED, at=minute(a), until=minute(b), reason="client_info")
        free = a < b < LENGTH and all(b < start or end < a for start, end in waits)
        then = with_correction(rows, asked)
        assert len(then) > len(rows) or not free
        if len(then) > len(rows):
            waits[:] = sorted([*waits, [a, b]])
        return then
    place, end = divmod(which, 2)
    ends = [one for one in points(rows) if one.role == ("resume" if end else "pause")]
    assert len({(one.id, one.part) for one in points(rows)}) == len(points(rows))
    moved = ends[place]
    then = with_correction(rows, Correction(MOVED, of=moved.id, part=moved.part, at=minute(a)))
    others = [one for n, one in enumerate(waits) if n != place]
    intended = [a if n == end else old for n, old in enumerate(waits[place])]
    free = intended[0] < intended[1] < LENGTH and sorted([*others, intended])[place] == intended
    free = free and all(intended[1] < other[0] or other[1] < intended[0] for other in others)
    assert len(then) > len(rows) or not free or intended == waits[place]
    if len(then) > len(rows):
        waits[place] = intended
    return then


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, LENGTH), st.integers(0, LENGTH)), max_size=12))
@example([(9, 300, 400), (5, 350, 0)])  # the end of an added wait
@example([(9, 120, 200), (3, 130, 0)])  # between two waits, without a minute of work
@example([(9, 500, 600)])  # until it was solved
def test_a_corrected_end_moves_no_start_and_the_clock_is_that_of_the_intended_waits(
    steps: list[tuple[int, int, int]],
) -> None:
    rows, waits = recorded(), [[*one] for one in WAITS]
    for step in steps:
        rows = add_or_move(rows, waits, step)
    starts = [one.at for one in points(rows) if one.role == "pause"]
    ends = [one.at for one in points(rows) if one.role == "resume"]
    assert starts == [minute(start) for start, _end in waits]
    assert ends == [minute(end) for _start, end in waits]
    facts = clock_facts("resolution", 1, rows, lambda _id: TERMS)
    reading = read_clock(TERMS, facts, int(minute(LENGTH + 1).timestamp()))
    assert reading.used_seconds == 60 * (LENGTH - sum(end - start for start, end in waits))
    assert reading.stopped_at == int(minute(LENGTH).timestamp())

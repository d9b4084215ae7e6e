"""Who had a ticket in hand: it adds up, whatever the journal."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.contracts.rules.promise import Audience, ClockKind
from vigie.contracts.rules.sla_clock import read_clock
from vigie.contracts.tests.samples import K1, K4, K8, H, jan, terms
from vigie.tickets.rules.clock_facts import Row, clock_facts
from vigie.tickets.rules.holders import holds, proposed, shares, with_holders
from vigie.tickets.rules.support import Track, stages, support_facts, tracks

BEGIN = jan(12, "09:00")
REASONS = (
    "client_info",
    "client_third_party",
    "supplier",
    "other_team",
    "problem",
    "change_window",
    "internal_part",
)
ALWAYS = terms(K4, 8, kind=ClockKind.OLA_WORK, audience=Audience.OLA)


def no_terms(_pk: int) -> Any:
    raise AssertionError("nothing was promised anew")


def journal(steps: list[tuple[int, str, int]]) -> list[Row]:
    """A life from random steps: those that make no sense where they come are left out."""
    at = dt.datetime.fromtimestamp(BEGIN, dt.UTC)
    rows = [Row(1, at, "opened", {"phase": "active", "state": "new"}, {})]
    phase, referred = "active", 0

    def add(kind: str, after: dict[str, Any]) -> None:
        rows.append(Row(len(rows) + 1, at, kind, after, {"phase": phase}))

    for gap, what, n in steps:
        at += dt.timedelta(seconds=gap)
        if phase == "ended":
            break
        if what == "assign":
            add("assigned", {"team": n % 4, "assignee": n // 4 or None})
        elif what == "refer" and phase == "active" and not referred:
            referred = 1 + n % 2
            add("referred", {"contract": referred})
            add("state", {"phase": "waiting", "reason": "supplier"})
            phase = "waiting"
        elif what == "answer" and referred:
            add("supplier_answered", {"contract": referred})
            add("supplier_judged", {"contract": referred, "accepted": n > 2})
            referred = referred if n <= 2 else 0
        else:
            moves = {
                "wait": "waiting",
                "resume": "active",
                "resolve": "done",
                "reopen": "active",
                "cancel": "ended",
            }
            came_from = {"wait": "active", "resume": "waiting", "reopen": "done"}
            to = moves.get(what)
            if (
                to is None
                or came_from.get(what, phase) != phase
                or (what in ("resolve", "cancel") and phase == "done")
            ):
                continue
            add(
                "state",
                {"phase": to, "reason": REASONS[n % len(REASONS)] if what == "wait" else "", "agreed": n > 3},
            )
            phase, referred = to, 0 if to in ("done", "ended") else referred
    return rows


LIVES = st.lists(
    st.tuples(
        st.integers(0, 30 * H),
        st.sampled_from(["assign", "refer", "answer", "wait", "resume", "resolve", "reopen", "cancel"]),
        st.integers(0, 7),
    ),
    max_size=16,
).map(journal)
relaxed = settings(deadline=None, max_examples=120)


@relaxed
@given(LIVES, st.sampled_from((K1, K4, K8)), st.booleans(), st.integers(0, 60 * H))
def test_the_time_of_each_holder_adds_up_to_the_used_seconds(
    rows: list[Row], calendar: Any, supplier_pauses: bool, tail: int
) -> None:
    promise = terms(calendar, 8, pauses={"supplier": supplier_pauses})
    facts = clock_facts("resolution", None, rows, no_terms)
    now = int(rows[-1].at.timestamp()) + tail
    plain, told = (
        read_clock(promise, facts, now),
        read_clock(promise, with_holders(facts, rows, promise), now),
    )
    found = shares(told)
    assert told.used_seconds == plain.used_seconds == sum(found.values())
    assert proposed(found) == (max(found, key=lambda name: found[name]) if found else "") or len(
        set(found.values())
    ) < len(found)


@pytest.mark.parametrize(
    ("kind", "meanwhile"),
    [(ClockKind.RESPONSE, "team:1"), (ClockKind.REPLY, "team:1"), (ClockKind.RESOLUTION, "client")],
)
def test_a_message_that_is_owed_stays_with_the_team_while_the_client_is_waited_for(
    kind: ClockKind, meanwhile: str
) -> None:
    rows = journal([(0, "assign", 1), (H, "wait", 0), (2 * H, "resume", 0)])
    promise = terms(K4, 8, kind=kind)
    facts = with_holders(clock_facts(str(kind), None, rows, no_terms), rows, promise)
    told = read_clock(promise, facts, BEGIN + 4 * H).segments
    assert [(s.holder, s.cause, s.service_seconds) for s in told] == [
        ("team:1", "running", H),
        (meanwhile, "pending_client_info", 2 * H),
        ("team:1", "running", H),
    ]
    assert [s.counted for s in told] == [True, kind != ClockKind.RESOLUTION, True]


@relaxed
@given(LIVES, st.integers(0, 60 * H))
def test_the_life_of_a_ticket_is_shared_out_whole(rows: list[Row], tail: int) -> None:
    now = int(rows[-1].at.timestamp()) + tail
    found = holds(rows, now)
    edges = [BEGIN, *(hold.end for hold in found)]
    assert [hold.start for hold in found] == edges[:-1]
    assert not found or edges[-1] == now
    assert all(a.holder != b.holder for a, b in pairwise(found))


@relaxed
@given(LIVES, st.integers(0, 60 * H))
def test_what_teams_worked_suppliers_held_and_others_awaited_is_the_whole_life(
    rows: list[Row], tail: int
) -> None:
    """Measured day and night, and without the reasons that a team's clock counts: Σ teams + the others = the life."""
    now = int(rows[-1].at.timestamp()) + tail
    found = holds(rows, now)
    for track, at in tracks(stages(rows)).items():
        if track.kind != ClockKind.OLA_WORK:
            continue
        reading = read_clock(ALWAYS, support_facts(track, stages(rows), no_terms), now)
        held = sum(h.end - h.start for h in found if h.holder == f"team:{track.holder}")
        beside = sum(
            s.service_seconds
            for s in reading.segments
            if s.counted and s.cause in ("pending_problem", "pending_internal_part")
        )
        assert at >= BEGIN
        assert reading.used_seconds - beside == held


@relaxed
@given(LIVES)
def test_going_back_and_forth_never_takes_time_back(rows: list[Row]) -> None:
    for track in tracks(stages(rows)):
        promise = terms(K4, 8, kind=track.kind, audience=track.audience)
        used = [
            read_clock(promise, support_facts(track, stages(rows), no_terms), now).used_seconds
            for now in sorted({int(row.at.timestamp()) for row in rows})
            if now >= tracks(stages(rows))[track]
        ]
        assert used == sorted(used)
        assert isinstance(track, Track)

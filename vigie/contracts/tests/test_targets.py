"""Which commitment row applies, and how targets are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from vigie.contracts.rules.promise import Audience, ClockKind, Target, Terms, Unit, read_target
from vigie.contracts.rules.targets import CommitmentRow, TicketScope, choose, choose_all, refuse_ties
from vigie.contracts.tests.samples import K7, at, days, terms
from vigie.kernel.refusal import Refusal

TICKET = TicketScope(
    on=date(2026, 1, 12),
    contract="C1",
    client=("group", "branch"),
    offering="gold",
    service=("it", "mail", "mobile"),
    site="paris",
    vip=True,
    category=("hw", "hw.phone"),
    ticket_type="incident",
    priority=2,
)
RESOLUTION = ClockKind.RESOLUTION


def row(id: str, **scopes: object) -> CommitmentRow:
    return CommitmentRow(id, RESOLUTION, **scopes)  # type: ignore[arg-type]


SCOPES: list[tuple[str, object]] = [
    ("contract", "C1"),
    ("client", ("group",)),
    ("offering", "gold"),
    ("service", ("it",)),
    ("site", "paris"),
    ("vip", True),
    ("category", ("hw",)),
    ("ticket_type", "incident"),
    ("priority", 2),
]


@pytest.mark.parametrize("place", range(len(SCOPES) - 1))
def test_one_scope_beats_all_the_later_ones(place: int) -> None:
    first = row("first", **dict(SCOPES[place : place + 1]))
    rest = row("rest", **dict(SCOPES[place + 1 :]))
    for rows in ([first, rest], [rest, first]):
        assert choose(rows, TICKET, RESOLUTION) == first


def test_deeper_in_the_tree_wins_then_the_later_row() -> None:
    shallow, deep = row("shallow", service=("it",)), row("deep", service=("it", "mail"))
    assert choose([deep, shallow], TICKET, RESOLUTION) == deep
    old, new = row("old", valid_from=date(2025, 1, 1)), row("new", valid_from=date(2026, 1, 1))
    assert choose([new, old], TICKET, RESOLUTION) == new
    assert choose([old, deep], TICKET, RESOLUTION) == deep


def test_what_is_stated_comes_before_depth() -> None:
    deep, more = row("deep", client=("group", "branch")), row("more", client=("group",), priority=2)
    assert choose([deep, more], TICKET, RESOLUTION) == more


@pytest.mark.parametrize(
    "scopes",
    [
        {"contract": "C2"},
        {"client": ("group", "other")},
        {"service": ("it", "mail", "mobile", "below")},
        {"vip": False},
        {"category": ("sw",)},
        {"priority": 1},
        {"valid_from": date(2026, 1, 13)},
        {"valid_until": date(2026, 1, 12)},
    ],
)
def test_a_row_that_does_not_match_is_no_candidate(scopes: dict[str, object]) -> None:
    assert choose([row("other", **scopes)], TICKET, RESOLUTION) is None


def test_ties_are_refused() -> None:
    rows = [row("a", priority=2), row("b", priority=2)]
    with pytest.raises(Refusal, match="commitment_tie"):
        choose(rows, TICKET, RESOLUTION)
    with pytest.raises(Refusal, match="commitment_tie"):
        refuse_ties(rows)
    refuse_ties([rows[0], replace(rows[1], priority=3), replace(rows[1], kind=ClockKind.RESPONSE)])


def test_each_kind_has_its_own_row() -> None:
    general = CommitmentRow("general", ClockKind.RESPONSE)
    precise = row("precise", priority=2)
    team = CommitmentRow("team", RESOLUTION, Audience.OLA, priority=2)
    chosen = choose_all([general, precise, team, row("vague")], TICKET)
    assert {kind: found.id for kind, found in chosen.items()} == {
        ClockKind.RESPONSE: "general",
        RESOLUTION: "precise",
    }
    assert choose_all([team], TICKET, Audience.OLA) == {RESOLUTION: team}


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("8h", Target(28_800)),
        ("1 h 30", Target(5_400)),
        ("1h30min", Target(5_400)),
        ("30 min", Target(1_800)),
        ("J+2", Target(2, Unit.BUSINESS_DAYS_EOD)),
        ("D + 5", Target(5, Unit.BUSINESS_DAYS_EOD)),
        ("2026-01-12T09:00:00+01:00", Target(at("2026-01-12 09:00"), Unit.FIXED_DATE)),
    ],
)
def test_targets_are_read(text: str, target: Target) -> None:
    assert read_target(text) == target


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 day", "target_ambiguous"),
        ("2 j", "target_ambiguous"),
        ("1 jour", "target_ambiguous"),
        ("8", "target_ambiguous"),
        ("soon", "target_unreadable"),
        ("", "target_unreadable"),
        ("0h", "target_not_positive"),
        ("2026-01-12T09:00:00", "instant_without_zone"),
    ],
)
def test_r4_20_an_ambiguous_target_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_target(text)
    assert refused.value.code == f"contracts.{code}"


def test_terms_read_back_equal() -> None:
    for promise in (terms(), terms(K7, 4, ClockKind.RESPONSE), days(3)):
        assert Terms.from_json(promise.to_json()) == promise
    with pytest.raises(Refusal, match="terms_unreadable"):
        Terms.from_json({"kind": "resolution"})
    with pytest.raises(Refusal, match="target_not_a_clock"):
        Target(95, Unit.RATE).budget(K7, 0)

"""``on_call``: what other areas ask, from the rows."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from tests.world import START, World
from vigie.rota import labels
from vigie.rota.models import Absence, Override, Rotation, RotationMember, Swap
from vigie.rota.queries import on_call

PARIS = ZoneInfo("Europe/Paris")
pytestmark = pytest.mark.django_db


def rotation(world: World, *people: object, rank: int = 1) -> Rotation:
    row = Rotation.objects.create(
        team=world.team, rank=rank, starts_on=dt.date(2026, 1, 12), handover_at=dt.time(9), created_at=START
    )
    for n, person in enumerate(people):
        RotationMember.objects.create(rotation=row, person=person, position=n)  # type: ignore[misc]
    return row


def names(world: World, *when: int) -> list[str]:
    return [person.name for person in on_call(world.team.pk, dt.datetime(*when, tzinfo=PARIS))]


def test_nobody_is_on_call_without_a_rotation(world: World) -> None:
    assert names(world, 2026, 1, 13, 12) == []
    assert on_call(0, START) == ()


def test_the_rows_say_who_is_called_first(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    rotation(world, world.dispatcher, rank=2)
    assert names(world, 2026, 1, 12, 8, 59) == []
    assert names(world, 2026, 1, 12, 9) == ["Agent A", "Dispatcher"]
    assert names(world, 2026, 1, 19, 9) == ["Agent All", "Dispatcher"]


def test_swap_override_and_absence_in_their_order(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    day = {
        "starts_at": dt.datetime(2026, 1, 13, 9, tzinfo=PARIS),
        "ends_at": dt.datetime(2026, 1, 14, 9, tzinfo=PARIS),
    }
    swap = Swap.objects.create(
        team=world.team, asker=world.agent, other=world.agent_all, asked_at=START, **day
    )
    assert names(world, 2026, 1, 13, 12) == ["Agent A"]  # not accepted yet
    Swap.objects.filter(pk=swap.pk).update(state="accepted", decided_at=START)
    assert names(world, 2026, 1, 13, 12) == ["Agent All"]
    away = Absence.objects.create(person=world.agent_all, created_at=START, **day)
    assert names(world, 2026, 1, 13, 12) == []
    cover = Override.objects.create(team=world.team, person=world.dispatcher, created_at=START, **day)
    assert names(world, 2026, 1, 13, 12) == ["Dispatcher"]
    Override.objects.filter(pk=cover.pk).update(withdrawn_at=START)
    Absence.objects.filter(pk=away.pk).update(withdrawn_at=START)
    assert names(world, 2026, 1, 13, 12) == ["Agent All"]


def test_who_may_no_longer_sign_in_is_not_called(world: World) -> None:
    rotation(world, world.agent)
    type(world.agent).objects.filter(pk=world.agent.pk).update(is_active=False)
    assert names(world, 2026, 1, 13, 12) == []


@pytest.mark.parametrize(
    ("value", "mean", "deviation"),
    [
        (Fraction(1, 4), "0,3", "+0,3"),
        (Fraction(5, 4), "1,3", "+1,3"),
        (Fraction(-1, 4), "−0,3", "−0,3"),
        (Fraction(0), "0", "0"),
    ],
)
def test_figures_of_the_load_are_rounded_half_up(value: Fraction, mean: str, deviation: str) -> None:
    """As every figure of the product: 2 holidays among 8 people are 0.25 each, told as 0.3."""
    with translation.override("fr"):
        assert labels.signed(value) == deviation
        if value >= 0:
            assert labels.tenth(value) == mean

"""Where a ticket stands, and instants, as people say them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone, translation

from tests.world import START, World, report
from vigie.contracts.queries.hours_told import hours_told
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.portal.explained import pieces, target_words, told, totals
from vigie.tickets.portal.words import promise_sentence, spoken, standing
from vigie.tickets.queries.customer import promises

HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("row", "turn", "label"),
    [
        (("new", "active", "", None), "ours", "Received"),
        (("in_progress", "active", "", START), "ours", "We are working on it"),
        (("pending", "waiting", "client_info", START), "yours", "We wait for your answer"),
        (("pending", "waiting", "supplier", START), "ours", "We wait for our supplier"),
        (("resolved", "done", "", START), "confirm", "Solved, please confirm"),
        (("closed", "ended", "", START), "over", "Closed"),
        (("cancelled", "ended", "", None), "over", "Withdrawn"),
    ],
)
def test_whose_turn_it_is(row: tuple[str, str, str, dt.datetime | None], turn: str, label: str) -> None:
    with translation.override("en"):
        stands = standing(
            dict(zip(("state", "phase", "pending_reason", "first_response_at"), row, strict=True))
        )
        assert (stands.turn, str(stands.label)) == (turn, label)


def test_a_promise_is_told_in_the_readers_zone() -> None:
    with translation.override("en"), timezone.override("Europe/Paris"):
        assert (
            promise_sentence("response", "incident", START + HOUR, START)
            == "We will answer you today before 10:00."
        )
        assert (
            promise_sentence("response", "incident", START + 24 * HOUR, START)
            == "We will answer you by 09:00 tomorrow."
        )
        assert (
            promise_sentence("resolution", "incident", START + 48 * HOUR, START)
            == "It will be solved before Wednesday 14 January, 09:00."
        )
        assert (
            promise_sentence("resolution", "request", START + HOUR, START)
            == "It will be done today before 10:00."
        )
        assert spoken(START - 24 * HOUR, START) == "yesterday at 09:00"
    with translation.override("en"), timezone.override("Asia/Tokyo"):
        assert (
            promise_sentence("response", "incident", START + 8 * HOUR, START)
            == "We will answer you by 01:00 tomorrow."
        )


def test_french_hours_are_french() -> None:
    with translation.override("fr"), timezone.override("Europe/Paris"):
        assert "10:00" in promise_sentence("response", "incident", START + HOUR, START)


@pytest.mark.django_db
def test_a_promise_is_explained_piece_by_piece(world: World) -> None:
    ticket = report(world)
    agent, user = world.actor(world.agent), world.actor(world.a.user)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    take_step(
        agent,
        ticket.pk,
        "wait",
        Given(pending_reason="client_info", text="<p>Quel poste ?</p>"),
        now=START + HOUR,
    )
    reply(user, ticket.pk, Said("<p>12</p>"), now=START + 3 * HOUR)
    ticket.refresh_from_db()
    now = START + 4 * HOUR
    response, resolution = promises(user, ticket, now)
    with translation.override("en"), timezone.override("Europe/Paris"):
        assert (
            told(response, "incident", now).sentence == "We answered you today at 10:00, within the promise."
        )
        assert [(p.hands, p.counted, p.seconds, str(p.label)) for p in pieces(resolution.reading)] == [
            ("ours", True, 3600, "We work on your request"),
            ("yours", False, 7200, "We wait for your answer"),
            ("ours", True, 3600, "We work on your request"),
        ]
        assert target_words(resolution.reading) == "24 h"
        assert "Mon–Fri 08:00-18:00 (Europe/Paris time; closed on" in hours_told(resolution.reading.terms)


@pytest.mark.django_db
def test_time_beyond_the_promise_is_cut_at_the_promise(world: World) -> None:
    ticket = report(world)
    take_step(world.actor(world.agent), ticket.pk, "start", Given(), now=START)
    now = START + 5 * HOUR
    response = promises(world.actor(world.a.user), ticket, now)[0]
    assert [(p.kind, p.seconds) for p in pieces(response.reading)] == [("run", 7200), ("late", 3 * 3600)]
    with translation.override("en"), timezone.override("Europe/Paris"):
        assert (
            told(response, "incident", now).sentence
            == "We had promised you an answer for today at 11:00. We are late, and we are on it."
        )


@pytest.mark.django_db
def test_a_late_promise_that_waits_for_the_client_says_whose_turn_it_is(world: World) -> None:
    ticket = report(world)
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    now = START + dt.timedelta(days=9)
    take_step(
        agent, ticket.pk, "wait", Given(pending_reason="client_info", text="<p>Quel poste ?</p>"), now=now
    )
    resolution = next(
        one for one in promises(world.actor(world.a.user), ticket, now) if one.kind == "resolution"
    )
    with translation.override("en"), timezone.override("Europe/Paris"):
        sentence = told(resolution, "incident", now, turn="yours").sentence
    assert "did not keep it. We now wait for you" in sentence


@pytest.mark.django_db
def test_an_explained_promise_adds_up_and_names_the_zones(world: World) -> None:
    ticket = report(world)
    agent, user = world.actor(world.agent), world.actor(world.a.user)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    given = Given(pending_reason="client_info", text="<p>Quel poste ?</p>")
    take_step(agent, ticket.pk, "wait", given, now=START + 26 * HOUR)
    now = START + 28 * HOUR
    response, resolution = promises(user, ticket, now)
    with translation.override("en"), timezone.override("America/Toronto"):
        found = pieces(resolution.reading)
        assert totals(found) == {
            "elapsed": 28 * 3600,
            "closed": 14 * 3600,
            "held": 2 * 3600,
            "counted": 12 * 3600,
        }
        assert [p.hands for p in found] == ["ours", "yours"]
        assert "nights and breaks 14:00:00" in found[0].closed_why
        assert told(response, "incident", now).sentence.endswith("(05:00 EST is 11:00 CET.)")
    with translation.override("en"):
        take_step(agent, ticket.pk, "resume", Given(), now=now)
        take_step(agent, ticket.pk, "wait", Given(pending_reason="supplier", text="<p>!</p>"), now=now + HOUR)
        assert pieces(promises(user, ticket, now + 2 * HOUR)[1].reading)[-1].hands == "supplier"

"""The page of the hand-over, and its notes."""

from __future__ import annotations

import datetime as dt
from unittest.mock import patch

import pytest
from django.urls import reverse

from tests.world import START, World, make_agent, report
from vigie.kernel.actor import SYSTEM
from vigie.rota.actions import handover as actions
from vigie.rota.actions import shifts
from vigie.rota.models import Handover
from vigie.rota.queries import handover as queries
from vigie.rota.tests.test_pages import NOW, browser, day_shift, monday, text
from vigie.tickets.models import Ticket

__all__ = ["monday"]
pytestmark = pytest.mark.django_db


def test_the_hand_over_tells_gives_and_is_acknowledged(world: World) -> None:
    day_shift(world, world.agent_all)
    shifts.set_hub(SYSTEM, world.team.pk, ["FR"], world.team2.pk, now=START)
    ticket = report(world)
    ticket.refresh_from_db()
    visitor = browser(world.agent_all)
    address = reverse("rota_hand_over", args=[world.team.pk])
    page = visitor.get(address).content.decode()
    assert ticket.reference in page
    assert "à surveiller" in page
    assert "needs watching" in page
    typed = {
        "to_team": world.team2.pk, "body_fr": "À suivre ce soir.", "body_en": "To watch tonight.", "told": [ticket.pk],
        "moved": [ticket.pk], f"comment-{ticket.pk}": "rappeler à 19 h",
    }  # fmt: skip
    assert visitor.post(address, {**typed, "body_en": " "}).status_code == 422
    assert not Handover.objects.exists()
    assert visitor.post(address, {**typed, "sure": "1"}).status_code == 302
    note = Handover.objects.get()
    ticket.refresh_from_db()
    assert ticket.team_id == world.team2.pk
    line = note.lines.get()
    assert (line.moved, line.comment) == (True, "rappeler à 19 h")
    own = visitor.post(reverse("rota_note", args=[note.pk]))
    assert own.status_code == 422  # whoever wrote it does not acknowledge it
    taker = make_agent(
        "Autre équipe", "autre@nord.example", ["agent"], world.roles, clients=None, team=world.team2
    )
    other = browser(taker)
    shown = text(other.get(reverse("rota_note", args=[note.pk])))
    assert "À suivre ce soir." in shown
    assert "1 ticket confié" in shown
    assert other.post(reverse("rota_note", args=[note.pk])).status_code == 302
    assert other.post(reverse("rota_note", args=[note.pk])).status_code == 422
    note.refresh_from_db()
    assert note.acknowledged_by_id == taker.pk


def test_what_runs_out_before_the_end_is_no_matter_of_the_next_team(world: World) -> None:
    day_shift(world, world.agent_all)  # until 18:00, and it is 11:00
    soon, then = report(world), report(world)
    for ticket, hour in ((soon, 17), (then, 20)):
        Ticket.objects.filter(pk=ticket.pk).update(due_at=NOW.replace(hour=hour - 1, minute=0))
    actor = world.actor(world.agent_all)
    end = queries.ending(actor, world.team.pk, now=NOW)
    found = queries.concerns(actor, end, now=NOW)
    assert [(one.ticket.pk, one.reasons[0]) for one in found] == [(soon.pk, "before"), (then.pk, "due")]
    words = queries.draft(end, found)["fr"]
    assert "– 1 arrive à échéance avant la fin de notre journée" in words
    assert "– 1 arrive à échéance dans vos quatre premières heures" in words


def test_the_team_that_sent_a_note_does_not_acknowledge_it(world: World) -> None:
    day_shift(world, world.agent_all)
    note = actions.hand_over(
        world.actor(world.agent_all),
        world.team.pk,
        world.team2.pk,
        actions.Note("Bonsoir", "Good evening", {}),
        now=NOW,
    )
    address = reverse("rota_note", args=[note.pk])
    sender = make_agent(
        "Même équipe", "meme@nord.example", ["agent"], world.roles, clients=None, team=world.team
    )
    visitor = browser(sender)
    assert "Accuser réception" not in text(visitor.get(address))
    assert visitor.post(address).status_code == 403
    taker = make_agent(
        "Autre équipe", "autre@nord.example", ["agent"], world.roles, clients=None, team=world.team2
    )
    visitor = browser(taker)
    assert "Accuser réception" in text(visitor.get(address))
    assert visitor.post(address).status_code == 302


def test_hours_before_the_end_of_the_day_it_is_asked_twice(world: World) -> None:
    day_shift(world, world.agent_all)  # until 18:00, and it is 11:00
    ticket = report(world)
    visitor, address = browser(world.agent_all), reverse("rota_hand_over", args=[world.team.pk])
    typed = {
        "to_team": world.team2.pk, "body_fr": "À suivre.", "body_en": "To watch.", "told": [ticket.pk], "moved": [ticket.pk],
        f"comment-{ticket.pk}": "rappeler",
    }  # fmt: skip
    asked = visitor.post(address, typed)
    assert asked.status_code == 422
    assert not Handover.objects.exists()
    shown = text(asked)
    assert "Passer la main maintenant ?" in shown
    assert "18:00 (Europe/Paris), dans 7 h" in shown
    assert "1 ticket part aussitôt" in shown
    assert 'value="rappeler"' in asked.content.decode()
    with patch("django.utils.timezone.now", return_value=NOW + dt.timedelta(hours=6, minutes=30)):
        assert visitor.post(address, typed).status_code == 302  # half an hour before, it is not
    assert Handover.objects.count() == 1


def test_the_note_keeps_the_reasons_that_were_shown(world: World) -> None:
    day_shift(world, world.agent_all)
    late, soon = report(world), report(world)
    type(late).objects.filter(pk=late.pk).update(due_at=NOW - dt.timedelta(days=2), priority=1)
    type(soon).objects.filter(pk=soon.pk).update(due_at=NOW + dt.timedelta(hours=1), priority=3)
    visitor, address = browser(world.agent_all), reverse("rota_hand_over", args=[world.team.pk])
    page = text(visitor.get(address))
    assert "– 1 est déjà en retard" in page
    assert "En retard" in page
    typed = {
        "to_team": world.team2.pk, "body_fr": "Bonsoir", "body_en": "Good evening", "told": [late.pk, soon.pk], "sure": "1",
    }  # fmt: skip
    visitor.post(address, typed)
    note = Handover.objects.get()
    reasons = dict(note.lines.values_list("ticket_id", "reasons"))
    assert reasons == {late.pk: ["late", "urgent"], soon.pk: ["before"]}
    assert "En retard" in text(visitor.get(reverse("rota_note", args=[note.pk])))


def test_lines_of_other_clients_are_not_shown(world: World) -> None:
    day_shift(world, world.agent_all)
    hidden, seen = report(world, world.b), report(world)
    visitor = browser(world.agent_all)
    typed = {
        "to_team": world.team2.pk,
        "body_fr": "Bonsoir",
        "body_en": "Good evening",
        "told": [hidden.pk, seen.pk],
        "sure": "1",
    }
    visitor.post(reverse("rota_hand_over", args=[world.team.pk]), typed)
    note = Handover.objects.get()
    assert note.lines.count() == 2
    shown = browser(world.agent).get(reverse("rota_note", args=[note.pk])).content.decode()
    assert seen.reference in shown
    assert hidden.reference not in shown

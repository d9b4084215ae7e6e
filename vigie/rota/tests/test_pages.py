"""What the pages of rotas show, to whom, and what they refuse."""

from __future__ import annotations

import datetime as dt
import re
from unittest.mock import patch

import pytest
from django.test import Client as Browser
from django.urls import reverse

from tests.world import START, World, make_agent
from vigie.accounts.models import Person, TeamMember
from vigie.kernel.actor import SYSTEM
from vigie.rota.actions import absences, on_call, shifts
from vigie.rota.models import (
    Absence,
    CalendarAddress,
    Override,
    Rotation,
    ShiftPattern,
    ShiftPlace,
    Swap,
)

pytestmark = pytest.mark.django_db
NOW = START + dt.timedelta(hours=2)  # Monday 12 January 2026, 11:00 in Paris
MONDAY = dt.date(2026, 1, 12)
WEEK = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture(autouse=True)
def monday() -> object:
    with patch("django.utils.timezone.now", return_value=NOW):
        yield


def browser(person: Person) -> Browser:
    found = Browser()
    found.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return found


def day_shift(world: World, *people: Person, **more: object) -> ShiftPattern:
    values = {
        "name_fr": "Journée", "name_en": "Day shift", "hours": WEEK, "people_needed": 2, "works_on_holidays": False,
        "valid_from": dt.date(2026, 1, 1), **more,
    }  # fmt: skip
    row = shifts.add_pattern(SYSTEM, world.team.pk, values, now=START)
    for person in people:
        shifts.place(SYSTEM, row.pk, person.pk, range(5), dt.date(2026, 1, 1), now=START)
    return row


def rotation(world: World, *people: Person) -> Rotation:
    return on_call.start_rotation(
        SYSTEM, world.team.pk, [p.pk for p in people], starts_on=MONDAY, handover_at=dt.time(9), now=START
    )


def lead(world: World) -> Person:
    """Leads the team, without the grant to plan every team."""
    person = make_agent("Cheffe", "lead@nord.example", ["agent"], world.roles, clients=None, team=world.team)
    TeamMember.objects.filter(agent_id=person.pk).update(is_lead=True)
    return person


def text(page: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))  # type: ignore[attr-defined]


def test_each_on_call_stands_beside_its_own_icon(world: World) -> None:
    rotation(world, world.dispatcher)
    page = browser(world.agent).get(reverse("rota")).content.decode()
    assert re.search(r'#phone"/></svg>Dispatcher</span>', page)


def test_who_is_open_now_says_until_when_and_who(world: World) -> None:
    day_shift(world, world.agent, world.agent_all)
    rotation(world, world.dispatcher)
    shown = text(browser(world.agent).get(reverse("rota")))
    assert "Ouverte jusqu’à 18:00" in shown
    assert "Agent A, Agent All" in shown
    assert "Dispatcher" in shown
    assert "lun. 12 janv. 11:00" in shown
    with patch("django.utils.timezone.now", return_value=NOW + dt.timedelta(hours=9)):
        assert "Ouvre mar. 13 janv. 08:00" in text(browser(world.agent).get(reverse("rota")))


def test_an_open_team_with_nobody_says_so(world: World) -> None:
    day_shift(world, world.agent)
    absences.record_absence(SYSTEM, world.agent.pk, "sickness", NOW, NOW + dt.timedelta(days=1), now=NOW)
    shown = text(browser(world.agent_all).get(reverse("rota")))
    assert "Personne" in shown


def test_the_week_shows_shifts_people_holidays_and_who_is_away(world: World) -> None:
    day_shift(world, world.agent, world.agent_all)
    shifts.set_hub(SYSTEM, world.team.pk, ["FR"], None, now=START)
    off = dt.datetime(2026, 1, 14, tzinfo=dt.UTC)
    absences.record_absence(SYSTEM, world.agent.pk, "sickness", off, off + dt.timedelta(days=1), now=START)
    visitor = browser(world.agent_all)
    shown = text(visitor.get(reverse("rota_week", args=[world.team.pk])))
    assert "Lundi 12 janv." in shown
    assert "Journée" in shown
    assert "2 présents, 2 requis" in shown
    assert "1 présent, 2 requis" in shown
    assert "Agent A (absent)" in shown
    assert "Maladie" not in shown  # what kind of absence it is stays with the person and the lead
    may = text(visitor.get(reverse("rota_week", args=[world.team.pk]), {"week": "2026-04-27"}))
    assert "Fête du Travail" in may


@pytest.mark.parametrize("week", ["", "2026-13-45", "0001-01-01", "9999-12-31", "x"])
def test_a_week_that_cannot_be_shown_is_this_one(world: World, week: str) -> None:
    page = browser(world.agent).get(reverse("rota_week", args=[world.team.pk]), {"week": week})
    assert page.status_code == 200
    assert "12 janv." in text(page)


def test_a_lead_plans_its_team_and_nobody_elses(world: World) -> None:
    person = lead(world)
    visitor = browser(person)
    assert visitor.get(reverse("rota_pattern_new", args=[world.team.pk])).status_code == 200
    assert visitor.get(reverse("rota_pattern_new", args=[world.team2.pk])).status_code == 403
    assert browser(world.agent).get(reverse("rota_pattern_new", args=[world.team.pk])).status_code == 403
    assert (
        browser(world.dispatcher).get(reverse("rota_pattern_new", args=[world.team2.pk])).status_code == 200
    )


def test_a_shift_is_made_staffed_and_changed_from_the_pages(world: World) -> None:
    visitor = browser(world.dispatcher)
    typed = {
        "name_fr": "Nuit",
        "name_en": "Night",
        "people_needed": "1",
        "mon": "22h-6h",
        "valid_from": "2026-01-12",
    }
    assert visitor.post(reverse("rota_pattern_new", args=[world.team.pk]), typed).status_code == 302
    row = ShiftPattern.objects.get()
    assert row.hours == {"mon": [["22:00", "06:00"]]}
    place = {"person": world.agent.pk, "weekdays": ["0"], "valid_from": "2026-01-12"}
    assert visitor.post(reverse("rota_place_new", args=[row.pk]), place).status_code == 302
    later = {**typed, "mon": "21:00-05:00", "valid_from": "2026-02-02"}
    assert visitor.post(reverse("rota_pattern", args=[world.team.pk, row.pk]), later).status_code == 302
    old, new = ShiftPattern.objects.order_by("pk")
    assert (old.valid_until, new.valid_from) == (dt.date(2026, 2, 2), dt.date(2026, 2, 2))
    assert new.places.get().person_id == world.agent.pk
    assert "Agent A" in text(visitor.get(reverse("rota_shifts", args=[world.team.pk])))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mon": ""}, "Indiquez les heures d’au moins un jour."),
        ({"mon": "25:00-26:00"}, "25:00"),
        ({"mon": "8 heures"}, "8 heures"),
        ({"valid_until": "2026-01-01"}, "La fin vient après le début."),
    ],
)
def test_a_bad_shift_is_refused_and_what_was_typed_stays(
    world: World, typed: dict[str, str], said: str
) -> None:
    full = {
        "name_fr": "Nuit",
        "name_en": "Night",
        "people_needed": "1",
        "mon": "22:00-06:00",
        "valid_from": "2026-01-12",
        **typed,
    }
    page = browser(world.dispatcher).post(reverse("rota_pattern_new", args=[world.team.pk]), full)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert 'value="Nuit"' in page.content.decode()
    assert not ShiftPattern.objects.exists()


def test_overlapping_shifts_of_one_person_are_refused(world: World) -> None:
    day_shift(world, world.agent)
    late = day_shift(world, hours={"wed": [["17:00", "22:00"]]}, name_fr="Soirée")
    typed = {"person": world.agent.pk, "weekdays": ["2"], "valid_from": "2026-03-01"}
    page = browser(world.dispatcher).post(reverse("rota_place_new", args=[late.pk]), typed)
    assert page.status_code == 422
    assert "2026-03-04" in page.content.decode()
    assert ShiftPlace.objects.count() == 1


def test_the_on_call_calendar_shows_layers_and_holes(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    start = dt.datetime(2026, 1, 14, 8, tzinfo=dt.UTC)
    span = (start, start + dt.timedelta(days=1))
    absences.record_absence(SYSTEM, world.agent.pk, "training", *span, now=NOW)
    shown = text(browser(world.dispatcher).get(reverse("rota_on_call", args=[world.team.pk])))
    assert "Absence : personne n’est d’astreinte" in shown.replace("\xa0", " ")
    assert "Couvrir" in shown
    on_call.override(SYSTEM, world.team.pk, world.dispatcher.pk, span, now=NOW)
    shown = text(browser(world.dispatcher).get(reverse("rota_on_call", args=[world.team.pk])))
    assert "personne n’est d’astreinte" not in shown
    assert "Remplacement" in shown


def test_a_rotation_of_nobody_is_refused_and_one_of_strangers_too(world: World) -> None:
    visitor = browser(world.dispatcher)
    typed = {
        "rank": "1", "starts_on": "2026-01-19", "handover_at": "09:00", "handover_weekday": "0", "turn_days": "7", "people": "",
    }  # fmt: skip
    address = reverse("rota_rotation_new", args=[world.team.pk])
    page = visitor.post(address, typed)
    assert page.status_code == 422
    assert "une rotation sans personne" in page.content.decode()
    page = visitor.post(address, {**typed, "people": "Agent A\nNapoléon"})
    assert page.status_code == 422
    assert "Napoléon" in page.content.decode()
    assert visitor.post(address, {**typed, "people": "Agent A\nagent all"}).status_code == 302
    assert list(Rotation.objects.get().members.order_by("position").values_list("person__name", flat=True)) == [
        "Agent A", "Agent All",
    ]  # fmt: skip


def test_a_swap_is_asked_by_one_and_accepted_by_the_other(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    typed = {
        "rank": "1", "asker": world.agent.pk, "other": world.agent_all.pk, "starts_at": "2026-01-15T09:00",
        "ends_at": "2026-01-16T09:00", "back_starts_at": "2026-01-20T09:00", "back_ends_at": "2026-01-21T09:00",
    }  # fmt: skip
    address = reverse("rota_swap_new", args=[world.team.pk])
    assert browser(world.agent).post(address, typed).status_code == 302
    row = Swap.objects.get()
    assert row.starts_at == dt.datetime(2026, 1, 15, 8, tzinfo=dt.UTC)  # 09:00 of the team's zone
    answer = reverse("rota_swap_answer", args=[row.pk])
    assert browser(world.agent).post(answer, {"act": "accept"}).status_code == 403
    assert browser(world.agent_all).post(answer, {"act": "accept"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.decided_by_id) == ("accepted", world.agent_all.pk)


def test_a_swap_with_oneself_is_refused(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    typed = {
        "rank": "1", "asker": world.agent.pk, "other": world.agent.pk, "starts_at": "2026-01-15T09:00",
        "ends_at": "2026-01-16T09:00", "reason": "Mariage",
    }  # fmt: skip
    page = browser(world.agent).post(reverse("rota_swap_new", args=[world.team.pk]), typed)
    assert page.status_code == 422
    assert "Un échange se fait avec quelqu’un d’autre." in page.content.decode()
    assert "Mariage" in page.content.decode()


def test_an_absence_over_on_call_is_kept_and_said(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    typed = {
        "person": world.agent.pk,
        "kind": "leave",
        "starts_at": "2026-01-14T00:00",
        "ends_at": "2026-01-16T00:00",
    }
    page = browser(world.agent).post(reverse("rota_absence_new"), typed, follow=True)
    assert "Personne n’est d’astreinte" in page.content.decode()
    assert Absence.objects.get().recorded_by_id == world.agent.pk
    reverse_ends = {**typed, "ends_at": "2026-01-13T00:00", "note": "cure"}
    page = browser(world.agent).post(reverse("rota_absence_new"), reverse_ends)
    assert page.status_code == 422
    assert "cure" in page.content.decode()


def test_one_records_ones_own_absences_not_those_of_others(world: World) -> None:
    typed = {
        "person": world.agent_all.pk,
        "kind": "leave",
        "starts_at": "2026-01-14T00:00",
        "ends_at": "2026-01-16T00:00",
    }
    assert browser(world.agent).post(reverse("rota_absence_new"), typed).status_code == 422
    assert browser(lead(world)).post(reverse("rota_absence_new"), typed).status_code == 302
    own = Absence.objects.get()
    withdraw = reverse("rota_absence_withdraw", args=[own.pk])
    assert browser(world.agent).post(withdraw).status_code == 404
    assert browser(world.agent_all).post(withdraw).status_code == 302


def test_my_shifts_and_the_secret_address(world: World) -> None:
    day_shift(world, world.agent)
    rotation(world, world.agent)
    visitor = browser(world.agent)
    shown = text(visitor.get(reverse("rota_mine")))
    assert "Journée" in shown
    assert "D’astreinte" in shown
    page = visitor.post(reverse("rota_address"), {"act": "give"}).content.decode()
    address = re.search(r"http://testserver(/rota/feed/[^\"]+\.ics)", page)
    assert address
    assert address[1] not in visitor.get(reverse("rota_mine")).content.decode()  # shown once
    answer = Browser().get(address[1])
    assert answer["Content-Type"].startswith("text/calendar")
    feed = answer.content.decode()
    assert feed.count("BEGIN:VEVENT") > 20
    assert "DTSTART:20260112T070000Z" in feed
    assert "Journée" in feed
    visitor.post(reverse("rota_address"), {"act": "revoke"})
    assert Browser().get(address[1]).status_code == 404
    assert CalendarAddress.objects.get().revoked_at == NOW


def test_the_address_of_somebody_who_left_answers_no_more(world: World) -> None:
    page = browser(world.agent).post(reverse("rota_address"), {"act": "give"}).content.decode()
    address = re.search(r"/rota/feed/[^\"]+\.ics", page)
    assert address
    Person.objects.filter(pk=world.agent.pk).update(is_active=False)
    assert Browser().get(address[0]).status_code == 404
    assert Browser().get(reverse("rota_feed", args=["x" * 43])).status_code == 404


def test_gaps_name_the_cause_and_the_contracts(world: World) -> None:
    day_shift(world, world.agent)
    off = dt.datetime(2026, 1, 14, tzinfo=dt.UTC)
    absences.record_absence(SYSTEM, world.agent.pk, "leave", off, off + dt.timedelta(days=1), now=START)
    shown = text(browser(world.agent_all).get(reverse("rota_gaps")))
    assert "mer. 14 janv. 08:00" in shown
    assert "Tous ceux de la vacation sont absents" in shown
    assert "C-ALPHA" in shown
    assert "C-BETA" in shown
    assert "C-BETA" not in text(browser(world.agent).get(reverse("rota_gaps")))


def test_the_load_is_whole_for_the_lead_and_ones_own_for_others(world: World) -> None:
    rotation(world, world.agent, world.agent_all)
    end = NOW + dt.timedelta(days=28)
    on_call.record_call_out(
        SYSTEM, world.team.pk, world.agent.pk, (NOW, NOW + dt.timedelta(hours=1)), "Panne", now=end
    )
    with patch("django.utils.timezone.now", return_value=end):
        shown = text(
            browser(world.dispatcher).get(reverse("rota_load"), {"team": world.team.pk, "months": "3"})
        )
        assert "Agent A" in shown
        assert "Agent All" in shown
        assert "1:00" in shown
        own = text(browser(world.agent).get(reverse("rota_load"), {"team": world.team.pk, "months": "3"}))
        assert "Agent All" not in own
        assert "Votre part" in own


def test_customers_reach_none_of_it(world: World) -> None:
    visitor = browser(world.a.manager)
    for name in ("rota", "rota_mine", "rota_gaps", "rota_load", "rota_notes"):
        assert visitor.get(reverse(name)).status_code in (403, 404), name


def test_an_override_is_withdrawn_from_now_on(world: World) -> None:
    rotation(world, world.agent)
    span = (NOW - dt.timedelta(hours=1), NOW + dt.timedelta(hours=5))
    row = on_call.override(SYSTEM, world.team.pk, world.dispatcher.pk, span, now=START)
    browser(world.dispatcher).post(reverse("rota_override_withdraw", args=[row.pk]))
    row = Override.objects.get()
    assert (row.ends_at, row.withdrawn_at) == (NOW, None)

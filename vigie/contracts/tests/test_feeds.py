"""Feeds of closed days: what closes a day, what a failing feed leaves alone, and who takes days over."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import START, World
from vigie.accounts.models import Person
from vigie.contracts.actions import feeds
from vigie.contracts.actions.calendars import publish_hours
from vigie.contracts.models import CalendarVersion, ClosedDaysFeed
from vigie.contracts.rules.feed import closed_days
from vigie.kernel.refusal import NotAllowed, Refusal
from vigie.toolkit.outside import Fetched

EVENT = "BEGIN:VEVENT\r\nUID:{n}\r\nDTSTAMP:20260101T000000Z\r\n{lines}\r\nEND:VEVENT\r\n"


def ics(*events: str) -> bytes:
    inner = "".join(EVENT.format(n=n, lines=lines) for n, lines in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//essai//FR\r\n{inner}END:VCALENDAR\r\n".encode()


INVENTORY = "DTSTART;VALUE=DATE:20261226\r\nSUMMARY:Inventaire  annuel"
SUMMER = "DTSTART;VALUE=DATE:20260803\r\nDTEND;VALUE=DATE:20260815\r\nSUMMARY:Fermeture d’été"
EVE = "DTSTART;VALUE=DATE:20251224\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Veille de Noël"


def test_whole_days_close_and_nothing_else_does() -> None:
    found = closed_days(
        ics(
            INVENTORY, SUMMER, EVE, "DTSTART:20260105T090000Z\r\nSUMMARY:Réunion",
            "DTSTART;VALUE=DATE:20260301\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:Chaque semaine",
            "DTSTART;VALUE=DATE:20260401\r\nSTATUS:CANCELLED\r\nSUMMARY:Annulé",
        )
    )  # fmt: skip
    assert found == {
        "--12-24": "Veille de Noël",
        "2026-08-03/2026-08-14": "Fermeture d’été",
        "2026-12-26": "Inventaire annuel",
    }


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "contracts.feed_unreadable"),
        (b"<html>Page introuvable</html>", "contracts.feed_unreadable"),
        (b"\xff\xfe\x00\x00", "contracts.feed_unreadable"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:sans date\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "contracts.feed_unreadable"),
        (ics(), "contracts.feed_empty"),
        (ics(*(f"DTSTART;VALUE=DATE:{dt.date(2026, 1, 1) + dt.timedelta(days=n):%Y%m%d}" for n in range(401))), "contracts.feed_too_long"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_closed_days_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        closed_days(data)
    assert refused.value.code == code


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What the other machine answers: bytes, or a refusal."""
    answer: dict[str, object] = {"is": ics(INVENTORY)}

    def fetch(url: str, *, largest: int, accept: str) -> Fetched:
        if isinstance(answer["is"], Refusal):
            raise answer["is"]
        assert isinstance(answer["is"], bytes)
        return Fetched("text/calendar", answer["is"])

    monkeypatch.setattr("vigie.toolkit.outside.fetch", fetch)
    return answer


@pytest.mark.django_db
class TestFollowing:
    URL = "https://client.example/fermetures.ics"

    def follow(self, world: World) -> None:
        actor = world.actor(world.admin)
        feeds.follow(actor, world.calendar.pk, self.URL, now=START)
        feeds.read_now(actor, world.calendar.pk, now=START)

    def test_a_feed_that_fails_changes_nothing_and_says_why(
        self, world: World, told: dict[str, object]
    ) -> None:
        self.follow(world)
        known = ClosedDaysFeed.objects.get()
        assert known.days == {"2026-12-26": "Inventaire annuel"}
        told["is"] = Refusal("outside.refused", status=503)
        assert feeds.read_all(START + dt.timedelta(days=1)) == 1
        after = ClosedDaysFeed.objects.get()
        assert (after.days, after.succeeded_at) == (known.days, known.succeeded_at)
        assert CalendarVersion.objects.filter(calendar=world.calendar).count() == 1
        page = signed_in(world.admin).get(reverse("calendar", args=[world.calendar.pk])).content.decode()
        assert "503" in page
        assert "2026-12-26" in page
        told["is"] = ics(INVENTORY)
        assert feeds.read_all(START + dt.timedelta(days=2)) == 0
        assert ClosedDaysFeed.objects.get().failure is None

    def test_days_are_taken_over_and_given_back_beside_those_written_by_hand(
        self, world: World, told: dict[str, object]
    ) -> None:
        self.follow(world)
        actor, day = world.actor(world.admin), START.date() + dt.timedelta(days=1)
        first = feeds.take_over(actor, world.calendar.pk, day, now=START)
        assert first.definition["holidays"] == ["2026-12-26"]
        with pytest.raises(Refusal) as refused:
            feeds.take_over(actor, world.calendar.pk, day, now=START)
        assert refused.value.code == "contracts.feed_nothing_new"
        by_hand = {**first.definition, "holidays": ["2026-12-26", "--05-15"]}
        publish_hours(actor, world.calendar.pk, by_hand, day + dt.timedelta(days=1), now=START)
        told["is"] = ics(SUMMER)
        feeds.read(world.calendar.pk, now=START)
        then = feeds.take_over(actor, world.calendar.pk, day + dt.timedelta(days=2), now=START)
        assert then.definition["holidays"] == ["--05-15", "2026-08-03/2026-08-14"]

    def test_a_common_calendar_takes_the_sight_of_every_client(self, world: World) -> None:
        with pytest.raises(NotAllowed):
            feeds.follow(world.actor(world.manager), world.calendar.pk, self.URL, now=START)

    def test_why_a_look_failed_is_said_at_once_and_in_the_form(
        self, world: World, told: dict[str, object]
    ) -> None:
        client, address = signed_in(world.admin), reverse("calendar_feed", args=[world.calendar.pk])
        told["is"] = Refusal("outside.refused", status=503)
        page = client.post(address, {"url": self.URL}, follow=True).content.decode()
        assert "Le flux n’a pas pu être lu\u00a0: " in page
        assert "La dernière lecture a échoué\u00a0: " in client.get(address).content.decode()
        told["is"] = ics(INVENTORY)
        page = client.post(reverse("calendar_feed_read", args=[world.calendar.pk]), follow=True)
        assert "Le flux est lu." in page.content.decode()
        assert "La dernière lecture a échoué" not in client.get(address).content.decode()

    def test_from_the_page(self, world: World, told: dict[str, object]) -> None:
        client, address = signed_in(world.admin), reverse("calendar_feed", args=[world.calendar.pk])
        assert client.post(address, {"url": "pas une adresse"}).status_code == 422
        assert client.post(address, {"url": self.URL}).status_code == 302
        page = client.get(reverse("calendar", args=[world.calendar.pk])).content.decode()
        assert "Inventaire annuel" in page
        assert client.post(reverse("calendar_feed_read", args=[world.calendar.pk])).status_code == 302
        assert client.post(reverse("calendar_feed_take", args=[world.calendar.pk])).status_code == 302
        assert CalendarVersion.objects.latest("pk").definition["holidays"] == ["2026-12-26"]
        client.post(address, {"url": ""})
        assert ClosedDaysFeed.objects.get().url == ""
        assert feeds.read_all(START) == 0

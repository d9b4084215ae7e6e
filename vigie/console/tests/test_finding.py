"""Search, palette, home and notices: what is found, where one is led, and never anything out of sight."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.world import World, report
from vigie.accounts.models import Person
from vigie.accounts.queries import Filters, matching
from vigie.console.finding import find_people
from vigie.notifications.labels import KINDS, sentence
from vigie.notifications.models import Notice
from vigie.tickets.actions.classifying import change_type
from vigie.tickets.actions.handling import assign
from vigie.tickets.models import Ticket
from vigie.tickets.queries.search import hits, snippets
from vigie.tickets.rules.snippet import marked, snippet


def signed_in(person: Person) -> Client:
    person.language = "en"
    person.save()
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.django_db
class TestHome:
    def test_everybody_goes_where_the_day_begins(self, world: World) -> None:
        assert signed_in(world.agent).get("/")["Location"] == "/tickets/"
        assert signed_in(world.a.user).get("/")["Location"] == "/portal/"
        assert "login" in Client().get("/")["Location"]
        assert signed_in(world.admin).get("/")["Location"] == "/administration/"

    def test_a_person_left_without_access_is_told(self, world: World) -> None:
        answer = signed_in(world.former).get("/")
        assert answer.status_code == 403
        assert "no access" in answer.content.decode()


@pytest.mark.django_db
class TestSearch:
    def test_an_exact_reference_opens_the_ticket(self, world: World) -> None:
        ticket = report(world)
        client = signed_in(world.agent)
        assert client.get("/search/", {"q": ticket.reference.lower()})["Location"] == f"/tickets/{ticket.pk}/"
        number = ticket.reference.rpartition("-")[2]
        assert client.get("/search/", {"q": number})["Location"] == f"/tickets/{ticket.pk}/"

    def test_a_former_reference_opens_it_too(self, world: World) -> None:
        ticket = report(world)
        old = ticket.reference
        change_type(world.actor(world.dispatcher), ticket.pk, "request", now=timezone.now())
        assert signed_in(world.agent).get("/search/", {"q": old})["Location"] == f"/tickets/{ticket.pk}/"

    def test_a_bare_number_of_two_clients_lists_both(self, world: World) -> None:
        first, second = report(world, world.a), report(world, world.b)
        number = first.reference.rpartition("-")[2]
        assert second.reference.endswith(f"-{number}")
        body = signed_in(world.agent_all).get("/search/", {"q": number}).content.decode()
        assert first.reference in body
        assert second.reference in body

    @pytest.mark.parametrize(
        "words", ["imprimante", "IMPRIMANTES", "réseau", "reseau", "printers", '"imprimante du réseau"']
    )
    def test_words_are_found_in_both_languages_with_or_without_accents(
        self, world: World, words: str
    ) -> None:
        ticket = report(
            world,
            title="Panne d’imprimante",
            body="<p>L’imprimante du réseau, the printer, ne répond plus</p>",
        )
        report(world, title="Autre chose", body="<p>Rien à voir</p>")
        assert hits(world.actor(world.agent), words) == [ticket.pk]

    def test_nothing_out_of_sight_is_found(self, world: World) -> None:
        hidden = report(world, world.b, title="Canari bleu", body="<p>canari</p>")
        client = signed_in(world.agent)
        for address in (
            f"/search/?q={hidden.reference}",
            "/search/?q=canari",
            "/search/?q=Beta",
            "/palette/?q=canari",
        ):
            body = client.get(address).content.decode()
            assert "bleu" not in body
            assert "User Beta" not in body
        assert find_people(world.actor(world.agent), "beta", limit=50) == []
        shown = signed_in(world.agent_all).get("/search/?q=canari").content.decode()
        assert "<mark>Canari</mark> bleu" in shown

    def test_a_snippet_never_comes_from_a_note_for_a_customer(self, world: World) -> None:
        from vigie.tickets.models import Message

        ticket = report(world, body="<p>Bonjour</p>")
        Message.objects.create(
            organisation=world.a.organisation, ticket=ticket, author_name="x", side="provider", kind="note",
            audience="internal", body="mot secret", created_at=timezone.now(),
        )  # fmt: skip
        assert snippets(world.actor(world.agent), [ticket.pk], "secret") == {ticket.pk: "mot secret"}
        assert snippets(world.actor(world.a.user), [ticket.pk], "secret") == {}

    @pytest.mark.parametrize(
        "query",
        [
            "q=%00",
            "q=' | ! (",
            "q=" + "a" * 3000,
            "q=x&page=-1",
            "q=x&page=99999999999",
            "q=%F0%9F%92%A9&page=2",
            "q=123456789012345678",
        ],
    )
    def test_odd_words_never_break_it(self, world: World, query: str) -> None:
        client = signed_in(world.agent)
        assert client.get(f"/search/?{query}").status_code == 200
        assert (
            client.get(f"/palette/?{query}&ticket=99999999999999999999&from=/tickets/999/").status_code == 200
        )

    def test_people_are_found_without_their_accents(self, world: World) -> None:
        world.a.user.name = "Hélène Müller"
        world.a.user.save()
        actor = world.actor(world.agent)
        assert [p["id"] for p in find_people(actor, "helene muller", limit=5)] == [world.a.user.pk]
        assert find_people(actor, ".*", limit=5) == []

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Le Wi-Fi est lent", "wifi"),
            ("Le Wi\u2011Fi est lent", "wi-fi"),
            ("Le wifi est lent", "Wi-Fi"),
            ("Poste LT-RS-0558 en panne", "rs-0558"),
            ("Poste LT-RS-0558 en panne", "LT-RS-0558"),
            ("Mrs O\u2019Brien attend", "O'Brien"),
            ("Mrs O'Brien attend", "O\u2019Brien"),
        ],
    )
    def test_compounds_and_apostrophes_are_found_however_written(
        self, world: World, text: str, words: str
    ) -> None:
        ticket = report(world, title=text)
        report(world, title="Autre chose")
        assert hits(world.actor(world.agent), words) == [ticket.pk]
        assert "<mark>" in signed_in(world.agent).get("/search/", {"q": words}).content.decode()

    def test_texts_indexed_before_are_joined_in_batches(self, world: World) -> None:
        ticket = report(world, title="Autre chose")
        with connection.cursor() as cursor:
            cursor.execute(
                "update toolkit_searchdoc set tsv = to_tsvector('english', 'wi-fi') where object_id = %s",
                [ticket.pk],
            )
        agent = world.actor(world.agent)
        assert hits(agent, "wifi") == []
        import_module("vigie.toolkit.migrations.0006_compounds").join_compounds(None, None)
        assert hits(agent, "wifi") == [ticket.pk]

    @pytest.mark.parametrize(
        ("name", "words"), [("Orla O\u2019Brien", "o'brien"), ("Ann O'Neil", "O\u2019Neil")]
    )
    def test_people_are_found_with_any_apostrophe(self, world: World, name: str, words: str) -> None:
        world.a.user.name = name
        world.a.user.save()
        actor = world.actor(world.agent)
        assert [p["id"] for p in find_people(actor, words, limit=5)] == [world.a.user.pk]
        assert [p.pk for p in matching(actor, Filters(words))] == [world.a.user.pk]

    def test_open_tickets_come_first(self, world: World) -> None:
        over, live = report(world), report(world, title="Autre messagerie")
        Ticket.objects.filter(pk=over.pk).update(phase="ended")
        assert hits(world.actor(world.agent), "messagerie") == [live.pk, over.pk]


@pytest.mark.django_db
class TestPalette:
    @pytest.mark.parametrize("words", ["BETA", "beta"])
    def test_the_client_called_exactly_so_comes_first(self, world: World, words: str) -> None:
        report(world, world.b, title="Beta en panne")
        beta = world.b.organisation
        type(beta).objects.create(code="ABETA", name="A Beta", created_at=timezone.now())
        body = signed_in(world.agent_all).get("/palette/", {"q": words}).content.decode()
        first = body.index("data-href")
        assert body[first:].startswith(f'data-href="/clients/{beta.pk}/"')

    def test_it_offers_what_the_open_ticket_allows_and_does_it(self, world: World) -> None:
        ticket = report(world)
        client = signed_in(world.agent)
        body = client.get("/palette/", {"q": "", "from": f"/tickets/{ticket.pk}/"}).content.decode()
        assert "Assign to me" in body
        assert f"/palette/{ticket.pk}/start/" in body
        assert f"/tickets/{ticket.pk}/step/resolve/" in body
        assert client.post(f"/palette/{ticket.pk}/take/").status_code == 302
        ticket.refresh_from_db()
        assert ticket.assignee_id == world.agent.pk
        assert "Assign to me" not in client.get("/palette/", {"ticket": ticket.pk}).content.decode()
        client.post(f"/palette/{ticket.pk}/start/")
        ticket.refresh_from_db()
        assert ticket.state == "in_progress"

    def test_another_clients_ticket_offers_nothing(self, world: World) -> None:
        ticket = report(world, world.b)
        client = signed_in(world.agent)
        assert "Assign to me" not in client.get("/palette/", {"ticket": ticket.pk}).content.decode()
        assert client.post(f"/palette/{ticket.pk}/take/").status_code == 404

    def test_pages_follow_the_grants(self, world: World) -> None:
        assert "/administration/" not in signed_in(world.agent).get("/palette/").content.decode()
        admin = signed_in(world.admin).get("/palette/").content.decode()
        assert "/administration/" in admin
        assert "/tickets/" not in admin


@pytest.mark.django_db
class TestNotices:
    def test_they_are_counted_listed_and_marked_read(self, world: World) -> None:
        ticket = report(world)
        now = timezone.now()
        assign(
            world.actor(world.dispatcher),
            ticket.pk,
            team_id=world.team.pk,
            assignee_id=world.agent.pk,
            now=now,
        )
        client = signed_in(world.agent)
        assert "bell__count" in client.get("/notices/bell/").content.decode()
        body = client.get("/notices/").content.decode()
        assert f"Dispatcher assigned {ticket.reference} to you" in body
        client.post("/notices/", {"up_to": Notice.objects.latest("id").pk})
        assert "bell__count" not in client.get("/notices/bell/").content.decode()
        assert not Notice.objects.filter(recipient=world.agent, read_at=None).exists()

    def test_one_sees_ones_own_only(self, world: World) -> None:
        ticket = report(world)
        agent, now = world.actor(world.dispatcher), timezone.now()
        assign(agent, ticket.pk, team_id=world.team.pk, assignee_id=world.agent.pk, now=now)
        assert ticket.reference in signed_in(world.agent).get("/notices/").content.decode()
        assert ticket.reference not in signed_in(world.agent_all).get("/notices/").content.decode()
        assert ticket.reference not in signed_in(world.a.key_user).get("/notices/").content.decode()


def test_every_kind_of_notice_has_a_sentence_that_survives_missing_words() -> None:
    words = {"reference": "INC-A-1", "by": "Ana", "clock": "response", "percent": 75, "name": "Léo"}
    of_the_house = {
        "worker_silent", "queue_late", "disk_full", "backup_old", "mail_serverless", "swap_asked", "swap_accepted", "swap_refused", "handover_sent",
    }  # fmt: skip
    for kind in (*KINDS, "unheard_of"):
        assert ("INC-A-1" in sentence(kind, words)) != (kind in of_the_house)
        assert "%(" not in sentence(kind, {})


def test_the_passage_around_a_word() -> None:
    text = "Bonjour, " + "bla " * 60 + "l’imprimante réseau ne répond plus " + "bla " * 60
    found = snippet(text, "reseaux")
    assert "réseau" in found
    assert len(found) < 200
    assert snippet(text, "introuvable") == ""


def test_what_was_looked_for_is_marked_in_its_place() -> None:
    assert marked("Le réseau Wi-Fi", "wifi RESEAUX") == [
        ("Le ", False),
        ("réseau", True),
        (" ", False),
        ("Wi-Fi", True),
    ]
    assert marked("<b>rien</b>", "autre") == [("<b>rien</b>", False)]

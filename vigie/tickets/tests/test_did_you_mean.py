"""A search that found nothing proposes near words, and never one that only texts out of sight hold."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from tests.world import START, World, report
from vigie.tickets.actions.conversation import add_message
from vigie.tickets.models import Ticket
from vigie.tickets.queries.search import hits_while_typing
from vigie.tickets.tasks import learn_words
from vigie.tickets.tests.test_queue_page import signed_in
from vigie.toolkit.models import SearchWord

pytestmark = pytest.mark.django_db


def proposed(client: Client, words: str, path: str = "/search/") -> str:
    """What the page proposes instead of ``words``."""
    text = client.get(path, {"q": words}).content.decode()
    _, found, rest = text.partition("Did you mean “")
    return rest.partition("”")[0] if found else ""


def test_a_slip_is_put_right(world: World) -> None:
    report(world, title="Réinitialisation de l'imprimante du standard")
    learn_words(0)
    client = signed_in(world.agent)
    assert proposed(client, "imprimente") == "imprimante"
    assert proposed(client, "reinitalisation") == "reinitialisation"
    assert proposed(client, "imprimente messagrie") == "imprimante messagerie"
    assert proposed(client, "-imprimente xyzzy") == ""  # nothing near, or nothing found: nothing is said
    assert proposed(client, "zzzzzz") == ""
    assert proposed(client, "imprimante") == ""  # found
    assert proposed(client, "'); drop table x; -- imprimente") in ("", "'); drop table x; -- imprimante")


def test_no_stem_is_proposed_for_a_word(world: World) -> None:
    for number in range(3):
        report(world, title=f"Imprimantes du bureau {number}")
    report(world, title="Imprimante")
    learn_words(0)
    assert "imprim" in set(SearchWord.objects.values_list("word", flat=True))
    assert proposed(signed_in(world.agent), "imprimm") == "imprimantes"


def test_a_word_is_found_before_it_is_typed_to_its_end(world: World) -> None:
    printer = report(world, title="Ordinateur portable et imprimante")
    report(world, world.b, title="Projet Zanzibar")
    secret = report(world, title="Licenciement", is_confidential=True)
    Ticket.objects.filter(pk=secret.pk).update(team=None)
    learn_words(0)
    agent = world.actor(world.agent)
    for typed in ("impri", "IMPR", "ordinateur port", "imprimante ordi"):
        assert hits_while_typing(agent, typed, limit=40, enough=6) == [printer.pk], typed
        assert printer.reference in signed_in(world.agent).get("/search/", {"q": typed}).content.decode()
    for typed in ("im", "zanzib", "licenci", "réseau impri", '"impri', "impri "):
        assert hits_while_typing(agent, typed, limit=40, enough=6) == [], typed
    assert len(hits_while_typing(world.actor(world.agent_all), "zanzib", limit=40, enough=6)) == 1


def test_the_vocabulary_is_the_same_written_twice_and_leaves_the_confidential_out(world: World) -> None:
    report(world, title="Panne générale")
    report(world, title="Licenciement", is_confidential=True)
    for _ in range(2):
        learn_words(0)
    words = set(SearchWord.objects.values_list("word", flat=True))
    assert "generale" in words
    assert "licenciement" not in words
    learned = SearchWord.objects.get(word="generale")
    assert learned.organisations == [world.a.organisation.pk]


def test_a_word_of_one_client_is_proposed_to_nobody_who_does_not_see_that_client(world: World) -> None:
    report(world, world.a, title="Ecran noir")
    report(world, world.b, title="Projet Zanzibar")
    learn_words(0)
    assert proposed(signed_in(world.agent_all), "zanzibra") == "zanzibar"
    assert proposed(signed_in(world.agent), "zanzibra") == ""
    assert proposed(signed_in(world.b.user), "zanzibra", "/portal/tickets/") == "zanzibar"
    for person in (world.a.user, world.a.manager, world.a.key_user, world.both):
        assert proposed(signed_in(person), "zanzibra", "/portal/tickets/") == ""


def test_a_customer_is_proposed_words_of_tickets_in_its_own_sight(world: World) -> None:
    report(world, title="Dossier Quetzalcoatl", is_confidential=True)
    internal = report(world, requester_id=world.a.user.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into toolkit_searchdoc (kind, object_id, organisation_id, audience, tsv)"
            " values ('ticket', %s, %s, 'internal', vigie_doc('', 'souterrain'))",
            [internal.pk, world.a.organisation.pk],
        )
    learn_words(0)
    assert proposed(signed_in(world.a.user), "quetzalcoalt", "/portal/tickets/") == "quetzalcoatl"
    assert proposed(signed_in(world.a.colleague), "quetzalcoalt", "/portal/tickets/") == ""
    assert proposed(signed_in(world.a.user), "soutterain", "/portal/tickets/") == ""
    assert proposed(signed_in(world.agent), "soutterain") == "souterrain"


def test_a_word_learned_before_its_ticket_became_confidential_is_kept_back(world: World) -> None:
    secret = report(world, title="Restructuration")
    learn_words(0)
    Ticket.objects.filter(pk=secret.pk).update(is_confidential=True, team=None)
    assert proposed(signed_in(world.agent), "restructurasion") == ""


CANARIES = ("vcbtitrequartz", "vcbcorpsobsidien", "vcbnoteagathe")


def test_no_canary_of_another_client_is_proposed_in_any_persona_or_slip(world: World) -> None:
    title, body, note = CANARIES
    report(world, world.a, title="Imprimante en panne")
    theirs = report(world, world.b, title=title, body=f"<p>{body}</p>")
    add_message(
        world.actor(world.agent_all), theirs, note, kind="note", audience="internal", is_html=False, at=START
    )
    learn_words(0)
    places = [(world.agent, "/search/")]
    places += [
        (p, "/portal/tickets/") for p in (world.a.user, world.a.manager, world.a.key_user, world.c.user)
    ]
    for word in CANARIES:
        slips = (word[:-1], word + "e", word[:4] + word[5:], word[:3] + "zz" + word[5:])
        assert proposed(signed_in(world.agent_all), slips[3]) == word
        for person, path in places:
            client = signed_in(person)
            assert [proposed(client, slip, path) for slip in slips] == [""] * len(slips), (person.name, word)

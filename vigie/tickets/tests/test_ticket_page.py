"""The ticket's page over HTTP: what it shows, what it does, and what it costs."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.world import World, report
from vigie.accounts.models import Person
from vigie.tickets.actions import classifying, handling, presence
from vigie.tickets.actions.conversation import Said, add_note, reply
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.models import Draft, Fact, Message, Ticket, TicketLink, Watcher

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def desk(client: Client, world: World) -> Client:
    """A browser in which the agent of Alpha is signed in."""
    client.force_login(world.agent)
    return client


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(client: Client, ticket: Ticket) -> str:
    answer = client.get(reverse("ticket", args=[ticket.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def say(client: Client, ticket: Ticket, **fields: object):  # type: ignore[no-untyped-def]
    values = {"kind": "reply", "body": "<div>Bonjour</div>", **fields}
    return client.post(reverse("ticket_say", args=[ticket.pk]), values, **HX)


def test_the_page_shows_the_ticket_and_its_two_kinds_of_messages(
    desk: Client, world: World, now: dt.datetime
) -> None:
    ticket = report(world, now=now)
    agent = world.actor(world.agent)
    reply(agent, ticket.pk, Said("<p>Je regarde.</p>"), now=now)
    add_note(agent, ticket.pk, Said("<p>Encore ce switch</p>"), now=now)
    shown = page(desk, ticket)
    assert "INC-ALPHA-1" in shown
    assert "Messagerie en panne" in shown
    assert shown.count("msg--in") == 1
    assert shown.count("msg--out") == 1
    assert shown.count("msg--note") == 1
    assert 'value="Messagerie en panne"' in shown  # what the agent was looking at, for a conflict to tell


def test_out_of_sight_is_not_found(desk: Client, world: World, now: dt.datetime) -> None:
    hidden = report(world, world.b, now=now)
    for name in (
        "ticket",
        "ticket_news",
        "ticket_clocks",
        "ticket_history",
        "ticket_presence",
        "ticket_classify",
    ):
        assert desk.get(reverse(name, args=[hidden.pk])).status_code == 404, name
    for name in (
        "ticket_say",
        "ticket_draft",
        "ticket_presence",
        "ticket_title",
        "ticket_type",
        "ticket_orphan",
    ):
        fields = {"body": "x", "kind": "reply", "title": "x", "type": "request"}
        assert desk.post(reverse(name, args=[hidden.pk]), fields).status_code == 404, name
    assert Message.objects.filter(ticket=hidden).count() == 1
    assert Client().get(reverse("ticket", args=[hidden.pk])).status_code == 302


def test_a_customer_never_reaches_the_agents_page(world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    assert signed_in(world.a.user).get(reverse("ticket", args=[ticket.pk])).status_code == 404


def test_the_page_costs_the_same_at_ten_and_at_a_hundred_messages(
    desk: Client, world: World, now: dt.datetime
) -> None:
    ticket = report(world, now=now)
    other = report(world, now=now)
    handling.link_tickets(world.actor(world.agent), ticket.pk, other.reference, "related", now=now)
    handling.assign(
        world.actor(world.agent), ticket.pk, team_id=world.team.pk, assignee_id=world.agent.pk, now=now
    )

    def more(count: int) -> None:
        Message.objects.bulk_create(
            Message(
                organisation=world.a.organisation, ticket=ticket, author=world.agent, author_name="Agent A", side="provider",
                kind="reply", audience="public", body=f"<p>Message {n}</p>", is_html=True, created_at=now,
            )
            for n in range(count)
        )  # fmt: skip

    more(10)
    page(desk, ticket)
    with CaptureQueriesContext(
        connection,
    ) as ten:
        page(desk, ticket)
    more(90)
    with CaptureQueriesContext(connection) as hundred:
        shown = page(desk, ticket)
    assert "Message 89" in shown
    assert len(ten) == len(hundred)
    assert len(ten) <= 11, [q["sql"][:120] for q in ten]
    with CaptureQueriesContext(connection) as news:
        desk.get(reverse("ticket_news", args=[ticket.pk]), {"m": 1, "f": 1}, **HX)
    assert len(news) <= 9


def test_a_reply_is_sent_once_and_empties_its_draft(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    desk.post(reverse("ticket_draft", args=[ticket.pk]), {"kind": "reply", "body": "<div>Bon</div>"})
    assert "&lt;div&gt;Bon&lt;/div&gt;" in page(desk, ticket)
    for _ in range(2):
        assert say(desk, ticket, submission="abc").status_code == 200
    assert Message.objects.filter(ticket=ticket, kind="reply").count() == 1
    assert not Draft.objects.filter(place=f"reply:{ticket.pk}").exists()


def test_drafts_are_kept_for_each_tab(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    address = reverse("ticket_draft", args=[ticket.pk])
    desk.post(address, {"kind": "reply", "body": "<div>au client</div>"})
    desk.post(address, {"kind": "note", "body": "<div>entre nous\x00</div>"})
    bodies = dict(Draft.objects.values_list("place", "content"))
    assert bodies == {
        f"reply:{ticket.pk}": {"body": "<div>au client</div>"},
        f"note:{ticket.pk}": {"body": "<div>entre nous</div>"},
    }
    desk.post(address, {"kind": "note", "body": "<div><br></div>"})
    assert list(Draft.objects.values_list("place", flat=True)) == [f"reply:{ticket.pk}"]


def test_a_refused_message_leaves_the_editor_alone(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    answer = say(desk, ticket, body="<div> </div>")
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#composer-says"
    plain = desk.post(reverse("ticket_say", args=[ticket.pk]), {"kind": "reply", "body": "x" * 400_001})
    assert plain.status_code == 422
    assert "x" * 1000 in plain.content.decode()
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_a_reply_that_crosses_another_is_held_back_once(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    seen = Message.objects.get(ticket=ticket).pk
    theirs = reply(world.actor(world.agent_all), ticket.pk, Said("<p>C'est fait</p>"), now=now)
    held = say(desk, ticket, seen=seen, submission="s")
    assert held.status_code == 409
    assert f'name="seen" value="{theirs.pk}"' in held.content.decode()
    assert Message.objects.filter(ticket=ticket).count() == 2
    assert say(desk, ticket, seen=[seen, theirs.pk], despite="1", submission="s").status_code == 200
    assert Message.objects.filter(ticket=ticket).count() == 3


def test_a_reply_while_somebody_types_is_held_back_but_a_note_is_not(
    desk: Client, world: World, now: dt.datetime
) -> None:
    ticket = report(world, now=now)
    presence.present(world.actor(world.agent_all), ticket.pk, is_typing=True, now=timezone.now())
    held = say(desk, ticket)
    assert held.status_code == 409
    assert "Agent All" in held.content.decode()
    assert say(desk, ticket, kind="note").status_code == 200
    assert say(desk, ticket, despite="1").status_code == 200


def test_two_agents_see_each_other(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    address = reverse("ticket_presence", args=[ticket.pk])
    other = signed_in(world.agent_all)
    other.post(address, {"kind": ""})
    assert "Agent All" in desk.post(address, {"kind": ""}).content.decode()
    other.post(address, {"kind": "reply"})
    other.post(address, {"kind": ""})  # reading does not hide that one types
    assert "typing" in desk.get(address).content.decode() or "écrit" in desk.get(address).content.decode()
    later = timezone.now() + presence.FRESH + dt.timedelta(seconds=1)
    assert presence.others(world.actor(world.agent), ticket.pk, now=later) == []


def test_reply_and_resolve_in_one_go(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    assert say(desk, ticket, then="resolve:solved_permanently").status_code == 200
    ticket.refresh_from_db()
    assert (ticket.state, ticket.resolution_code) == ("resolved", "solved_permanently")
    assert Message.objects.filter(ticket=ticket, kind="reply").count() == 1


def test_reply_and_take_in_one_go(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    assert 'value="start"' in desk.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert say(desk, ticket, then="start").status_code == 200
    ticket.refresh_from_db()
    assert (ticket.state, ticket.assignee_id) == ("in_progress", world.agent.pk)
    assert Message.objects.filter(ticket=ticket, kind="reply").count() == 1
    assert 'value="start"' not in desk.get(reverse("ticket", args=[ticket.pk])).content.decode()


def test_reply_and_wait_in_one_go(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    take_step(world.actor(world.agent), ticket.pk, "start", Given(), now=now)
    assert say(desk, ticket, then="wait:client_info").status_code == 200
    ticket.refresh_from_db()
    assert (ticket.state, ticket.pending_reason) == ("pending", "client_info")
    assert say(desk, ticket, then="wait:nonsense").status_code == 422


def test_a_step_asks_exactly_what_it_needs(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    take_step(world.actor(world.agent), ticket.pk, "start", Given(), now=now)
    address = reverse("ticket_step", args=[ticket.pk, "wait"])
    asked = desk.get(address, **HX).content.decode()
    assert 'name="pending_reason"' in asked
    assert 'name="resolution_code"' not in asked
    typed = {"pending_reason": "client_info", "text": "", "window_agreed": "on"}
    refused = desk.post(address, typed, **HX)
    assert refused.status_code == 422
    assert 'value="client_info" selected' in refused.content.decode()
    done = desk.post(address, {**typed, "text": "<div>Quel poste ?</div>"}, **HX)
    assert done.status_code == 200
    assert 'data-done="thread-end"' in done.content.decode()
    ticket.refresh_from_db()
    assert ticket.pending_reason == "client_info"


def test_a_step_that_crosses_another_gives_the_text_back(world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    take_step(world.actor(world.agent), ticket.pk, "start", Given(), now=now)
    address = reverse("ticket_step", args=[ticket.pk, "wait"])
    typed = {"pending_reason": "client_info", "text": "<div>Quel poste ?</div>", "window_agreed": "on"}
    first, second = signed_in(world.agent), signed_in(world.agent_all)
    assert first.post(address, typed).status_code == 302
    crossed = second.post(address, {**typed, "text": "<div>Depuis quand ?</div>"})
    shown = crossed.content.decode()
    assert crossed.status_code == 409
    assert "Depuis quand ?" in shown
    assert world.agent.name in shown  # who changed it
    assert reverse("ticket_step", args=[ticket.pk, "resolve"]) in shown  # what can be done now
    assert 'class="rail' in shown or "<nav" in shown  # with the navigation
    # the message follows into the form of the step chosen instead, and is forgotten once that is taken
    resolve = reverse("ticket_step", args=[ticket.pk, "resolve"])
    assert "Depuis quand ?" in second.get(resolve).content.decode()
    solved = {"resolution_code": "solved_permanently", "text": "<div>Réparé</div>"}
    assert second.post(resolve, solved).status_code == 302
    assert not Draft.objects.filter(person=world.agent_all).exists()


def test_what_is_typed_in_a_step_survives_a_reload(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    address = reverse("ticket_step", args=[ticket.pk, "wait"])
    draft = reverse("ticket_step_draft", args=[ticket.pk, "wait"])
    assert f'data-draft-url="{draft}"' in desk.get(address).content.decode()
    typed = {"text": "<div>Quel poste ?</div>", "pending_reason": "client_info", "window_agreed": "on"}
    assert desk.post(draft, typed).status_code == 200
    shown = desk.get(address, **HX).content.decode()
    assert "Quel poste ?" in shown
    assert 'value="client_info" selected' in shown


def test_a_duplicate_ends_under_its_master(desk: Client, world: World, now: dt.datetime) -> None:
    master, ticket = report(world, now=now), report(world, now=now)
    address = reverse("ticket_step", args=[ticket.pk, "cancel"])
    missing = desk.post(address, {"reason": "duplicate", "master": "INC-ALPHA-999"}, **HX)
    assert missing.status_code == 422
    assert "INC-ALPHA-999" in missing.content.decode()
    assert desk.post(address, {"reason": "duplicate", "master": master.reference}, **HX).status_code == 200
    ticket.refresh_from_db()
    assert ticket.duplicate_of_id == master.pk


def test_take_it_in_one_click(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    assert desk.post(reverse("ticket_assign", args=[ticket.pk]), {"take": "1"}, **HX).status_code == 200
    ticket.refresh_from_db()
    assert ticket.assignee == world.agent


def test_only_agents_of_the_client_are_offered(world: World, now: dt.datetime) -> None:
    ticket = report(world, world.b, now=now)
    shown = signed_in(world.agent_all).get(reverse("ticket_assign", args=[ticket.pk]), **HX).content.decode()
    assert "Agent All" in shown
    assert "Agent A<" not in shown


def test_a_conflict_on_the_subject_shows_both_and_loses_neither(
    desk: Client, world: World, now: dt.datetime
) -> None:
    ticket = report(world, now=now)
    address = reverse("ticket_title", args=[ticket.pk])
    seen = {"was": "Messagerie en panne"}
    assert (
        signed_in(world.agent_all).post(address, {"title": "Panne Exchange", **seen}, **HX).status_code == 200
    )
    clash = desk.post(address, {"title": "Panne Outlook", **seen}, **HX)
    assert clash.status_code == 409
    shown = clash.content.decode()
    assert "Panne Outlook" in shown
    assert "Panne Exchange" in shown
    assert "Agent All" in shown
    assert desk.post(address, {"title": "Panne Outlook", "was": "Panne Exchange"}, **HX).status_code == 200
    ticket.refresh_from_db()
    assert ticket.title == "Panne Outlook"


def test_an_empty_subject_is_refused_in_words(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    answer = desk.post(
        reverse("ticket_title", args=[ticket.pk]), {"title": " \x00 ", "was": ticket.title}, **HX
    )
    assert answer.status_code == 422
    ticket.refresh_from_db()
    assert ticket.title == "Messagerie en panne"


def test_a_conflict_on_the_service_shows_both(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    classifying.edit_ticket(
        world.actor(world.agent_all), ticket.pk, {"category_id": world.category.pk}, {}, now=now
    )
    sent = {
        "service": "", "category": "", "site": world.a.site.pk, "tags": "vpn", "seen_service": world.service.pk,
        "seen_category": "", "seen_site": world.a.site.pk, "seen_tags": "", "seen_is_confidential": "False",
    }  # fmt: skip
    address = reverse("ticket_classify", args=[ticket.pk])
    assert (
        desk.post(address, sent, **HX).status_code == 200
    )  # the category was not touched here: theirs stays
    ticket.refresh_from_db()
    assert (ticket.service_id, ticket.category_id, ticket.tags) == (None, world.category.pk, ["vpn"])
    clash = desk.post(address, {**sent, "tags": "reseau"}, **HX)
    assert clash.status_code == 409
    shown = clash.content.decode()
    assert "reseau" in shown
    assert "vpn" in shown


def test_an_override_needs_a_grant_and_a_reason(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    address = reverse("ticket_priority", args=[ticket.pk])
    sent = {"impact": 3, "urgency": 2, "priority": 1, "reason": ""}
    assert "Fixer une priorité à la main" in desk.post(address, sent, **HX).content.decode()
    assert 'name="priority"' not in desk.get(address, **HX).content.decode()  # nor is it offered
    dispatcher = signed_in(world.dispatcher)
    assert 'name="priority"' in dispatcher.get(address, **HX).content.decode()
    assert dispatcher.post(address, sent, **HX).status_code == 422
    assert dispatcher.post(address, {**sent, "reason": "Paie"}, **HX).status_code == 200
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.computed_priority) == (1, 4)


def test_links_and_followers(desk: Client, world: World, now: dt.datetime) -> None:
    ticket, other = report(world, now=now), report(world, now=now)
    foreign = report(world, world.b, now=now)
    address = reverse("ticket_link", args=[ticket.pk])
    assert desk.post(address, {"kind": "related", "reference": other.reference}, **HX).status_code == 200
    assert TicketLink.objects.filter(source=ticket, target=other).exists()
    assert desk.post(address, {"kind": "related", "reference": foreign.reference}, **HX).status_code == 422
    assert desk.post(address, {"kind": "parent", "reference": other.reference}, **HX).status_code == 200
    assert desk.post(reverse("ticket_orphan", args=[ticket.pk]), **HX).status_code == 200
    watch = reverse("ticket_watch", args=[ticket.pk])
    assert desk.post(watch, {"person": world.a.colleague.pk}, **HX).status_code == 200
    assert desk.post(watch, {"person": world.b.colleague.pk}, **HX).status_code == 422
    assert Watcher.objects.filter(ticket=ticket).count() == 1
    assert desk.post(watch, {"person": world.a.colleague.pk, "remove": "1"}, **HX).status_code == 200
    found = desk.get(reverse("ticket_people", args=[ticket.pk]), {"q": "coll"}, **HX).content.decode()
    assert "Colleague Alpha" in found
    assert "Colleague Beta" not in found


def test_news_holds_only_what_the_page_does_not_show(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    first = Message.objects.get(ticket=ticket).pk
    last_fact = Fact.objects.filter(ticket=ticket).latest("id").pk
    reply(world.actor(world.agent_all), ticket.pk, Said("<p>Nouveau</p>"), now=now)
    shown = desk.get(
        reverse("ticket_news", args=[ticket.pk]), {"m": first, "f": last_fact}, **HX
    ).content.decode()
    assert "Nouveau" in shown
    assert "Plus de messagerie depuis ce matin" not in shown
    assert 'id="thread-news"' in shown


def test_thin_lines_are_hidden_for_one_person(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    assert "hide-facts" not in page(desk, ticket)
    assert desk.post(reverse("ticket_facts"), {"shown": "0"}).status_code == 204
    assert "hide-facts" in page(desk, ticket)
    assert "hide-facts" not in page(signed_in(world.agent_all), ticket)


def test_quoted_text_is_folded(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    body = "<p>Merci</p><p>Le 3 mai, Paul a écrit :</p><blockquote><p>Ancien texte</p></blockquote>"
    reply(world.actor(world.agent), ticket.pk, Said(body), now=now)
    shown = page(desk, ticket)
    start = shown.index("quote")
    assert shown.index("Merci") < start < shown.index("Ancien texte")


def test_ten_thousand_lines_are_kept(desk: Client, world: World, now: dt.datetime) -> None:
    ticket = report(world, now=now)
    lines = "<div>" + "<br>".join(f"ligne {n}" for n in range(10_000)) + "</div>"
    assert say(desk, ticket, body=lines).status_code == 200
    assert "ligne 9999" in page(desk, ticket)

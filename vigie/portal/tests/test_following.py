"""Following from the portal: who sees what, answering, confirming, opening again."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.world import World, report
from vigie.accounts.models import Affiliation, Person
from vigie.portal.tests.conftest import As
from vigie.tickets.actions.conversation import Said, add_note, reply
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.opening import NewTicket, open_ticket
from vigie.tickets.actions.sweep import announce_due_clocks
from vigie.tickets.models import Draft, Message, Ticket

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def text(response: Any) -> str:
    return str(response.content.decode())


def shape(response: Any, ticket_id: int) -> str:
    """The whole answer, without what differs by nature: the number asked for and the form's token."""
    bare = re.sub(r'content="\w{64}"|value="\w{64}"|name="written_by" value="[^"]*"', "", text(response))
    return bare.replace(f"tickets/{ticket_id}/", "tickets/N/")


def solved(world: World, **more: object) -> Ticket:
    now = timezone.now()
    ticket = report(world, now=now - 3 * HOUR, **more)
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=now - 2 * HOUR)
    take_step(
        agent,
        ticket.pk,
        "resolve",
        Given(resolution_code="solved_permanently", text="<p>Réparé.</p>"),
        now=now - HOUR,
    )
    return ticket


def state(ticket: Ticket) -> str:
    ticket.refresh_from_db()
    return ticket.state


def test_each_person_sees_its_own_and_no_more(world: World, as_person: As) -> None:
    ticket = report(world)
    other_site = report(world, world.b)
    address = f"/portal/tickets/{ticket.pk}/"
    seen = {
        name: as_person(getattr(world.a, name)).get(address).status_code
        for name in ("user", "colleague", "manager", "key_user")
    }
    assert seen == {"user": 200, "colleague": 404, "manager": 200, "key_user": 200}
    assert as_person(world.b.manager).get(address).status_code == 404
    assert as_person(world.a.manager).get(f"/portal/tickets/{other_site.pk}/").status_code == 404


def test_another_client_s_ticket_answers_like_none(world: World, as_person: As) -> None:
    foreign = report(world, world.b)
    person = as_person(world.a.manager)
    for path in ("", "promise/"):
        one, none = (
            person.get(f"/portal/tickets/{foreign.pk}/{path}"),
            person.get(f"/portal/tickets/99999999/{path}"),
        )
        assert (one.status_code, none.status_code) == (404, 404)
        assert shape(one, foreign.pk) == shape(none, 99999999)
    for path in ("reply/", "draft/", "steps/close/"):
        one, none = (
            person.post(f"/portal/tickets/{pk}/{path}", {"body": "x"}) for pk in (foreign.pk, 99999999)
        )
        assert (one.status_code, none.status_code) == (404, 404)
        assert shape(one, foreign.pk) == shape(none, 99999999)
    assert not Message.objects.filter(body="x").exists()


def test_the_list_switches_between_mine_and_the_company(world: World, as_person: As) -> None:
    report(world, title="De Utilisateur")
    report(world, title="Secret", is_confidential=True)
    report(world, world.b, title="De Beta")
    manager, user = as_person(world.a.manager), as_person(world.a.user)
    assert "De Utilisateur" not in text(manager.get("/portal/tickets/"))
    company = text(manager.get("/portal/tickets/?of=company"))
    assert "De Utilisateur" in company
    assert "Secret" not in company
    assert "De Beta" not in company
    own = text(user.get("/portal/tickets/?of=company"))
    assert "Secret" in own
    assert "My company’s" not in own
    assert "Mine" not in own
    assert "De Utilisateur" in text(as_person(world.a.key_user).get("/portal/tickets/?of=company"))
    assert "De Utilisateur" not in text(as_person(world.a.colleague).get("/portal/tickets/?of=company"))


def test_open_closed_words_and_pages(world: World, as_person: As) -> None:
    person = as_person(world.a.user)
    for number in range(25):
        report(
            world,
            title=f"Panne numéro {number:02d}",
            now=timezone.now() - HOUR + dt.timedelta(seconds=number),
        )
    closed = solved(world, title="Imprimante")
    take_step(world.actor(world.a.user), closed.pk, "close", Given(), now=timezone.now())
    first = text(person.get("/portal/tickets/"))
    assert first.count("follow__link") == 20
    assert "Panne numéro 24" in first
    assert "Imprimante" not in first
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = text(person.get(following))
    assert second.count("follow__link") == 5
    assert "Panne numéro 00" in second
    assert "Imprimante" in text(person.get("/portal/tickets/?show=closed"))
    found = text(person.get("/portal/tickets/", {"q": "numero 07"}))
    assert found.count("follow__link") == 1
    assert "Panne <mark>numéro</mark> <mark>07</mark>" in found
    assert "Nothing found" in text(person.get("/portal/tickets/", {"q": "introuvable\x00%_'"}))
    assert person.get("/portal/tickets/?after=nonsense").status_code == 422


def test_internal_facts_and_notes_stay_inside(world: World, as_person: As) -> None:
    ticket = report(world)
    agent = world.actor(world.agent)
    add_note(agent, ticket.pk, Said("<p>client pénible</p>"), now=timezone.now())
    take_step(agent, ticket.pk, "start", Given(), now=timezone.now())
    reply(agent, ticket.pk, Said("<p>Je regarde.</p>"), now=timezone.now())
    person = as_person(world.a.user)
    page = text(person.get(f"/portal/tickets/{ticket.pk}/"))
    assert "Je regarde." in page
    assert "Agent A" in page
    assert "Taken in hand" in page
    assert "client pénible" not in page
    assert world.team.name_en not in page
    assert world.team.name_fr not in text(person.get(f"/portal/tickets/{ticket.pk}/promise/"))


def test_an_answer_without_script_resumes_what_waited(world: World, as_person: As) -> None:
    ticket = report(world, now=timezone.now() - HOUR)
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=timezone.now())
    take_step(
        agent,
        ticket.pk,
        "wait",
        Given(pending_reason="client_info", text="<p>Quel poste ?</p>"),
        now=timezone.now(),
    )
    person = as_person(world.a.user)
    assert "We wait for your answer" in text(person.get(f"/portal/tickets/{ticket.pk}/"))
    answer = person.post(f"/portal/tickets/{ticket.pk}/reply/", {"body": "Le 12 & le 13", "submission": "r1"})
    assert answer.status_code == 302
    person.post(f"/portal/tickets/{ticket.pk}/reply/", {"body": "Le 12 & le 13", "submission": "r1"})
    assert Message.objects.filter(body="Le 12 & le 13", is_html=False).count() == 1
    assert state(ticket) == "in_progress"
    assert "Le 12 &amp; le 13" in text(person.get(f"/portal/tickets/{ticket.pk}/"))


def test_files_and_the_choice_of_an_answer_are_there_again_after_a_reload(
    world: World, as_person: As
) -> None:
    ticket, person = solved(world), as_person(world.a.user)
    token = person.post("/portal/files/", {"file": SimpleUploadedFile("journal.txt", b"x")}).json()["id"]
    typed = {"body": "<div>Le voici\x00</div>", "uploads": [token], "then": "reopen"}
    assert person.post(f"/portal/tickets/{ticket.pk}/draft/", typed).status_code == 204
    page = text(person.get(f"/portal/tickets/{ticket.pk}/"))
    assert "journal.txt" in page
    assert f'name="uploads" value="{token}" checked' in page
    assert 'name="then" value="reopen" checked' in page
    assert token not in text(as_person(world.a.manager).get(f"/portal/tickets/{ticket.pk}/"))
    person.post(f"/portal/tickets/{ticket.pk}/reply/", typed)
    assert Message.objects.get(body__contains="Le voici").attachments.get().token == token
    assert token not in text(person.get(f"/portal/tickets/{ticket.pk}/")).partition('id="reply"')[2]
    alone = {
        "body": "",
        "uploads": [person.post("/portal/files/", {"file": SimpleUploadedFile("b.txt", b"y")}).json()["id"]],
    }
    person.post(f"/portal/tickets/{ticket.pk}/draft/", alone)
    assert "What you prepared was kept" in text(person.get(f"/portal/tickets/{ticket.pk}/"))


def test_words_noted_by_an_agent_are_not_shown_as_the_caller_s(world: World, as_person: As) -> None:
    new = NewTicket(
        world.a.organisation.pk, "incident", "Écran noir", "<p>Il dit que l’écran est noir.</p>", world.a.user.pk,
        channel="phone",
    )  # fmt: skip
    ticket, own = open_ticket(world.actor(world.agent), new, now=timezone.now()), report(world)
    person = as_person(world.a.user)
    noted = f"Noted by {world.agent.name} for {world.a.user.name}"
    assert noted in text(person.get(f"/portal/tickets/{ticket.pk}/"))
    assert "Noted by" not in text(person.get(f"/portal/tickets/{own.pk}/"))
    for address in (f"/tickets/{ticket.pk}/", f"/tickets/{ticket.pk}/preview/"):
        desk = as_person(world.agent)
        assert noted in text(desk.get(address))
        assert "Noted by" not in text(desk.get(address.replace(str(ticket.pk), str(own.pk))))


def test_opening_again_leads_to_the_answer_with_that_choice_made(world: World, as_person: As) -> None:
    ticket = solved(world)
    person = as_person(world.a.user)
    link = re.search(r'href="([^"]*#reply)"', text(person.get(f"/portal/tickets/{ticket.pk}/")))
    assert link
    chosen = text(person.get(link[1].partition("#")[0]))
    assert 'name="then" value="reopen" checked' in chosen
    kept = person.post(f"/portal/tickets/{ticket.pk}/reply/", {"body": "", "then": "reopen"})
    assert 'name="then" value="reopen" checked' in text(kept)


def test_an_answer_to_a_solved_request_asks_before_reopening(world: World, as_person: As) -> None:
    ticket = solved(world)
    person = as_person(world.a.user)
    asked = person.post(
        f"/portal/tickets/{ticket.pk}/reply/", {"body": "Encore en panne", "submission": "q1"}
    )
    assert asked.status_code == 422
    assert "Encore en panne" in text(asked)
    assert 'name="then" value="reopen"' in text(asked)
    assert state(ticket) == "resolved"
    assert not Message.objects.filter(body="Encore en panne").exists()
    assert (
        person.post(f"/portal/tickets/{ticket.pk}/reply/", {"body": "Merci", "then": "reply"}).status_code
        == 302
    )
    assert state(ticket) == "resolved"
    again = person.post(
        f"/portal/tickets/{ticket.pk}/reply/",
        {"body": "Encore en panne", "then": "reopen", "submission": "q1"},
    )
    assert again.status_code == 302
    assert state(ticket) == "in_progress"
    assert ticket.reopen_count == 1
    empty = solved(world)
    refused = person.post(f"/portal/tickets/{empty.pk}/reply/", {"body": "", "then": "reopen"})
    assert refused.status_code == 422
    assert state(empty) == "resolved"


def test_confirming_closes_once(world: World, as_person: As) -> None:
    ticket = solved(world)
    person = as_person(world.a.user)
    page = text(person.get(f"/portal/tickets/{ticket.pk}/"))
    assert f"/portal/tickets/{ticket.pk}/steps/close/" in page
    assert person.post(f"/portal/tickets/{ticket.pk}/steps/close/").status_code == 302
    assert state(ticket) == "closed"
    assert person.post(f"/portal/tickets/{ticket.pk}/steps/close/").status_code == 422
    late = person.post(f"/portal/tickets/{ticket.pk}/reply/", {"body": "Trop tard ?"})
    assert late.status_code == 422
    assert "This ticket is closed for good." in text(late)
    assert 'id="reply-form"' not in text(person.get(f"/portal/tickets/{ticket.pk}/"))


def test_after_the_window_nobody_may_reopen(world: World, as_person: As) -> None:
    long_ago = timezone.now() - dt.timedelta(days=30)
    ticket = report(world, now=long_ago)
    agent = world.actor(world.agent)
    take_step(agent, ticket.pk, "start", Given(), now=long_ago)
    take_step(
        agent,
        ticket.pk,
        "resolve",
        Given(resolution_code="solved_permanently", text="<p>Fait</p>"),
        now=long_ago,
    )
    person = as_person(world.a.user)
    assert 'value="reopen"' not in text(person.get(f"/portal/tickets/{ticket.pk}/"))
    assert (
        person.post(f"/portal/tickets/{ticket.pk}/reply/", {"body": "Encore", "then": "reopen"}).status_code
        == 422
    )
    assert state(ticket) == "resolved"


def test_solving_oneself_and_withdrawing(world: World, as_person: As) -> None:
    person = as_person(world.a.user)
    incident, request = report(world), report(world, ticket_type="request")
    assert person.post(f"/portal/tickets/{incident.pk}/steps/resolve/").status_code == 302
    assert (state(incident), incident.resolution_code) == ("resolved", "solved_by_user")
    assert "I solved it myself." in text(person.get(f"/portal/tickets/{incident.pk}/"))
    assert (
        person.post(f"/portal/tickets/{request.pk}/steps/cancel/", {"body": "Plus besoin"}).status_code == 302
    )
    assert (state(request), request.cancel_reason) == ("cancelled", "withdrawn")
    other = report(world)
    for verb in ("start", "cancel", "nonsense"):
        assert person.post(f"/portal/tickets/{other.pk}/steps/{verb}/").status_code == 422
    assert state(other) == "new"


def test_a_reply_draft_is_kept_and_sent_away(world: World, as_person: As) -> None:
    ticket = report(world)
    person = as_person(world.a.user)
    person.post(f"/portal/tickets/{ticket.pk}/draft/", {"body": "<div>En cours d’écriture</div>"})
    page = text(person.get(f"/portal/tickets/{ticket.pk}/"))
    assert "En cours d’écriture" in page
    assert "What you prepared was kept" in page
    person.post(f"/portal/tickets/{ticket.pk}/reply/", {"body": "Fini"})
    assert not Draft.objects.exists()


def test_a_live_page_fetches_only_what_moved(world: World, as_person: As) -> None:
    ticket = report(world)
    part = text(as_person(world.a.user).get(f"/portal/tickets/{ticket.pk}/", headers={"hx-request": "true"}))
    assert "<html" not in part
    assert "Plus de messagerie" in part


def test_a_requester_who_left_does_not_hide_the_ticket(world: World, as_person: As) -> None:
    ticket = report(world, title="Demande orpheline")
    Affiliation.objects.filter(person=world.a.user).delete()
    manager = as_person(world.a.manager)
    assert "Demande orpheline" in text(manager.get("/portal/tickets/?of=company"))
    assert manager.get(f"/portal/tickets/{ticket.pk}/").status_code == 200


def test_a_list_tells_when_something_was_last_told(world: World, as_person: As) -> None:
    """What moves a ticket inside the provider (a note, the alarm of its clock) is no news for its client."""
    now = timezone.now()
    quiet = report(world, title="Sans nouvelles", now=now - 9 * HOUR)
    told = report(world, title="Avec réponse", now=now - 8 * HOUR)
    reply(world.actor(world.agent), told.pk, Said("<p>Bonjour</p>"), now=now - 2 * HOUR)
    add_note(world.actor(world.agent), quiet.pk, Said("<p>À suivre</p>"), now=now - HOUR / 2)
    announce_due_clocks(now)
    quiet.refresh_from_db()
    assert quiet.updated_at > now - HOUR
    for address in ("/portal/", "/portal/tickets/", "/portal/tickets/?q=avec"):
        rows = re.findall(
            r'<span class="strong">(.*?)</span>.*?datetime="(.*?)"',
            mine(as_person(world.a.user).get(address)),
        )
        assert [re.sub("</?mark>", "", title) for title, _ in rows] == ["Avec réponse", "Sans nouvelles"][
            : len(rows)
        ]
        for (_, at), told_at in zip(rows, (2 * HOUR, 9 * HOUR), strict=False):
            assert abs(dt.datetime.fromisoformat(at) - (now - told_at)) < dt.timedelta(seconds=1)


def mine(response: Any) -> str:
    return text(response).split('<ul class="follow"')[1].split("</ul>")[0]


def test_words_are_looked_for_in_all_that_is_in_sight(world: World, as_person: As) -> None:
    """Open or closed, one's own and those one may see; the address may narrow it."""
    over = solved(world, title="Imprimante bloquée")
    take_step(world.actor(world.a.user), over.pk, "close", Given(), now=timezone.now())
    report(world, title="Imprimante muette")
    report(world, world.b, title="Imprimante de Beta")

    def found(person: Person, **asked: str) -> set[str]:
        page = text(as_person(person).get("/portal/tickets/", {"q": "imprimante", **asked}))
        return set(re.findall(r"<mark>Imprimante</mark> (\w+)", page))

    assert found(world.a.user) == {"bloquée", "muette"}
    assert found(world.a.user, show="open") == {"muette"}
    assert found(world.a.user, show="closed") == {"bloquée"}
    assert found(world.a.manager) == {"bloquée", "muette"}
    assert found(world.a.manager, of="mine") == set()
    assert found(world.a.colleague) == found(world.a.colleague, of="company") == set()
    nothing = text(as_person(world.a.manager).get("/portal/tickets/", {"q": "imprimante", "of": "mine"}))
    assert "Search the whole company" in nothing
    assert "Search the company" not in text(
        as_person(world.a.user).get("/portal/tickets/", {"q": "introuvable"})
    )

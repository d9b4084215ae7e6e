"""Mails that leave, talked to a real SMTP server: what they say, to whom, and what becomes of them."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from tests.world import START, ClientWorld, World
from tests.world import report as reported
from vigie.accounts.models import Agent, Person, Team
from vigie.channels.mail.keys import mail_key, own_domain
from vigie.channels.mail.models import AutomaticAnswer, DeadAddress, InboundMail, Mailbox
from vigie.channels.mail.outgoing import dispatch as dispatching
from vigie.channels.mail.outgoing.dispatch import dispatch, write_answer
from vigie.channels.mail.outgoing.senders import mailbox_for
from vigie.channels.mail.outgoing.transport import Patience
from vigie.channels.mail.rules.delivery import Answer
from vigie.channels.mail.rules.tokens import read_message_id, read_reply_address
from vigie.channels.mail.tests.sink import Sink, open_sink
from vigie.notifications.actions import Message as Told
from vigie.notifications.actions import notify
from vigie.notifications.models import Delivery
from vigie.tickets.actions import handling
from vigie.tickets.actions.conversation import Said, add_note, reply
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.opening import NewTicket, open_ticket
from vigie.tickets.models import Ticket, Watcher
from vigie.toolkit import jobs, vault

pytestmark = pytest.mark.django_db
HASTE = Patience(connect=5, answer=0.5, content=0.5, whole=5)
LATER = START + dt.timedelta(hours=3)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with open_sink() as sink:
        yield sink


@pytest.fixture
def desk(world: World, sink: Sink) -> Mailbox:
    """The provider's general mailbox, with the sink as its server."""
    return make_mailbox(sink, "support@nord.example")


def report(world: World, client: ClientWorld | None = None, **more: object) -> Ticket:
    """A ticket that its requester asked for by mail, and that is acknowledged by mail."""
    return reported(world, client, channel="email", **more)  # type: ignore[arg-type]


def make_mailbox(sink: Sink, address: str, **more: object) -> Mailbox:
    values = {
        "name": address,
        "address": address,
        "smtp_host": "127.0.0.1",
        "smtp_port": sink.port,
        "smtp_security": "none",
    }
    return Mailbox.objects.create(created_at=START, **{**values, **more})  # type: ignore[arg-type]


def send(now: dt.datetime = LATER) -> int:
    return dispatch(lambda: now, HASTE)


def only_told(*people: Person) -> None:
    """Forget what waits for anybody else."""
    Delivery.objects.exclude(notice__recipient__in=people).delete()


def answered(world: World, body: str = "<p>C'est réparé.</p>", now: dt.datetime = LATER) -> Ticket:
    """A ticket of Alpha's user, acknowledged, that the agent has just answered."""
    ticket = report(world)
    send(START)
    reply(world.actor(world.agent), ticket.pk, Said(body), now=now)
    return ticket


def test_a_request_is_acknowledged_in_words_and_the_mail_is_stamped(
    world: World, desk: Mailbox, sink: Sink
) -> None:
    ticket = report(world)
    assert send(START) == 1
    sent = sink.one("user@alpha.example")
    assert sent.sender == "support@nord.example"
    assert sent.mail["Subject"] == "[INC-ALPHA-1] Messagerie en panne"
    assert "INC-ALPHA-1" in sent.text
    assert "avant 11:00" in sent.text  # promised within two hours, from 09:00 in Paris
    assert f"/portal/tickets/{ticket.pk}/" in sent.text
    assert sent.mail["From"] == "Nord Infogérance <support@nord.example>"
    assert sent.mail["Auto-Submitted"] == "auto-replied"
    assert sent.mail["Precedence"] == "bulk"
    assert sent.mail["X-Auto-Response-Suppress"] == "All"
    assert sent.mail["X-Loop"] == own_domain()
    row = Delivery.objects.get()
    assert (row.state, row.attempts, row.sent_at) == ("sent", 1, START)
    assert row.answer.startswith("250")


def test_a_reply_does_not_put_an_agent_s_notes_in_the_caller_s_mouth(
    world: World, desk: Mailbox, sink: Sink
) -> None:
    new = NewTicket(
        world.a.organisation.pk, "incident", "Panne", "<p>Il appelle.</p>", world.a.user.pk, channel="phone"
    )
    ticket = open_ticket(world.actor(world.agent), new, now=START)
    send(START)
    reply(world.actor(world.agent), ticket.pk, Said("<p>Réparé.</p>"), now=LATER)
    send()
    mail = sink.to("user@alpha.example")[-1]
    assert f"{world.agent.name} a noté pour User Alpha" in mail.text
    assert "a écrit" not in mail.text


def test_a_reply_reads_like_a_mail_of_the_person_who_wrote_it(
    world: World, desk: Mailbox, sink: Sink
) -> None:
    Agent.objects.filter(pk=world.agent.pk).update(signature="Agent A\nTechnicien")
    Mailbox.objects.update(signature_fr="Nord Infogérance – 03 20 00 00 00", signature_en="Nord")
    ticket = answered(world)
    send()
    _first, second = sink.to("user@alpha.example")
    mail = second.mail
    assert mail["From"].addresses[0].display_name == "Agent A (Nord Infogérance)"
    assert mail["From"].addresses[0].addr_spec == "support@nord.example"
    assert mail["Auto-Submitted"] is None
    assert mail["Precedence"] is None
    assert mail["X-Auto-Response-Suppress"] is None
    assert mail["X-Loop"] == own_domain()
    assert mail["Subject"] == "Re: [INC-ALPHA-1] Messagerie en panne"
    assert second.text.startswith("C'est réparé.\n")
    for shown, quoted in ((second.text, "> Plus de messagerie"), (second.html, "<blockquote")):
        answer, signature = shown.index("réparé"), shown.index("-- ")
        assert answer < signature < shown.index("User Alpha a") < shown.index(quoted)
    assert "Agent A\nTechnicien\nNord Infogérance – 03 20 00 00 00" in second.text
    assert "User Alpha a écrit" in second.text
    assert "> Plus de messagerie depuis ce matin." in second.text
    assert "<table" not in second.html
    assert second.html.count("style=") == 1, "that of the page around alone"
    assert "font-family: sans-serif" in second.html
    mark = read_reply_address(mail_key(), mail["Reply-To"].addresses[0].addr_spec)
    assert mark is not None
    assert (mark.ticket, mark.recipient) == (ticket.pk, world.a.user.pk)


def test_mails_of_a_ticket_hang_on_the_first_one_and_on_what_is_answered(
    world: World, desk: Mailbox, sink: Sink
) -> None:
    ticket = answered(world)
    send()
    reply(
        world.actor(world.agent), ticket.pk, Said("<p>Encore un mot.</p>"), now=LATER + dt.timedelta(hours=1)
    )
    InboundMail.objects.create(
        mailbox=desk, sha256="1" * 64, size=1, raw=b"x", received_at=LATER + dt.timedelta(minutes=5), state="settled",
        sender="user@alpha.example", header_id="<their-answer@alpha.example>", ticket_id=ticket.pk,
    )  # fmt: skip
    send(LATER + dt.timedelta(hours=1))
    first, second, third = (one.mail for one in sink.to("user@alpha.example"))
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert third["In-Reply-To"] == "<their-answer@alpha.example>"
    assert third["References"].split() == [
        first["Message-ID"],
        second["Message-ID"],
        "<their-answer@alpha.example>",
    ]
    mark = read_message_id(mail_key(), first["Message-ID"])
    assert mark is not None
    assert (mark.ticket, mark.recipient) == (ticket.pk, world.a.user.pk)


def test_each_person_gets_an_own_mail_in_an_own_language(world: World, desk: Mailbox, sink: Sink) -> None:
    ticket = report(world)
    Watcher.objects.create(
        organisation=world.a.organisation, ticket=ticket, person=world.a.colleague, added_at=START
    )
    Person.objects.filter(pk=world.a.colleague.pk).update(language="en")
    handling.assign(
        world.actor(world.dispatcher), ticket.pk, team_id=world.team.pk, assignee_id=world.agent.pk, now=START
    )
    send(START)
    take_step(
        world.actor(world.agent), ticket.pk, "resolve",
        Given(resolution_code="solved_permanently", text="<p>Serveur redémarré.</p>"), now=LATER,
    )  # fmt: skip
    send()
    french, english = sink.to("user@alpha.example")[-1], sink.one("colleague@alpha.example")
    assert "faites-le savoir sur la page de la demande" in french.text
    assert "say so on the page of the request" in english.text
    for sent, other in ((french, "colleague@"), (english, "user@")):
        assert len(sent.recipients) == 1
        assert other not in sent.data.decode().lower()
    assert sink.one("agent@nord.example").mail["Auto-Submitted"] == "auto-generated"


def test_a_note_goes_to_agents_alone(world: World, desk: Mailbox, sink: Sink) -> None:
    ticket = report(world)
    Watcher.objects.create(
        organisation=world.a.organisation, ticket=ticket, person=world.agent_all, added_at=START
    )
    send(START)
    add_note(world.actor(world.agent), ticket.pk, Said("<p>Mot de passe : secret-42</p>"), now=LATER)
    send()
    assert "secret-42" in sink.one("agent.all@nord.example").text
    assert all(b"secret-42" not in one.data for one in sink.to("user@alpha.example"))


def test_who_lost_its_sight_is_told_nothing(world: World, desk: Mailbox, sink: Sink) -> None:
    ticket = answered(world)
    world.a.user.affiliations.update(active_until=dt.date(2026, 1, 1))
    send()
    assert len(sink.to("user@alpha.example")) == 1  # the acknowledgement
    row = Delivery.objects.get(notice__kind="ticket_replied")
    assert (row.state, row.answer) == ("skipped", "no_access")
    assert ticket.pk == row.notice.subject_id


def test_the_mailbox_of_the_client_comes_before_the_general_one(
    world: World, desk: Mailbox, sink: Sink
) -> None:
    make_mailbox(sink, "beta@nord.example", organisation=world.b.organisation)
    make_mailbox(sink, "alpha@nord.example", organisation=world.a.organisation)
    report(world)
    report(world, world.c)
    send(START)
    assert sink.one("user@alpha.example").sender == "alpha@nord.example"
    assert sink.one("user@gamma.example").sender == "support@nord.example"


def test_another_general_mailbox_changes_no_sender(world: World, desk: Mailbox, sink: Sink) -> None:
    Mailbox.objects.filter(pk=desk.pk).update(team=world.team)
    make_mailbox(sink, "any@nord.example")
    make_mailbox(sink, "systems@nord.example", team=world.team2)
    third = Team.objects.create(code="n3", name_fr="Réseau", name_en="Network")
    ticket = report(world)
    for team, address in (
        (None, "any"),
        (world.team, "support"),
        (world.team2, "systems"),
        (third, "support"),
    ):
        ticket.team = team
        found = mailbox_for(ticket, now=START)
        assert found is not None
        assert found.address == f"{address}@nord.example"


def test_a_mailbox_that_cannot_send_or_is_not_read_gives_way(world: World, desk: Mailbox, sink: Sink) -> None:
    second = make_mailbox(sink, "second@nord.example")
    Mailbox.objects.filter(pk=second.pk).update(smtp_host="", failures=3, team=world.team)
    report(world)
    send(START)
    assert sink.one("user@alpha.example").sender == "support@nord.example"
    Mailbox.objects.filter(pk=second.pk).update(smtp_host="127.0.0.1")
    assert address_of(report(world)) == "support@nord.example"
    Mailbox.objects.filter(pk=second.pk).update(succeeded_at=START)
    # one failed round is no reason to write otherwise
    assert address_of(report(world)) == "second@nord.example"


def address_of(ticket: Ticket) -> str:
    found = mailbox_for(ticket, now=START)
    return found.address if found else ""


def test_the_installations_server_is_the_last_resort_and_without_any_nothing_leaves(
    world: World, sink: Sink
) -> None:
    report(world)
    assert send(START) == 0
    row = Delivery.objects.get()
    assert (row.state, row.answer, row.attempts) == ("skipped", "no_server", 0)
    with override_settings(
        EMAIL_HOST="127.0.0.1", EMAIL_PORT=sink.port, DEFAULT_FROM_EMAIL="vigie@nord.example"
    ):
        report(world, world.b)
        send(START)
    sent = sink.one("user@beta.example")
    assert sent.sender == "vigie@nord.example"
    assert sent.mail["Reply-To"] is None
    assert sink.to("user@alpha.example") == []


@pytest.mark.parametrize(
    ("where", "answer", "state", "attempts"),
    [
        ("at_recipient", "421 too busy", "waiting", 1),
        ("at_recipient", "451 greylisted", "waiting", 1),
        ("at_content", "452 no room", "waiting", 1),
        ("at_recipient", "550 no such user", "failed", 1),
        ("at_content", "554 looks like spam", "failed", 1),
        ("at_recipient", "drop", "waiting", 1),
        ("at_content", "drop", "waiting", 1),
        ("at_recipient", "hang", "waiting", 1),
        ("at_content", "hang", "waiting", 1),
    ],
)
def test_what_a_server_answers_decides(
    world: World, desk: Mailbox, sink: Sink, where: str, answer: str, state: str, attempts: int
) -> None:
    getattr(sink, where)["user@alpha.example"] = answer
    report(world)
    send(START)
    row = Delivery.objects.get(address="user@alpha.example")
    assert (row.state, row.attempts, row.claimed_until) == (state, attempts, None)
    if answer[0].isdigit():
        assert row.answer == answer
    if state == "waiting":
        assert row.next_try_at == START + dt.timedelta(minutes=1)


def test_pauses_grow_and_the_mail_is_given_up_after_two_days(world: World, desk: Mailbox, sink: Sink) -> None:
    sink.at_recipient["user@alpha.example"] = "451 later"
    ticket = report(world)
    waits, now = [], START
    for _ in range(200):
        send(now)
        row = Delivery.objects.get(address="user@alpha.example")
        if row.state != "waiting":
            break
        waits.append((row.next_try_at - now) // dt.timedelta(minutes=1))
        now = row.next_try_at
    assert waits[:6] == [1, 5, 15, 60, 60, 60]
    assert (row.state, row.answer) == ("failed", "451 later")
    assert dt.timedelta(hours=46) < now - START <= dt.timedelta(hours=48)
    assert len(set(sink.tried)) == 1
    assert ticket.facts.filter(kind="undelivered").count() == 1


def test_a_dead_destination_delays_no_other(world: World, desk: Mailbox, sink: Sink) -> None:
    """In the order in which they happened: every healthy mail was answered for before the silent lane had waited it out."""
    sink.at_recipient["alpha.example"] = "hang"
    for _ in range(3):
        report(world)
        report(world, world.b)
        report(world, world.c)
    AutomaticAnswer.objects.all().delete()
    send(START)
    healthy = Delivery.objects.filter(lane__in=["beta.example", "gamma.example"])
    assert set(healthy.values_list("state", flat=True)) == {"sent"}
    dead = Delivery.objects.filter(lane="alpha.example")
    assert set(dead.values_list("state", flat=True)) == {"waiting"}
    assert sink.tried.count("user@alpha.example") == 1  # the others of the lane rest without being tried
    assert set(dead.values_list("next_try_at", flat=True)) == {START + dt.timedelta(minutes=1)}


def test_a_batch_uses_one_connection(world: World, desk: Mailbox, sink: Sink) -> None:
    for _ in range(5):
        report(world)
    send(START)
    assert len(sink.to("user@alpha.example")) == 5
    assert sink.connections == 1


def test_a_worker_told_to_stop_lets_the_mail_under_way_leave_and_no_other(
    world: World, desk: Mailbox, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        report(world)

    def told_to_stop(delivery: Delivery, answer: Answer, *, now: dt.datetime) -> None:
        jobs.ask_to_stop()
        write_answer(delivery, answer, now=now)

    with monkeypatch.context() as stopping:
        stopping.setattr(jobs, "_stop", threading.Event())
        stopping.setattr(dispatching, "write_answer", told_to_stop)
        send(START)
    assert len(sink.to("user@alpha.example")) == 1
    assert (
        list(Delivery.objects.filter(state="waiting").values_list("claimed_until", flat=True)) == [None] * 2
    )
    send(START)
    assert len(sink.to("user@alpha.example")) == 3


def test_a_refused_recipient_spoils_no_other_mail_of_the_connection(
    world: World, desk: Mailbox, sink: Sink
) -> None:
    ticket = report(world)
    Watcher.objects.create(
        organisation=world.a.organisation, ticket=ticket, person=world.a.colleague, added_at=START
    )
    send(START)
    sink.at_recipient["user@alpha.example"] = "550 gone"
    reply(world.actor(world.agent), ticket.pk, Said("<p>Bonjour</p>"), now=LATER)
    send()
    assert len(sink.to("colleague@alpha.example")) == 1
    assert ticket.facts.get(kind="undelivered").after["why"] == "550 gone"


def test_automatic_mails_to_an_address_are_capped(world: World, desk: Mailbox, sink: Sink) -> None:
    for _ in range(8):
        report(world)
    send(START)
    assert len(sink.to("user@alpha.example")) == 5
    assert set(Delivery.objects.filter(state="skipped").values_list("answer", flat=True)) == {"capped"}
    send_reply = report(world, now=START + dt.timedelta(minutes=1))
    reply(world.actor(world.agent), send_reply.pk, Said("<p>Je regarde</p>"), now=LATER)
    send()
    assert len(sink.to("user@alpha.example")) == 6  # what a person writes is not capped
    report(world, now=START + dt.timedelta(days=1, minutes=1))
    send(START + dt.timedelta(days=1, minutes=1))
    assert len(sink.to("user@alpha.example")) == 7


@pytest.mark.parametrize("kind", ["approval_asked", "client_reminded", "ticket_resolved", "ticket_cancelled"])
def test_what_is_no_acknowledgement_is_never_capped(
    world: World, desk: Mailbox, sink: Sink, kind: str
) -> None:
    ticket = report(world)
    send(START)
    for n in range(6):
        told = Told(kind, world.a.organisation.pk, "ticket", ticket.pk, {"reference": f"{n}"})
        notify([world.a.user.pk], told, now=START)
    send(START + dt.timedelta(seconds=1))
    assert len(sink.to("user@alpha.example")) == 7


def test_an_agent_is_told_who_will_read_its_answer(world: World, desk: Mailbox, sink: Sink) -> None:
    ticket = report(world)
    handling.assign(
        world.actor(world.dispatcher), ticket.pk, team_id=world.team.pk, assignee_id=world.agent.pk, now=START
    )
    send(START)
    reply(world.actor(world.a.user), ticket.pk, Said("<p>Alors ?</p>"), now=LATER)
    send(LATER)
    assigned, asked = sink.to(str(world.agent.email))
    assert "le client ne la voit pas" in assigned.text
    assert "le client ne la voit pas" in assigned.html
    assert "pour écrire au client" in asked.text
    assert all("écrire au client" not in one.text for one in sink.to("user@alpha.example"))


def test_nothing_is_sent_to_our_own_addresses_or_to_a_suspended_one(
    world: World, desk: Mailbox, sink: Sink
) -> None:
    Person.objects.filter(pk=world.a.user.pk).update(email="support+x@nord.example")
    DeadAddress.objects.create(address="user@beta.example", hard_bounces=3, last_at=START, suspended_at=START)
    report(world)
    report(world, world.b)
    send(START)
    assert sink.taken == []
    assert dict(Delivery.objects.values_list("address", "answer")) == {
        "support+x@nord.example": "own_address", "user@beta.example": "suspended",
    }  # fmt: skip


def test_the_ticket_page_says_how_each_message_was_mailed(
    world: World, desk: Mailbox, sink: Sink, client: Client
) -> None:
    ticket = report(world)
    Watcher.objects.create(
        organisation=world.a.organisation, ticket=ticket, person=world.a.colleague, added_at=START
    )
    send(START)
    message = reply(world.actor(world.agent), ticket.pk, Said("<p>Bonjour</p>"), now=LATER)
    client.force_login(world.agent)
    Person.objects.filter(pk=world.agent.pk).update(language="en")
    again = reverse("ticket_mails", args=[ticket.pk]) + f"?m={message.pk}"
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "User Alpha · waiting" in page
    assert f'data-live="delivery:{message.pk}"' in page
    sink.at_recipient["colleague@alpha.example"] = "550 no such <b>user</b>"
    send()
    part = client.get(again).content.decode()
    assert "User Alpha · sent" in part
    assert "Colleague Alpha · refused: 550 no such &lt;b&gt;user&lt;/b&gt;" in part
    assert "data-live" not in part
    other = report(world, world.b)
    client.force_login(world.agent)
    assert client.get(reverse("ticket_mails", args=[other.pk]) + f"?m={message.pk}").status_code == 404


def test_a_mailbox_signs_in_with_its_password_and_a_wrong_one_refuses_no_mail(
    world: World, desk: Mailbox, sink: Sink
) -> None:
    sink.secret = "right"
    Mailbox.objects.update(smtp_username="support", smtp_password_sealed=vault.seal("wrong"))
    report(world)
    send(START)
    row = Delivery.objects.get()
    assert (row.state, row.next_try_at) == ("waiting", START + dt.timedelta(minutes=1))
    assert "535" in row.answer
    Mailbox.objects.update(smtp_password_sealed=vault.seal("right"))
    send(LATER)
    assert len(sink.to("user@alpha.example")) == 1
    assert [line.split()[1] for line in sink.signed_in] == ["support"]


def test_a_mailbox_signs_in_with_its_token(world: World, desk: Mailbox, sink: Sink) -> None:
    sink.secret = "token-1"
    tokens = {"access": "token-1", "refresh": "", "ends_at": (LATER + dt.timedelta(days=1)).isoformat()}
    Mailbox.objects.update(
        sign_in="oauth", username="support@nord.example", oauth_tokens_sealed=vault.seal(json.dumps(tokens))
    )
    report(world)
    send(START)
    assert len(sink.to("user@alpha.example")) == 1
    assert sink.signed_in == ["XOAUTH2 support@nord.example"]

"""From stored bytes to tickets: whose mail it is, which ticket it joins, and what it may not do."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django import app

from tests.world import START, World
from vigie.accounts.models import Affiliation, Person
from vigie.channels.mail.actions import settle as settling
from vigie.channels.mail.actions.settle import settle
from vigie.channels.mail.keys import mail_key, own_domain
from vigie.channels.mail.models import ClientDomain, InboundMail, Mailbox
from vigie.channels.mail.rules.parsed import Unreadable
from vigie.channels.mail.rules.tokens import message_id, reply_address
from vigie.notifications.models import Delivery, Notice
from vigie.tickets.actions.conversation import Said, add_note, reply
from vigie.tickets.actions.handling import assign
from vigie.tickets.actions.lifecycle import Given, take_step
from vigie.tickets.actions.opening import NewTicket, open_ticket
from vigie.tickets.models import Attachment, Message, ProposedWatcher, Ticket, TicketLink

DESK = "support@nord.example"
LATER = START + dt.timedelta(hours=1)


@pytest.fixture
def box(world: World) -> Mailbox:
    return Mailbox.objects.create(
        name="Support", address=DESK, source="pipe", team=world.team, created_at=START
    )


def mail_from(
    sender: str, subject: str = "Imprimante en panne", text: str = "Elle ne répond plus.", **headers: str
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, headers.pop("To", DESK), subject
    mail["Message-ID"] = headers.pop(
        "Message_ID",
        f"<{hashlib.sha256(repr((sender, subject, text)).encode()).hexdigest()[:20]}@client.example>",
    )
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def received(box: Mailbox, mail: EmailMessage | bytes, at: dt.datetime = LATER) -> InboundMail:
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    row = InboundMail.objects.create(
        mailbox=box, sha256=hashlib.sha256(raw).hexdigest(), size=len(raw), raw=raw, received_at=at
    )
    settle(row.pk, now=at + dt.timedelta(seconds=5))
    row.refresh_from_db()
    return row


def open_one(world: World, requester: Person | None = None, client: Any = None) -> Ticket:
    client = client or world.a
    new = NewTicket(
        organisation_id=client.organisation.pk, ticket_type="incident", title="Écran noir", body="<p>Rien</p>",
        requester_id=(requester or client.user).pk,
    )  # fmt: skip
    return open_ticket(world.actor(world.agent_all), new, now=START)


def wait_for_the_client(world: World, ticket: Ticket) -> None:
    agent = world.actor(world.agent_all)
    assign(agent, ticket.pk, team_id=world.team.pk, assignee_id=world.agent_all.pk, now=START)
    take_step(agent, ticket.pk, "start", Given(), now=START)
    asked = Given(pending_reason="client_info", text="<p>Quel modèle ?</p>")
    take_step(agent, ticket.pk, "wait", asked, now=START)


def notice_id(notice: Notice) -> str:
    """The Message-ID of the mail that brought a notice."""
    sent = Delivery.objects.get(notice=notice)
    recipient = notice.recipient_id
    return message_id(
        mail_key(), own_domain(), ticket=notice.subject_id, message=sent.pk, recipient=recipient
    )


def question(world: World, ticket: Ticket, agent: Person) -> str:
    """The client writes on a ticket of this agent; the Message-ID of the mail that tells the agent."""
    chief = world.actor(world.dispatcher)
    assign(chief, ticket.pk, team_id=world.team.pk, assignee_id=agent.pk, now=START)
    said = reply(world.actor(world.a.user), ticket.pk, Said("<p>Alors ?</p>"), now=START)
    return notice_id(Notice.objects.get(message_id=said.pk, recipient=agent))


def token(ticket: Ticket, person: Person) -> str:
    return reply_address(mail_key(), DESK, ticket=ticket.pk, recipient=person.pk)


def test_a_known_contact_opens_a_ticket_of_its_client(world: World, box: Mailbox) -> None:
    row = received(
        box, mail_from("Jean <user@aaa.example>".replace("aaa", world.a.organisation.code.lower()))
    )
    ticket = Ticket.objects.get(pk=row.ticket_id)
    assert (row.state, row.outcome) == ("settled", "opened")
    assert ticket.requester_id == world.a.user.pk
    assert ticket.organisation_id == row.organisation_id == world.a.organisation.pk
    assert (ticket.title, ticket.channel, ticket.opened_at, ticket.team_id) == (
        "Imprimante en panne", "email", LATER, world.team.pk,
    )  # fmt: skip
    message = Message.objects.get(pk=row.message_id)
    assert (message.via, message.side, message.author_id) == ("mail", "client", world.a.user.pk)
    assert "Elle ne répond plus." in message.body
    assert ticket.due_at < dt.datetime(2026, 2, 1, tzinfo=dt.UTC), "it carries its promise"


def test_what_is_folded_of_a_first_mail_is_called_its_signature(world: World, box: Mailbox) -> None:
    text = "Elle ne répond plus.\n\n-- \nJean Dupont\n03 20 11 22 33\n"
    row = received(box, mail_from(str(world.a.user.email), text=text))
    answer = "Toujours pas.\n\nLe lun. 12 janv. 2026 à 09:00, Support <support@nord.example> a écrit :\n> Et là ?\n"
    ticket = Ticket.objects.get(pk=row.ticket_id)
    client = Client()
    client.force_login(world.agent_all)
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert "</svg>Signature</summary>" in page
    assert "</svg>Texte cité</summary>" not in page
    received(box, mail_from(str(world.a.user.email), "Re: panne", answer, To=token(ticket, world.a.user)))
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert ("</svg>Signature</summary>" in page, "</svg>Texte cité</summary>" in page) == (True, True)


def test_what_is_folded_of_a_later_mail_is_called_by_what_it_is(world: World, box: Mailbox) -> None:
    ticket = Ticket.objects.get(pk=received(box, mail_from(str(world.a.user.email), text="Panne.")).ticket_id)
    signature = "\n\n-- \nJean Dupont\n03 20 11 22 33\n"
    quotation = "\n\nLe lun. 12 janv. 2026 à 09:00, Support <support@nord.example> a écrit :\n> Et là ?\n"
    client, summaries = Client(), []
    client.force_login(world.agent_all)
    for below in (signature, quotation, signature + quotation, ""):
        text = f"Toujours pas, et personne ne m’a rappelé.{below}"
        received(box, mail_from(str(world.a.user.email), "Re: panne", text, To=token(ticket, world.a.user)))
        page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
        summaries.append(re.findall(r"<details class=\"quote\"><summary>.*?</svg>([^<]+)</summary>", page))
    assert summaries[0] == ["Signature"]
    assert summaries[1] == ["Signature", "Texte cité"]
    assert summaries[2] == summaries[3] == ["Signature", "Texte cité", "Signature et texte cité"]
    Message.objects.filter(ticket=ticket).update(rest_kind="")  # as an earlier release kept them
    page = client.get(reverse("ticket", args=[ticket.pk])).content.decode()
    assert page.count("</svg>Texte cité</summary>") == 3


def test_settling_twice_does_nothing_the_second_time(world: World, box: Mailbox) -> None:
    row = received(box, mail_from(str(world.a.user.email)))
    settle(row.pk, now=LATER)
    InboundMail.objects.filter(pk=row.pk).update(state="received")  # as if the mark had been lost
    settle(row.pk, now=LATER)
    assert Ticket.objects.count() == 1
    assert Message.objects.count() == 1


def test_an_answer_to_the_reply_address_joins_and_resumes(world: World, box: Mailbox) -> None:
    ticket = open_one(world)
    wait_for_the_client(world, ticket)
    text = "Modèle X200.\n\nLe lun. 12 janv. 2026 à 09:00, Support <support@nord.example> a écrit :\n> Quel modèle ?\n"
    row = received(
        box, mail_from(str(world.a.user.email), "Re: tout autre chose", text, To=token(ticket, world.a.user))
    )
    ticket.refresh_from_db()
    message = Message.objects.get(pk=row.message_id)
    assert (row.outcome, row.ticket_id) == ("joined", ticket.pk)
    assert message.body.strip() == "Modèle X200."
    assert "Quel modèle ?" in message.rest
    assert message.created_at == LATER, "counted when it was received"
    assert (ticket.phase, ticket.pending_reason) == ("active", "")


def test_an_answer_is_found_by_our_message_id_and_by_its_own_thread(world: World, box: Mailbox) -> None:
    ticket = open_one(world)
    ours = message_id(mail_key(), own_domain(), ticket=ticket.pk, message=1, recipient=world.a.user.pk)
    first = received(
        box,
        mail_from(
            str(world.a.user.email), "Re", "Un.", In_Reply_To=ours, Message_ID="<own-1@client.example>"
        ),
    )
    second = received(
        box, mail_from(str(world.a.user.email), "Re", "Deux.", In_Reply_To="<own-1@client.example>")
    )
    assert first.ticket_id == second.ticket_id == ticket.pk


def test_a_subject_number_counts_only_for_somebody_on_the_ticket(world: World, box: Mailbox) -> None:
    ticket = open_one(world)
    subject = f"Re: [{ticket.reference}] ma demande"
    mine = received(box, mail_from(str(world.a.user.email), subject))
    other = received(box, mail_from(str(world.a.manager.email), subject))
    stranger_client = received(box, mail_from(str(world.b.user.email), subject))
    assert mine.ticket_id == ticket.pk
    assert other.ticket_id != ticket.pk, "sees the company's tickets, but is not on this one"
    assert TicketLink.objects.filter(source_id=other.ticket_id, target=ticket).exists()
    apart = Ticket.objects.get(pk=stranger_client.ticket_id)
    assert apart.organisation_id == world.b.organisation.pk
    said = " ".join(Message.objects.filter(ticket=apart).values_list("body", flat=True)) + apart.title
    assert ticket.title not in said.replace(subject, "")


@pytest.mark.parametrize("sign", ["token", "thread", "altered"])
def test_a_mark_of_another_clients_ticket_opens_nothing_there(world: World, box: Mailbox, sign: str) -> None:
    theirs = open_one(world, client=world.b)
    before = Message.objects.filter(ticket=theirs).count()
    address = token(theirs, world.b.user)
    headers = {
        "token": {"To": address},
        "thread": {
            "References": message_id(
                mail_key(), own_domain(), ticket=theirs.pk, message=1, recipient=world.b.user.pk
            )
        },
        "altered": {"To": address.replace("@", "a@", 1)},
    }[sign]
    row = received(box, mail_from(str(world.a.user.email), "Re: chez vous", "Je regarde.", **headers))
    assert Message.objects.filter(ticket=theirs).count() == before
    assert Ticket.objects.get(pk=row.ticket_id).organisation_id == world.a.organisation.pk
    mine = " ".join(Message.objects.filter(ticket_id=row.ticket_id).values_list("body", flat=True))
    assert theirs.reference not in mine


def test_a_token_in_anothers_hands_is_no_right(world: World, box: Mailbox) -> None:
    """A colleague to whom the mail was forwarded may not see the ticket: its answer is opened apart."""
    ticket = open_one(world)
    row = received(
        box, mail_from(str(world.a.colleague.email), "Re", "Moi aussi.", To=token(ticket, world.a.user))
    )
    assert row.ticket_id != ticket.pk
    assert Ticket.objects.get(pk=row.ticket_id).requester_id == world.a.colleague.pk


def test_a_former_contact_and_a_stranger_are_held(world: World, box: Mailbox) -> None:
    ticket = open_one(world)
    former = received(box, mail_from(str(world.former.email), To=token(ticket, world.former)))
    stranger = received(
        box, mail_from("confirm@service.example", "Confirm your account", To=token(ticket, world.a.user))
    )
    assert (former.state, former.outcome) == ("held", "left_client")
    assert (stranger.state, stranger.outcome) == ("held", "stranger")
    assert Message.objects.filter(ticket=ticket).count() == 1


def test_a_contact_of_two_clients_is_placed_by_mailbox_or_held(world: World, box: Mailbox) -> None:
    row = received(box, mail_from(str(world.both.email)))
    assert (row.state, row.outcome) == ("held", "several_clients")
    own = Mailbox.objects.create(
        name="C", address="c@nord.example", source="pipe", organisation=world.c.organisation, created_at=START
    )
    placed = received(own, mail_from(str(world.both.email), "Pour C"))
    assert placed.organisation_id == world.c.organisation.pk
    refused = received(own, mail_from(str(world.b.user.email), "Pas pour C"))
    assert (refused.state, refused.outcome) == ("held", "other_client")


@pytest.mark.parametrize(
    ("policy", "state"), [("create", "settled"), ("hold", "held"), ("refuse", "ignored")]
)
def test_a_new_address_of_a_clients_domain(world: World, box: Mailbox, policy: str, state: str) -> None:
    ClientDomain.objects.create(organisation=world.a.organisation, domain="client-a.example")
    Mailbox.objects.filter(pk=box.pk).update(unknown=policy)
    row = received(box, mail_from("Léa Martin <lea.martin@Client-A.example>"))
    assert row.state == state
    created = Person.objects.filter(email__iexact="lea.martin@client-a.example").first()
    assert (created is not None) == (policy == "create")
    if created:
        assert created.name == "Léa Martin"
        assert Affiliation.objects.get(person=created).organisation_id == world.a.organisation.pk
    else:
        assert row.ticket_id is None


def authenticated(verdict: str) -> dict[str, str]:
    return {"Authentication_Results": f"mx.nord.example; dmarc={verdict} header.from=client.example"}


def assert_doubt_is_shown(world: World, *ticket_ids: int | None) -> None:
    """On the message, in the head and beside the composer, with the reason in words."""
    Person.objects.filter(pk=world.agent.pk).update(language="en")
    desk = Client()
    desk.force_login(world.agent)
    for ticket_id in ticket_ids:
        page = desk.get(reverse("ticket", args=[ticket_id])).content.decode()
        assert page.count("the domain it names disowns it (DMARC)") == 2
        assert page.count("Sender not verified") == 2
        assert "make sure of who wrote" in page


def test_a_sender_in_doubt_has_words_and_no_power(world: World, box: Mailbox) -> None:
    Mailbox.objects.filter(pk=box.pk).update(authserv_id="mx.nord.example", unknown="create")
    ClientDomain.objects.create(organisation=world.a.organisation, domain="client-a.example")
    ticket = open_one(world)
    wait_for_the_client(world, ticket)
    fail = {
        "Authentication_Results": f"mx.nord.example; dmarc=fail header.from={str(world.a.user.email).split('@')[1]}"
    }
    numbered = received(
        box, mail_from(str(world.a.user.email), f"[{ticket.reference}]", "Fermez tout.", **fail)
    )
    assert numbered.ticket_id != ticket.pk, "a number anybody can type joins nothing"
    marked = received(
        box,
        mail_from(
            str(world.a.user.email),
            "Re",
            "Continuez.",
            To=token(ticket, world.a.user),
            Cc=str(world.a.colleague.email),
            **fail,
        ),
    )
    ticket.refresh_from_db()
    assert marked.ticket_id == ticket.pk
    kept = Message.objects.get(pk=marked.message_id)
    assert (kept.trust, kept.trust_detail) == ("unverified", "dmarc_fail")
    assert_doubt_is_shown(world, ticket.pk, numbered.ticket_id)
    Person.objects.filter(pk=world.a.user.pk).update(language="en")
    home = Client()
    home.force_login(world.a.user)
    assert "This message came by e-mail without proof of its sender." in (
        home.get(reverse("portal_ticket", args=[ticket.pk])).content.decode()
    )
    assert ticket.phase == "waiting", "it resumes nothing"
    assert not ProposedWatcher.objects.exists(), "it brings nobody in"
    new = received(
        box,
        mail_from(
            "nouveau@client-a.example",
            Authentication_Results="mx.nord.example; dmarc=fail header.from=client-a.example",
        ),
    )
    assert (new.state, new.outcome) == ("held", "new_address")


def test_copies_are_proposed_and_never_followers(world: World, box: Mailbox) -> None:
    copies = f"{world.a.colleague.email}, {world.b.user.email}, attacker@evil.example"
    row = received(box, mail_from(str(world.a.user.email), Cc=copies))
    proposed = list(ProposedWatcher.objects.values_list("person_id", flat=True))
    assert proposed == [world.a.colleague.pk]
    told = set(Notice.objects.filter(subject_id=row.ticket_id).values_list("recipient_id", flat=True))
    assert not told & {world.a.colleague.pk, world.b.user.pk}


def test_an_agent_answers_by_mail_with_its_own_mark_alone(world: World, box: Mailbox) -> None:
    ticket = open_one(world)
    agent = world.agent_all
    asked = question(world, ticket, agent)
    row = received(
        box, mail_from(str(agent.email), "Re", "C'est réparé.", To=token(ticket, agent), In_Reply_To=asked)
    )
    message = Message.objects.get(pk=row.message_id)
    assert (row.outcome, message.audience, message.side, message.author_id) == (
        "joined",
        "public",
        "provider",
        agent.pk,
    )
    ticket.refresh_from_db()
    assert ticket.first_response_at is not None
    stolen = received(box, mail_from(str(agent.email), "Re", "Autre.", To=token(ticket, world.a.user)))
    assert (stolen.state, stolen.outcome) == ("held", "from_agent")
    Mailbox.objects.filter(pk=box.pk).update(authserv_id="mx.nord.example")
    domain = str(agent.email).split("@")[1]
    forged = received(
        box,
        mail_from(
            str(agent.email),
            "Re",
            "Faux.",
            To=token(ticket, agent),
            Authentication_Results=f"mx.nord.example; dmarc=fail header.from={domain}",
        ),
    )
    assert (forged.state, forged.outcome) == ("held", "agent_in_doubt")


def test_an_agents_answer_to_a_note_stays_a_note(world: World, box: Mailbox) -> None:
    ticket = open_one(world)
    chief = world.actor(world.dispatcher)
    assign(chief, ticket.pk, team_id=world.team.pk, assignee_id=world.agent_all.pk, now=START)
    note = add_note(chief, ticket.pk, Said("<p>Vu avec le fournisseur</p>"), now=START)
    sent = Delivery.objects.get(notice__message_id=note.pk, notice__recipient=world.agent_all)
    ours = message_id(
        mail_key(), own_domain(), ticket=ticket.pk, message=sent.pk, recipient=world.agent_all.pk
    )
    to = token(ticket, world.agent_all)
    row = received(box, mail_from(str(world.agent_all.email), "Re", "Merci.", To=to, In_Reply_To=ours))
    assert Message.objects.get(pk=row.message_id).audience == "internal"


def test_a_closed_ticket_gets_a_follow_up(world: World, box: Mailbox) -> None:
    ticket = open_one(world)
    Ticket.objects.filter(pk=ticket.pk).update(state="closed", phase="ended", closed_at=START)
    row = received(box, mail_from(str(world.a.user.email), "Re", "Encore.", To=token(ticket, world.a.user)))
    assert row.outcome == "follow_up"
    link = TicketLink.objects.get(source_id=row.ticket_id)
    assert (link.target_id, link.kind) == (ticket.pk, "follow_up")


def test_an_absence_notice_moves_nothing_and_answers_nothing(world: World, box: Mailbox) -> None:
    ticket = open_one(world)
    ours = message_id(mail_key(), own_domain(), ticket=ticket.pk, message=1, recipient=world.a.user.pk)
    before = Notice.objects.count(), Delivery.objects.count()
    row = received(
        box,
        mail_from(
            str(world.a.user.email),
            "Réponse automatique : absent",
            "Je suis absent.",
            Auto_Submitted="auto-replied",
            In_Reply_To=ours,
        ),
    )
    note = Message.objects.get(pk=row.message_id)
    assert (row.state, row.outcome) == ("noted", "automatic")
    assert (note.audience, note.is_automatic) == ("internal", True)
    assert (Notice.objects.count(), Delivery.objects.count()) == before
    alone = received(
        box, mail_from(str(world.a.user.email), "Absence du bureau", "Absent.", Auto_Submitted="auto-replied")
    )
    assert (alone.state, alone.ticket_id) == ("ignored", None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"X_Auto_Response_Suppress": "All"},
        {"List_Unsubscribe": "<mailto:out@client.example>"},
        {"Reply_To": DESK},
    ],
)
def test_a_machines_report_opens_a_ticket_and_gets_no_answer(
    world: World, box: Mailbox, headers: dict[str, str]
) -> None:
    row = received(box, mail_from(str(world.a.user.email), "Sauvegarde en échec", "Disque plein", **headers))
    assert row.outcome == "opened"
    assert not Notice.objects.filter(kind="ticket_opened").exists()


def test_our_own_mail_come_back_is_set_aside(world: World, box: Mailbox) -> None:
    own = received(box, mail_from(str(world.a.user.email), X_Loop=own_domain()))
    from_desk = received(box, mail_from(f"Support <{DESK}>", "Accusé"))
    assert {own.state, from_desk.state} == {"ignored"}
    assert not Ticket.objects.exists()


def test_files_and_images_are_all_kept(world: World, box: Mailbox) -> None:
    mail = mail_from(str(world.a.user.email))
    mail.add_alternative('<p>Voyez <img src="cid:pic1"> ici</p>', subtype="html")
    mail.get_payload()[1].add_related(
        b"\x89PNG\r\n\x1a\n" + b"0" * 40, "image", "png", cid="<pic1>", filename="ecran.png"
    )
    mail.add_attachment(
        b"MZ" + b"\0" * 200, maintype="application", subtype="octet-stream", filename="../outil.exe"
    )
    row = received(box, mail)
    kept = {a.name: a for a in Attachment.objects.filter(message_id=row.message_id)}
    assert set(kept) == {"ecran.png", "outil.exe"}
    assert f"/files/{kept['ecran.png'].token}" in Message.objects.get(pk=row.message_id).body


def test_an_endless_body_travels_as_a_file(world: World, box: Mailbox) -> None:
    row = received(box, mail_from(str(world.a.user.email), "Journal", "ligne de journal\n" * 30_000))
    message = Message.objects.get(pk=row.message_id)
    assert len(message.body) <= 200_000
    assert Attachment.objects.get(message=message).size == len("ligne de journal\n") * 30_000


def test_nothing_written_says_its_subject(world: World, box: Mailbox) -> None:
    row = received(box, mail_from(str(world.a.user.email), "", ""))
    assert Ticket.objects.get(pk=row.ticket_id).title == "(sans objet)"
    assert Message.objects.get(pk=row.message_id).body == "…"


def test_a_flood_of_one_sender_waits_for_a_person(world: World, box: Mailbox) -> None:
    states = [
        received(box, mail_from(str(world.a.user.email), f"n° {n}"), LATER + dt.timedelta(seconds=n)).outcome
        for n in range(35)
    ]
    assert states[:30] == ["opened"] * 30
    assert states[-1] == "flood"


def test_unreadable_bytes_go_to_quarantine(world: World, box: Mailbox) -> None:
    deep = b"From: a@b.example\nSubject: x\nMIME-Version: 1.0\n"
    for n in range(80):
        deep += f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n'.encode()
    row = received(box, deep)
    assert row.state == "quarantined"
    assert bytes(InboundMail.objects.get(pk=row.pk).raw) == deep


def test_a_mail_whose_reader_was_killed_is_read_again_and_quarantined_only_after_three(
    world: World, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(raw: bytes) -> Unreadable:
        return Unreadable("crashed", "the reading process ended with -9")

    raw = mail_from(str(world.a.user.email)).as_bytes()
    innocent, guilty = (
        InboundMail.objects.create(mailbox=box, sha256=digit * 64, size=1, raw=raw, received_at=LATER)
        for digit in "01"
    )
    for mail in (innocent, guilty):
        with monkeypatch.context() as broken, pytest.raises(settling.ReadingEnded):
            broken.setattr(settling.reader, "read", killed)
            settle(mail.pk, now=LATER)
    settle(innocent.pk, now=LATER)
    monkeypatch.setattr(settling.reader, "read", killed)
    with pytest.raises(settling.ReadingEnded):
        settle(guilty.pk, now=LATER)
    settle(guilty.pk, now=LATER)
    innocent.refresh_from_db()
    guilty.refresh_from_db()
    assert (innocent.state, guilty.state, guilty.outcome) == ("settled", "quarantined", "crashed")


def test_tries_that_ended_with_the_worker_are_no_deaths_of_the_reader(
    world: World, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = mail_from(str(world.a.user.email)).as_bytes()
    mail = InboundMail.objects.create(
        mailbox=box, sha256="0" * 64, size=1, raw=raw, received_at=LATER, attempts=3
    )
    with monkeypatch.context() as broken, pytest.raises(settling.ReadingEnded):
        broken.setattr(settling.reader, "read", lambda raw: Unreadable("crashed", "killed"))
        settle(mail.pk, now=LATER)
    InboundMail.objects.filter(pk=mail.pk).update(attempts=settling.TRIES - 1)
    settle(mail.pk, now=LATER)
    mail.refresh_from_db()
    assert (mail.state, mail.reader_deaths) == ("settled", 1)


def test_what_fails_by_surprise_is_raised_then_set_apart(
    world: World, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(settling, "place", broken)
    raw = mail_from(str(world.a.user.email)).as_bytes()
    row = InboundMail.objects.create(mailbox=box, sha256="0" * 64, size=len(raw), raw=raw, received_at=LATER)
    for _ in range(settling.TRIES):
        with pytest.raises(ZeroDivisionError):
            settle(row.pk, now=LATER)
    settle(row.pk, now=LATER)
    row.refresh_from_db()
    assert (row.state, row.outcome, row.detail) == ("quarantined", "failed_again", "ZeroDivisionError: bug")


def test_a_mail_that_lost_its_job_is_found_again(world: World, box: Mailbox) -> None:
    rows = [
        InboundMail.objects.create(
            mailbox=box, sha256=f"{n:064d}", size=1, raw=b"x", received_at=START, state=state
        )
        for n, state in enumerate(("received", "received", "settled"))
    ]
    app.configure_task("mail.settle").defer(inbound_id=rows[0].pk)
    assert settling.left_behind(START + dt.timedelta(minutes=3)) == [rows[1].pk]
    assert settling.left_behind(START + dt.timedelta(minutes=1)) == []


def test_an_agents_decision_settles_a_held_mail(world: World, box: Mailbox) -> None:
    row = received(box, mail_from("perso@poste.example"))
    assert row.state == "held"
    InboundMail.objects.filter(pk=row.pk).update(
        state="received", organisation=world.a.organisation, decided_person=world.a.colleague
    )
    settle(row.pk, now=LATER)
    row.refresh_from_db()
    assert Ticket.objects.get(pk=row.ticket_id).requester_id == world.a.colleague.pk


def test_a_bounce_marks_the_delivery_on_its_ticket(world: World, box: Mailbox) -> None:
    ticket = open_one(world)
    message = reply(world.actor(world.agent_all), ticket.pk, Said("<p>Bonjour</p>"), now=START)
    delivery = Delivery.objects.get(notice__message_id=message.pk, address=world.a.user.email)
    ours = message_id(
        mail_key(), own_domain(), ticket=ticket.pk, message=message.pk, recipient=world.a.user.pk
    )
    Delivery.objects.filter(pk=delivery.pk).update(state="sent", sent_at=START, header_id=ours.strip("<>"))
    raw = (
        f"From: MAILER-DAEMON@mx.example\nTo: {DESK}\nSubject: Undelivered Mail Returned to Sender\nReturn-Path: <>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: text/plain\n\nUser unknown\n'
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {world.a.user.email}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {ours}\nSubject: x\n\n--b--\n"
    ).encode()
    row = received(box, raw)
    delivery.refresh_from_db()
    assert (row.state, row.outcome, row.ticket_id) == ("noted", "returned", ticket.pk)
    assert delivery.state == "bounced"
    assert Ticket.objects.count() == 1

"""What a mail may do by itself: who reads an agent's answer, who is answered, whose address is blamed, what a person may force."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.world import START, World
from vigie.accounts.models import Person
from vigie.channels.mail.actions import triage
from vigie.channels.mail.actions.settle import FLOOD, settle
from vigie.channels.mail.models import ClientDomain, DeadAddress, InboundMail, Mailbox
from vigie.channels.mail.outgoing import bounces
from vigie.channels.mail.rules.delivery_status import Failed
from vigie.channels.mail.tests.test_settle import (
    DESK,
    LATER,
    mail_from,
    notice_id,
    open_one,
    question,
    received,
    token,
)  # fmt: skip
from vigie.kernel.refusal import Refusal
from vigie.notifications.models import Delivery, Notice
from vigie.tickets.actions.conversation import Said, reply
from vigie.tickets.models import Message, TicketLink

OUR_SERVER = "mx.nord.example"


@pytest.fixture
def box(world: World) -> Mailbox:
    return Mailbox.objects.create(
        name="Support", address=DESK, source="pipe", team=world.team, created_at=START
    )


def believed(box: Mailbox, **more: Any) -> None:
    """The mailbox's server gives verdicts on senders."""
    Mailbox.objects.filter(pk=box.pk).update(authserv_id=OUR_SERVER, **more)


def verdict(result: str, sender: str) -> dict[str, str]:
    domain = sender.partition("@")[2]
    return {"Authentication_Results": f"{OUR_SERVER}; dmarc={result} header.from={domain}"}


class TestAnAgentsAnswer:
    @pytest.mark.parametrize(
        "kind", ["clock_breached", "clock_warned", "ticket_assigned", "mail_undelivered"]
    )
    def test_to_a_notice_without_public_words_stays_inside(
        self, world: World, box: Mailbox, kind: str
    ) -> None:
        ticket, agent = open_one(world), world.agent_all
        before = question(world, ticket, agent)
        notice = Notice.objects.filter(kind="ticket_assigned", recipient=agent).get()
        Notice.objects.filter(pk=notice.pk).update(kind=kind)
        mail = mail_from(
            str(agent.email), "Re", "Encore ce serveur…", To=token(ticket, agent),
            In_Reply_To=notice_id(notice), References=f"{before} {notice_id(notice)}",
        )  # fmt: skip
        row = received(box, mail)
        assert row.outcome == "noted_by_agent"
        assert Message.objects.get(pk=row.message_id).audience == "internal"

    def test_that_names_no_notice_stays_inside(self, world: World, box: Mailbox) -> None:
        ticket, agent = open_one(world), world.agent_all
        row = received(box, mail_from(str(agent.email), "Re", "Bof.", To=token(ticket, agent)))
        assert Message.objects.get(pk=row.message_id).audience == "internal"

    def test_needs_the_verdict_that_our_server_gives(self, world: World, box: Mailbox) -> None:
        believed(box)
        ticket, agent = open_one(world), world.agent_all
        sender, to, asked = str(agent.email), token(ticket, agent), question(world, ticket, agent)
        silent = received(box, mail_from(sender, "Re", "Un.", To=to, In_Reply_To=asked))
        assert (silent.state, silent.outcome) == ("held", "agent_in_doubt")
        good = received(
            box, mail_from(sender, "Re", "Deux.", To=to, In_Reply_To=asked, **verdict("pass", sender))
        )
        assert Message.objects.get(pk=good.message_id).audience == "public"


def test_a_new_contact_needs_the_verdict_that_our_server_gives(world: World, box: Mailbox) -> None:
    believed(box, unknown="create")
    ClientDomain.objects.create(organisation=world.a.organisation, domain="client-a.example")
    silent = received(box, mail_from("lea@client-a.example"))
    assert (silent.state, silent.outcome) == ("held", "new_address")
    good = received(
        box, mail_from("lea@client-a.example", "Encore", **verdict("pass", "lea@client-a.example"))
    )
    assert good.outcome == "opened"
    assert Person.objects.filter(email="lea@client-a.example").exists()


@pytest.mark.parametrize("doubt", ["dmarc", "two_from"])
def test_a_sender_in_doubt_is_not_answered_by_itself(world: World, box: Mailbox, doubt: str) -> None:
    believed(box)
    sender = str(world.a.user.email)
    mail = mail_from(sender, **verdict("fail" if doubt == "dmarc" else "pass", sender))
    raw = mail.as_bytes()
    if doubt == "two_from":
        raw = raw.replace(b"\nTo: ", b"\nFrom: autre@evil.example\nTo: ", 1)
    row = received(box, raw)
    assert InboundMail.objects.get(pk=row.pk).trust == "unverified"
    assert not Delivery.objects.filter(address__iexact=sender).exists()


@pytest.mark.parametrize(
    ("reported", "suspended"), [("USER@alpha.example", True), ("moved@else.example", False)]
)
def test_a_report_blames_only_the_address_it_is_about(
    world: World, box: Mailbox, reported: str, suspended: bool
) -> None:
    ticket = open_one(world)
    for n in range(3):
        said = reply(world.actor(world.agent_all), ticket.pk, Said(f"<p>{n}</p>"), now=START)
        sent = Delivery.objects.get(notice__message_id=said.pk, address="user@alpha.example")
        Delivery.objects.filter(pk=sent.pk).update(state="sent", sent_at=START, header_id=f"id-{n}@x")
        report = Failed(reported, "5.1.1", "550", "unknown_user", True, "550 5.1.1 unknown", f"id-{n}@x")
        assert bounces.bounced(report, now=LATER)
        sent.refresh_from_db()
        assert sent.state == "bounced", "told on the ticket all the same"
    assert DeadAddress.objects.filter(suspended_at__isnull=False).exists() == suspended


def test_a_flood_that_a_person_replays_or_that_is_over_is_settled(world: World, box: Mailbox) -> None:
    sender = str(world.a.user.email)
    for n in range(FLOOD + 1):
        InboundMail.objects.create(
            mailbox=box, sha256=str(n), size=1, raw=b"x", received_at=LATER, state="settled", sender=sender
        )
    rows = [received(box, mail_from(sender, f"n° {n}")) for n in range(2)]
    assert [row.outcome for row in rows] == ["flood", "flood"]
    InboundMail.objects.filter(pk__in=[row.pk for row in rows]).update(state="received")
    soon, much_later = LATER + dt.timedelta(minutes=1), LATER + dt.timedelta(hours=1)
    settle(rows[0].pk, replayed=True, now=soon)
    settle(rows[1].pk, now=much_later)
    for row in rows:
        row.refresh_from_db()
    assert [row.outcome for row in rows] == ["opened", "opened"]


def test_agents_learn_of_the_clients_own_ticket_that_the_writer_does_not_see(
    world: World, box: Mailbox
) -> None:
    hidden = open_one(world)
    row = received(
        box, mail_from(str(world.a.colleague.email), "Re", "Moi aussi.", To=token(hidden, world.a.user))
    )
    link = TicketLink.objects.get(source_id=row.ticket_id)
    assert (link.target_id, link.kind) == (hidden.pk, "related")
    theirs = open_one(world, client=world.b)
    other = received(
        box, mail_from(str(world.a.user.email), "Re", "Moi non plus.", To=token(theirs, world.b.user))
    )
    assert not TicketLink.objects.filter(source_id=other.ticket_id).exists()


@pytest.mark.parametrize("whose", ["mailbox", "agent"])
def test_our_own_domain_is_given_to_no_client(world: World, box: Mailbox, whose: str) -> None:
    domain = DESK.partition("@")[2] if whose == "mailbox" else "agents.example"
    Person.objects.filter(pk=world.agent.pk).update(email="quelqu-un@agents.example")
    row = received(box, mail_from(f"inconnu@{domain}"))
    where = world.a.user.affiliations.get()
    with pytest.raises(Refusal, match="own_domain"):
        triage.decide(world.actor(world.admin), row.pk, where.pk, remember_domain=True, now=LATER)
    assert not ClientDomain.objects.exists()

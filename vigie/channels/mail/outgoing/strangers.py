"""The polite refusal of a mailbox that takes known people only: one to an address and day, with no word of what it wrote."""

from __future__ import annotations

import datetime as dt
from contextlib import closing

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext
from procrastinate.contrib.django import app as jobs

from vigie.channels.mail.keys import own_domain
from vigie.channels.mail.models import InboundMail, Mailbox
from vigie.channels.mail.outgoing.admission import admit_refusal
from vigie.channels.mail.outgoing.senders import installation_route, mailbox_route
from vigie.channels.mail.outgoing.transport import Patience, Session
from vigie.channels.mail.rules.delivery import verdict
from vigie.channels.mail.rules.letter import BadAddress, Letter, build, plain_address
from vigie.tenancy.models import Organisation

REFUSE = "mail.refuse_stranger"
SHORT = Patience(connect=8, answer=8, content=20, whole=40)
STAMPS = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", "Precedence": "bulk"}


class NotTaken(Exception):
    """No server took the mail now: the job is tried again."""


def answer_stranger(mail: InboundMail, *, now: dt.datetime) -> None:
    """Have the refusal sent, unless this address had one today or too many strangers did. In the caller's transaction."""
    if admit_refusal(mail.sender, now=now):
        jobs.configure_task(REFUSE).defer(inbound_id=mail.pk)


def refuse(mail_id: int, *, now: dt.datetime) -> None:
    """Send the refusal of a mail; sent again, it has the same Message-ID. What is refused for good is let go."""
    mail = InboundMail.objects.select_related("mailbox").defer("raw").get(pk=mail_id)
    route = mailbox_route(mail.mailbox, now=now) or installation_route()
    if route is None:
        return
    try:
        sender, recipient = plain_address(mail.mailbox.address), plain_address(mail.sender)
        data = build(_letter(mail, now)).as_bytes()
    except BadAddress:
        return
    with closing(Session(SHORT, own_domain())) as session:
        answer = session.send(route, sender, recipient, data)
    if verdict(answer) == "again":
        raise NotTaken(str(answer))


def _letter(mail: InboundMail, now: dt.datetime) -> Letter:
    house = Organisation.objects.filter(kind="provider").values_list("name", flat=True).first() or "Vigie"
    with translation.override(mail.mailbox.language):
        values = {"signature": _signature(mail.mailbox, house)}
        return Letter(
            header_id=f"refusal.{mail.pk}@{own_domain()}",
            sender=(house, mail.mailbox.address),
            recipient=("", mail.sender),
            subject=gettext("Your mail was not taken"),
            text=render_to_string("mail/out/refused.txt", values),
            html=render_to_string("mail/out/refused.html", values),
            written_at=now,
            stamps=STAMPS | {"X-Loop": own_domain()},
        )


def _signature(mailbox: Mailbox, house: str) -> str:
    own = mailbox.signature_en if mailbox.language == "en" else mailbox.signature_fr
    return own.strip() or house

"""What a notice tells its recipient, read through that person's own sight."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from vigie.accounts.actors import actor_of
from vigie.channels.mail.outgoing.admission import Withheld
from vigie.kernel.actor import Actor
from vigie.notifications.models import Notice
from vigie.tenancy.models import Organisation
from vigie.tickets import access
from vigie.tickets.models import Message, Ticket


@dataclass(frozen=True, slots=True)
class Told:
    """What a notice is about, as its recipient sees it. ``message`` when it brings one; ``house``: the provider."""

    notice: Notice
    reader: Actor
    ticket: Ticket | None
    message: Message | None
    house: str

    @property
    def is_personal(self) -> bool:
        """Did a person write it? Then it reads, and is stamped, as that person's mail."""
        message = self.message
        return message is not None and message.author_id is not None and not message.is_automatic

    @property
    def is_acknowledgement(self) -> bool:
        """Does it only answer, by itself, whoever opened the ticket?"""
        return self.notice.kind == "ticket_opened" and self.reader.is_client


def gather(notice: Notice, now: dt.datetime) -> Told:
    """Read everything through the recipient's own sight: whoever lost it since is told nothing."""
    reader = actor_of(notice.recipient, today=timezone.localdate(now), organisation_id=notice.organisation_id)
    if reader is None or (notice.organisation_id and not reader.sees(notice.organisation_id)):
        raise Withheld("no_access")
    ticket = message = None
    if notice.subject == "ticket":
        ticket = access.visible(reader).select_related("organisation").filter(pk=notice.subject_id).first()
        if ticket is None:
            raise Withheld("no_access")
        if notice.message_id:
            message = access.visible_messages(reader, ticket).filter(pk=notice.message_id).first()
            if message is None:
                raise Withheld("no_access")
    house = Organisation.objects.filter(kind="provider").values_list("name", flat=True).first()
    return Told(notice, reader, ticket, message, house or "Vigie")

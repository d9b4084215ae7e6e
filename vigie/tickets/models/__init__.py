"""Tables of the desk. A client's tables refer to each other by ``(organisation_id, id)``."""

from vigie.tickets.models.approval import Approval
from vigie.tickets.models.canned import CannedReply
from vigie.tickets.models.conversation import Attachment, Draft, Message
from vigie.tickets.models.correction import AskedCorrection
from vigie.tickets.models.promise import Clock, Fact
from vigie.tickets.models.support import BreachCause, Referral, SupportClock, SupportTerms
from vigie.tickets.models.ticket import (
    Counter,
    PriorityPolicy,
    ProposedWatcher,
    Ticket,
    TicketLink,
    Watcher,
)
from vigie.tickets.models.views import Presence, SavedView

__all__ = [
    "Approval",
    "AskedCorrection",
    "Attachment",
    "BreachCause",
    "CannedReply",
    "Clock",
    "Counter",
    "Draft",
    "Fact",
    "Message",
    "Presence",
    "PriorityPolicy",
    "ProposedWatcher",
    "Referral",
    "SavedView",
    "SupportClock",
    "SupportTerms",
    "Ticket",
    "TicketLink",
    "Watcher",
]

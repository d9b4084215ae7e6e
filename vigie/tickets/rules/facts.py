"""The kinds of facts a ticket's journal holds, and which of them a client may read."""

from __future__ import annotations

OPENED = "opened"
STATE = "state"
RESPONDED = "responded"
MESSAGE = "message"
PRIORITY = "priority"
TYPE = "type"
ASSIGNED = "assigned"
EDITED = "edited"
PROMISED = "promised"
LINKED = "linked"
WATCHED = "watched"
WARNED = "warned"
BREACHED = "breached"
REMINDED = "reminded"
ASKED = "asked"
IMPORTED = "imported"
UNDELIVERED = "undelivered"
REFERRED = "referred"  # given to a supplier
ANSWERED = "supplier_answered"
JUDGED = "supplier_judged"  # its answer accepted, or not
COMMITTED = "committed"  # what a team or a supplier promises, anew
SUPPORT_WARNED = "support_warned"
CAUSED = "caused"  # why a promise was missed
CORRECTED = "corrected"
BEHIND_CORRECTED = "behind_corrected"  # what a correction made of the clocks of teams and suppliers
ESCALATED = "escalated"
ACKNOWLEDGED = "acknowledged"

PUBLIC = frozenset(
    {OPENED, STATE, RESPONDED, PRIORITY, TYPE, PROMISED, BREACHED, EDITED, REMINDED, ASKED, CORRECTED}
)


def audience_of(kind: str) -> str:
    """``public`` or ``internal``: assignments inside the provider, notes and warnings are never the client's."""
    return "public" if kind in PUBLIC else "internal"

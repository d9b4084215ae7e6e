"""The life of a requirement: asked, negotiated, then agreed, refused or withdrawn. A decision may be taken up again."""

from __future__ import annotations

from vigie.kernel.refusal import Refusal

NEXT: dict[str, tuple[str, ...]] = {
    "asked": ("negotiation", "agreed", "refused", "withdrawn"),
    "negotiation": ("agreed", "refused", "withdrawn"),
    "agreed": ("negotiation", "withdrawn"),
    "refused": ("negotiation",),
    "withdrawn": ("negotiation",),
}
REASONED = ("refused", "withdrawn")
KEPT_BY = {"restore": ("resolution", "incident"), "fulfilment": ("resolution", "request")}
"""What has no clock of its own in a contract, and the clock and the tickets whose commitment keeps it."""
OPEN = ("asked", "negotiation", "agreed")
"""States of what the client still wants."""


def keeps(measure: str, kind: str, ticket_type: str) -> bool:
    """Can a commitment of this clock, for these tickets (empty = any), keep what was asked?

    A service is restored by the resolution of its incident, a request fulfilled by its resolution. What else was asked
    may become any commitment: people say which.
    """
    if measure not in KEPT_BY:
        return True
    wanted, tickets = KEPT_BY[measure]
    return kind == wanted and ticket_type in ("", tickets)


def check_step(state: str, to: str, reason: str) -> None:
    """Refuse ``contracts.requirement_step`` where ``to`` does not follow, ``contracts.requirement_reason`` without words."""
    if to not in NEXT.get(state, ()):
        raise Refusal("contracts.requirement_step", field="state")
    taken_up = state in ("agreed", "refused", "withdrawn")
    if (to in REASONED or taken_up) and not reason.strip():
        raise Refusal("contracts.requirement_reason", field="reason")

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
OPEN = ("asked", "negotiation", "agreed")
"""States of what the client still wants."""


def check_step(state: str, to: str, reason: str) -> None:
    """Refuse ``contracts.requirement_step`` where ``to`` does not follow, ``contracts.requirement_reason`` without words."""
    if to not in NEXT.get(state, ()):
        raise Refusal("contracts.requirement_step", field="state")
    taken_up = state in ("agreed", "refused", "withdrawn")
    if (to in REASONED or taken_up) and not reason.strip():
        raise Refusal("contracts.requirement_reason", field="reason")

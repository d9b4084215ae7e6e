"""How a ticket is called: type, client code, and the client's own running number."""

from __future__ import annotations

PREFIXES = {"incident": "INC", "request": "REQ", "question": "QUE"}


def reference(ticket_type: str, client_code: str, number: int) -> str:
    """``INC-ALPHA-42``. The number counts within the client, so it tells nothing about anybody else."""
    return f"{PREFIXES[ticket_type]}-{client_code}-{number}"

"""Whose words the opening message holds: the caller's own, or what an agent noted for the caller. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def noted_by(message: Mapping[str, Any], opening: Mapping[str, Any] | None) -> str:
    """The name of the agent who wrote the caller's words down; "" where they are the author's own.

    ``message`` has ``kind``, ``side``, ``via``; ``opening``, the fact of the ticket's opening, ``side``, ``actor_id`` and
    ``actor_name``: an import that knows no person by name noted nothing.
    """
    if opening is None or message["kind"] != "description" or message["side"] != "client" or message["via"]:
        return ""
    by_agent = opening["side"] == "provider" and opening["actor_id"] is not None
    return str(opening["actor_name"]) if by_agent else ""

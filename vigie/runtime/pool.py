"""The end of the pool of Django's connections."""

from __future__ import annotations

from django.db import connection


def close_pool() -> None:
    """Before the process ends: Python ends with the pool's threads frozen, and the pool waits 5 s for each of them."""
    close = getattr(connection, "close_pool", None)
    if close is not None:
        close()

"""Refusals: a stable code, what happened, what to do. Never a bare exception for bad input."""

from __future__ import annotations


class Refusal(Exception):
    """Something was refused and nothing was changed.

    ``code`` is stable (``area.what_is_wrong``); ``params`` fill the sentence that the web layer looks up
    for the code; ``field`` names the input at fault, where there is one.
    """

    status = 422

    def __init__(self, code: str, *, field: str | None = None, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code} ({details})" if details else self.code


class NotFound(Refusal):
    """Absent, or out of the actor's sight: the two are never told apart."""

    status = 404

    def __init__(self, code: str = "access.not_found", **params: object) -> None:
        super().__init__(code, field=None, **params)


class NotAllowed(Refusal):
    """In sight, but the actor's roles do not grant it."""

    status = 403


class Stale(Refusal):
    """The record changed since the actor read it; both versions are in ``params``."""

    status = 409

"""What the answer of a mail server means for a mail: it left, it will be tried again, it was refused. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

PAUSES = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
GIVE_UP_AFTER = dt.timedelta(hours=48)

Stage = Literal["connect", "sign_in", "sender", "recipient", "content"]
Verdict = Literal["sent", "again", "refused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The last word of a server: SMTP ``code`` (0: none came), its text, at which ``stage``.

    ``lost``: the connection is of no more use.
    """

    code: int
    text: str
    stage: Stage
    lost: bool = False

    def __str__(self) -> str:
        return f"{self.code} {self.text}" if self.code else self.text


def verdict(answer: Answer) -> Verdict:
    """A refusal to let *us* in says nothing about the mail: only what was said about the mail itself is final."""
    if answer.stage in ("connect", "sign_in"):
        return "again"
    if 200 <= answer.code < 300 and answer.stage == "content":
        return "sent"
    return "refused" if 500 <= answer.code < 600 else "again"


def blames_address(answer: Answer) -> bool:
    """Was it the recipient's address that was refused for good?"""
    return answer.stage == "recipient" and verdict(answer) == "refused"


def pause_after(attempts: int) -> dt.timedelta:
    """How long to wait after the n-th try: 1, 5, 15 minutes, then every hour."""
    return PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]


def next_try(written_at: dt.datetime, attempts: int, now: dt.datetime) -> dt.datetime | None:
    """When to try again a mail written at ``written_at`` after its n-th failure; ``None``: give it up."""
    at = now + pause_after(attempts)
    return None if at > written_at + GIVE_UP_AFTER else at

"""Where mails come from. A source hands bytes over, and lets go of them only once they are stored.

A source takes a mailbox and a ``keep`` function; it writes no row and parses no mail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vigie.kernel.refusal import Refusal

# keep(raw, uidvalidity, uid) -> True when the mail is new. It returns after the commit, or raises.
Keep = Callable[[bytes, int | None, int | None], bool]


def too_big(size: int) -> Refusal:
    """The refusal of a mail of ``size`` bytes, wherever its size becomes known."""
    return Refusal("mail.too_big", detail=f"{-(-size // (1024 * 1024))} MB")


@dataclass(slots=True)
class Round:
    """What one round did. ``left`` mails wait for the next; ``warning`` is about mails that stay where they are."""

    stored: int = 0
    known: int = 0
    left: int = 0
    warning: Refusal | None = None

    def count(self, is_new: bool) -> None:
        if is_new:
            self.stored += 1
        else:
            self.known += 1

"""Which ticket a mail says it is about, surest sign first. Saying is not proving: the writer is looked at afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from vigie.channels.mail.rules.parsed import ParsedMail
from vigie.channels.mail.rules.tokens import marks_of, subject_numbers


@dataclass(frozen=True, slots=True)
class Meant:
    """A ticket by its id (a genuine mark of ours), by the Message-ID of a mail that came in, or by its reference.

    ``recipient`` is the person whom the mark was made for; ``delivery`` the mail of ours that is answered. ``is_marked`` is
    False for what anybody could have typed.
    """

    ticket: int | None = None
    reference: str = ""
    answered: str = ""
    recipient: int | None = None
    delivery: int | None = None

    @property
    def is_marked(self) -> bool:
        return self.ticket is not None


def meant_by(mail: ParsedMail, key: bytes) -> tuple[Meant, ...]:
    """Every ticket that the mail points to: reply addresses, then mails it answers, then numbers in the subject."""
    marks = marks_of(mail, key)
    found = [Meant(ticket=mark.ticket, recipient=mark.recipient) for mark in marks.replies]
    found += [
        Meant(ticket=mark.ticket, recipient=mark.recipient, delivery=mark.message) for mark in marks.messages
    ]
    found += [Meant(answered=header) for header in (*mail.in_reply_to, *reversed(mail.references))]
    found += [Meant(reference=number) for number in subject_numbers(mail.subject)]
    return tuple(dict.fromkeys(found))

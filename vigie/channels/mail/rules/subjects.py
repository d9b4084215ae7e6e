"""From the subject of a mail to the title of a ticket."""

from __future__ import annotations

import re

from vigie.channels.mail.rules.tokens import without_numbers

_PREFIX = re.compile(
    r"^\s*(?:re|ré|rép|tr|fwd?|aw|wg|rv|sv|antw|enc)\s?(?:\[\d{1,3}\]|\(\d{1,3}\))?\s?[:：]\s*", re.IGNORECASE
)


def title_of(subject: str) -> str:
    """What the mail is about: no "Re:", no "Tr :", no number of a ticket, which is another one's. '' where nothing is left."""
    title = " ".join(without_numbers(subject).split())
    while found := _PREFIX.match(title):
        title = title[found.end() :]
    return title

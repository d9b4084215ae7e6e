"""Jobs of this area."""

from __future__ import annotations

from vigie.accounts import mails
from vigie.toolkit.jobs import job


@job("accounts.send_password_link", once_by="a second link harms nobody: each works once")
def send_password_link(email: str) -> None:
    """Mail the link to choose a password; nothing for an unknown address. Sending it twice harms nobody."""
    mails.send_password_link(email)

"""Jobs of this area."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from vigie.accounts import mails


@app.task(name="accounts.send_password_link", retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def send_password_link(email: str) -> None:
    """Mail the link to choose a password; nothing for an unknown address. Sending it twice harms nobody."""
    mails.send_password_link(email)

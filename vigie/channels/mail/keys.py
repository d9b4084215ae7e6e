"""What signs our marks in addresses and Message-IDs, and the name this installation stamps its mails with."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from django.conf import settings


def mail_key() -> bytes:
    """Derived from the secret key: another installation, or another secret, reads none of our marks."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"vigie mail marks", hashlib.sha256)


def own_domain() -> str:
    """The right side of our Message-IDs and the value of our loop stamp, the same as long as the secret key is.

    It starts with a print of the key, so that two installations on one machine or under one name are told apart.
    """
    print_of_key = hmac.digest(mail_key(), b"loop stamp", hashlib.sha256).hex()[:12]
    return f"v{print_of_key}.{(urlsplit(settings.VIGIE_URL).hostname or 'localhost').replace(':', '-')}"

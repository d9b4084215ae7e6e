"""Secrets that must be stored: closed with a key that is not in the database.

The key comes from VIGIE_VAULT_KEY, or is derived from the secret key of the installation. A dump of the database alone opens
nothing. VIGIE_VAULT_KEY may hold several keys separated by commas: the first closes, all of them open (rotation).
"""

from __future__ import annotations

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from vigie.kernel.refusal import Refusal


def _key(passphrase: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vigie vault").derive(passphrase.encode())
    return base64.urlsafe_b64encode(derived)


@cache
def _box() -> MultiFernet:
    keys = [part for part in settings.VAULT_KEY.split(",") if part] or [settings.SECRET_KEY]
    return MultiFernet([Fernet(_key(key)) for key in keys])


def seal(secret: str) -> bytes:
    return _box().encrypt(secret.encode())


def unseal(sealed: bytes | memoryview | None) -> str:
    """The secret, '' when there is none; ``vault.wrong_key`` when another key closed it."""
    if not sealed:
        return ""
    try:
        return _box().decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise Refusal("vault.wrong_key") from error

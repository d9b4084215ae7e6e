"""The mails that are sent: real ones where they are at hand, French ones made here, hostile ones from the parser's tests.

Each carries a token in a header of its own on top; good ones carry it in their subject too, which becomes the ticket's title.
"""

from __future__ import annotations

import email
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from vigie.channels.mail import reader
from vigie.channels.mail.rules.parsed import Unreadable
from vigie.channels.mail.tests import test_parsing_hostile as hostile

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "mail"
REAL_SETS = ("zammad", "freescout", "mime_corpus", "reply_trimmer")
LARGEST = 400_000
SENTENCES = (
    "Depuis ce matin l’imprimante du deuxième étage ne répond plus.",
    "Le dossier partagé de la comptabilité affiche « accès refusé ».",
    "Pouvez-vous créer un compte pour notre nouvelle collègue, Zoé Lefèvre ?",
    "La visioconférence se coupe au bout de cinq minutes, son compris.",
    "Après la mise à jour, Excel se ferme dès l’ouverture d’un fichier.",
    "Le VPN refuse mon mot de passe alors qu’il a été changé hier à 18 h.",
)


@dataclass(frozen=True, slots=True)
class Mail:
    """``kind``: ``good`` becomes a ticket, ``hostile`` is read somehow, ``poison`` cannot be read and is quarantined."""

    kind: str
    raw: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()


class Post:
    """Writes mails. ``addresses``: the people of clients who write."""

    def __init__(self, addresses: list[str], chance: random.Random, *, poison_share: float = 0.1) -> None:
        self._addresses, self._chance, self._share = addresses, chance, poison_share
        self._bodies = list(_real_bodies())
        self._hostile, self._poisons = _hostile()
        self._written = 0

    def write(self, token: str, to: str) -> Mail:
        self._written += 1
        if self._chance.random() < self._share:
            kind = self._chance.choice(["hostile", "poison"])
            raw = self._chance.choice(self._hostile if kind == "hostile" else self._poisons)
            return Mail(kind, b"X-Jeton: %s\r\n" % token.encode() + raw)
        mail = EmailMessage(policy=SMTP)
        mail["X-Jeton"] = token
        mail["From"] = f"Camille Dupont <{self._addresses[self._written % len(self._addresses)]}>"
        mail["To"] = to
        mail["Subject"] = f"Problème nº {token} à l’étage"
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{token}@client.example>"
        body = self._chance.choice(self._bodies) if self._bodies and self._chance.random() < 0.5 else ""
        mail.set_content(
            f"Bonjour,\n\n{self._chance.choice(SENTENCES)}\n\n{body}\n\nCordialement,\nCamille\n"
        )
        if self._chance.random() < 0.1:
            picture = b"\x89PNG\r\n\x1a\n" + token.encode() * 4000
            mail.add_attachment(picture, maintype="image", subtype="png", filename=f"capture {token}.png")
        return Mail("good", mail.as_bytes())


def _real_bodies() -> Iterator[str]:
    """Texts of real mails, as they were written in many languages and charsets."""
    for name in REAL_SETS:
        for path in sorted((REAL / name).glob("*.eml"))[:12]:
            read = reader.read(path.read_bytes())
            if not isinstance(read, Unreadable) and 0 < len(read.text) < 20_000:
                yield read.text.replace("\r", "")


def _hostile() -> tuple[list[bytes], list[bytes]]:
    """Mails built to break a parser, by what the reader says of them with a token on top: read, or not."""
    made = [make() for make in hostile.READ.values()]
    made += [hostile.nested(60), hostile.nested(2000), hostile.mixed(*[hostile.mail()] * 10_001)]
    read: list[bytes] = []
    poisons: list[bytes] = []
    for raw in made:
        if len(raw) > LARGEST:
            continue
        answer = reader.read(b"X-Jeton: ZQ000000\r\n" + raw)
        (poisons if isinstance(answer, Unreadable) else read).append(raw)
    return read, poisons


def token_of(raw: bytes) -> str:
    """The token of a mail that stands on a server."""
    return str(email.message_from_bytes(raw[:200]).get("X-Jeton", ""))

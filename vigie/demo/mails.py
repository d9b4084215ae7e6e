"""The mailboxes of the demonstration: folders of this machine, where a visitor drops a mail and sees a ticket; and a few
mails that wait for a person."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.conf import settings

from vigie.accounts.models import Team
from vigie.channels.mail.models import ClientDomain, InboundMail, Mailbox
from vigie.demo.clients import CLIENTS
from vigie.demo.house import LILLE, MONTREAL
from vigie.tenancy.models import Organisation

# address, name, folder under VIGIE_MAIL_FOLDERS, client (empty: every client), language, team
MAILBOXES = (
    ("support@nord-infogerance.example", "Centre de services", "support", "", "fr", LILLE),
    ("hargrove@nord-infogerance.example", "Hargrove service desk", "hargrove", "HARGROVE", "en", MONTREAL),
)
SIGNATURE_FR = "Le centre de services\nNord Infogérance"
SIGNATURE_EN = "The service desk\nNord Infogérance"

# hours ago, sender, subject, text, state, reason, client that its domain points to
WAITING = (
    (1, "Lucie Bernard <lucie.bernard@valmont.example>", "Badge d’accès qui ne fonctionne plus",
     "Bonjour,\n\nje viens d’arriver à Strasbourg et mon badge n’ouvre pas l’atelier.\n\nLucie Bernard", "held", "new_address", "VALMONT"),
    (3, "p.durand@cabinet-conseil.example", "Accès au partage du projet",
     "Bonjour, je suis le consultant de M. Garnier, pouvez-vous m’ouvrir le partage du projet ?", "held", "stranger", ""),
    (26, "Prospection <offres@logiciels.example>", "Doublez votre productivité !",
     "Une offre exceptionnelle, jusqu’à vendredi seulement.", "held", "stranger", ""),
    (30, "scanner@copieur.example", "Numérisation 0412",
     "", "quarantined", "too_many_parts", ""),
)  # fmt: skip


def open_mailboxes(teams: dict[str, Team], anchor: dt.datetime) -> None:
    """Create the mailboxes with their folders, the domains of the clients and the mails that wait."""
    clients = {client.code: client for client in Organisation.objects.filter(kind="client")}
    ClientDomain.objects.bulk_create(
        ClientDomain(organisation=clients[spec.code], domain=spec.domain) for spec in CLIENTS
    )
    boxes = []
    for address, name, folder, code, language, team in MAILBOXES:
        (settings.MAIL_FOLDERS / folder).mkdir(parents=True, exist_ok=True)
        boxes.append(
            Mailbox.objects.create(
                address=address, name=name, source="folder", folder=folder, organisation=clients.get(code),
                language=language, team=teams[team], unknown="hold", signature_fr=SIGNATURE_FR,
                signature_en=SIGNATURE_EN, created_at=anchor,
            )
        )  # fmt: skip
    for line in WAITING:
        _wait(boxes[0], clients, anchor, *line)


def _wait(
    box: Mailbox, clients: dict[str, Organisation], anchor: dt.datetime,
    hours: int, sender: str, subject: str, text: str, state: str, outcome: str, code: str,
) -> None:  # fmt: skip
    """One mail before a person. The one that nobody can read has more parts than a mail may have."""
    head = f"From: {sender}\nTo: {box.address}\nSubject: {subject}\nMIME-Version: 1.0\n"
    if state == "quarantined":
        body = 'Content-Type: multipart/mixed; boundary="p"\n' + "\n--p\n\n" * 10_100 + "\n--p--\n"
    else:
        body = f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    raw = (head + body).replace("\n", "\r\n").encode()
    at = anchor - dt.timedelta(hours=hours)
    InboundMail.objects.create(
        mailbox=box, organisation=clients.get(code), raw=raw, size=len(raw), sha256=hashlib.sha256(raw).hexdigest(),
        received_at=at, settled_at=at, state=state, outcome=outcome, sender=sender.rpartition("<")[2].rstrip(">"),
        subject=subject,
    )  # fmt: skip

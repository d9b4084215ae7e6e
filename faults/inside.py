"""What has to be done inside Vigie before the load: migrations, clients, people, mailboxes, sessions.

A process of its own (``python -m faults.inside``), so that the harness itself never imports Django. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import Any

PEOPLE = 300
"""More than Vigie's flood rule needs: 30 mails of one sender in ten minutes are held for a person."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """``addresses`` of senders, ``cookies`` of their sessions, an ``agent``'s, and the mailboxes by their way."""

    addresses: list[str]
    cookies: list[str]
    agent: str
    imap: list[str]
    folders: list[str]
    pipe: str


def prepare(imap_port: int, boxes: int) -> Prepared:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.world import START, build_world
    from vigie.accounts.models import Affiliation, Person

    world = build_world()
    clients = [(world.a, world.b, world.c)[number % 3] for number in range(PEOPLE)]
    people = Person.objects.bulk_create(
        Person(
            name=f"Camille Dupont {number}", side="client", password="!", created_at=START,
            email=f"camille{number}@{client.organisation.code.lower()}.example",
        )
        for number, client in enumerate(clients)
    )  # fmt: skip
    Affiliation.objects.bulk_create(
        Affiliation(organisation=client.organisation, person=person, site=client.site, roles=["user"])
        for person, client in zip(people, clients, strict=True)
    )
    imap, folders, pipe = _mailboxes(imap_port, boxes)
    (agent,) = _sessions([world.agent_all])
    return Prepared([str(p.email) for p in people], _sessions(people[:60]), agent, imap, folders, pipe)


def _mailboxes(imap_port: int, boxes: int) -> tuple[list[str], list[str], str]:
    """``boxes`` mailboxes of each kind that is fetched from, and one for the pipe."""
    from django.conf import settings
    from django.utils import timezone

    from vigie.channels.mail.models import Mailbox
    from vigie.channels.mail.tests.servers import PASSWORD
    from vigie.toolkit import vault

    def make(name: str, **values: Any) -> str:
        address = f"{name}@nord.example"
        Mailbox.objects.create(name=name, address=address, created_at=timezone.now(), **values)
        return address

    pipe = make("pipe", source="pipe")
    folders = [make(f"folder{n}", source="folder", folder=f"folder{n}") for n in range(boxes)]
    for n in range(boxes):
        for part in ("new", "cur", "tmp"):
            (settings.MAIL_FOLDERS / f"folder{n}" / part).mkdir(parents=True)
    imap = [
        make(
            f"imap{n}", source="imap", host="localhost", port=imap_port, username=f"imap{n}",
            password_sealed=vault.seal(PASSWORD),
        )
        for n in range(boxes if imap_port else 0)
    ]  # fmt: skip
    return imap, folders, pipe


def _sessions(people: list[Any]) -> list[str]:
    from bench.inside import sign_in

    return sign_in(person.pk for person in people)


if __name__ == "__main__":
    print(json.dumps(asdict(prepare(int(os.environ["FAULTS_IMAP_PORT"]), int(os.environ["FAULTS_BOXES"])))))

"""What the tables say, read once for a batch of histories of one client."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection, models

from vigie.accounts.models import Affiliation, Person, Team
from vigie.catalog.models import Category, Service, Subscription
from vigie.contracts.actions import stamp_many
from vigie.contracts.queries import PromiseBook, promise_book
from vigie.contracts.queries.support import SupportBook, support_book
from vigie.contracts.rules.promise import Terms
from vigie.tenancy.models import Organisation
from vigie.tickets.actions.support import stamp_support
from vigie.tickets.models import Counter, PriorityPolicy
from vigie.tickets.rules.reference import reference
from vigie.workflow.queries import current_versions

BLOCK = 2000
NewId = Callable[[], int]


class Ids:
    """Ids of one table's sequence, taken in blocks."""

    def __init__(self, model: type[models.Model]) -> None:
        self._table = model._meta.db_table
        self._block: Iterator[int] = iter(())

    def __call__(self) -> int:
        found = next(self._block, None)
        if found is None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)",
                    [self._table, BLOCK],
                )
                self._block = iter([row[0] for row in cursor.fetchall()])
            found = next(self._block)
        return found


@dataclass(slots=True)
class Stamps:
    """Stamped terms of one client: each distinct content is looked up once."""

    organisation_id: int
    ids: dict[Terms, int] = field(default_factory=dict)
    terms: dict[int, Terms] = field(default_factory=dict)

    def of(self, wanted: Iterable[Terms]) -> Mapping[Terms, int]:
        missing = [terms for terms in wanted if terms not in self.ids]
        if missing:
            found = stamp_many(self.organisation_id, missing)
            self.ids.update(found)
            self.terms.update({pk: terms for terms, pk in found.items()})
        return self.ids


@dataclass(slots=True)
class Behind:
    """What teams and suppliers promise, with the ids of terms stamped so far."""

    book: SupportBook
    ids: dict[Terms, int] = field(default_factory=dict)

    def id_of(self, terms: Terms) -> int:
        if terms not in self.ids:
            self.ids.update(stamp_support([terms]))
        return self.ids[terms]


@dataclass(slots=True)
class Ground:
    """One client's world as the actions would find it. Only ``numbers`` and ``stamps`` change."""

    organisation: Organisation
    book: PromiseBook
    policy: PriorityPolicy | None
    versions: Mapping[str, int]
    services: Mapping[int, Service]
    subscriptions: Mapping[int, int | None]
    categories: frozenset[int]
    teams: Mapping[int, Team]
    people: Mapping[int, Person]
    affiliations: Mapping[int, Affiliation]
    stamps: Stamps
    behind: Behind
    ticket_ids: Callable[[], int]
    message_ids: Callable[[], int]
    clock_ids: Callable[[], int]
    fact_ids: Callable[[], int]
    last_number: int = 0

    def next_reference(self, ticket_type: str) -> str:
        self.last_number += 1
        return reference(ticket_type, self.organisation.code, self.last_number)

    def contact(self, person_id: int, day: dt.date) -> Affiliation | None:
        """The person's affiliation in force that day."""
        found = self.affiliations.get(person_id)
        if found is None or (found.active_from and day < found.active_from):
            return None
        return None if found.active_until and day >= found.active_until else found


def ground_of(organisation_id: int, ids: tuple[NewId, NewId, NewId, NewId]) -> Ground:
    """Read it, and lock the client's ticket numbers until the transaction ends."""
    Counter.objects.bulk_create([Counter(organisation_id=organisation_id)], ignore_conflicts=True)
    counter = Counter.objects.select_for_update().get(pk=organisation_id)
    affiliations = Affiliation.objects.filter(organisation_id=organisation_id).select_related("person")
    found = {a.person_id: a for a in affiliations}
    subscriptions = Subscription.objects.filter(organisation_id=organisation_id, is_active=True)
    return Ground(
        organisation=Organisation.objects.defer("logo").get(pk=organisation_id),
        book=promise_book(organisation_id),
        policy=PriorityPolicy.objects.filter(pk=organisation_id).first(),
        versions=current_versions(),
        services={s.pk: s for s in Service.objects.filter(is_active=True)},
        subscriptions=dict(subscriptions.values_list("service_id", "team_id")),
        categories=frozenset(Category.objects.filter(is_active=True).values_list("pk", flat=True)),
        teams={t.pk: t for t in Team.objects.all()},
        people={pk: a.person for pk, a in found.items()},
        affiliations=found,
        stamps=Stamps(organisation_id),
        behind=Behind(support_book()),
        ticket_ids=ids[0],
        message_ids=ids[1],
        clock_ids=ids[2],
        fact_ids=ids[3],
        last_number=counter.last,
    )

"""Which calendars a new contract is likely to be measured in: those that contracts in force use, most used first."""

from __future__ import annotations

from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from vigie.contracts import access
from vigie.contracts.models import Calendar, CalendarVersion, Commitment, ContractVersion, SupportCommitment
from vigie.contracts.rules import calendar as rules
from vigie.contracts.rules.calendar import MIDNIGHT
from vigie.kernel.actor import Actor


def by_use(actor: Actor, organisation_id: int | None = None) -> QuerySet[Calendar]:
    """The calendars in sight by code, those that suppliers alone use last.

    ``uses`` counts the commitments of versions in force that each one measures, ``own_uses`` those of a client.
    """
    used = Commitment.objects.filter(
        calendar_id=OuterRef("pk"), version__state=ContractVersion.State.IN_FORCE
    ).order_by()
    own = used.filter(organisation_id=organisation_id or 0)
    behind = SupportCommitment.objects.filter(calendar_id=OuterRef("pk"))
    found = access.visible_calendars(actor).annotate(
        uses=_count(used),
        own_uses=_count(own),
        supplier_alone=Case(
            When(
                Exists(behind.filter(audience="uc")) & ~Exists(behind.exclude(audience="uc")) & ~Exists(used),
                then=Value(True),
            ),
            default=Value(False),
            output_field=BooleanField(),
        ),
    )
    return found.order_by("supplier_alone", "code")


def _count(rows: QuerySet[Commitment]) -> Coalesce:
    return Coalesce(Subquery(rows.values("calendar_id").annotate(n=Count("pk")).values("n")), 0)


def usual_hours(actor: Actor, organisation_id: int | None) -> tuple[int | None, int | None]:
    """The ids of the calendars to propose for a client: one with closing hours, and one that never closes."""
    its = Q(organisation=None) | Q(organisation_id=organisation_id or 0)
    found: list[Any] = list(by_use(actor, organisation_id).filter(its))
    found.sort(key=lambda one: (one.supplier_alone, -one.own_uses, -one.uses))
    open_always = _never_closing({one.pk for one in found})
    office = [one.pk for one in found if one.pk not in open_always] or [one.pk for one in found]
    always = [one.pk for one in found if one.pk in open_always] or office
    return next(iter(office), None), next(iter(always), None)


def _never_closing(ids: set[int]) -> set[int]:
    """Which of these calendars are open day and night, by their latest hours."""
    versions = CalendarVersion.objects.filter(calendar_id__in=ids)
    latest = versions.order_by("calendar_id", "-effective_on").distinct("calendar_id")
    found = set()
    for pk, definition in latest.values_list("calendar_id", "definition"):
        hours = rules.Calendar.from_json(definition)
        if not hours.parts and all(day == ((0, MIDNIGHT),) for day in hours.week):
            found.add(pk)
    return found

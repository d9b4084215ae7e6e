"""The journal of administration: one append-only row per change, with what it was and what it became."""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db import models, transaction

from vigie.kernel.actor import Actor
from vigie.toolkit.models import JournalEntry

M = TypeVar("M", bound=models.Model)

SECRET = frozenset({"password", "secret", "token"})


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"sha256:{hashlib.sha256(value).hexdigest()}"
    if isinstance(value, frozenset | set | tuple):
        return sorted(value) if isinstance(value, frozenset | set) else list(value)
    return value


def snapshot(instance: models.Model, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Concrete field values of ``instance`` as JSON-ready values; secrets are left out."""
    fields = [field.attname for field in instance._meta.concrete_fields]
    wanted = set(names) if names is not None else None
    return {
        name: _plain(getattr(instance, name))
        for name in fields
        if name not in SECRET and (wanted is None or name in wanted)
    }


def record(
    actor: Actor,
    verb: str,
    instance: models.Model,
    *,
    now: dt.datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry. Call inside the transaction that makes the change."""
    organisation_id = getattr(instance, "organisation_id", None)
    JournalEntry.objects.create(
        at=now,
        actor_id=actor.person_id,
        actor_name=actor.name,
        organisation_id=organisation_id,
        subject=instance._meta.label_lower,
        subject_id=instance.pk,
        verb=verb,
        before=dict(before or {}),
        after=dict(after or {}),
    )


def write(actor: Actor, instance: M, changes: Mapping[str, Any], *, now: dt.datetime) -> M:
    """Set ``changes`` on ``instance``, validate, save and journal the difference, atomically.

    Nothing is written when nothing differs. Raises ``ValidationError`` with the model's own messages.
    """
    created = instance._state.adding
    before = {} if created else snapshot(instance)
    for name, value in changes.items():
        setattr(instance, name, value)
    instance.full_clean(exclude=["password"] if hasattr(instance, "password") else None)
    after = snapshot(instance)
    changed = {name for name in after if before.get(name) != after[name]}
    if not created and not changed:
        return instance
    with transaction.atomic():
        instance.save()
        after = snapshot(instance)
        record(
            actor,
            "created" if created else "changed",
            instance,
            now=now,
            before={name: before[name] for name in sorted(changed) if name in before},
            after=after if created else {name: after[name] for name in sorted(changed)},
        )
    return instance


def history(subjects: Mapping[str, Iterable[int]], *, most: int = 30) -> list[dict[str, Any]]:
    """The newest entries about records already in the reader's sight: ``{"tenancy.site": [3, 4]}``."""
    wanted = models.Q(pk__in=[])
    for subject, ids in subjects.items():
        wanted |= models.Q(subject=subject, subject_id__in=list(ids))
    entries = JournalEntry.objects.filter(wanted).order_by("-pk")
    names = ("at", "actor_name", "subject", "subject_id", "verb", "before", "after")
    return [{**row} for row in entries.values(*names)[:most]]


def removed(subject: str, owner: Mapping[str, Iterable[int]]) -> list[int]:
    """The ids of the records of a subject that are no more, and belonged to one in the reader's sight: ``{"contract_id": [3]}``."""
    belonged = {f"before__{name}__in": list(ids) for name, ids in owner.items()}
    entries = JournalEntry.objects.filter(subject=subject, verb="deleted", **belonged)
    return list(entries.values_list("subject_id", flat=True))


def undone(instance: models.Model, *, since: dt.datetime) -> list[dict[str, Any]]:
    """What a record in the reader's sight said before each change from ``since`` on, the latest change first."""
    entries = JournalEntry.objects.filter(
        subject=instance._meta.label_lower, subject_id=instance.pk, verb="changed", at__gte=since
    )
    return list(entries.order_by("-at", "-pk").values_list("before", flat=True))

"""Which definition is in force, and the one a ticket was opened under."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import Any

from vigie.kernel.refusal import NotFound, Refusal
from vigie.workflow.models import WorkflowVersion
from vigie.workflow.rules.machine import Machine, machine_from

VERSION = ("id", "ticket_type", "version", "published_at", "published_by")


@lru_cache(maxsize=256)
def machine_of(version_id: int) -> Machine:
    """The machine of a published version. Versions are never edited, so a process may keep them."""
    return machine_from(WorkflowVersion.objects.values_list("definition", flat=True).get(pk=version_id))


def current_versions() -> dict[str, int]:
    """Newest published version id of each ticket type."""
    rows = WorkflowVersion.objects.order_by("ticket_type", "-version").distinct("ticket_type")
    return dict(rows.values_list("ticket_type", "pk"))


def current_version(ticket_type: str) -> int:
    found = (
        WorkflowVersion.objects.filter(ticket_type=ticket_type)
        .order_by("-version")
        .values_list("pk", flat=True)
        .first()
    )
    if found is None:
        raise Refusal("workflow.not_published", ticket_type=ticket_type)
    return found


def one_version(version_id: int) -> dict[str, Any]:
    """A published version, with whether it is in force (``current``), or :class:`NotFound`."""
    found = WorkflowVersion.objects.filter(pk=version_id).values(*VERSION).first()
    if found is None:
        raise NotFound()
    return {**found, "current": current_version(found["ticket_type"]) == found["id"]}


def versions_by_type() -> list[tuple[str, list[dict[str, Any]]]]:
    """Versions of each ticket type, the newest (in force) first."""
    rows = WorkflowVersion.objects.order_by("ticket_type", "-version").values(*VERSION)
    return [(kind, list(group)) for kind, group in groupby(rows, key=lambda row: str(row["ticket_type"]))]

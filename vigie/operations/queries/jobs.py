"""The queue of jobs as a person reads it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, OuterRef, Subquery
from django.utils.translation import gettext
from procrastinate.contrib.django.models import ProcrastinateEvent

from vigie.kernel.actor import Actor
from vigie.operations import access
from vigie.operations.labels import EVENTS, STATES, job_name
from vigie.operations.queries.figures import SHOWN
from vigie.toolkit.jobs import DECLARED
from vigie.toolkit.models import JobFailure
from vigie.toolkit.paging import Order, Page, page_of

NEWEST = Order(("-id",))
SIZE = 50
FIELDS = ("id", "task_name", "status", "attempts", "queued_at", "error", "place")

_failure = JobFailure.objects.filter(job_id=OuterRef("pk"))
_queued = ProcrastinateEvent.objects.filter(job_id=OuterRef("pk"), type="deferred").order_by("id")
_SHOWN_OF_EACH = {
    "queued_at": Subquery(_queued.values("at")[:1]),
    "error": Subquery(_failure.values("error")),
    "place": Subquery(_failure.values("place")),
}


def counts(actor: Actor) -> dict[str, int]:
    """How many jobs failed, wait and run."""
    return {
        state: access.visible(actor).filter(status=state).count() for state in ("failed", "todo", "doing")
    }


def names(actor: Actor, state: str) -> list[tuple[str, str, int]]:
    """``(code, words, number)`` of the jobs in this state, the most frequent first."""
    jobs = access.visible(actor).filter(status=state)
    counted = jobs.values_list("task_name").annotate(number=Count("pk")).order_by("-number", "task_name")
    return [(code, job_name(code), number) for code, number in counted]


def page(actor: Actor, state: str, name: str, cursor: str | None) -> Page:
    """Jobs in ``state`` (of ``name`` only, when given), the newest first."""
    jobs = access.visible(actor).filter(status=state if state in SHOWN else "failed")
    if name:
        jobs = jobs.filter(task_name=name)
    found = page_of(jobs.annotate(**_SHOWN_OF_EACH), NEWEST, fields=FIELDS, size=SIZE, cursor=cursor)
    for row in found.rows:
        row["words"] = job_name(row["task_name"])
        row["error"] = row["error"] or _unknown(row)
    return found


def _unknown(row: dict[str, Any]) -> str:
    """Why a job failed that never began: no code of this version bears its name."""
    known = {name for one in DECLARED.values() for name in (one.name, *one.former)}
    if row["status"] != "failed" or row["task_name"] in known:
        return ""
    return gettext("This version of Vigie knows no job of this name: it was queued by another one.")


def one(actor: Actor, job_id: int) -> dict[str, Any]:
    """A job and what happened to it, the last first."""
    access.one(actor, job_id)
    row = access.visible(actor).annotate(**_SHOWN_OF_EACH).values(*FIELDS, "scheduled_at").get(pk=job_id)
    happened = ProcrastinateEvent.objects.filter(job_id=job_id).order_by(F("id").desc()).values("type", "at")
    events = [{"words": str(EVENTS.get(one["type"], one["type"])), "at": one["at"]} for one in happened[:50]]
    state = str(STATES.get(row["status"], row["status"]))
    row["error"] = row["error"] or _unknown(row)
    return {**row, "words": job_name(row["task_name"]), "state_words": state, "events": events}

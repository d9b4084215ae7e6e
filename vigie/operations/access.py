"""Jobs and alarms belong to the installation: whoever may see how it runs sees them all, nobody else any."""

from __future__ import annotations

from django.db.models import QuerySet
from procrastinate.contrib.django.models import ProcrastinateJob

from vigie.kernel.actor import Actor
from vigie.kernel.refusal import NotFound
from vigie.tenancy.walls import Internal, TableClass

GRANTS = ("operations:view", "operations:run")

TABLES: dict[str, TableClass] = {"operations_alarm": Internal()}


def visible(actor: Actor) -> QuerySet[ProcrastinateJob]:
    if not actor.is_provider or not actor.can("operations:view"):
        return ProcrastinateJob.objects.none()
    return ProcrastinateJob.objects.all()


def one(actor: Actor, job_id: int, *, lock: bool = False) -> ProcrastinateJob:
    jobs = visible(actor)
    if lock:
        jobs = jobs.select_for_update(of=("self",))
    found = jobs.filter(pk=job_id).first()
    if found is None:
        raise NotFound()
    return found

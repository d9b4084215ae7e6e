"""The measures that are the installation's, not one process's: read from the database each time they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import Error
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from vigie.operations.queries import figures

_UP = "Does the database answer?"


class Installation:
    def collect(self) -> list[GaugeMetricFamily]:
        """With the database away, that is the one thing to say: what the process itself counts is still given."""
        try:
            return [_gauge("vigie_database_up", _UP, 1), *self._figures()]
        except Error:
            return [_gauge("vigie_database_up", _UP, 0)]

    def _figures(self) -> Iterable[GaugeMetricFamily]:
        vitals = figures.vitals(timezone.now())
        yield _by_state(
            "vigie_jobs", "Background jobs that wait (todo), run (doing), failed.", figures.jobs_by_state()
        )
        yield _gauge(
            "vigie_jobs_longest_wait_seconds", "How long the oldest job has waited.", vitals.longest_wait
        )
        yield _gauge(
            "vigie_worker_silence_seconds", "Since the last sign of life of a worker.", vitals.silence
        )
        yield _by_state(
            "vigie_inbound_mails", "Mails that came in, by what became of them.", figures.mails_by_state()
        )
        yield _by_state("vigie_outbox", "Mails to send, by what became of them.", figures.outbox_by_state())
        yield _gauge(
            "vigie_mailboxes_in_trouble", "Mailboxes in use that something is wrong with.",
            figures.mailboxes_in_trouble(),
        )  # fmt: skip
        yield _gauge("vigie_disk_used_ratio", "Used part of the disk of the data folder.", vitals.disk_used)
        yield _gauge("vigie_last_backup_age_seconds", "Since the last backup.", vitals.backup_age)


def _gauge(name: str, what: str, value: float | None) -> GaugeMetricFamily:
    """One figure; no sample at all when there is none."""
    family = GaugeMetricFamily(name, what)
    if value is not None:
        family.add_metric((), value)
    return family


def _by_state(name: str, what: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=("state",))
    for state, number in counts.items():
        family.add_metric((state,), number)
    return family

"""Workflow definitions as versioned data. A ticket keeps the version it was opened under."""

from __future__ import annotations

from django.db import models


class WorkflowVersion(models.Model):
    """One published definition of a ticket type's life (see ``workflow.rules.machine``). Never edited."""

    ticket_type = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket_type", "version"], name="workflow_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.ticket_type} v{self.version}"

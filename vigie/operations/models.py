"""What is wrong at present."""

from __future__ import annotations

from django.db import models


class Alarm(models.Model):
    """Something that administrators were told of, once; the row goes when it is well again. Codes: ``rules.ALARMS``."""

    code = models.CharField(max_length=20, unique=True)
    raised_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code

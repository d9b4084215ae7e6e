"""Replays that are too long for a page."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from vigie.replay import actions
from vigie.toolkit.jobs import job


@job(actions.STUDY, once_by="a study that is done is not replayed again", longest=dt.timedelta(minutes=5))
def study(study_id: int) -> None:
    """Carry out one study."""
    actions.carry_out(study_id, now=timezone.now())

"""A contract as it was on a day: its dates, renewal and notice, read back from the journal, which alone keeps them."""

from __future__ import annotations

import copy
import datetime as dt

from vigie.contracts.models import Contract
from vigie.contracts.rules.instants import zone_of
from vigie.toolkit import journal

DAYS = ("starts_on", "ends_on", "notice_on")
DATED = (*DAYS, "status", "renewal", "renewal_months", "notice_months", "notice_reference")


def as_on(contract: Contract, day: dt.date | None, today: dt.date) -> Contract:
    """A copy of a contract in sight as it stood at the end of a past day of its client; itself for any other day.

    What was changed since is undone, the latest first. The copy is for reading: it is never saved.
    """
    if day is None or day >= today:
        return contract
    then = copy.copy(contract)
    midnight = dt.datetime.combine(
        day + dt.timedelta(days=1), dt.time(), zone_of(contract.organisation.timezone)
    )
    for before in journal.undone(contract, since=midnight):
        for name in DATED:
            if name in before:
                setattr(then, name, _read(name, before[name]))
    return then


def _read(name: str, value: object) -> object:
    return dt.date.fromisoformat(value) if name in DAYS and isinstance(value, str) else value

"""A contract as it was on a day: its dates, renewal and notice, read back from the journal, which alone keeps them."""

from __future__ import annotations

import copy
import datetime as dt

from vigie.contracts.models import Contract
from vigie.contracts.rules.instants import zone_of
from vigie.tenancy.walls import past_the_wall
from vigie.toolkit import journal

DAYS = ("starts_on", "ends_on", "notice_on")
DATED = (*DAYS, "status", "renewal", "renewal_months", "notice_months", "notice_reference")


def as_on(contract: Contract, day: dt.date | None, today: dt.date, *, drafts: bool = True) -> Contract:
    """A copy of a contract in sight as it stood at the end of a past day of its client; itself for any other day.

    What was changed since is undone, the latest first; without ``drafts``, back to what it was put in force with and no
    further. The copy is for reading: it is never saved.
    """
    if day is None or day >= today:
        return contract
    then = copy.copy(contract)
    midnight = dt.datetime.combine(
        day + dt.timedelta(days=1), dt.time(), zone_of(contract.organisation.timezone)
    )
    for before in journal.undone(contract, since=midnight):
        if not drafts and before.get("status") in Contract.UNPROMISED:
            break
        for name in DATED:
            if name in before:
                setattr(then, name, _read(name, before[name]))
    return then


def as_told_on(contract: Contract, day: dt.date | None, today: dt.date) -> Contract:
    """The same for its client, who has no right to the journal: the dates alone come through the wall's ``own_contract``
    gate, and never what was still being negotiated."""
    if day is None or day >= today:
        return contract
    with past_the_wall("own_contract"):
        return as_on(contract, day, today, drafts=False)


def _read(name: str, value: object) -> object:
    return dt.date.fromisoformat(value) if name in DAYS and isinstance(value, str) else value

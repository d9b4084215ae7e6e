"""Where a credit stands: the client may contest it within the days agreed; silence is agreement."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum


class Standing(StrEnum):
    """``open``: the days to contest still run. ``silent``: they are over and nobody answered."""

    OPEN = "open"
    AGREED = "agreed"
    SILENT = "silent"
    CONTESTED = "contested"
    DECIDED = "decided"
    NOTED = "noted"


def standing(
    amount: Decimal,
    answer_by: dt.date,
    contested: bool | None,
    decided: Decimal | None,
    note: str,
    today: dt.date,
) -> Standing:
    """``contested`` is ``None`` without an answer. The last day to answer is ``answer_by``, whole.

    Silence makes nobody owe: an amount below zero, from before what exceeds was carried over, waits for an agreement.
    """
    if note:
        return Standing.NOTED
    if decided is not None:
        return Standing.DECIDED
    if contested is not None:
        return Standing.CONTESTED if contested else Standing.AGREED
    return Standing.OPEN if today <= answer_by or amount < 0 else Standing.SILENT


def may_be_noted(found: Standing) -> bool:
    """Is the amount final, so that the credit note can be made?"""
    return found in (Standing.AGREED, Standing.SILENT, Standing.DECIDED)

"""Questions that this area asks and a higher feature answers (registered in its ``apps.py``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vigie.contracts.models import Contract
from vigie.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Measured:
    """Something of a contract that is measured: what (a clock or a named measure), for which tickets, in words.

    An empty scope is every ticket, every service. ``requirement_id`` where it says which requirement it answers.
    """

    kind: str
    words: str
    href: str
    ticket_type: str = ""
    priority: int | None = None
    service_id: int | None = None
    requirement_id: int | None = None


Answer = Callable[[Actor, Contract, dt.date], Iterable[Measured]]
_answers: list[Answer] = []


def measured_by(answer: Answer) -> None:
    """``answer(actor, contract, day)``: what of this contract is measured on that day."""
    if answer not in _answers:
        _answers.append(answer)


def measures_of(actor: Actor, contract: Contract, on: dt.date) -> list[Measured]:
    """All that is measured of a contract on a day."""
    return [one for answer in _answers for one in answer(actor, contract, on)]

"""A question that this area asks and a higher feature answers (registered in its ``apps.py``)."""

from __future__ import annotations

from collections.abc import Callable

Answer = Callable[[int], bool]
_answers: list[Answer] = []


def settled_by(answer: Answer) -> None:
    """``answer(ticket_id)``: was a month settled for good with a promise of this ticket in it?"""
    if answer not in _answers:
        _answers.append(answer)


def is_settled(ticket_id: int) -> bool:
    """Do figures that never change again rest on this ticket?"""
    return any(answer(ticket_id) for answer in _answers)

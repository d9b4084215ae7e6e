"""Questions that this area asks and a higher feature answers (registered in its ``apps.py``)."""

from __future__ import annotations

from collections.abc import Callable

_uses: list[Callable[[int], bool]] = []
_holidays: list[Callable[[str, str], None]] = []


def in_use_when(answer: Callable[[int], bool]) -> None:
    """``answer(organisation_id)``: does something carry this client's code already?"""
    if answer not in _uses:
        _uses.append(answer)


def code_is_used(organisation_id: int) -> bool:
    """True once references made of the client's code exist: the code may no longer change."""
    return any(answer(organisation_id) for answer in _uses)


def check_holidays_with(check: Callable[[str, str], None]) -> None:
    """``check(country, subdivision)`` raises a refusal where the holidays of a place are not known."""
    if check not in _holidays:
        _holidays.append(check)


def check_holidays(country: str, subdivision: str) -> None:
    """Refuse a place whose public holidays nobody knows: its clocks could not be right."""
    for check in _holidays:
        check(country, subdivision)

"""Terms of teams and suppliers stamped on tickets."""

from __future__ import annotations

from collections.abc import Iterable

from vigie.contracts.rules.promise import Terms
from vigie.tickets.models import SupportTerms

_terms: dict[int, Terms] = {}
_KEPT = 2048


def support_terms_of_many(ids: Iterable[int]) -> dict[int, Terms]:
    """By id, at most one statement. Rows are append-only, so a process may keep them."""
    wanted = set(ids)
    missing = wanted - _terms.keys()
    if missing:
        if len(_terms) > _KEPT:
            _terms.clear()
            missing = wanted
        for pk, terms in SupportTerms.objects.filter(pk__in=missing).values_list("pk", "terms"):
            _terms[pk] = Terms.from_json(terms)
    return {pk: _terms[pk] for pk in wanted}


def support_terms_of(terms_id: int) -> Terms:
    """By id."""
    return support_terms_of_many((terms_id,))[terms_id]

"""Stamping: terms kept once per distinct content, for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from django.db import transaction

from vigie.contracts.models import StampedTerms
from vigie.contracts.rules.promise import Terms


def digest_of(terms: Terms) -> str:
    """Content hash of terms: equal terms, equal digest."""
    text = json.dumps(terms.to_json(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def stamp_many(organisation_id: int, wanted: Iterable[Terms]) -> dict[Terms, int]:
    """The ids of these terms, kept for this client where they were not yet."""
    by_digest = {digest_of(terms): terms for terms in wanted}
    if not by_digest:
        return {}
    known = dict(
        StampedTerms.objects.filter(organisation_id=organisation_id, digest__in=list(by_digest)).values_list(
            "digest", "pk"
        )
    )
    missing = [digest for digest in by_digest if digest not in known]
    if missing:
        with transaction.atomic():
            StampedTerms.objects.bulk_create(
                (
                    StampedTerms(
                        organisation_id=organisation_id,
                        digest=digest,
                        kind=str(by_digest[digest].kind),
                        terms=by_digest[digest].to_json(),
                    )
                    for digest in missing
                ),
                ignore_conflicts=True,
            )
        known.update(
            StampedTerms.objects.filter(organisation_id=organisation_id, digest__in=missing).values_list(
                "digest", "pk"
            )
        )
    return {terms: known[digest] for digest, terms in by_digest.items()}


def stamp(organisation_id: int, terms: Terms) -> int:
    """The id of these terms for this client."""
    return stamp_many(organisation_id, [terms])[terms]

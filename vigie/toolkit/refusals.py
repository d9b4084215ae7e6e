"""The sentence a person reads for a refusal code: what happened, what was kept, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise

from vigie.kernel.refusal import Refusal

_sentences: dict[str, str | Promise] = {}


def register(sentences: Mapping[str, str | Promise]) -> None:
    """Add sentences (lazy translations with ``%(name)s`` places) for codes; called by ``labels`` modules."""
    _sentences.update(sentences)


def sentence(refusal: Refusal) -> str:
    """The sentence for ``refusal`` in the active language; the code itself when none was written."""
    text = _sentences.get(refusal.code)
    if text is None:
        return refusal.code
    try:
        return str(text) % {**refusal.params}
    except KeyError:
        return str(text)


def known_codes() -> frozenset[str]:
    return frozenset(_sentences)

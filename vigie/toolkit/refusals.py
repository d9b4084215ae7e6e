"""The sentence a person reads for a refusal code: what happened, what was kept, what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.functional import Promise

from vigie.kernel.refusal import Refusal

_sentences: dict[str, str | Promise] = {}
_names: dict[str, Callable[[str], str]] = {}


def register(sentences: Mapping[str, str | Promise]) -> None:
    """Add sentences (lazy translations with ``%(name)s`` places) for codes; called by ``labels`` modules."""
    _sentences.update(sentences)


def name_by(parameter: str, name: Callable[[str], str]) -> None:
    """Tell how the code that a refusal gives as ``parameter`` is called by people."""
    _names[parameter] = name


def sentence(refusal: Refusal) -> str:
    """The sentence for ``refusal`` in the active language; the code itself when none was written."""
    text = _sentences.get(refusal.code)
    if text is None:
        return refusal.code
    params = {
        key: _names[key](str(value)) if key in _names else value for key, value in refusal.params.items()
    }
    try:
        return str(text) % params
    except KeyError:
        return str(text)


def known_codes() -> frozenset[str]:
    return frozenset(_sentences)

"""Places of a canned reply that are filled when it is used. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACES = ("requester", "reference", "subject", "service", "client", "agent")
_PLACE = re.compile(r"\{\{\s*([^{}]{0,40}?)\s*\}\}")


def unknown_places(text: str) -> list[str]:
    """Names between double braces that nothing fills, in order, each once."""
    return [name for name in dict.fromkeys(_PLACE.findall(text)) if name not in PLACES]


def filled(body: str, values: Mapping[str, str]) -> str:
    """The text of ``body`` with its places filled by ``values``. It is text: whoever shows it escapes it whole.

    One pass: what a value itself holds between braces is text. An unknown place stays as it was typed.
    """

    def one(place: re.Match[str]) -> str:
        name = place.group(1)
        return values.get(name, "") if name in PLACES else place.group(0)

    return _PLACE.sub(one, body)

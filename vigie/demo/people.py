"""Names of the contacts, drawn once each from the seed."""

from __future__ import annotations

import random
import unicodedata
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("texts")


@cache
def lists() -> dict[str, list[str]]:
    """First and last names of both languages."""
    lines = (FOLDER / "names.txt").read_text(encoding="utf-8").splitlines()
    return {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}


def ascii_of(name: str) -> str:
    """A name as an address spells it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "-").replace("'", "")


class Names:
    """Distinct names: nobody shares first and last name with another."""

    def __init__(self, chance: random.Random, taken: set[str]) -> None:
        self._chance = chance
        self._taken = set(taken)

    def one(self, language: str) -> str:
        kind = "english" if language == "en" else "french"
        firsts, lasts = lists()[f"{kind}_first"], lists()[f"{kind}_last"]
        while True:
            name = f"{self._chance.choice(firsts)} {self._chance.choice(lasts)}"
            if name not in self._taken:
                self._taken.add(name)
                return name


def address_of(name: str, domain: str) -> str:
    first, _, last = name.partition(" ")
    return f"{ascii_of(first)}.{ascii_of(last)}@{domain}"

"""What happens in the tickets of the demonstration: texts with choices and places, read from ``texts/``.

A scenario starts with ``## code | type | service | category | impact urgency | weight | resolution | clients``; then
``= title`` and one line a turn: ``C`` client, ``A`` agent, ``N`` internal note, ``W reason`` wait for the client (with
the question), ``S reason`` wait without a word, ``T team`` hand over, ``P`` ask approval, ``Y`` approved, ``R`` solved.
``[a|b]`` picks one, ``{name}`` is filled, `` / `` starts a paragraph.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("texts")
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
NO_BREAK, THIN = "\u00a0", "\u202f"


@dataclass(frozen=True, slots=True)
class Turn:
    """One line: what is done, its argument (a reason or a team) and its text."""

    what: str
    text: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    code: str
    language: str
    ticket_type: str
    service: str
    category: str
    impact: int
    urgency: int
    weight: int
    resolution: str
    clients: tuple[str, ...]
    title: str
    turns: tuple[Turn, ...]


@cache
def scenarios() -> tuple[Scenario, ...]:
    """All of them, in the order of the files."""
    return tuple(
        _read(language, block)
        for language in ("fr", "en")
        for block in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").split("\n## ")[1:]
    )


def _read(language: str, block: str) -> Scenario:
    head, title, *lines = block.strip().splitlines()
    code, ticket_type, service, category, weights, weight, resolution, *clients = (
        p.strip() for p in head.split("|")
    )
    impact, urgency = weights.split()
    return Scenario(
        code=code, language=language, ticket_type=ticket_type, service=service, category=category, impact=int(impact),
        urgency=int(urgency), weight=int(weight), resolution=resolution,
        clients=tuple(clients[0].split()) if clients else (), title=title.removeprefix("= "),
        turns=tuple(_turn(line) for line in lines if line.strip()),
    )  # fmt: skip


def _turn(line: str) -> Turn:
    what, _, rest = line.strip().partition(" ")
    if what in ("W", "S", "T"):
        code, _, rest = rest.partition(" ")
        return Turn(what, rest, code or "supplier")
    return Turn(what, rest)


def told(text: str, slots: Mapping[str, str], language: str, chance: random.Random) -> str:
    """The text with its choices made and its places filled, in the typography of its language."""
    while found := _CHOICE.search(text):
        text = text[: found.start()] + chance.choice(found[1].split("|")) + text[found.end() :]
    text = _SLOT.sub(lambda slot: slots[slot[1]], text)
    return french(text) if language == "fr" else text.replace("'", "’")


def french(text: str) -> str:
    """French typography: no-break spaces before high punctuation, inside guillemets and before units; ’ for '."""
    text = text.replace("'", "’")
    text = re.sub(r" ([;!?])", THIN + r"\1", text)
    text = text.replace(" :", NO_BREAK + ":").replace(" »", NO_BREAK + "»").replace("« ", "«" + NO_BREAK)
    return re.sub(r"(?<=\d) (?=(h|Go|To|Mb/s|%|euros|GHz|mm)\b|%)", NO_BREAK, text)


def paragraphs(text: str) -> str:
    """The message as the editor would have sent it."""
    return "".join(f"<p>{html.escape(part.strip(), quote=False)}</p>" for part in text.split(" / "))

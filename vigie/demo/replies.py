"""The canned replies of the demonstration: what a service desk writes every day, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vigie.accounts.models import Team
from vigie.demo.scenarios import french
from vigie.tickets.models import CannedReply

SOURCE = Path(__file__).parent / "texts" / "replies.txt"


def keep_replies() -> None:
    """Shared with everybody; the last one with the first team alone."""
    kept = list(_replies())
    kept[-1].team = Team.objects.order_by("level", "pk").first()
    CannedReply.objects.bulk_create(kept)


def _replies() -> Iterator[CannedReply]:
    for block in SOURCE.read_text(encoding="utf-8").split("\n= ")[1:]:
        titles, body_fr, body_en = block.strip().split("\n")
        title_fr, title_en = titles.split(" | ")
        yield CannedReply(
            is_shared=True,
            title_fr=french(title_fr),
            body_fr=_lines(french(body_fr.removeprefix("F "))),
            title_en=title_en,
            body_en=_lines(body_en.removeprefix("E ")),
        )


def _lines(text: str) -> str:
    return "\n\n".join(text.split(" / "))

"""What an agent types on a ticket, in one window or in several: each window's text is kept until the agent chose."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from vigie.kernel.actor import Actor
from vigie.tickets.actions.conversation import discard_draft, save_draft
from vigie.tickets.models import Draft
from vigie.toolkit import richtext


@dataclass(frozen=True, slots=True)
class Typed:
    """A text as a window sends it. ``seen`` is the version of the draft that this window knows; ``settles`` says that
    the agent has seen both texts and chose this one."""

    body: str
    window: str = ""
    seen: str = ""
    settles: bool = False


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """The draft as it stands; ``overtaken`` when another window wrote it, and what was sent now stands beside it."""

    body: str
    version: str
    overtaken: bool = False


@transaction.atomic
def keep_words(actor: Actor, place: str, typed: Typed, *, now: dt.datetime) -> KeptDraft:
    """Keep a text being typed; an empty one is forgotten. Another window's newer text is never written over."""
    row = Draft.objects.select_for_update().filter(person_id=actor.me, place=place).first()
    held: dict[str, Any] = row.content if row else {}
    version, body = str(held.get("version", "")), str(held.get("body", ""))
    ours = held.get("window", "") == typed.window or not typed.window  # without script there is one window
    is_blank = richtext.is_blank(typed.body)
    if body and not ours and typed.seen != version and typed.body != body:
        if not is_blank:
            save_draft(actor, place, {**held, "beside": typed.body}, now=now)
        return KeptDraft(body, version, overtaken=not is_blank)
    beside = "" if typed.settles else str(held.get("beside", ""))
    if is_blank and not beside:
        discard_draft(actor, place)
        return KeptDraft("", "")
    content = {"body": typed.body}
    if typed.window:
        content |= {"window": typed.window, "version": now.isoformat(), "beside": beside}
    save_draft(actor, place, content, now=now)
    return KeptDraft(typed.body, content.get("version", ""))

"""A message as the ticket's page shows it."""

from __future__ import annotations

from typing import Any

from vigie.notifications.queries import mailed
from vigie.tickets.labels import FOLDED, message_mark, unverified_words
from vigie.toolkit import richtext


def prepare(row: dict[str, Any]) -> None:
    """What the template shows of a message: safe text, the folded quotation, files that are not pictures of the text."""
    row["tone"] = "note" if row["audience"] == "internal" else ("in" if row["side"] == "client" else "out")
    if row["via"]:
        shown = richtext.shown if row["is_html"] else richtext.plain_shown
        row["text"], row["quoted"] = shown(row["body"]), shown(row["rest"])
    elif row["is_html"]:
        row["text"], row["quoted"] = richtext.shown_folded(row["body"])
    else:
        row["text"], row["quoted"] = richtext.plain_folded(row["body"])
    row["mark"], row["noted_by"] = message_mark(row), ""
    # before its kind was kept: of a first mail nothing but the signature is folded, what it quotes is what it is about
    earlier = "signature" if row["via"] and row["kind"] == "description" else "quotation"
    row["fold"] = FOLDED.get(row["rest_kind"]) or FOLDED[earlier]
    row["doubt"] = unverified_words(row["trust_detail"]) if row["trust"] == "unverified" else None
    row["remote"] = len(richtext.remote_images(row["body"])) if row["via"] and row["is_html"] else 0
    row["mails"] = mailed(row["mails"]) if row["audience"] == "public" else []
    row["files"] = [f for f in row["files"] if f"/files/{f['token']}" not in row["text"]]

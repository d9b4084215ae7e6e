"""A mail read: ``read_mail(raw)``, pure and bounded, for any bytes.

The way: ``prescan`` (bounds in bytes) → ``mime.plant`` (the tree) → ``gathering`` (what is body, what is a file) →
headers here. Python's own reading of headers raises or hangs on a lone quote, a NUL, nested comments, 20,000
recipients or an unknown charset, so headers are read by ``addresses``, ``encoded_words`` and ``parameters``, each in one
pass over bounded text. What a mail does wrong is kept as a defect, not raised; only a mail beyond a bound is refused.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import re

from vigie.channels.mail.rules.addresses import addresses
from vigie.channels.mail.rules.charsets import decode, one_line
from vigie.channels.mail.rules.gathering import gather
from vigie.channels.mail.rules.mime import Entity, header_text, plant
from vigie.channels.mail.rules.parsed import Address, ParsedMail
from vigie.channels.mail.rules.prescan import prescan

MAX_ID = 998  # characters: a line of RFC 5322; a longer id names no mail
MAX_IDS = 200  # of a References header, the last ones

_ID = re.compile(r"<\s*([^<>\s]{1,2000}(?:\s[^<>\s]{1,2000})?)\s*>")
_NOBODY = Address("")


def read_mail(raw: bytes) -> ParsedMail:
    """What a mail says. Raises ``Unreadable`` where it is beyond a bound, and nothing else."""
    tree = plant(prescan(raw))
    gathered = gather(tree)
    headers: dict[str, list[str]] = {}
    for name, value in tree.fields:
        headers.setdefault(name, []).append(header_text(value, tree.hint))
    people = {name: _people(tree, name) for name in ("from", "sender", "reply-to", "to", "cc")}
    defects = gathered.defects | tree.defects | _identity_defects(tree, people["from"])
    own_id = _own_id(headers.get("message-id", []))
    if not own_id:
        defects.add("no_message_id")
    return ParsedMail(
        subject=_first(headers, "subject"),
        sender=next(
            (a for a in (*people["from"], *people["sender"], *people["reply-to"]) if a.email),
            (*people["from"], _NOBODY)[0],
        ),
        reply_to=people["reply-to"],
        to=people["to"],
        cc=people["cc"],
        message_id=own_id or hashlib.sha256(raw).hexdigest() + "@no-id.invalid",
        in_reply_to=_ids(headers.get("in-reply-to", [])),
        references=_ids(headers.get("references", [])),
        sent_at=_date(_first(headers, "date")),
        text=gathered.text,
        html=gathered.html,
        parts=tuple(gathered.parts),
        headers={name: tuple(values) for name, values in headers.items()},
        report={kind: tuple(texts) for kind, texts in gathered.report.items()},
        defects=tuple(sorted(defects)),
        text_is_derived=gathered.text_is_derived,
    )


def _people(tree: Entity, name: str) -> tuple[Address, ...]:
    """Addresses of every header of that name; encoded words are left to ``addresses``, which cuts first."""
    texts = [one_line(decode(value, hint=tree.hint)[0]) for key, value in tree.fields if key == name]
    return tuple(address for text in texts for address in addresses(text))


def _identity_defects(tree: Entity, senders: tuple[Address, ...]) -> set[str]:
    """What makes it unsure who wrote."""
    froms = [value for key, value in tree.fields if key == "from"]
    found = {
        "two_from": len(froms) > 1,
        "many_senders": len({a.email for a in senders if a.email}) > 1,
        "no_from": not any(a.email for a in senders),
        "nul_in_header": any(b"\0" in value for _, value in tree.fields),
    }
    return {code for code, holds in found.items() if holds}


def _first(headers: dict[str, list[str]], name: str) -> str:
    return headers.get(name, [""])[0]


def _own_id(values: list[str]) -> str:
    """The mail's own id; one that lacks its brackets is taken where it looks like an id."""
    if found := _ids(values[:1]):
        return found[0]
    bare = values[0].strip("<> ") if values else ""
    return bare if "@" in bare and " " not in bare and len(bare) <= MAX_ID else ""


def _ids(values: list[str]) -> tuple[str, ...]:
    """The ids between ``<>``, each once, in order; blanks that folding put inside are taken out."""
    found = ("".join(one.split()) for value in values for one in _ID.findall(value))
    return tuple(dict.fromkeys(one for one in found if len(one) <= MAX_ID))[-MAX_IDS:]


def _date(text: str) -> dt.datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(text[:100])
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None

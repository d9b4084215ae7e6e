"""Files and pictures of a message, as they travel in a mail."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from vigie.channels.mail.rules.letter import Enclosure
from vigie.tickets.models import Attachment
from vigie.toolkit import files

PICTURE = re.compile(r'src="/files/([A-Za-z0-9_-]{20,64})"')


@dataclass(frozen=True, slots=True)
class Carried:
    """``html`` with its pictures named as the mail holds them; ``linked``: files too large to travel."""

    html: str
    enclosures: tuple[Enclosure, ...]
    linked: tuple[Attachment, ...]


def file_url(token: str) -> str:
    return settings.VIGIE_URL.rstrip("/") + reverse("file", args=[token])


def carry(html: str, attached: Iterable[Attachment]) -> Carried:
    """Take the files along, up to VIGIE_MAIL_FILES_MB in all: pictures of the text first, then the smallest."""
    shown = set(PICTURE.findall(html))
    taken: list[Enclosure] = []
    linked: list[Attachment] = []
    left = settings.MAIL_FILES_LIMIT
    for one in sorted(attached, key=lambda a: (a.token not in shown, a.size)):
        if one.size > left:
            linked.append(one)
            continue
        left -= one.size
        inside = one.token in shown and one.content_type in files.INLINE
        name = f"{one.token}@vigie" if inside else ""
        if inside:
            html = html.replace(f'src="/files/{one.token}"', f'src="cid:{name}"')
        taken.append(Enclosure(one.name, one.content_type, files.path_of(one.sha256).read_bytes(), name))
    absolute = settings.VIGIE_URL.rstrip("/") + "/files/"
    html = html.replace('src="/files/', f'src="{absolute}').replace('href="/files/', f'href="{absolute}')
    return Carried(html, tuple(taken), tuple(linked))

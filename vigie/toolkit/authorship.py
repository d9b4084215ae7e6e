"""Who a page was made for, signed into each of its forms: a form may arrive after its session ended, or under another one."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

FIELD = "written_by"
# How long a page may stay open and still tell whose it was.
LONGEST = 7 * 86400

_signer = TimestampSigner(salt="vigie.authorship")


@dataclass(frozen=True, slots=True)
class Author:
    """The person, and the client for which a person of several acted (``None``: agents)."""

    person_id: int
    organisation_id: int | None


def author_input(request: HttpRequest) -> SafeString:
    """The hidden field for the forms of this page; nothing while nobody is signed in."""
    if not request.user.is_authenticated:
        return SafeString("")
    organisation_id = request.session.get("organisation_id") or ""
    value = _signer.sign(f"{request.user.pk}-{organisation_id}")
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, value)


def author_of(request: HttpRequest) -> Author | None:
    """Whose page this form was on, as we signed it; ``None`` when it does not say so."""
    try:
        person, _, organisation = _signer.unsign(request.POST.get(FIELD, ""), max_age=LONGEST).partition("-")
    except BadSignature:
        return None
    return Author(int(person), int(organisation) if organisation else None)

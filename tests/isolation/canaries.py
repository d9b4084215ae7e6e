"""Marks in every text of client B, so that a leak names its own source; and checksums of all its rows."""

from __future__ import annotations

import base64
import html
import io
import re
import zlib
from typing import Any
from urllib.parse import unquote

from django.apps import apps
from django.db import connection, models
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import IndirectObject, NameObject

from tests.world import ClientWorld, rewriting
from vigie.tenancy.walls import Client, classification

# Columns whose value is a code, an address of code or a key: a canary there would make the row unusable, not a leak.
# The reason of a withdrawal is planted where one stands already: elsewhere it would withdraw the row from the measures.
CODES = re.compile(
    r"^(kind|code|nature|status|confidentiality|language|timezone|currency|accent|country|subdivision|side|state|phase|"
    r"pending_reason|ticket_type|channel|resolution_code|cancel_reason|audience|due_kind|sha256|content_type|token|digest|"
    r"password|theme|vip_rule|formula|verdict|small_volume|weighted|why|on_priority_change|on_reopen|renewal|place|measure|submission|source|external_ref|reference|subject|email)$"
)


def owned_rows(model: type[models.Model], organisation_id: int) -> models.QuerySet[models.Model] | None:
    """Rows of one client in this table, whatever the way they are owned."""
    names = {field.attname for field in model._meta.concrete_fields}
    table = model._meta.db_table
    manager = model._base_manager
    if table == "tenancy_organisation":
        return manager.filter(pk=organisation_id)
    if table == "accounts_person":
        return manager.filter(affiliations__organisation_id=organisation_id).distinct()
    if "organisation_id" in names and isinstance(classification().get(table), Client):
        return manager.filter(organisation_id=organisation_id)
    return None


def plant(client: ClientWorld) -> list[str]:
    """Put a distinct canary in every free text column of the client's rows; the canaries planted."""
    planted: list[str] = []
    for model in apps.get_models():
        rows = owned_rows(model, client.organisation.pk)
        if rows is None or model._meta.label in ("tickets.Fact", "contracts.StampedTerms"):
            continue
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.CharField | models.TextField) or CODES.match(field.attname):
                continue
            for row in rows.exclude(cancelled_for="") if field.attname == "cancelled_for" else rows:
                canary = f"VCB{model._meta.model_name}{field.attname}{row.pk}".replace("_", "")
                room = field.max_length or 10_000
                with rewriting():
                    model._base_manager.filter(pk=row.pk).update(**{field.attname: canary[:room]})
                planted.append(canary[:room])
    return planted


CANARY = re.compile(r"VCB[a-z0-9]+", re.IGNORECASE)
PACKED = re.compile(rb"[A-Za-z0-9+/=_-]{24,}")


def found_in(*texts: bytes | str) -> set[str]:
    """Canaries in any of the texts, also unescaped, url-decoded, base64-decoded or unzipped."""
    hits: set[str] = set()
    for text in texts:
        raw = text.encode() if isinstance(text, str) else text
        if raw.startswith(b"%PDF-"):
            raw = words_of(raw)
        plain = raw.decode("utf-8", "replace")
        for form in (plain, html.unescape(plain), unquote(plain)):
            hits.update(CANARY.findall(form))
        for part in PACKED.findall(raw):
            try:
                hits.update(
                    CANARY.findall(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)).decode("latin-1"))
                )
            except ValueError:
                continue
        if raw[:2] in (b"\x1f\x8b", b"x\x9c"):
            hits.update(CANARY.findall(zlib.decompress(raw, 47).decode("latin-1")))
    return hits


def words_of(paper: bytes) -> bytes:
    """What a reader of a PDF may read: its pages and what it says of itself. Its bytes are packed, and may spell a
    canary by chance; a paper that cannot be read is looked at as it is.
    """
    try:
        reader = PdfReader(io.BytesIO(paper))
        said = [page.extract_text() for page in reader.pages]
        _told_in(reader.trailer, said, set())
    except (PyPdfError, ValueError, KeyError):
        return paper
    # a long word is broken over lines: it is looked for with the lines joined too
    text = "\n".join(said)
    return (text + "\n" + re.sub(r"[-\u00ad]?\s*\n\s*", "", text)).encode()


def _told_in(found: Any, said: list[str], seen: set[int]) -> None:
    """Every text that the objects of a PDF hold beside its pages: titles, alternatives, addresses of links, metadata."""
    if isinstance(found, IndirectObject):
        if found.idnum in seen:
            return
        seen.add(found.idnum)
        found = found.get_object()
    if isinstance(found, str) and not isinstance(found, NameObject):
        said.append(found)
    elif isinstance(found, list):
        for one in found:
            _told_in(one, said, seen)
    elif isinstance(found, dict):
        if found.get("/Type") == "/Metadata":
            said.append(found.get_data().decode("utf-8", "replace"))
        for name, one in found.items():
            if name != "/ID":  # two hashes
                _told_in(one, said, seen)


def checksum(organisation_id: int) -> str:
    """One hash over every row that the client owns, in every table."""
    parts = []
    with connection.cursor() as cursor:
        for model in sorted(apps.get_models(), key=lambda m: m._meta.db_table):
            rows = owned_rows(model, organisation_id)
            if rows is None:
                continue
            sql, params = rows.values("pk").query.sql_with_params()
            table = model._meta.db_table
            cursor.execute(
                f"select md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from \"{table}\" t"
                f" where {model._meta.pk.column} in ({sql})",
                params,
            )
            parts.append(f"{table}:{cursor.fetchone()[0]}")
    return "|".join(parts)

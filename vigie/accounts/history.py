"""The journal of administration in words: what happened, by whom, and each field before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vigie.accounts.labels import grant_name
from vigie.accounts.models import Affiliation, Role
from vigie.toolkit import journal
from vigie.toolkit.jinja import local_name, when

Words = str | Promise

VERBS: dict[str, Words] = {
    "created": gettext_lazy("Created"),
    "changed": gettext_lazy("Changed"),
    "deleted": gettext_lazy("Removed"),
    "roles": gettext_lazy("Roles changed"),
    "clients": gettext_lazy("Authorised clients changed"),
    "skills": gettext_lazy("Skills changed"),
    "members": gettext_lazy("Members changed"),
    "password_set": gettext_lazy("Password set"),
    "password_link": gettext_lazy("Link to choose a password sent"),
    "sessions_ended": gettext_lazy("Open sessions ended"),
    "factor_added": gettext_lazy("Second factor added"),
    "factor_removed": gettext_lazy("Second factor removed"),
    "factor_renewed": gettext_lazy("Second factor renewed"),
    "address_suspended": gettext_lazy("Nothing is sent to its address any more"),
    "address_used_again": gettext_lazy("Its address is used again"),
}

FACTORS: dict[str, Words] = {
    "totp": gettext_lazy("Authenticator application"),
    "webauthn": gettext_lazy("Passkey"),
    "recovery_codes": gettext_lazy("Recovery codes"),
}

NAMES: dict[str, Words] = {
    "roles": gettext_lazy("Roles"),
    "clients": gettext_lazy("Authorised clients"),
    "skills": gettext_lazy("Skills"),
    "members": gettext_lazy("Members"),
    "leads": gettext_lazy("Leads"),
    "sessions": gettext_lazy("Sessions"),
    "factor": gettext_lazy("Second factor"),
    "factor_name": gettext_lazy("Name of the key"),
}

# Keys and plumbing that say nothing to a reader.
SILENT = frozenset(
    {"id", "person_id", "organisation_id", "created_at", "side", "last_login", "signature", "external_ref"}
)


def told(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """``[{at, who, what, client, lines: [(field, before, after)]}]`` in the order of ``rows``."""
    role_names = {
        role["code"]: local_name(role) for role in Role.objects.values("code", "name_fr", "name_en")
    }
    return [
        {
            "at": row["at"],
            "who": row["actor_name"],
            "what": str(VERBS.get(row["verb"], row["verb"])),
            "client": row["client"],
            "lines": _lines(row, role_names),
        }
        for row in rows
    ]


def told_about(
    subjects: Mapping[str, Iterable[int]], names: Mapping[str, Words], *, most: int = 20
) -> list[dict[str, Any]]:
    """The journal of records already in the reader's sight: ``{"tenancy.site": [3]}``, newest first.

    ``names`` are the words of the subjects. A creation is told without its fields: the page shows them.
    """
    rows = journal.history(subjects, most=most)
    for row in rows:
        row["client"] = str(names.get(row["subject"], ""))
        if row["verb"] == "created":
            row["after"] = {}
    return told(rows)


def _lines(row: Mapping[str, Any], role_names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    before, after = row["before"], row["after"]
    found = []
    for name in after if row["verb"] != "deleted" else before:
        if name in SILENT:
            continue
        old = _value(row, name, before.get(name), role_names)
        new = _value(row, name, after.get(name), role_names)
        if row["verb"] == "created" and new in ("", "—"):
            continue
        found.append((_name(row["subject"], name), old if name in before else "", new))
    return found


def _field(subject: str, name: str) -> models.Field[Any, Any] | None:
    try:
        found = apps.get_model(subject)._meta.get_field(name.removesuffix("_id"))
    except (LookupError, FieldDoesNotExist):
        return None
    return found if isinstance(found, models.Field) else None


def _name(subject: str, name: str) -> str:
    field = _field(subject, name)
    words = str(NAMES.get(name) or (field.verbose_name if field is not None else name))
    return words[:1].upper() + words[1:]


def _value(row: Mapping[str, Any], name: str, value: Any, role_names: Mapping[str, str]) -> str:
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "factor":
        return str(FACTORS.get(value, value))
    if name == "clients":
        return ngettext("%(n)s client", "%(n)s clients", len(value)) % {"n": len(value)}
    if name == "skills":
        return ", ".join(f"{skill} {level}" for skill, level in sorted(value.items())) or "—"
    if isinstance(value, list):
        return ", ".join(_word(row["subject"], name, item, role_names) for item in value)
    field = _field(row["subject"], name)
    if isinstance(field, models.ForeignKey):
        return _record(field, value)
    if isinstance(field, models.DateTimeField) and isinstance(value, str):
        return when(parse_datetime(value))
    if isinstance(field, models.DateField) and isinstance(value, str):
        return when(parse_date(value[:10]) or dt.date.min)
    choices = dict(field.flatchoices) if field is not None else {}
    return str(choices.get(value, value))


def _word(subject: str, name: str, item: Any, role_names: Mapping[str, str]) -> str:
    if subject == "accounts.affiliation":
        return str(dict(Affiliation.ContactRole.choices).get(item, item))
    if name == "grants":
        return grant_name(str(item))
    return role_names.get(str(item), str(item))


def _record(field: models.ForeignKey[Any, Any], key: Any) -> str:
    """The name of a place of the affiliation's own client; a number once it is gone."""
    found = field.related_model._default_manager.filter(pk=key).first()
    return str(found) if found is not None else f"#{key}"

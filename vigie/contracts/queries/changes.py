"""The journal of a contract and of its versions in words: which promise was changed, and what it said before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from django.db.models import Model
from django.utils.translation import gettext as _

from vigie.accounts.history import told
from vigie.contracts import access, labels
from vigie.contracts.models import Contract, ContractFile, ContractVersion, Lot, PriceLine, Signatory
from vigie.contracts.queries.comparison import COURSE, DELAYS, reasons_words, whose, words_of
from vigie.contracts.queries.versions import journalled
from vigie.contracts.rules.policies import COLUMNS, pause_reasons
from vigie.contracts.rules.promise import THRESHOLDS
from vigie.contracts.rules.renewal import last_day
from vigie.kernel.actor import Actor
from vigie.toolkit import journal
from vigie.toolkit.jinja import local_name, locale, when
from vigie.workflow.labels import TYPES, label

MOST = 500
"""Of the newest: a contract of ten years with an amendment each month stays under it."""
COMMITMENT, VERSION = "contracts.commitment", "contracts.contractversion"
Row = dict[str, Any]


def changes_of(actor: Actor, contract: Contract) -> list[Row]:
    """``[{at, who, what, client, lines}]``, newest first. A creation is told without its fields: the pages show them."""
    names = {
        COMMITMENT: _("Commitment"), "contracts.lot": _("Lot"), "contracts.signatory": _("Signatory"),
        "contracts.priceline": _("Price line"), "contracts.contractfile": _("Document"),
    }  # fmt: skip
    rows = journal.history({"contracts.contract": [contract.pk], **journalled(actor, contract)}, most=MOST)
    which = {**_named(rows), **_commitments(actor, rows), **_versions(actor, rows)}
    currency = contract.organisation.currency
    for row in rows:
        words = names.get(row["subject"], ""), which.get((row["subject"], row["subject_id"]), "")
        row["client"] = " · ".join(word for word in words if word)
        row["before"], row["after"] = (
            _in_words(row["subject"], row["before"], currency),
            _in_words(row["subject"], row["after"], currency),
        )
        if row["verb"] == "created":
            row["after"] = {}
        elif row["verb"] == "changed":
            row["after"] = {
                name: value for name, value in row["after"].items() if row["before"].get(name) != value
            }
    return told(rows)


def _ids(rows: Iterable[Row], subject: str) -> set[int]:
    return {row["subject_id"] for row in rows if row["subject"] == subject}


def _commitments(actor: Actor, rows: Iterable[Row]) -> dict[tuple[str, int], str]:
    found = access.visible_commitments(actor).filter(pk__in=_ids(rows, COMMITMENT))
    return {
        (COMMITMENT, row.pk): f"{whose(row)} · {_version(row.version)}"
        for row in found.select_related("version", "service", "category", "site")
    }


def _versions(actor: Actor, rows: Iterable[Row]) -> dict[tuple[str, int], str]:
    found = access.visible_versions(actor).filter(pk__in=_ids(rows, VERSION))
    return {(VERSION, row.pk): _version(row) for row in found}


PARTS: dict[str, tuple[type[Model], str]] = {
    model._meta.label_lower: (model, stem)
    for model, stem in ((Lot, "name"), (Signatory, "name"), (PriceLine, "label"), (ContractFile, "name"))
}


def _named(rows: Iterable[Row]) -> dict[tuple[str, int], str]:
    """What stands beside the promises by its name; what is no more, by the one that the journal kept."""
    found = {}
    for subject, (model, stem) in PARTS.items():
        for row in rows:
            if row["subject"] == subject and (name := _name_in({**row["before"], **row["after"]}, stem)):
                found[subject, row["subject_id"]] = name
        for standing in model._default_manager.filter(pk__in=_ids(rows, subject)):
            found[subject, standing.pk] = _name_in(vars(standing), stem)
    return found


def _name_in(values: dict[str, Any], stem: str) -> str:
    return local_name(values, stem) or str(values.get(stem, ""))


def _version(version: ContractVersion) -> str:
    return _("Version %(number)s") % {"number": version.number}


def _in_words(subject: str, values: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """The values of a journal entry, those that only the rules read under their words and in words."""
    found: dict[str, Any] = {}
    if "target_seconds" in values or "target_days" in values:
        target = labels.target_words(values.get("target_seconds"), values.get("target_days"))
        found[str(labels.PARTS["target"])] = target
    for name, value in values.items():
        if name == "ends_on":
            day = last_day(dt.date.fromisoformat(value) if value else None)
            found[_("Last day")] = when(day) if day else _("no end")
        elif name in ("amount", "ceiling") and value:
            found[name] = format_currency(Decimal(value), currency, locale=locale())
        elif name == "pauses":
            found.update(_pauses(subject, value))
        elif name in ("thresholds", *COURSE, *DELAYS) and subject in (COMMITMENT, VERSION):
            found[str(labels.PARTS[name])] = words_of(name, _or_usual(name, value))
        elif subject == COMMITMENT and name == "kind":
            found[name] = str(labels.KINDS.get(value, value))
        elif subject == COMMITMENT and name == "ticket_type" and value:
            found[name] = label(TYPES, value)
        elif name not in ("target_seconds", "target_days"):
            found[name] = value
    return found


def _or_usual(name: str, value: Any) -> Any:
    """What an empty value stands for: the usual warnings, the delays of the workflow."""
    if name == "thresholds":
        return value or THRESHOLDS
    return value or None if name in DELAYS else value


def _pauses(subject: str, value: Mapping[str, Any]) -> dict[str, str]:
    """What suspends each column of a version; of a commitment, what differs from its version."""
    if subject == VERSION:
        return {
            str(labels.PARTS[f"pauses_{column}"]): reasons_words(pause_reasons(kind, value, {}))
            for column, kind in COLUMNS.items()
        }
    colon, stopped, runs = _(": "), _("yes"), _("no")
    own = [
        f"{labels.PAUSES.get(code, code)}{colon}{stopped if stops else runs}" for code, stops in value.items()
    ]
    return {str(labels.PARTS["pauses"]): " · ".join(own) or str(labels.OF_THE_CONTRACT)}

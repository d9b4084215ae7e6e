"""Shape of what is typed about variants: one column each, the same rows in all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.contracts import labels
from vigie.contracts.forms import read_spans
from vigie.contracts.labels import target_input, target_words
from vigie.contracts.models import Calendar, Commitment, ContractVersion
from vigie.contracts.queries.calendars import day_names
from vigie.contracts.queries.versions import scope_words
from vigie.contracts.rules.calendar import WEEKDAYS
from vigie.contracts.rules.policies import pause_reasons
from vigie.contracts.rules.promise import ClockKind
from vigie.kernel.refusal import Refusal
from vigie.toolkit.jinja import local_name
from vigie.toolkit.refusals import sentence

COLUMNS = ("a", "b", "c")
AS_NOW = p("variant", "As now")
WHAT: dict[str, Any] = {
    "name": _("Name"), "version": _("Version"), "calendar": _("Calendar"), "hours": _("Other hours"), "days": _("On"),
    "priority": _("When the priority changes"), "reopen": _("When the ticket is reopened"),
}  # fmt: skip
PAUSE = [("", p("suspension", "As now")), ("yes", p("variant", "Suspends")), ("no", p("variant", "Counts"))]


class VariantsForm(forms.Form):
    """Up to three variants. Fields are named ``<column>_<what>``; what is left empty is not changed."""

    def __init__(
        self,
        *args: Any,
        commitments: Sequence[Commitment],
        calendars: Sequence[Calendar],
        versions: Sequence[ContractVersion] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.commitments = commitments
        self.versions = {str(row.pk): version_words(row) for row in versions}
        words = {f"target_{row.pk}": _scope(row) for row in commitments} | WHAT
        for number, column in enumerate(COLUMNS, 1):
            for name, field in self._column(calendars):
                field.required = False
                what = words.get(name) or labels.PAUSES[name.removeprefix("pause_")]
                field.label = f"{_('Variant %(n)s') % {'n': number}} · {what}"
                self.fields[f"{column}_{name}"] = field

    def _column(self, calendars: Sequence[Calendar]) -> Iterator[tuple[str, forms.Field]]:
        yield "name", forms.CharField(max_length=60)
        if self.versions:
            yield "version", forms.ChoiceField(choices=[("", AS_NOW), *self.versions.items()])
        for row in self.commitments:
            hint = {"placeholder": target_input(row.target_seconds, row.target_days)}
            yield f"target_{row.pk}", forms.CharField(max_length=30, widget=forms.TextInput(hint))
        hours = [("", AS_NOW), *((str(row.pk), local_name(row)) for row in calendars)]
        yield "calendar", forms.ChoiceField(choices=hours)
        yield "hours", forms.CharField(max_length=120, widget=forms.TextInput({"placeholder": "08:00-20:00"}))
        days = list(zip(WEEKDAYS, day_names("abbreviated"), strict=True))
        yield "days", forms.MultipleChoiceField(choices=days, widget=forms.CheckboxSelectMultiple)
        for reason in labels.PAUSES:
            yield f"pause_{reason}", forms.ChoiceField(choices=PAUSE)
        yield "priority", forms.ChoiceField(choices=[("", AS_NOW), *labels.PRIORITY_CHANGES.items()])
        yield "reopen", forms.ChoiceField(choices=[("", AS_NOW), *labels.REOPENINGS.items()])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for column in COLUMNS:
            try:
                data[f"{column}_spans"] = read_spans(data.get(f"{column}_hours", ""), "hours")
            except Refusal as refusal:
                self.add_error(f"{column}_hours", sentence(refusal))
        return data

    def variants(self) -> list[dict[str, Any]]:
        """The columns in which something was typed."""
        data = self.cleaned_data
        found = []
        self.filled: list[str] = []
        for number, column in enumerate(COLUMNS, 1):
            of = {
                key.removeprefix(f"{column}_"): value
                for key, value in data.items()
                if key.startswith(f"{column}_")
            }
            variant = {
                "name": of["name"],
                "version": int(of["version"]) if of.get("version") else None,
                "targets": {str(row.pk): of[f"target_{row.pk}"] for row in self.commitments if of[f"target_{row.pk}"]},
                "calendar": int(of["calendar"]) if of["calendar"] else None,
                "hours": of["spans"],
                "days": of["days"],
                "pauses": {r: of[f"pause_{r}"] == "yes" for r in labels.PAUSES if of[f"pause_{r}"]},
                "on_priority_change": of["priority"],
                "on_reopen": of["reopen"],
            }  # fmt: skip
            if any(variant.values()):
                usual = self.versions.get(of.get("version", "")) or str(_("Variant %(n)s")) % {"n": number}
                found.append({**variant, "name": of["name"] or usual})
                self.filled.append(column)
        return found

    def placed(self, refusal: Refusal) -> Refusal:
        """The refusal of a variant, beside its field in the column that it was typed in."""
        place, _dot, what = (refusal.field or "").partition(".")
        if place.isdecimal():
            refusal.field = f"{self.filled[int(place)]}_{what}"
        return refusal

    # -- how the page lays it out --

    def rows(self) -> list[tuple[str, bool, list[tuple[str, str, list[BoundField]]]]]:
        """Groups of ``(what, how it is now, a field per column)``, and whether three of the fields stand abreast on a phone."""
        stands = self.commitments[0].version if self.commitments else None
        reasons = pause_reasons(ClockKind.RESOLUTION, stands.pauses, {}) if stands else frozenset()
        targets = [
            (_scope(row), target_words(row.target_seconds, row.target_days), self._fields(f"target_{row.pk}"))
            for row in self.commitments
        ]
        hours = [
            (str(_("Calendar")), _calendars(self.commitments), self._fields("calendar")),
            (str(_("Other hours")), "", self._fields("hours")),
            (str(_("On")), "", self._fields("days")),
        ]
        pauses = [
            (str(word), str(PAUSE[1 if reason in reasons else 2][1]), self._fields(f"pause_{reason}"))
            for reason, word in labels.PAUSES.items()
        ]
        changed = labels.PRIORITY_CHANGES[stands.on_priority_change] if stands else ""
        reopened = labels.REOPENINGS[stands.on_reopen] if stands else ""
        course = [
            (str(_("When the priority changes")), str(changed), self._fields("priority")),
            (str(_("When the ticket is reopened")), str(reopened), self._fields("reopen")),
        ]
        return [
            *self._version(),
            (str(_("Targets")), True, targets), (str(_("Hours")), False, hours),
            (str(_("What suspends the clocks")), True, pauses), (str(_("In the course of the ticket")), False, course),
        ]  # fmt: skip

    def _version(self) -> list[tuple[str, bool, list[tuple[str, str, list[BoundField]]]]]:
        if not self.versions:
            return []
        stands = (
            str(_("Version %(number)s")) % {"number": self.commitments[0].version.number}
            if self.commitments
            else ""
        )
        return [
            (
                str(_("Another version of the contract")),
                False,
                [(str(_("Version")), stands, self._fields("version"))],
            )
        ]

    def names(self) -> list[BoundField]:
        return self._fields("name")

    def _fields(self, name: str) -> list[BoundField]:
        return [self[f"{column}_{name}"] for column in COLUMNS]


def _calendars(rows: Sequence[Commitment]) -> str:
    """The calendars that the commitments are measured in."""
    return " · ".join(dict.fromkeys(local_name(row.calendar) for row in rows))


def version_words(row: ContractVersion) -> str:
    """``Version 3, draft``."""
    draft = row.state == ContractVersion.State.DRAFT
    return str(_("Version %(number)s, draft") if draft else _("Version %(number)s, to come")) % {
        "number": row.number
    }


def _scope(row: Commitment) -> str:
    scope = scope_words(row)
    narrow = "" if scope == str(labels.EVERY_TICKET) else scope
    parts = [str(labels.KINDS.get(row.kind, row.kind)), narrow, f"P{row.priority}" if row.priority else ""]
    return " · ".join(part for part in parts if part)

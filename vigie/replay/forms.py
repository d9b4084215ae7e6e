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
from vigie.contracts.models import Calendar, Commitment
from vigie.contracts.queries.calendars import day_names
from vigie.contracts.queries.versions import scope_words
from vigie.contracts.rules.calendar import WEEKDAYS
from vigie.kernel.refusal import Refusal
from vigie.toolkit.jinja import local_name
from vigie.toolkit.refusals import sentence

COLUMNS = ("a", "b", "c")
AS_NOW = p("variant", "As now")
PAUSE = [("", AS_NOW), ("yes", p("variant", "Suspends")), ("no", p("variant", "Counts"))]


class VariantsForm(forms.Form):
    """Up to three variants. Fields are named ``<column>_<what>``; what is left empty is not changed."""

    def __init__(
        self, *args: Any, commitments: Sequence[Commitment], calendars: Sequence[Calendar], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.commitments = commitments
        for column in COLUMNS:
            for name, field in self._column(calendars):
                field.required = False
                self.fields[f"{column}_{name}"] = field

    def _column(self, calendars: Sequence[Calendar]) -> Iterator[tuple[str, forms.Field]]:
        yield "name", forms.CharField(max_length=60)
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
        for number, column in enumerate(COLUMNS, 1):
            of = {
                key.removeprefix(f"{column}_"): value
                for key, value in data.items()
                if key.startswith(f"{column}_")
            }
            variant = {
                "name": of["name"],
                "targets": {str(row.pk): of[f"target_{row.pk}"] for row in self.commitments if of[f"target_{row.pk}"]},
                "calendar": int(of["calendar"]) if of["calendar"] else None,
                "hours": of["spans"],
                "days": of["days"],
                "pauses": {r: of[f"pause_{r}"] == "yes" for r in labels.PAUSES if of[f"pause_{r}"]},
                "on_priority_change": of["priority"],
                "on_reopen": of["reopen"],
            }  # fmt: skip
            if any(variant.values()):
                found.append({**variant, "name": of["name"] or str(_("Variant %(n)s")) % {"n": number}})
        return found

    # -- how the page lays it out --

    def rows(self) -> list[tuple[str, list[tuple[str, str, list[BoundField]]]]]:
        """Groups of ``(what, how it is now, a field per column)``."""
        targets = [
            (_scope(row), target_words(row.target_seconds, row.target_days), self._fields(f"target_{row.pk}"))
            for row in self.commitments
        ]
        hours = [
            (str(_("Calendar")), "", self._fields("calendar")),
            (str(_("Other hours")), "", self._fields("hours")),
            (str(_("On")), "", self._fields("days")),
        ]
        pauses = [(str(word), "", self._fields(f"pause_{reason}")) for reason, word in labels.PAUSES.items()]
        course = [
            (str(_("When the priority changes")), "", self._fields("priority")),
            (str(_("When the ticket is reopened")), "", self._fields("reopen")),
        ]
        return [
            (str(_("Targets")), targets), (str(_("Hours")), hours), (str(_("What suspends the clocks")), pauses),
            (str(_("In the course of the ticket")), course),
        ]  # fmt: skip

    def names(self) -> list[BoundField]:
        return self._fields("name")

    def _fields(self, name: str) -> list[BoundField]:
        return [self[f"{column}_{name}"] for column in COLUMNS]


def _scope(row: Commitment) -> str:
    scope = scope_words(row)
    narrow = "" if scope == str(labels.EVERY_TICKET) else scope
    parts = [str(labels.KINDS.get(row.kind, row.kind)), narrow, f"P{row.priority}" if row.priority else ""]
    return " · ".join(part for part in parts if part)

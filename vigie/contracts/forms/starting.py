"""Shape of a contract begun from usual levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigie.contracts import labels
from vigie.contracts.actions.commitments import read_commitment_target
from vigie.contracts.forms.contracts import ContractForm
from vigie.contracts.models import Calendar
from vigie.contracts.rules.presets import Line
from vigie.toolkit.forms import choose_from
from vigie.workflow.labels import TYPES


class StartForm(ContractForm):
    """A contract's titles and period, two calendars, and the targets of a preset, each open to change."""

    office = forms.ModelChoiceField(Calendar.objects.none(), label=_("Hours of the desk"))
    always = forms.ModelChoiceField(Calendar.objects.none(), label=_("Hours of the most urgent incidents"))

    def __init__(self, *args: Any, lines: tuple[Line, ...], calendars: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for name in ("office", "always"):
            choose_from(self, name, calendars)
        if all(line.hours == "office" for line in lines):
            del self.fields["always"]
        for line in lines:
            self.fields[line.key] = forms.CharField(
                label=line_words(line), required=False, max_length=40, initial=typed(line.target)
            )

    @property
    def targets(self) -> list[str]:
        return [line.key for line in self.lines]

    def promises(self) -> Iterator[tuple[Line, str, Calendar]]:
        """Each line with its target as typed and the calendar that measures it."""
        for line in self.lines:
            yield line, self.cleaned_data[line.key], self.cleaned_data[line.hours]


def typed(target: str) -> str:
    """A target of a preset as the reader writes it: ``J+5`` in French, ``D+5`` in English."""
    columns = read_commitment_target(target)
    return labels.target_input(columns["target_seconds"], columns["target_days"])


def line_words(line: Line) -> str:
    """``Response · P1 · Incident``."""
    parts = [
        str(labels.KINDS[line.kind]),
        f"P{line.priority}" if line.priority else "",
        str(TYPES[line.ticket_type]),
    ]
    return " · ".join(filter(None, parts))

"""What several forms share."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vigie.contracts.actions.commitments import read_commitment_target
from vigie.kernel.refusal import Refusal
from vigie.toolkit.forms import RecordForm
from vigie.toolkit.refusals import sentence

ANY = [("", _("Any"))]
PRIORITIES = [(n, f"P{n}") for n in range(1, 6)]


def date_field(**more: Any) -> forms.DateField:
    """A day, by the browser's own picker."""
    return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **more)


class PromiseForm(RecordForm):
    """A promise as people type it: ``target`` (8h, J+2) and ``thresholds`` (50, 75, 90)."""

    def clean_target(self) -> dict[str, int | None]:
        """The columns of the target."""
        try:
            return read_commitment_target(self.cleaned_data["target"])
        except Refusal as refusal:
            raise ValidationError(sentence(refusal)) from refusal

    def clean_thresholds(self) -> list[int]:
        """Percentages in order."""
        text = self.cleaned_data["thresholds"]
        words = [word.strip(" %") for word in re.split(r"[,;\s]+", text) if word.strip(" %")]
        if not all(word.isdigit() and 0 < int(word) <= 1000 for word in words):
            raise ValidationError(sentence(Refusal("contracts.bad_threshold", text=text)))
        return sorted({int(word) for word in words})

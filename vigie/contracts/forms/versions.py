"""Shape of what is typed about a version: its day, its words, its policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigie.contracts import labels
from vigie.contracts.forms.fields import date_field
from vigie.contracts.models import ContractVersion
from vigie.contracts.rules.policies import COLUMNS, pause_reasons
from vigie.contracts.rules.promise import Audience, default_pauses
from vigie.toolkit.forms import RecordForm

SILENCE = ("silence_first", "silence_second", "silence_last")


def _days(label: Any, hint: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=hint, required=False, min_value=1, max_value=250,
        widget=forms.NumberInput({"placeholder": labels.OF_THE_WORKFLOW}),
    )  # fmt: skip


class VersionForm(RecordForm):
    """A draft: from when, what changes, and what happens in the course of a ticket."""

    effective_on = date_field(
        label=_("In force from"),
        help_text=_("Tickets opened from that day get its promises; the others keep theirs."),
    )
    changes = forms.CharField(
        label=_("What changes"), required=False, max_length=500, widget=forms.Textarea({"rows": 3}),
        help_text=_("In a sentence or two, as the client will read it."),
    )  # fmt: skip
    signed_on = date_field(label=_("Signed on"), required=False)
    on_priority_change = forms.ChoiceField(
        label=_("When the priority changes"), choices=[*labels.PRIORITY_CHANGES.items()]
    )
    on_reopen = forms.ChoiceField(
        label=_("When the ticket is reopened"), choices=[*labels.REOPENINGS.items()]
    )
    reopen_days = _days(_("Reopening possible for"), _("Business days after the resolution."))
    close_days = _days(_("Closed by itself after"), _("Business days after the resolution."))
    silence_first = _days(_("First reminder after"), _("Business days without an answer of the client."))
    silence_second = _days(_("Second reminder after"))
    silence_last = _days(_("Resolved without an answer after"))

    class Meta:
        model = ContractVersion
        fields = (
            "effective_on",
            "changes",
            "signed_on",
            "on_priority_change",
            "on_reopen",
            "reopen_days",
            "close_days",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names: dict[str, Any] = {
            "resolution": labels.PARTS["pauses_resolution"],
            "update": labels.PARTS["pauses_update"],
        }
        for column, kind in COLUMNS.items():
            usual = default_pauses(Audience.SLA, kind)
            self.fields[f"pauses_{column}"] = forms.MultipleChoiceField(
                label=names[column], required=False, widget=forms.CheckboxSelectMultiple,
                choices=[(code, labels.USUAL % {"reason": word} if code in usual else word) for code, word in labels.PAUSES.items()],
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """The three delays of a silence go together, each longer than the one before."""
        data: dict[str, Any] = super().clean() or {}
        given = [data.get(name) for name in SILENCE]
        days = [day for day in given if day is not None]
        if days and (len(days) < len(SILENCE) or days != sorted(set(days))):
            self.add_error(
                "silence_first", _("Give the three delays, each longer than the one before, or none.")
            )
        return data

    def values(self) -> dict[str, Any]:
        """The columns of the version; of the pauses, only what differs from the usual."""
        data = dict(self.cleaned_data)
        pauses = {}
        for column, kind in COLUMNS.items():
            ticked, usual = set(data.pop(f"pauses_{column}")), default_pauses(Audience.SLA, kind)
            own = {code: code in ticked for code in labels.PAUSES if (code in ticked) != (code in usual)}
            if own:
                pauses[column] = own
        silence = [data.pop(name) for name in SILENCE]
        return {**data, "pauses": pauses, "silence_days": [day for day in silence if day is not None]}


def version_initial(version: ContractVersion) -> Mapping[str, Any]:
    """A version as its form shows it."""
    names = VersionForm.Meta.fields
    return {
        **{name: getattr(version, name) for name in names},
        **dict(zip(SILENCE, version.silence_days, strict=False)),
        **{
            f"pauses_{column}": sorted(pause_reasons(kind, version.pauses, {}))
            for column, kind in COLUMNS.items()
        },
    }

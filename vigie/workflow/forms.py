"""Shape of what is typed about a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigie.workflow import labels
from vigie.workflow.rules.edits import KEPT_CANCELS, KEPT_RESOLUTIONS, Edit, fixed, offered
from vigie.workflow.rules.machine import Machine

DELAYS = ("reopen_days", "close_days", "silence_first", "silence_second", "silence_last")
CODES = ("pending_reasons", "resolution_codes", "cancel_reasons")


def _days(label: Any, hint: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=hint, min_value=1, max_value=60)


class WorkflowForm(forms.Form):
    """Delays, codes and demands of a life. States and steps themselves are not changed here."""

    reopen_days = _days(_("Reopening possible for"), _("Business days after the resolution."))
    close_days = _days(_("Closed without an answer after"), _("Business days after the resolution."))
    silence_first = _days(_("First reminder after"), _("Business days without an answer of the client."))
    silence_second = _days(_("Second reminder after"))
    silence_last = _days(_("Resolved without an answer after"))
    pending_reasons = forms.MultipleChoiceField(
        label=_("What may be awaited"), widget=forms.CheckboxSelectMultiple, required=False
    )
    resolution_codes = forms.MultipleChoiceField(
        label=_("Resolution codes"), widget=forms.CheckboxSelectMultiple, required=False
    )
    cancel_reasons = forms.MultipleChoiceField(
        label=_("Reasons to cancel"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, machine: Machine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.machine = machine
        tables: dict[str, Mapping[str, Any]] = {
            "pending_reasons": labels.PENDING_REASONS, "resolution_codes": labels.RESOLUTIONS, "cancel_reasons": labels.CANCEL_REASONS,
        }  # fmt: skip
        for name, table in tables.items():
            own = {code: labels.label(dict(table), code) for code in getattr(machine, name)}
            self.fields[name].choices = [*{**table, **own}.items()]  # type: ignore[attr-defined]
        for name, kept in (("resolution_codes", KEPT_RESOLUTIONS), ("cancel_reasons", KEPT_CANCELS)):
            used = [str(tables[name][code]) for code in getattr(machine, name) if code in kept]
            if used:
                self.fields[name].help_text = _("The system itself uses: %(codes)s.") % {
                    "codes": ", ".join(used)
                }
        for i, step in enumerate(machine.steps):
            choices = [(need, labels.NEEDS[need]) for need in offered(machine, step)]
            self.fields[f"needs_{i}"] = forms.MultipleChoiceField(
                label=labels.label(labels.STEPS, step.verb),
                choices=choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )

    def edit(self) -> Edit:
        """What was typed, as the rules read it."""
        data = self.cleaned_data
        return Edit(
            reopen_days=data["reopen_days"],
            close_days=data["close_days"],
            silence=(data["silence_first"], data["silence_second"], data["silence_last"]),
            pending_reasons=tuple(data["pending_reasons"]),
            resolution_codes=tuple(data["resolution_codes"]),
            cancel_reasons=tuple(data["cancel_reasons"]),
            needs={i: frozenset(data[f"needs_{i}"]) for i in range(len(self.machine.steps))},
        )

    def steps(self) -> list[dict[str, Any]]:
        """The steps with the field of their demands, for the table of the form."""
        rows = []
        for i, step in enumerate(self.machine.steps):
            kept = [labels.NEEDS[need] for need in sorted(fixed(self.machine, step))]
            rows.append({"step": step, "field": self[f"needs_{i}"], "kept": kept})
        return rows


def workflow_initial(machine: Machine) -> dict[str, Any]:
    """A published life as its form shows it."""
    first, second, last = machine.silence
    needs = {
        f"needs_{i}": sorted(step.needs & set(offered(machine, step))) for i, step in enumerate(machine.steps)
    }
    codes = {name: list(getattr(machine, name)) for name in CODES}
    delays = (machine.reopen_days, machine.close_days, first, second, last)
    return {**dict(zip(DELAYS, delays, strict=True)), **codes, **needs}

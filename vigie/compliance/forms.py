"""Shape of what is typed about rates, penalties and exclusions."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vigie.compliance.actions.exclusions import Plea
from vigie.compliance.models import Exclusion, PenaltyTerms, RateCommitment
from vigie.contracts import labels as contract_labels
from vigie.contracts.forms import ANY, PRIORITIES, date_field
from vigie.tickets.models import Attachment
from vigie.toolkit.forms import RecordForm, choose_from
from vigie.workflow.labels import TYPES

MONTH_HELP = _("The first day of a month that has no statement yet.")
MEASURED = ("response", "resolution", "update", "reply")


class TermsForm(RecordForm):
    """How the months of a contract are measured and settled."""

    moving = ("valid_from",)  # proposed as this month, whatever the day

    valid_from = date_field(label=_("From"), help_text=MONTH_HELP)

    class Meta:
        model = PenaltyTerms
        fields = ("kind", "fee", "month_cap", "year_cap", "franchise", "earn_back_after", "valid_from")
        help_texts = {
            "kind": _("Which promises a month holds. Changing it is an amendment."),
            "month_cap": _("Empty: no cap. What exceeds it is lost, not carried over."),
            "year_cap": _("Empty: no cap."),
            "franchise": _("A threshold: under it nothing is due, beyond it everything is."),
            "earn_back_after": _(
                "0: never. A penalty is given back once its rate was reached that many months in a row."
            ),
        }


class RateForm(RecordForm):
    """One rate to reach, and what a miss costs."""

    moving = ("valid_from",)

    kind = forms.ChoiceField(label=_("Clock"), choices=[(k, contract_labels.KINDS[k]) for k in MEASURED])
    ticket_type = forms.ChoiceField(label=_("Type"), choices=[*ANY, *TYPES.items()], required=False)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=[*ANY, *PRIORITIES], coerce=int, empty_value=None, required=False
    )
    bands = forms.CharField(
        label=_("Bands"), required=False, widget=forms.Textarea({"rows": 4}), max_length=1000,
        help_text=_("One a line, from the highest: the rate from which it holds, then the percent of the fee. 95 0, then 90 5, then 0 10."),
    )  # fmt: skip
    percent = forms.DecimalField(
        label=_("Percent of the fee per point"), required=False, min_value=0, max_digits=5, decimal_places=2
    )
    started = forms.BooleanField(label=_("Each started point counts whole"), required=False, initial=True)
    hourly = forms.DecimalField(
        label=_("Amount per started hour"), required=False, min_value=0, max_digits=12, decimal_places=4
    )
    cap = forms.DecimalField(
        label=_("At most, a ticket"), required=False, min_value=0, max_digits=12, decimal_places=2
    )
    valid_from = date_field(label=_("From"), help_text=MONTH_HELP)

    class Meta:
        model = RateCommitment
        fields = (
            "kind", "ticket_type", "priority", "target", "n_min", "allowed_misses", "formula", "base", "cause",
            "bonus_from", "bonus_percent", "valid_from",
        )  # fmt: skip
        help_texts = {
            "n_min": _(
                "Under that many promises, the rate is reached as long as the misses tolerated are not exceeded."
            ),
            "base": _("Empty: the fee of the contract."),
            "cause": _("Rates with the same word here do not add up: only the highest penalty counts."),
        }

    def clean_bands(self) -> list[list[str]]:
        """``[[floor, percent], …]`` as the formula keeps them."""
        found = []
        for line in filter(str.strip, self.cleaned_data["bands"].splitlines()):
            numbers = re.findall(r"\d+(?:[.,]\d+)?", line)
            if len(numbers) != 2:
                raise ValidationError(_("Write two numbers a line: the rate, then the percent of the fee."))
            found.append([str(_decimal(number)) for number in numbers])
        return found

    def clean(self) -> dict[str, Any]:
        """What the chosen formula needs is there."""
        data = super().clean() or {}
        needed = {"bands": "bands", "per_point": "percent", "per_ticket": "hourly"}.get(
            data.get("formula", "")
        )
        if needed and not data.get(needed) and needed not in self.errors:
            self.add_error(needed, _("This formula needs it."))
        return data

    def values(self) -> dict[str, Any]:
        """The columns of the commitment, its month apart."""
        data = dict(self.cleaned_data)
        data.pop("valid_from")
        typed = {name: data.pop(name) for name in ("bands", "percent", "started", "hourly", "cap")}
        text = {name: None if value is None else str(value) for name, value in typed.items()}
        terms: dict[str, dict[str, Any]] = {
            "bands": {"bands": typed["bands"]},
            "per_point": {"percent": text["percent"], "started": typed["started"]},
            "per_ticket": {"hourly": text["hourly"], "cap": text["cap"]},
        }
        return {**data, "terms": terms.get(data["formula"], {})}


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise ValidationError(_("“%(text)s” is not a number.") % {"text": text}) from error


def rate_initial(row: RateCommitment) -> dict[str, Any]:
    """A rate as its form shows it."""
    names = ("kind", "ticket_type", "priority", "target", "n_min", "allowed_misses", "formula", "base", "cause",
             "bonus_from", "bonus_percent")  # fmt: skip
    terms = row.terms
    return {
        **{name: getattr(row, name) for name in names},
        "bands": "\n".join(" ".join(step) for step in terms.get("bands", ())),
        "percent": terms.get("percent"), "started": terms.get("started", True),
        "hourly": terms.get("hourly"), "cap": terms.get("cap"),
    }  # fmt: skip


class FileOfTicket(forms.ModelChoiceField):
    """A file, by its name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class ExclusionForm(RecordForm):
    """Why a clock should be left out, and on what evidence."""

    attachment = FileOfTicket(
        Attachment.objects.none(), label=_("File of the ticket"), required=False, empty_label=_("None")
    )

    class Meta:
        model = Exclusion
        fields = ("kind", "reason", "evidence", "attachment")
        widgets = {"reason": forms.Textarea({"rows": 3}), "evidence": forms.Textarea({"rows": 4})}
        help_texts = {
            "reason": _("The client reads it."),
            "evidence": _("What proves it: dates, names, extracts. Or choose a file of the ticket."),
        }

    def __init__(self, *args: Any, attachments: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "attachment", attachments)

    def plea(self) -> Plea:
        """What is asked."""
        data = self.cleaned_data
        file = data["attachment"]
        return Plea(data["kind"], data["reason"], data["evidence"], file.pk if file else None)


class DecisionForm(forms.Form):
    """Grounds of a decision."""

    decision = forms.CharField(
        label=_("Grounds of the decision"), max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text=_("Who agreed on the client's side, when and how; or why not. The client reads it."),
    )  # fmt: skip

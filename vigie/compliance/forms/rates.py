"""Shape of what is typed about rates, measures and penalties."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vigie.catalog.models import Service
from vigie.compliance.models import PenaltyTerms, RateCommitment
from vigie.contracts import labels as contract_labels
from vigie.contracts.forms import ANY, PRIORITIES, date_field
from vigie.contracts.models import Calendar
from vigie.toolkit.forms import RecordForm, choose_from
from vigie.workflow.labels import TYPES

MONTH_HELP = _("The first day of a month that has no statement yet.")
MEASURED = ("response", "resolution", "update", "reply")
FILLING = ("bands", "percent", "started", "hourly", "cap", "divisor", "daily")
PART = re.compile(r"(.+?)[\s;]+(\d+(?:[.,]\d+)?)\s*%?[\s;]+(\d+)")
RATE_FORMULAS = ("none", "bands", "per_point", "per_ticket")


class TermsForm(RecordForm):
    """How the months of a contract are measured and settled."""

    moving = ("valid_from",)  # proposed as this month, whatever the day

    weights = forms.CharField(
        label=_("Weights of the priorities"), required=False, max_length=60,
        help_text=_("1 5, 2 3, 3 1: the month is told as a weighted rate too. Empty: none."),
    )  # fmt: skip
    answer_days = forms.IntegerField(
        label=_("Days to contest a credit"), required=False, min_value=0, max_value=365, initial=15
    )
    valid_from = date_field(label=_("From"), help_text=MONTH_HELP)

    class Meta:
        model = PenaltyTerms
        fields = (
            "kind", "fee", "month_cap", "year_cap", "franchise", "earn_back_after", "weights", "answer_days", "valid_from",
        )  # fmt: skip
        help_texts = {
            "kind": _("Which promises a month holds. Changing it is an amendment."),
            "month_cap": _("Empty: no cap. What exceeds it is lost, not carried over."),
            "year_cap": _("Empty: no cap."),
            "franchise": _("A threshold: under it nothing is due, beyond it everything is."),
            "earn_back_after": _(
                "0: never. A penalty is given back once its rate was reached that many months in a row."
            ),
        }

    def clean_weights(self) -> dict[str, int]:
        """``{"1": 5}``: the weight of each priority named."""
        numbers = [int(text) for text in re.findall(r"\d+", self.cleaned_data["weights"])]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
        if len(numbers) % 2 or any(not 1 <= priority <= 5 or weight > 100 for priority, weight in pairs):
            raise ValidationError(_("Write pairs: the priority, then its weight."))
        return {str(priority): weight for priority, weight in pairs}

    def clean_answer_days(self) -> int:
        """Fifteen unless said otherwise."""
        days = self.cleaned_data["answer_days"]
        return 15 if days is None else int(days)


def weights_text(weights: dict[str, int]) -> str:
    """The weights as they are typed."""
    return ", ".join(f"{priority} {weight}" for priority, weight in weights.items())


FILLS = {
    "bands": "bands", "percent": "per_point", "started": "per_point", "hourly": "per_ticket", "cap": "per_ticket|per_day",
    "divisor": "lateness", "daily": "per_day",
}  # fmt: skip
"""Which formula each of these fields fills: with script the others are out of sight."""


class CostForm(RecordForm):
    """What a miss costs, whatever was promised."""

    moving = ("valid_from",)

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
    divisor = forms.IntegerField(
        label=_("Divisor"), required=False, min_value=1, max_value=100_000, initial=1000,
        help_text=_("Value × days late / divisor: 1000 in the general clauses of French public IT contracts."),
    )  # fmt: skip
    daily = forms.DecimalField(
        label=_("Amount per day"), required=False, min_value=0, max_digits=12, decimal_places=2
    )
    valid_from = date_field(label=_("From"), help_text=MONTH_HELP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, formulas in FILLS.items():
            self.fields[name].when = f"formula={formulas}"  # type: ignore[attr-defined]

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
        needed = {
            "bands": "bands",
            "per_point": "percent",
            "per_ticket": "hourly",
            "lateness": "divisor",
            "per_day": "daily",
        }.get(data.get("formula", ""))
        if needed and not data.get(needed) and needed not in self.errors:
            self.add_error(needed, _("This formula needs it."))
        return data

    def terms(self) -> dict[str, Any]:
        """What fills the formula, taken out of what was typed."""
        data = self.cleaned_data
        typed = {name: data.get(name) for name in FILLING}
        text = {name: None if value is None else str(value) for name, value in typed.items()}
        filled: dict[str, dict[str, Any]] = {
            "bands": {"bands": typed["bands"]},
            "per_point": {"percent": text["percent"], "started": typed["started"]},
            "per_ticket": {"hourly": text["hourly"], "cap": text["cap"]},
            "lateness": {"divisor": typed["divisor"]},
            "per_day": {"daily": text["daily"], "cap": text["cap"]},
        }
        return filled.get(data["formula"], {})


class RateForm(CostForm):
    """One rate to reach, and what a miss costs."""

    kind = forms.ChoiceField(label=_("Clock"), choices=[(k, contract_labels.KINDS[k]) for k in MEASURED])
    ticket_type = forms.ChoiceField(label=_("Type"), choices=[*ANY, *TYPES.items()], required=False)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=[*ANY, *PRIORITIES], coerce=int, empty_value=None, required=False
    )
    small_volume = forms.ChoiceField(
        label=_("Under the minimum volume"), choices=RateCommitment.SmallVolume.choices, required=False
    )

    class Meta:
        model = RateCommitment
        fields = (
            "kind", "ticket_type", "priority", "target", "n_min", "allowed_misses", "small_volume", "formula", "base", "cause",
            "bonus_from", "bonus_percent", "valid_from",
        )  # fmt: skip
        help_texts = {
            "n_min": _(
                "Under that many promises, the rate is reached as long as the misses tolerated are not exceeded."
            ),
            "base": _("Empty: the fee of the contract."),
            "cause": _("Rates with the same word here do not add up: only the highest penalty counts."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["divisor"], self.fields["daily"]
        _keep_formulas(self, RATE_FORMULAS)

    def values(self) -> dict[str, Any]:
        """The columns of the commitment, its month apart."""
        data = {
            name: value for name, value in self.cleaned_data.items() if name not in (*FILLING, "valid_from")
        }
        return {**data, "small_volume": data["small_volume"] or "tolerated", "terms": self.terms()}


def _keep_formulas(form: forms.BaseForm, wanted: tuple[str, ...]) -> None:
    field = form.fields["formula"]
    assert isinstance(field, forms.ChoiceField)
    choices: Any = field.choices
    field.choices = [(value, word) for value, word in choices if value in wanted]


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise ValidationError(_("“%(text)s” is not a number.") % {"text": text}) from error


def rate_initial(row: RateCommitment) -> dict[str, Any]:
    """A rate or a measure as its form shows it."""
    names = ("kind", "ticket_type", "priority", "service", "calendar", "window", "target", "n_min", "allowed_misses",
             "small_volume", "formula", "base", "cause", "bonus_from", "bonus_percent")  # fmt: skip
    terms, measured = row.terms, dict(row.measured)
    measured["parts"] = "\n".join(
        f"{name} {percent} {count}" for name, percent, count in measured.get("parts", ())
    )
    return {
        **{name: getattr(row, name) for name in names},
        "bands": "\n".join(" ".join(step) for step in terms.get("bands", ())),
        "percent": terms.get("percent"), "started": terms.get("started", True),
        "hourly": terms.get("hourly"), "cap": terms.get("cap"), "daily": terms.get("daily"),
        "divisor": terms.get("divisor", 1000), **measured,
    }  # fmt: skip


OF_KIND: dict[str, tuple[str, ...]] = {
    "availability": (
        "service",
        "calendar",
        "window",
        "notice_hours",
        "quota_hours",
        "users",
        "parts",
        "target",
    ),
    "delivery": ("target", "n_min", "allowed_misses"),
    "report": ("days", "calendar", "target"),
    "satisfaction": ("service", "target", "n_min", "allowed_misses"),
    "backlog": ("ticket_type", "priority", "days", "calendar", "target", "n_min", "allowed_misses"),
    "volume": ("ticket_type", "forecast", "low", "high"),
}
BY_RATE = ("none", "bands", "per_point")
FORMULAS_OF = {
    "delivery": ("none", "lateness", "per_day"),
    "report": ("none", "per_day"),
    "volume": ("none",),
}
DESCRIBED = ("notice_hours", "quota_hours", "users", "parts", "days", "forecast", "low", "high")
COST_OF = {
    "lateness": ("divisor",),
    "per_day": ("daily", "cap"),
    "bands": ("bands",),
    "per_point": ("percent", "started"),
}


class MeasureForm(CostForm):
    """A commitment that is no ticket: what is measured, how, what to reach, what a miss costs."""

    service = forms.ModelChoiceField(Service.objects.none(), label=_("Service"))
    calendar = forms.ModelChoiceField(
        Calendar.objects.none(), label=_("Calendar"), required=False, empty_label=_("Day and night")
    )
    window = forms.ModelChoiceField(
        Calendar.objects.none(), label=_("Maintenance window"), required=False, empty_label=_("At any time"),
        help_text=_("Only maintenance inside it leaves the agreed time."),
    )  # fmt: skip
    ticket_type = forms.ChoiceField(label=_("Type"), choices=[*ANY, *TYPES.items()], required=False)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=[*ANY, *PRIORITIES], coerce=int, empty_value=None, required=False
    )
    notice_hours = forms.IntegerField(
        label=_("Notice of a maintenance (hours)"), min_value=0, max_value=10_000, initial=72
    )
    quota_hours = forms.IntegerField(
        label=_("Maintenance at most (hours a month)"), min_value=0, max_value=744, required=False,
        help_text=_("Empty: no limit. What goes beyond is downtime."),
    )  # fmt: skip
    users = forms.IntegerField(
        label=_("Users of the service"), min_value=1, max_value=10_000_000, required=False,
        help_text=_("Given, an outage counts for the users it affected; empty, for the share of the service lost."),
    )  # fmt: skip
    parts = forms.CharField(
        label=_("Parts of the service"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text=_("One a line: a name, its availability in percent, how many stand in for each other. Cluster 99 2."),
    )  # fmt: skip
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=365, initial=5)
    forecast = forms.IntegerField(label=_("Tickets forecast a month"), min_value=1, max_value=10_000_000)
    low = forms.IntegerField(label=_("Fewer, at most (%)"), min_value=0, max_value=100, initial=10)
    high = forms.IntegerField(label=_("More, at most (%)"), min_value=0, max_value=1000, initial=20)

    class Meta:
        model = RateCommitment
        fields = (
            "ticket_type", "priority", "service", "calendar", "window", "target", "n_min", "allowed_misses", "formula", "base",
            "cause", "valid_from",
        )  # fmt: skip
        help_texts = RateForm.Meta.help_texts

    def __init__(self, *args: Any, kind: str, services: Any, calendars: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        formulas = FORMULAS_OF.get(kind, BY_RATE)
        kept = {*OF_KIND[kind], "formula", "valid_from", "base", "cause"}
        kept |= {name for code in formulas for name in COST_OF.get(code, ())}
        for name in [name for name in self.fields if name not in kept]:
            del self.fields[name]
        _keep_formulas(self, formulas)
        if "service" in self.fields:
            choose_from(self, "service", services)
            self.fields["service"].required = kind == "availability"
        for name in {"calendar", "window"} & set(self.fields):
            choose_from(self, name, calendars)
        self._word(kind)

    def _word(self, kind: str) -> None:
        """The same field is read otherwise from one kind to the next."""
        if kind == "report":
            self.fields["days"].label = _("Business days after the month")
            self.fields["target"].initial = 100
        elif kind == "backlog":
            self.fields["days"].label = _("No older than (days of the calendar)")
            self.fields["target"].label = _("Share of the open tickets (%)")
        elif kind == "delivery":
            self.fields["target"].initial = 100
        if "cap" in self.fields:
            self.fields["cap"].label = _("At most, a delivery and month")

    def clean_parts(self) -> list[list[Any]]:
        """``[[name, percent, count], …]``."""
        found = []
        for line in filter(str.strip, self.cleaned_data["parts"].splitlines()):
            match = PART.fullmatch(line.strip())
            if match is None or not 0 <= _decimal(match[2]) <= 100 or not 1 <= int(match[3]) <= 99:
                raise ValidationError(
                    _("Write on each line a name, a percentage and a number: Cluster 99 2.")
                )
            found.append([match[1], str(_decimal(match[2])), int(match[3])])
        return found

    def values(self) -> dict[str, Any]:
        """The columns of the commitment, its month apart."""
        data = self.cleaned_data
        drop = {*FILLING, *DESCRIBED, "valid_from"}
        measured = {name: data[name] for name in DESCRIBED if data.get(name) not in (None, [], "")}
        plain = {name: value for name, value in data.items() if name not in drop}
        same = {"n_min": 0, "allowed_misses": 0, "target": Decimal(100)}
        return {**same, **plain, "kind": self.kind, "measured": measured, "terms": self.terms()}

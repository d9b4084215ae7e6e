"""Shape of what is typed about contracts and calendars."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.catalog.forms import Named, Placed
from vigie.catalog.models import Category, Service
from vigie.contracts import labels
from vigie.contracts.actions.contracts import read_commitment_target
from vigie.contracts.models import Calendar, Commitment, Contract
from vigie.contracts.queries.calendars import Joinable, day_names, hours_text
from vigie.contracts.rules import calendar as rules
from vigie.contracts.rules.calendar import WEEKDAYS
from vigie.contracts.rules.promise import Audience, ClockKind, PauseMatrix, default_pauses
from vigie.kernel.refusal import Refusal
from vigie.tenancy.models import Organisation, Site
from vigie.toolkit.forms import RecordForm, choose_from, zone_field
from vigie.toolkit.refusals import sentence
from vigie.workflow.labels import TYPES

ANY = [("", _("Any"))]
PRIORITIES = [(n, f"P{n}") for n in range(1, 6)]
_SPAN = re.compile(r"\s*(\d{1,2})(?:[:hH](\d{2})?)?\s*[-–—]\s*(\d{1,2})(?:[:hH](\d{2})?)?\s*")


def date_field(**more: Any) -> forms.DateField:
    """A day, by the browser's own picker."""
    return forms.DateField(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **more)


class ContractForm(RecordForm):
    """A contract's titles, status and period."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Client"))
    starts_on = date_field(label=_("Starts on"))
    ends_on = date_field(
        label=_("Ends on"),
        required=False,
        help_text=_("The first day on which it no longer runs. Empty: no end."),
    )

    class Meta:
        model = Contract
        fields = (
            "organisation",
            "reference",
            "name_fr",
            "name_en",
            "nature",
            "status",
            "starts_on",
            "ends_on",
        )

    def __init__(self, *args: Any, clients: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "organisation", clients)


class CommitmentForm(RecordForm):
    """One promise: for which tickets, what, measured how, from when."""

    moving = ("valid_from",)  # proposed as today, whatever the day

    kind = forms.ChoiceField(
        label=_("Clock"),
        choices=[(k, labels.KINDS[k]) for k in ("response", "resolution", "update", "reply")],
    )
    ticket_type = forms.ChoiceField(label=_("Type"), choices=[*ANY, *TYPES.items()], required=False)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=[*ANY, *PRIORITIES], coerce=int, empty_value=None, required=False
    )
    service = Named(Service.objects.none(), label=_("Service"), required=False, empty_label=_("Any"))
    category = Placed(Category.objects.none(), label=_("Category"), required=False, empty_label=_("Any"))
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), required=False, empty_label=_("Any"))
    target = forms.CharField(
        label=_("Target"),
        max_length=30,
        help_text=_("8h, 1h30, 30 min of service time, or J+2: the end of the second business day."),
    )
    calendar = Named(Calendar.objects.none(), label=_("Calendar"))
    own_pauses = forms.TypedChoiceField(
        label=_("What suspends this clock"), coerce=lambda value: value == "own", widget=forms.RadioSelect, initial="standard",
        choices=[("standard", _("The standard reasons: what the client controls or accepted")),
                 ("own", _("Exactly the reasons ticked"))],
        help_text=_("The response clock is never suspended."),
    )  # fmt: skip
    paused_by = forms.MultipleChoiceField(
        label=_("Suspended by"),
        choices=[*labels.PAUSES.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    thresholds = forms.CharField(
        label=_("Warnings (%)"),
        max_length=60,
        required=False,
        help_text=_(
            "Shares of the target at which people are warned: 50, 75, 90, 100. Empty: the usual ones."
        ),
    )
    on_priority_change = forms.ChoiceField(
        label=_("When the priority changes"), choices=[*labels.PRIORITY_CHANGES.items()]
    )
    on_reopen = forms.ChoiceField(
        label=_("When the ticket is reopened"), choices=[*labels.REOPENINGS.items()]
    )
    valid_from = date_field(
        label=_("From"), help_text=_("Tickets opened from that day get this promise; the others keep theirs.")
    )

    class Meta:
        model = Commitment
        fields = (
            "kind",
            "ticket_type",
            "priority",
            "service",
            "category",
            "site",
            "vip_only",
            "calendar",
            "follow_site",
            "on_priority_change",
            "on_reopen",
            "valid_from",
        )

    def __init__(self, *args: Any, organisation_id: int, calendars: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, Any] = {
            "service": Service.objects.filter(is_active=True).order_by("criticality", "code"),
            "category": Category.objects.filter(is_active=True).order_by("path"),
            "site": Site.objects.filter(organisation_id=organisation_id).order_by("name"),
            "calendar": calendars,
        }
        for name, rows in choices.items():
            choose_from(self, name, rows)

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

    def values(self) -> dict[str, Any]:
        """The columns of the commitment, its day apart."""
        data = dict(self.cleaned_data)
        kind, own, ticked = data["kind"], data.pop("own_pauses"), set(data.pop("paused_by"))
        usual = default_pauses(Audience.SLA, ClockKind(kind))
        changed = (
            {code: code in ticked for code in labels.PAUSES if (code in ticked) != (code in usual)}
            if own
            else {}
        )
        data.pop("valid_from")
        target = data.pop("target")
        return {**data, **target, "pauses": changed}


def commitment_initial(row: Commitment, today: dt.date) -> dict[str, Any]:
    """A commitment as its form shows it; a change starts today unless the row is still to come."""
    kind = ClockKind(row.kind)
    matrix = PauseMatrix({(Audience.SLA, kind): row.pauses} if row.pauses else {})
    names = (
        "kind",
        "ticket_type",
        "priority",
        "service",
        "category",
        "site",
        "vip_only",
        "calendar",
        "follow_site",
        "on_priority_change",
        "on_reopen",
    )
    return {
        **{name: getattr(row, f"{name}_id", None) or getattr(row, name) for name in names},
        "target": labels.target_input(row.target_seconds, row.target_days),
        "own_pauses": "own" if row.pauses else "standard",
        "paused_by": sorted(matrix.reasons(Audience.SLA, kind)),
        "thresholds": ", ".join(map(str, row.thresholds)),
        "valid_from": max(row.valid_from, today),
    }


class PreviewForm(forms.Form):
    """A ticket that might come."""

    type = forms.ChoiceField(label=_("Type"), choices=[*TYPES.items()], initial="incident")
    priority = forms.TypedChoiceField(label=_("Priority"), choices=PRIORITIES, coerce=int, initial=3)
    service = Named(
        Service.objects.none(), label=_("Service"), required=False, empty_label=p("choice", "None")
    )
    category = Placed(
        Category.objects.none(), label=_("Category"), required=False, empty_label=p("choice", "None")
    )
    site = forms.ModelChoiceField(
        Site.objects.none(), label=_("Site"), required=False, empty_label=p("choice", "None")
    )
    vip = forms.BooleanField(label=_("VIP"), required=False)
    at = forms.DateTimeField(
        label=_("Opened on"), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def __init__(self, *args: Any, organisation_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "service", Service.objects.filter(is_active=True).order_by("criticality", "code"))
        choose_from(self, "category", Category.objects.filter(is_active=True).order_by("path"))
        choose_from(self, "site", Site.objects.filter(organisation_id=organisation_id).order_by("name"))


class CalendarForm(RecordForm):
    """A calendar's names and whom it serves."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Client"), required=False, empty_label=_("Every client")
    )

    class Meta:
        model = Calendar
        fields = ("code", "name_fr", "name_en", "organisation")

    def __init__(self, *args: Any, clients: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "organisation", clients)


class FeedForm(forms.Form):
    """Where closed days are published."""

    url = forms.URLField(
        label=_("Address of the calendar"), required=False, max_length=500, assume_scheme="https",
        help_text=_(
            "An iCalendar address (.ics). Empty: no feed is followed. It is read each night; its days count only once you take them over."
        ),
    )  # fmt: skip


class HoursForm(forms.Form):
    """Hours of a calendar as people write them."""

    moving = ("effective_on",)  # proposed as tomorrow, whatever the day
    union = forms.MultipleChoiceField(
        label=_("Join the hours of"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Open when one of them is, each in its own zone, with its own holidays. The week below is then not used."),
    )  # fmt: skip

    effective_on = date_field(label=_("In force from"))
    timezone = zone_field(label=_("Time zone"), initial="Europe/Paris")
    dates = forms.CharField(
        label=_("Exceptional days"), required=False, widget=forms.Textarea({"rows": 4}),
        help_text=_("One a line: 2026-12-24 08:00-12:00, or 2026-12-26 alone for a closed day."),
    )  # fmt: skip
    holiday_sets = forms.CharField(
        label=_("Public holidays of"), required=False, max_length=200,
        help_text=_("Countries, or a part where it differs: FR, FR-57, CA-QC. A commitment that follows the site uses the site's own."),
    )  # fmt: skip
    holidays = forms.CharField(
        label=_("Other closed days"), required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("One a line: 2026-05-15, --12-24 (each year) or 2026-08-03/2026-08-14."),
    )  # fmt: skip
    works_on_holidays = forms.BooleanField(label=_("Service runs on holidays"), required=False)

    def __init__(self, *args: Any, joinable: Sequence[Joinable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._joinable = {one.key: one for one in joinable}
        now = _("as it is joined now")
        self.fields["union"].choices = [  # type: ignore[attr-defined]
            (one.key, f"{one.name} ({now})" if one.joined else one.name) for one in joinable
        ]
        self.fields["union"].initial = [one.key for one in joinable if one.joined]
        for code, name in zip(WEEKDAYS, day_names(), strict=True):
            self.fields[code] = forms.CharField(
                label=name.capitalize(),
                required=False,
                max_length=200,
                widget=forms.TextInput({"placeholder": p("day", "Closed")}),
            )
        self.fields["mon"].help_text = _(
            "As in 08:00-12:00, 13:30-18:00. A night ends on the next morning: 22:00-06:00."
        )

    def definition(self) -> dict[str, Any]:
        """The hours in the form the rules read. Raises the refusal of what cannot be read."""
        data = self.cleaned_data
        if data["union"]:
            parts = [self._joinable[key].definition for key in data["union"]]
            return {"timezone": data["timezone"], "union": parts}
        return {
            "timezone": data["timezone"],
            "hours": {code: read_spans(data[code], code) for code in WEEKDAYS if data[code].strip()},
            "dates": dict(_dated(line) for line in data["dates"].splitlines() if line.strip()),
            "holiday_sets": [code.upper() for code in re.split(r"[,;\s]+", data["holiday_sets"]) if code],
            "holidays": [line.strip() for line in data["holidays"].splitlines() if line.strip()],
            "works_on_holidays": data["works_on_holidays"],
        }


def read_spans(text: str, field: str) -> list[list[str]]:
    """``08:00-12:00, 13h30-18h`` → pairs of times. Raises ``contracts.calendar_bad_interval``."""
    pairs = []
    for part in filter(str.strip, re.split(r"[,;]", text)):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise Refusal("contracts.calendar_bad_interval", field=field, interval=part.strip())
        pairs.append([f"{int(found[1]):02d}:{found[2] or '00'}", f"{int(found[3]):02d}:{found[4] or '00'}"])
    return pairs


def _dated(line: str) -> tuple[str, list[list[str]]]:
    day, _space, hours = line.strip().partition(" ")
    return day, read_spans(hours, "dates")


def hours_initial(calendar: rules.Calendar, effective_on: dt.date) -> dict[str, Any]:
    """The hours of a calendar as the form shows them."""
    return {
        "effective_on": effective_on,
        "timezone": calendar.zone,
        **{code: hours_text(calendar.week[i]) for i, code in enumerate(WEEKDAYS)},
        "dates": "\n".join(
            f"{day.isoformat()} {hours_text(hours)}".strip() for day, hours in calendar.special
        ),
        "holiday_sets": ", ".join(calendar.holiday_sets),
        "holidays": "\n".join(calendar.holidays),
        "works_on_holidays": calendar.works_on_holidays,
    }

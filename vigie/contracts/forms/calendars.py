"""Shape of what is typed about calendars."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as p

from vigie.contracts.forms.fields import date_field
from vigie.contracts.models import Calendar
from vigie.contracts.queries.calendars import Joinable, day_names, hours_text
from vigie.contracts.rules import calendar as rules
from vigie.contracts.rules.calendar import WEEKDAYS
from vigie.kernel.refusal import Refusal
from vigie.tenancy.models import Organisation
from vigie.toolkit.forms import RecordForm, choose_from, zone_field

_SPAN = re.compile(r"\s*(\d{1,2})(?:[:hH](\d{2})?)?\s*[-–—]\s*(\d{1,2})(?:[:hH](\d{2})?)?\s*")


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

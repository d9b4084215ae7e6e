"""Shape of what is typed about shifts, on-call and hand-overs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vigie.contracts.forms import date_field, read_spans
from vigie.contracts.queries.calendars import day_names
from vigie.contracts.rules.calendar import WEEKDAYS
from vigie.kernel.refusal import Refusal
from vigie.rota.labels import CHANGE_KINDS, RANK_NAMES
from vigie.rota.models import Absence, ShiftChange, ShiftPattern
from vigie.tickets.forms import MomentField
from vigie.toolkit.forms import RecordForm
from vigie.toolkit.refusals import sentence

Choices = Sequence[tuple[Any, Any]]
CHOOSE: Choices = (("", "—"),)
WHICH_DAYS = tuple(range(7))


class HubForm(forms.Form):
    """Holidays of a team's place, and the team that goes on after it."""

    holiday_sets = forms.CharField(
        label=_("Public holidays"), required=False, max_length=60,
        help_text=_("Codes of places, for example FR, FR-57 or CA-QC. Empty: none."),
    )  # fmt: skip
    next_team = forms.TypedChoiceField(label=_("Hands over to"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, teams: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "next_team", teams)

    def sets(self) -> list[str]:
        return re.findall(r"[^\s,;]+", self.cleaned_data["holiday_sets"])


class PatternForm(RecordForm):
    """A shift: names, hours of the week, how many people it needs."""

    moving = ("valid_from",)

    valid_from = date_field(
        label=_("From"), help_text=_("Other hours hold from that day on; the days before stay as they were.")
    )
    valid_until = date_field(
        label=_("Until"), required=False, help_text=_("The first day without this shift.")
    )

    class Meta:
        model = ShiftPattern
        fields = ("name_fr", "name_en", "people_needed", "works_on_holidays")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in zip(WEEKDAYS, day_names(), strict=True):
            self.fields[code] = forms.CharField(label=name.capitalize(), required=False, max_length=80)
        self.fields["mon"].help_text = _("For example 07:00-15:00. 22:00-06:00 ends on the next morning.")

    def clean(self) -> dict[str, Any]:
        """The hours as the rules read them."""
        data = super().clean() or {}
        hours: dict[str, list[list[str]]] = {}
        for code in WEEKDAYS:
            try:
                if data.get(code, "").strip():
                    hours[code] = read_spans(data[code], code)
            except Refusal as refusal:
                self.add_error(code, sentence(refusal))
        if not hours and not self.errors:
            self.add_error("mon", _("Give the hours of at least one day."))
        data["hours"] = hours
        return data


class PlaceForm(forms.Form):
    """Who works a shift, on which days."""

    person = forms.TypedChoiceField(label=_("Person"), coerce=int)
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days"), coerce=int, widget=forms.CheckboxSelectMultiple, choices=[(n, n) for n in WHICH_DAYS]
    )
    valid_from = date_field(label=_("From"))
    valid_until = date_field(
        label=_("Until"), required=False, help_text=_("The first day without. Empty: no end.")
    )

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "person", people)
        days: Any = self.fields["weekdays"]
        days.choices = [(n, name.capitalize()) for n, name in enumerate(day_names())]


class DayForm(forms.Form):
    """A day that is other than the week says."""

    person = forms.TypedChoiceField(label=_("Person"), coerce=int)
    day = date_field(label=_("Day"))
    kind = forms.ChoiceField(label=_("What changes"), choices=list(CHANGE_KINDS.items()))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "person", people)
        self.fields["kind"].initial = ShiftChange.Kind.STAYS_OUT


class AbsenceForm(forms.Form):
    """Who is away, from when until when."""

    person = forms.TypedChoiceField(label=_("Person"), coerce=int)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=Absence.Kind.choices,
        help_text=_("Only the person and those who plan the team read it; others read “away”."),
    )  # fmt: skip
    starts_at = MomentField(label=_("From"))
    ends_at = MomentField(label=_("Until"))
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "person", people)


def rank_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=_("Rank"), coerce=int, choices=list(RANK_NAMES.items()), initial=1)


class RotationForm(forms.Form):
    """People in turn, in the order in which they are named."""

    rank = rank_field()
    starts_on = date_field(label=_("From"))
    handover_at = forms.TimeField(
        label=_("Hand-over at"), initial="09:00", widget=forms.TimeInput({"type": "time"}, format="%H:%M")
    )
    handover_weekday = forms.TypedChoiceField(label=_("Hand-over on"), coerce=int, initial=0)
    turn_days = forms.IntegerField(
        label=_("Days of a turn"), initial=7, min_value=1, max_value=182,
        help_text=_("7 is a week. The day of hand-over counts for whole weeks alone."),
    )  # fmt: skip
    people = forms.CharField(
        label=_("People, in their order"), required=False, max_length=2000, widget=forms.Textarea({"rows": 6}),
        help_text=_("One name a line, as it stands in the team."),
    )  # fmt: skip

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ids = {str(name).casefold(): pk for pk, name in people}
        weekday: Any = self.fields["handover_weekday"]
        weekday.choices = [(n, name.capitalize()) for n, name in enumerate(day_names())]

    def clean_people(self) -> list[int]:
        """Ids of the people named. Nobody at all is refused by the action, with its own sentence."""
        found = []
        for line in filter(None, map(str.strip, self.cleaned_data["people"].splitlines())):
            if line.casefold() not in self._ids:
                raise ValidationError(_("“%(name)s” is not in the team.") % {"name": line})
            found.append(self._ids[line.casefold()])
        return found


class EndForm(forms.Form):
    """The day whose hand-over ends a rotation."""

    ends_on = date_field(
        label=_("Until"), help_text=_("Nobody is on call at this rank from that day’s hand-over on.")
    )


class SpanForm(forms.Form):
    """A person and a span of on-call: a replacement, or a call-out."""

    rank = rank_field()
    person = forms.TypedChoiceField(label=_("Person"), coerce=int)
    starts_at = MomentField(label=_("From"))
    ends_at = MomentField(label=_("Until"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def __init__(self, *args: Any, people: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "person", people)


class CallOutForm(SpanForm):
    """Who was called, when, what for."""

    reason = forms.CharField(label=_("What for"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["rank"]
        self.fields["starts_at"].label = _("Called at")
        self.fields["ends_at"].label = _("Done at")


class SwapForm(forms.Form):
    """A span of one's own on-call, for somebody else, perhaps for one in return."""

    rank = rank_field()
    asker = forms.TypedChoiceField(label=_("Who gives"), coerce=int)
    other = forms.TypedChoiceField(label=_("Who takes"), coerce=int)
    starts_at = MomentField(label=_("From"))
    ends_at = MomentField(label=_("Until"))
    back_starts_at = MomentField(label=_("In return, from"), required=False)
    back_ends_at = MomentField(label=_("In return, until"), required=False)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def __init__(self, *args: Any, people: Choices, askers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "asker", askers)
        _choose(self, "other", people)

    def clean(self) -> dict[str, Any]:
        """Both ends of what is given back, or neither."""
        data = super().clean() or {}
        ends = (data.get("back_starts_at"), data.get("back_ends_at"))
        if (ends[0] is None) != (ends[1] is None) and not self.errors:
            self.add_error("back_ends_at", _("Give both ends of what is given back, or neither."))
        return data


class NoteForm(forms.Form):
    """The hand-over note, and to whom it goes."""

    to_team = forms.TypedChoiceField(label=_("Hands over to"), coerce=int)
    body_fr = forms.CharField(label=_("Note (French)"), max_length=8000, widget=forms.Textarea({"rows": 8}))
    body_en = forms.CharField(label=_("Note (English)"), max_length=8000, widget=forms.Textarea({"rows": 8}))

    def __init__(self, *args: Any, teams: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "to_team", teams)


def _choose(form: forms.Form, name: str, choices: Choices) -> None:
    field: Any = form.fields[name]
    field.choices = [*CHOOSE, *choices]

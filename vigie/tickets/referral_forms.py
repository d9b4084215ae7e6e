"""Shape of what agents type when a ticket goes to a supplier and comes back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigie.tickets.forms import EMPTY, CleanCharField


class ReferForm(forms.Form):
    """Under which contract, and what the supplier is told."""

    contract = forms.TypedChoiceField(label=_("Supplier and contract"), coerce=int)
    reference = CleanCharField(
        label=_("Reference at the supplier"), max_length=80, required=False,
        help_text=_("The number of its own ticket, to be quoted when you call it."),
    )  # fmt: skip
    note = CleanCharField(
        label=_("What was asked"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("Read by your teams alone. The ticket waits for the supplier meanwhile."),
    )  # fmt: skip

    def __init__(self, offered: list[tuple[int, str]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["contract"].choices = [*EMPTY, *offered]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """What came back, and what becomes of it. ``to_judge``: the answer is there already."""

    outcome = forms.ChoiceField(label=_("The answer"))
    note = CleanCharField(
        label=_("What was answered"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, to_judge: bool, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [
            ("accepted", _("Accepted: its clock stops, we go on")),
            ("rejected", _("Rejected: its clock goes on, the ticket waits for it")),
        ]
        if not to_judge:
            offered.append(("check", _("Received, to be checked: its clock stops meanwhile")))
        else:
            self.fields["note"].label = _("Why")
        self.fields["outcome"].choices = [*EMPTY, *offered]  # type: ignore[attr-defined]

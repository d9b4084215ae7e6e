"""Shape of what is typed about exclusions and credits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigie.compliance.actions.exclusions import Plea
from vigie.compliance.models import CreditRequest, Exclusion
from vigie.tickets.models import Attachment
from vigie.toolkit.forms import RecordForm, choose_from


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

    def __init__(self, *args: Any, attachments: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if attachments is None:
            del self.fields["attachment"]
        else:
            choose_from(self, "attachment", attachments)

    def plea(self) -> Plea:
        """What is asked."""
        data = self.cleaned_data
        file = data.get("attachment")
        return Plea(data["kind"], data["reason"], data["evidence"], file.pk if file else None)


class DecisionForm(forms.Form):
    """Grounds of a decision."""

    decision = forms.CharField(
        label=_("Grounds of the decision"), max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text=_("Who agreed on the client's side, when and how; or why not. The client reads it."),
    )  # fmt: skip


class ExclusionAnswerForm(forms.Form):
    """What the client says of an exclusion."""

    decision = forms.CharField(
        label=_("Why?"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3}),
        help_text=_("Needed to refuse. Both sides read it."),
    )  # fmt: skip


class CreditDecisionForm(RecordForm):
    """What remains of a contested credit."""

    decided = forms.DecimalField(
        label=_("Amount kept, before tax"), min_value=0, max_digits=12, decimal_places=2
    )
    grounds = forms.CharField(
        label=_("Grounds of the decision"), max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text=_("The client reads it."),
    )  # fmt: skip

    class Meta:
        model = CreditRequest
        fields = ("decided", "grounds")


class CreditNoteForm(forms.Form):
    """The credit note that was made."""

    note = forms.CharField(label=_("Number of the credit note"), max_length=60)


class BalanceForm(forms.Form):
    """What became of what an ended contract left over."""

    agreed = forms.CharField(
        label=_("What was agreed"), max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text=_(
            "Who agreed on the client's side, when, and what: given up, or charged apart and under which number. The client reads it."
        ),
    )  # fmt: skip


class AnswerForm(forms.Form):
    """What the client does not agree with."""

    reason = forms.CharField(
        label=_("What do you not agree with?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Needed to contest. Both sides read it."),
    )

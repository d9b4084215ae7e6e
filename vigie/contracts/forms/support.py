"""Shape of what is typed about suppliers, their contracts, promises behind the client's, and requirements."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from vigie.catalog.models import Service
from vigie.contracts import labels
from vigie.contracts.forms.fields import ANY, PRIORITIES, PromiseForm, date_field
from vigie.contracts.models import (
    Calendar,
    Commitment,
    Requirement,
    Supplier,
    SupplierContract,
    SupportCommitment,
)
from vigie.contracts.queries.versions import scope_words
from vigie.contracts.rules.promise import Audience
from vigie.contracts.rules.requirements import NEXT
from vigie.kernel.refusal import Refusal
from vigie.toolkit.forms import RecordForm, choose_from
from vigie.toolkit.jinja import local_name
from vigie.toolkit.refusals import sentence
from vigie.workflow.labels import TYPES

CONTACT = ("name", "purpose", "email", "phone")


class Chosen(forms.ModelMultipleChoiceField):
    """Several records by their name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return local_name(obj)


class Promised(forms.ModelMultipleChoiceField):
    """Several commitments of one contract, in words."""

    def label_from_instance(self, obj: Commitment) -> str:
        words = [
            scope_words(obj),
            f"P{obj.priority}" if obj.priority else "",
            str(labels.KINDS.get(obj.kind, obj.kind)),
        ]
        target = labels.target_words(obj.target_seconds, obj.target_days)
        return f"{' · '.join(word for word in words if word)} · {target}"


class SupplierForm(RecordForm):
    """A supplier and whom to reach there."""

    people = forms.CharField(
        label=_("Contacts"), required=False, max_length=4000, widget=forms.Textarea({"rows": 4}),
        help_text=_("One a line: name; what for; e-mail; telephone. Leave empty between two semicolons what is not known."),
    )  # fmt: skip

    class Meta:
        model = Supplier
        fields = ("name", "code", "trade", "criticality", "notes", "is_active")
        help_texts = {"criticality": _("How much of the service stops when this supplier does not answer.")}

    def clean_people(self) -> list[dict[str, str]]:
        """``[{name, purpose, email, phone}, …]``."""
        return [_contact(line) for line in self.cleaned_data["people"].splitlines() if line.strip()]


def _contact(line: str) -> dict[str, str]:
    parts = [part.strip() for part in line.split(";")]
    if len(parts) > len(CONTACT):
        raise ValidationError(sentence(Refusal("contracts.contact_unreadable", line=line.strip())))
    found = dict(zip(CONTACT, [*parts, *[""] * (len(CONTACT) - len(parts))], strict=True))
    if not found["name"] or not (found["email"] or found["phone"]):
        raise ValidationError(sentence(Refusal("contracts.contact_unreadable", line=line.strip())))
    if any(len(found[name]) > most for name, most in (("name", 120), ("purpose", 120), ("phone", 40))):
        raise ValidationError(sentence(Refusal("contracts.contact_unreadable", line=line.strip())))
    if found["email"]:
        validate_email(found["email"])
    return found


def people_text(supplier: Supplier) -> str:
    """The contacts as they are typed."""
    rows = supplier.contacts.order_by("pk").values_list(*CONTACT)
    return "\n".join("; ".join(row).rstrip("; ") for row in rows)


class SupplierContractForm(RecordForm):
    """An underpinning contract: what it covers, its term, its notice."""

    services = Chosen(
        Service.objects.none(), label=_("Services covered"), widget=forms.CheckboxSelectMultiple
    )
    starts_on = date_field(label=_("Starts on"))
    ends_on = date_field(
        label=_("Last day"), required=False, help_text=_("Of the term that runs now. Empty: no end.")
    )

    class Meta:
        model = SupplierContract
        fields = (
            "reference", "name_fr", "name_en", "services", "starts_on", "ends_on", "notice_months", "renewal",
            "renewal_months",
        )  # fmt: skip
        help_texts = {
            "notice_months": _("The decision is due that many months before the last day."),
            "renewal": _("Tacit: it goes on by itself unless notice was given. Express: it ends."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "services", Service.objects.filter(is_active=True).order_by("criticality", "code"))


class SupportForm(PromiseForm):
    """One promise of a team or of a supplier contract."""

    moving = ("valid_from",)  # proposed as today, whatever the day

    kind = forms.ChoiceField(label=_("Clock"))
    service = forms.ModelChoiceField(
        Service.objects.none(), label=_("Service"), required=False, empty_label=_("Any")
    )
    ticket_type = forms.ChoiceField(label=_("Type"), choices=[*ANY, *TYPES.items()], required=False)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=[*ANY, *PRIORITIES], coerce=int, empty_value=None, required=False
    )
    target = forms.CharField(
        label=_("Target"),
        max_length=30,
        help_text=_("8h, 1h30, 30 min of service time, or D+2: the end of the second business day."),
    )
    calendar = forms.ModelChoiceField(
        Calendar.objects.none(),
        label=_("Calendar"),
        help_text=_("The hours of whoever promises, in their own zone."),
    )
    thresholds = forms.CharField(
        label=_("Warnings (%)"), max_length=60, required=False,
        help_text=_("Shares of the target at which people are warned: 50, 75, 90, 100. Empty: the usual ones."),
    )  # fmt: skip
    valid_from = date_field(label=_("From"), help_text=_("Tickets that come from that day get this promise."))

    class Meta:
        model = SupportCommitment
        fields = ("kind", "service", "ticket_type", "priority", "calendar", "valid_from")

    def __init__(
        self,
        *args: Any,
        audience: Audience,
        calendars: QuerySet[Calendar],
        services: QuerySet[Service],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "service", services)
        choose_from(self, "calendar", calendars)
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)
        kind.choices = [(k, word) for k, word in labels.SUPPORT_KINDS.items() if k.startswith(audience)]

    def values(self) -> dict[str, Any]:
        """The columns of the promise, its day apart."""
        data = {**self.cleaned_data}
        data.pop("valid_from")
        return {**data, **data.pop("target")}


def support_initial(row: SupportCommitment) -> dict[str, Any]:
    """A promise as its form shows it, its day apart."""
    names = ("kind", "service", "ticket_type", "priority", "calendar")
    return {
        **{name: getattr(row, f"{name}_id", None) or getattr(row, name) for name in names},
        "target": labels.target_input(row.target_seconds, row.target_days),
        "thresholds": ", ".join(map(str, row.thresholds)),
    }


class RequirementForm(RecordForm):
    """What a client asks, in both languages."""

    moving = ("asked_on",)

    service = forms.ModelChoiceField(
        Service.objects.none(), label=_("Service"), required=False, empty_label=_("Any")
    )
    asked_on = date_field(label=_("Asked on"))

    class Meta:
        model = Requirement
        fields = ("title_fr", "title_en", "service", "measure", "wished", "asked_by", "asked_on")
        help_texts = {
            "wished": _("In the client’s words: 4 h, 99.5%, before the 5th. It is discussed, never measured.")
        }

    def __init__(self, *args: Any, services: QuerySet[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "service", services)


class DecisionForm(forms.Form):
    """What becomes of a requirement, and why."""

    state = forms.ChoiceField(label=_("It becomes"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text=_("Needed to refuse, to withdraw, and to come back on a decision."),
    )  # fmt: skip

    def __init__(self, *args: Any, current: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state = self.fields["state"]
        assert isinstance(state, forms.ChoiceField)
        state.choices = [(code, labels.REQUIREMENT_STATES[code]) for code in NEXT[current]]


class TraceForm(forms.Form):
    """The commitments that a requirement became."""

    commitments = Promised(
        Commitment.objects.none(), label=_("Commitments"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, rows: QuerySet[Commitment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "commitments", rows)

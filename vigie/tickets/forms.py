"""Shape of what agents type on tickets. Rules are the actions'; here words become values."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vigie.tickets.labels import CHANNELS, IMPACTS, PRIORITIES, TYPES, URGENCIES
from vigie.tickets.rules.corrections import PAUSED, REASON, Correction
from vigie.workflow.labels import CANCEL_REASONS, PENDING_REASONS, RESOLUTIONS, label
from vigie.workflow.rules.machine import Machine, Step

EMPTY = [("", "—")]


class CleanCharField(forms.CharField):
    """Text whose control characters are dropped instead of refused: nothing typed is lost for one of them."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value.replace("\x00", "") if isinstance(value, str) else value) or ""


def whole(value: Any) -> int | None:
    """A positive whole number of a form, or ``None`` for anything else."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


class RichArea(forms.Textarea):
    """The plain area that the editor takes over."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__({"rows": 5, **attrs})


class MomentField(forms.DateTimeField):
    """A date and time in the person's own zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], **options)


def _approvers(offered: list[tuple[int, str]]) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=_("Who is asked"), coerce=int, choices=offered, required=False, widget=forms.CheckboxSelectMultiple,
        initial=[pk for pk, _name in offered],
        help_text=_("The first answer decides. The requester is never asked."),
    )  # fmt: skip


class ApproversForm(forms.Form):
    """Who else is asked to approve."""

    def __init__(self, offered: list[tuple[int, str]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["approvers"] = _approvers(offered)


class StepForm(forms.Form):
    """Exactly what one step needs, in the order in which a person thinks of it. ``approvers`` may be asked."""

    def __init__(
        self, machine: Machine, step: Step, *args: Any, approvers: list[tuple[int, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        if step.verb == "ask_approval":
            self.fields["approvers"] = _approvers(approvers)
        if step.verb == "approve":
            self.fields["reason"] = CleanCharField(label=_("Who approved, and how?"), max_length=200)
        waiting = "pending_reason" in step.needs
        if waiting:
            self.fields["pending_reason"] = _choice(
                _("What is awaited?"), machine.pending_reasons, PENDING_REASONS
            )
        if "resolution" in step.needs:
            self.fields["resolution_code"] = _choice(
                _("How was it solved?"), machine.resolution_codes, RESOLUTIONS
            )
            self.fields["master"] = _master()
        if step.verb == "cancel":
            self.fields["reason"] = _choice(_("Why is it cancelled?"), machine.cancel_reasons, CANCEL_REASONS)
            self.fields["master"] = _master()
        elif "reason" in step.needs:
            asks = _("Who refused, and how?") if step.verb == "reject" else _("Reason")
            self.fields["reason"] = CleanCharField(label=asks, max_length=200)
        if "public_text" in step.needs or waiting:
            self.fields["text"] = CleanCharField(
                label=_("Message to the client"), widget=RichArea(), required="public_text" in step.needs
            )
            if waiting:
                self.fields["text"].need = _("needed when the client is awaited")  # type: ignore[attr-defined]
        if waiting:
            self.fields["follow_up_at"] = MomentField(
                label=_("Follow up on"),
                required=False,
                help_text=_("The ticket resumes by itself on that date."),
            )
            self.fields["window_agreed"] = forms.BooleanField(
                label=_("The client agreed to the date of the change window"), required=False, initial=True
            )

    def clean_follow_up_at(self) -> dt.datetime | None:
        found: dt.datetime | None = self.cleaned_data["follow_up_at"]
        if found is not None and found <= timezone.now():
            raise forms.ValidationError(_("This date is past."))
        return found


def _choice(title: Any, codes: tuple[str, ...], words: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=title, choices=[*EMPTY, *((code, label(words, code)) for code in codes)])


def _master() -> CleanCharField:
    field = CleanCharField(
        label=_("Duplicate of"), required=False, max_length=30,
        help_text=_("Reference of the ticket that goes on; its requester will be followed there."),
    )  # fmt: skip
    field.need = ""  # type: ignore[attr-defined]  # shown for a duplicate alone, which cannot do without it
    return field


class AssignForm(forms.Form):
    """The team, and perhaps the person."""

    team = forms.TypedChoiceField(label=_("Team"), coerce=int, empty_value=None, required=False)
    assignee = forms.TypedChoiceField(label=_("Assignee"), coerce=int, empty_value=None, required=False)

    def __init__(self, teams: list[Any], agents: list[Any], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["team"].choices = [*EMPTY, *teams]  # type: ignore[attr-defined]
        self.fields["assignee"].choices = [("", _("Nobody yet")), *agents]  # type: ignore[attr-defined]


class PriorityForm(forms.Form):
    """Impact and urgency, and the priority where it is not the one they give."""

    impact = forms.TypedChoiceField(label=_("Impact"), coerce=int, choices=list(IMPACTS.items()))
    urgency = forms.TypedChoiceField(label=_("Urgency"), coerce=int, choices=list(URGENCIES.items()))
    priority = forms.TypedChoiceField(
        label=_("Priority"), coerce=int, empty_value=None, required=False,
        choices=[("", _("As impact and urgency give")), *((n, f"P{n}") for n in PRIORITIES)],
    )  # fmt: skip
    reason = CleanCharField(label=_("Reason of another priority"), max_length=200, required=False)
    is_error = forms.BooleanField(
        label=_("The first priority was an error: measure as if it had always been this one"), required=False
    )

    def __init__(self, *args: Any, may_correct: bool, may_override: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_correct:
            del self.fields["is_error"]
        if not may_override:  # what would be refused is not offered
            del self.fields["priority"]
            if not may_correct:
                del self.fields["reason"]


class TypeForm(forms.Form):
    """Another type; the reason is asked of those who may put an error right."""

    type = forms.ChoiceField(label=_("Type"))
    reason = CleanCharField(
        label=_("Reason"), max_length=200, required=False,
        help_text=_("Needed where a missed promise would go with the old type."),
    )  # fmt: skip

    def __init__(self, present: str, *args: Any, may_correct: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [(code, word) for code, word in TYPES.items() if code != present]
        self.fields["type"].choices = others  # type: ignore[attr-defined]
        if not may_correct:
            del self.fields["reason"]


NATURES = [
    ("change", _("It really changed: the time already used is kept")),
    ("error", _("It was wrong from the start: measure as if it had always been so")),
]


class ClassifyForm(forms.Form):
    """What the ticket is about. ``asks_nature``: it must say whether it was an error or a real change."""

    service = forms.TypedChoiceField(label=_("Service"), coerce=int, empty_value=None, required=False)
    category = forms.TypedChoiceField(label=_("Category"), coerce=int, empty_value=None, required=False)
    site = forms.TypedChoiceField(label=_("Site"), coerce=int, empty_value=None, required=False)
    tags = CleanCharField(
        label=_("Tags"), required=False, max_length=400, help_text=_("Separated by commas.")
    )
    is_confidential = forms.BooleanField(label=_("Confidential: only those in charge see it"), required=False)

    def __init__(
        self, offered: dict[str, list[Any]], *args: Any, asks_nature: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        for name, choices in offered.items():
            self.fields[name].choices = [*EMPTY, *choices]  # type: ignore[attr-defined]
        if asks_nature:
            self._add_nature()

    def _add_nature(self) -> None:
        self.fields["nature"] = forms.ChoiceField(
            label=_("Was it wrong from the start, or did it really change?"), choices=NATURES,
            widget=forms.RadioSelect,
        )  # fmt: skip
        self.fields["reason"] = CleanCharField(
            label=_("Reason"), max_length=200, required=False, help_text=_("Needed for an error.")
        )

    def ask_nature(self) -> None:
        """Ask it of somebody who sent the form without knowing that the promise depends on it."""
        self._add_nature()
        self.add_error("nature", _("What was promised depends on it."))

    def clean_tags(self) -> list[str]:
        return sorted(
            {tag.strip().lower()[:40] for tag in self.cleaned_data["tags"].split(",") if tag.strip()}
        )


class LinkForm(forms.Form):
    """A tie to another ticket of the client, by its reference."""

    KINDS = [
        ("related", _("Related to")),
        ("parent", _("Part of (parent)")),
        ("follow_up", _("Follow-up of")),
        ("duplicate", _("Duplicate of: this ticket ends")),
    ]
    kind = forms.ChoiceField(label=_("Link"), choices=KINDS)
    reference = CleanCharField(label=_("Reference of the other ticket"), max_length=30)


class NewTicketForm(forms.Form):
    """A ticket opened by an agent for somebody of a client."""

    organisation = forms.TypedChoiceField(label=_("Client"), coerce=int)
    requester = forms.IntegerField(label=_("Who asks"), min_value=1)
    beneficiary = forms.IntegerField(label=_("For somebody else"), min_value=1, required=False)
    ticket_type = forms.ChoiceField(
        label=_("Type"), choices=list(TYPES.items()), initial="incident", widget=forms.RadioSelect
    )
    channel = forms.ChoiceField(
        label=_("Came by"), choices=[(c, w) for c, w in CHANNELS.items() if c in ("phone", "email", "chat", "visit", "internal")],
        initial="phone",
    )  # fmt: skip
    title = CleanCharField(label=_("Subject"), max_length=250)
    body = CleanCharField(label=_("Description"), widget=RichArea(rows=8), max_length=400_000)
    service = forms.TypedChoiceField(label=_("Service"), coerce=int, empty_value=None, required=False)
    category = forms.TypedChoiceField(label=_("Category"), coerce=int, empty_value=None, required=False)
    site = forms.TypedChoiceField(label=_("Site"), coerce=int, empty_value=None, required=False)
    impact = forms.TypedChoiceField(
        label=_("Impact"), coerce=int, empty_value=None, required=False,
        choices=[("", _("As the service proposes")), *IMPACTS.items()],
    )  # fmt: skip
    urgency = forms.TypedChoiceField(
        label=_("Urgency"), coerce=int, choices=list(URGENCIES.items()), initial=2
    )
    team = forms.TypedChoiceField(
        label=_("Team"), coerce=int, empty_value=None, required=False,
        help_text=_("The service’s own team unless you choose."),
    )  # fmt: skip
    assignee = forms.TypedChoiceField(label=_("Assignee"), coerce=int, empty_value=None, required=False)
    tags = CleanCharField(
        label=_("Tags"), required=False, max_length=400, help_text=_("Separated by commas.")
    )
    is_confidential = forms.BooleanField(label=_("Confidential: only those in charge see it"), required=False)

    def __init__(self, offered: dict[str, list[Any]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, choices in offered.items():
            self.fields[name].choices = [*EMPTY, *choices]  # type: ignore[attr-defined]
        self.fields["requester"].error_messages["required"] = _("Choose the person who asks.")

    def clean_tags(self) -> tuple[str, ...]:
        return tuple(
            sorted({tag.strip().lower()[:40] for tag in self.cleaned_data["tags"].split(",") if tag.strip()})
        )


def _instant(name: Any, **more: Any) -> forms.DateTimeField:
    shape = "%Y-%m-%dT%H:%M:%S"
    return forms.DateTimeField(
        label=name, required=False, input_formats=[shape, "%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput({"type": "datetime-local", "step": 1}, format=shape), **more,
    )  # fmt: skip


class CorrectionDecisionForm(forms.Form):
    """Grounds of the decision on a late correction."""

    decision = forms.CharField(
        label=_("Grounds of the decision"), max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text=_("The client reads it."),
    )  # fmt: skip


class CorrectionForm(forms.Form):
    """What is wrong, and what is right."""

    what = forms.ChoiceField(label=_("What is to be put right"))
    at = _instant(_("Real instant"), help_text=_("In your time zone. Of a wait not recorded: its start."))
    until = _instant(_("End"), help_text=_("Only for a wait that was not recorded."))
    reason = forms.ChoiceField(
        label=_("Real reason of the wait"), required=False, choices=[("", "—"), *PENDING_REASONS.items()]
    )
    why = forms.CharField(
        label=_("Justification"), max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text=_("Who says so, on what evidence. The client reads it."),
    )  # fmt: skip

    def __init__(self, *args: Any, offered: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["what"].choices = offered  # type: ignore[attr-defined]

    def asked(self) -> Correction:
        data = self.cleaned_data
        what, of, part = [*data["what"].split(":"), "", ""][:3]
        at = data["at"] if what != REASON else None
        until = data["until"] if what == PAUSED else None
        reason = data["reason"] if what in (REASON, PAUSED) else ""
        return Correction(what, int(of or 0), at, until, reason, int(part or 0))

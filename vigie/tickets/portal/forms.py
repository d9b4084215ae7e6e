"""The shape of what customers send: a new request and an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from vigie.kernel.actor import Actor
from vigie.tickets.actions.conversation import BODY_LIMIT, Said
from vigie.tickets.actions.opening import TITLE_LIMIT, NewTicket
from vigie.tickets.portal.words import ASKS
from vigie.tickets.queries.asking import Offer, Sketch
from vigie.toolkit.jinja import local_name

# The editor's own markup always starts with one of these; anything else was typed without script.
_MARKUP = re.compile(r"\s*<(div|p|ul|ol|blockquote|pre|h1|figure|br)[\s>/]", re.IGNORECASE)

URGENCY = [
    ("1", _("No, I cannot work at all")),
    ("2", _("Yes, but with difficulty")),
    ("3", _("Yes, it can wait")),
]
NEED = [
    ("1", _("I cannot work without it")),
    ("2", _("In the coming days")),
    ("3", _("It can wait")),
]
IMPACT = [
    ("3", _("Only one person")),
    ("2", _("Several people")),
    ("1", _("A whole site or the whole company")),
]
SUBMISSION_LIMIT = 64
MOST_FILES = 50


def is_markup(body: str) -> bool:
    """Did the text come from the editor? Without script it is plain text."""
    return bool(_MARKUP.match(body))


def files_of(request: HttpRequest) -> list[UploadedFile]:
    return [sent for sent in request.FILES.getlist("files") if isinstance(sent, UploadedFile)]


def draft_of(request: HttpRequest, names: Iterable[str]) -> dict[str, Any]:
    """What a form holds, to be kept: its fields of these names, and the tokens of the files kept for it."""
    typed = {name: request.POST.get(name, "").replace("\x00", "")[:BODY_LIMIT] for name in names}
    return {**typed, "uploads": [token[:64] for token in request.POST.getlist("uploads")[:MOST_FILES]]}


def said_of(request: HttpRequest, uploads: list[str]) -> Said:
    """The message that a form of the portal carries."""
    body = request.POST.get("body", "")
    submission = request.POST.get("submission", "")[:SUBMISSION_LIMIT]
    return Said(body=body, is_html=is_markup(body), uploads=uploads, submission=submission)


class Ask(forms.Form):
    """Report, ask or question: one short form, whose two business questions give impact and urgency."""

    type = forms.ChoiceField(
        label=_("What do you need?"), choices=list(ASKS.items()), widget=forms.RadioSelect
    )
    service = forms.TypedChoiceField(
        label=_("What is it about?"), required=False, coerce=int, empty_value=None, widget=forms.RadioSelect
    )
    title = forms.CharField(
        label=_("In a few words"),
        max_length=TITLE_LIMIT,
        error_messages={"required": _("Say in a few words what it is about.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    body = forms.CharField(
        label=_("Tell us more"),
        strip=False,
        error_messages={"required": _("Describe what happens or what you need: a sentence is enough.")},
        help_text=_("What you were doing, what you saw, since when. You can paste a picture."),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    urgency = forms.TypedChoiceField(
        label=_("Can you work?"),
        choices=URGENCY,
        coerce=int,
        required=False,
        widget=forms.RadioSelect,
    )
    need = forms.TypedChoiceField(
        label=_("When do you need it?"),
        choices=NEED,
        coerce=int,
        required=False,
        widget=forms.RadioSelect,
    )
    impact = forms.TypedChoiceField(
        label=_("Who is affected?"),
        choices=IMPACT,
        coerce=int,
        required=False,
        widget=forms.RadioSelect,
    )
    beneficiary = forms.TypedChoiceField(label=_("For whom?"), required=False, coerce=int, empty_value=None)
    site = forms.TypedChoiceField(label=_("Where?"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Mapping[str, Any] | None, offer: Offer, actor: Actor, **more: Any) -> None:
        kept = data and {name: str(data.get(name) or "").replace("\x00", "") for name in self.base_fields}
        super().__init__(kept, auto_id="id_%s", **more)
        self._choices(
            "service",
            [("", _("Something else, or I do not know"))]
            + [(s["id"], local_name(s)) for s in offer.services],
        )
        self._choices(
            "beneficiary", [("", _("For me"))] + [(p["id"], p["name"]) for p in [offer.colleague] if p]
        )
        self._choices("site", [(s["id"], s["name"]) for s in offer.sites])

    def _choices(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _weight(self) -> tuple[int, int]:
        """``(impact, urgency)``: only a problem asks who is affected; a wish asks when it is needed."""
        given = self.cleaned_data
        if given.get("type") == "incident":
            return given.get("impact") or 3, given.get("urgency") or 2
        return 3, given.get("need") or 2

    def sketch(self) -> Sketch:
        """What decides the promise, as far as it is filled in."""
        given = self.cleaned_data
        impact, urgency = self._weight()
        return Sketch(
            given.get("type") or "incident",
            impact,
            urgency,
            given.get("service"),
            given.get("site"),
            given.get("beneficiary"),
        )

    def new_ticket(self, actor: Actor, uploads: list[str], submission: str) -> NewTicket:
        """The request of a valid form."""
        given = self.cleaned_data
        impact, urgency = self._weight()
        return NewTicket(
            organisation_id=actor.organisation_id or 0,
            ticket_type=given["type"],
            title=given["title"],
            body=given["body"],
            is_html=is_markup(given["body"]),
            requester_id=actor.person_id or 0,
            beneficiary_id=given["beneficiary"],
            service_id=given["service"],
            site_id=given["site"],
            impact=impact,
            urgency=urgency,
            channel="portal",
            uploads=uploads,
            submission=submission,
        )

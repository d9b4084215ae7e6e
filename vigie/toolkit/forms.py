"""Web forms that never write: they read what was typed, and show what an action refused beside its field."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db.models import BaseConstraint, QuerySet, UniqueConstraint
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.kernel.refusal import NotAllowed, NotFound, Refusal
from vigie.toolkit import stale
from vigie.toolkit.jinja import local_name
from vigie.toolkit.journal import history
from vigie.toolkit.pages import render
from vigie.toolkit.refusals import sentence

T = TypeVar("T")
Words = str | Promise
Group = tuple[Words, Sequence[str]]


DASHES = "---------"  # Django's word for the empty choice, and ours
NOTHING = "—"
TAKEN = _("Another record already says the same.")
LARGEST = 2**31 - 1  # what a whole number of the database holds


class RecordForm(forms.ModelForm):
    """The fields of a record as web input. The record itself is checked and written by the action."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            _in_our_words(field)

    def _post_clean(self) -> None:
        """Leave the record alone: a form that sets attributes would hide the change from the journal."""


def _in_our_words(field: Any) -> None:
    """One word for the empty choice of every list, and a sentence for a number that the database cannot hold."""
    if isinstance(field, forms.ModelChoiceField):
        _by_local_name(field)
        if field.empty_label == DASHES:
            field.empty_label = NOTHING
    elif isinstance(field, forms.ChoiceField):
        words: Any = field.choices
        field.choices = [(value, NOTHING if word == DASHES else word) for value, word in words]
    elif isinstance(field, forms.IntegerField):
        field.validators.append(MaxValueValidator(LARGEST, _("This number is too large.")))


def _by_local_name(field: Any) -> None:
    """Rows that have a name in both languages are listed by the reader's, unless the field says otherwise."""
    own = type(field).label_from_instance is forms.ModelChoiceField.label_from_instance
    if own and hasattr(field.queryset.model, "name_en"):
        field.label_from_instance = local_name


def attempt(form: forms.BaseForm, act: Callable[[dict[str, Any]], T]) -> T | None:
    """``act(cleaned_data)`` once the input has the right shape; ``None`` when it was refused.

    ``None`` too when somebody else changed the same fields meanwhile (``vigie.toolkit.stale``).
    What the action refuses is shown beside the field it names. Out of sight and not granted are pages of
    their own, never lines of a form.
    """
    if stale.settle(form) or not form.is_valid():
        return None
    try:
        return act(dict(form.cleaned_data))
    except (NotFound, NotAllowed):
        raise
    except Refusal as refusal:
        blame(form, refusal)
    except ValidationError as error:
        for name, one in _each(error):
            field, words = in_our_words(form, name, one)
            form.add_error(field if field in form.fields else None, str(words))
    return None


def done(form: forms.BaseForm, act: Callable[[dict[str, Any]], object]) -> bool:
    """:func:`attempt`, where only success matters and what the action returns does not."""
    return attempt(form, act) is not None


def choose_from(form: forms.BaseForm, name: str, rows: QuerySet[Any]) -> None:
    """Let a choice of the form be made among ``rows``."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    _by_local_name(field)


def blame(form: forms.BaseForm, refusal: Refusal) -> None:
    """Show a refusal on the form: beside its field, or at the top when the form has no such field."""
    form.add_error(refusal.field if refusal.field in form.fields else None, sentence(refusal))


def _each(error: ValidationError) -> list[tuple[str, ValidationError]]:
    if not hasattr(error, "error_dict"):
        return [("", one) for one in error.error_list]
    by_field: Mapping[str, list[ValidationError]] = error.error_dict
    return [(name, one) for name, errors in by_field.items() for one in errors]


def in_our_words(form: forms.BaseForm, name: str, error: ValidationError) -> tuple[str, Words]:
    """The field to blame and the sentence; what the framework says of a duplicate or of a constraint is said in our words."""
    if error.code in ("unique", "unique_together"):
        checked = (error.params or {}).get("unique_check", (name,))
        shown = [one for one in checked if one in form.fields]
        return (shown[-1] if shown else "", _taken(form, shown))
    text = error.messages[0]
    before, _name, after = str(BaseConstraint.default_violation_error_message).partition("%(name)s")
    if text.startswith(before) and text.endswith(after):
        broken = text[len(before) : len(text) - len(after)]
        unique = any(
            constraint.name == broken and isinstance(constraint, UniqueConstraint)
            for model in apps.get_models()
            for constraint in model._meta.constraints
        )
        return name, TAKEN if unique else _("These values do not go together.")
    return name, text


def _taken(form: forms.BaseForm, names: Sequence[str]) -> Words:
    """What another record has already: the word typed, or the fields that say the same together."""
    last = form.fields[names[-1]] if names else None
    if last is None:
        return TAKEN
    if type(last) in (forms.CharField, forms.SlugField, forms.EmailField):
        return _("“%(value)s” is already taken: choose something else.") % {"value": form[names[-1]].data}
    told = " · ".join(str(form[name].label) for name in names)
    return _("Another record already has the same: %(fields)s.") % {"fields": told}


def form_page(
    request: HttpRequest,
    form: forms.BaseForm,
    *,
    title: Words,
    crumbs: Sequence[Mapping[str, Words]],
    groups: Sequence[Group],
    action: Words,
    template: str = "layouts/form.html",
    **more: Any,
) -> HttpResponse:
    """The page of one form: groups of fields ``(heading, names)``; all typed is kept.

    422 when it was refused, 409 when somebody else changed the same fields meanwhile.
    """
    conflicts = getattr(form, "conflicts", [])
    context = {
        "form": form,
        "title": title,
        "crumbs": [*crumbs, {"label": title}],
        "groups": groups,
        "action_label": action,
        "back": crumbs[-1]["href"],
        "intro": "",
        "zones": zones() if any(name in form.fields for name in ("timezone",)) else (),
        "seen": _seen(request, form),
        "conflicts": conflicts,
        "who": _last_writer(request, form) if conflicts else "",
        **more,
    }
    return render(request, template, context, status=409 if conflicts else 422 if form.errors else 200)


def _seen(request: HttpRequest, form: forms.BaseForm) -> str:
    """What the form shows of a record that others may change too; a new one is nobody else's."""
    match = request.resolver_match
    return "" if match is None or (match.url_name or "").endswith("_new") else stale.seen(form)


def _last_writer(request: HttpRequest, form: forms.BaseForm) -> str:
    """Who changed the record of this address last, as the journal tells; empty where the form has no model."""
    model = getattr(getattr(form, "Meta", None), "model", None)
    ids = list(request.resolver_match.kwargs.values()) if request.resolver_match else []
    if model is None or not ids:
        return ""
    return next((str(row["actor_name"]) for row in history({model._meta.label_lower: ids[-1:]}, most=1)), "")


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Names of the world's time zones, for a field that completes them."""
    return tuple(
        sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    )


def zone_field(**more: Any) -> forms.CharField:
    """A time zone, typed with completion and checked against the zones this machine knows."""
    return forms.CharField(
        max_length=60, validators=[known_zone], widget=forms.TextInput({"list": "zones"}), **more
    )


def known_zone(name: str) -> None:
    """Refuse a name that is no time zone."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError(sentence(Refusal("page.unknown_zone", zone=name))) from error

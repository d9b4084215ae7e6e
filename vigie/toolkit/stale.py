"""Two people, one form: what somebody else saved meanwhile is shown beside what was typed, never written over.

A form carries what it showed (``seen``). When it comes back, each field has three values: shown, typed and present.
A field that was not touched keeps what the other saved; one that both changed is a conflict, and both are shown.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

SEEN = "seen"

Value = bool | str | list[str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that two people changed, in words."""

    label: str
    mine: str
    theirs: str


def seen(form: forms.BaseForm) -> str:
    """What the form shows now, for its hidden field. A form names in ``moving`` the fields that follow the calendar."""
    return json.dumps(_present(form))


def settle(form: forms.BaseForm) -> list[Conflict]:
    """Keep what others saved in the fields left alone; the conflicts. Call before the form is validated.

    ``form.initial`` holds the present values. The conflicts stay on the form as ``form.conflicts``, and its ``seen``
    becomes the present: sent again, it keeps what is typed.
    """
    shown = _read(form.data.get(form.add_prefix(SEEN), ""))
    if not shown:
        return []
    present = _present(form)
    data = form.data.copy()  # type: ignore[attr-defined]
    found: list[Conflict] = []
    for name, theirs in present.items():
        mine = _typed(form[name])
        if theirs == shown.get(name, theirs) or mine == theirs:
            continue
        if mine == shown[name]:
            _put(data, form[name].html_name, theirs)
        else:
            found.append(
                Conflict(str(form[name].label), _words(form[name], mine), _words(form[name], theirs))
            )
    data[form.add_prefix(SEEN)] = json.dumps(present)
    form.data = data
    form.conflicts = found  # type: ignore[attr-defined]
    return found


def _read(text: str) -> dict[str, Value]:
    try:
        shown = json.loads(text)
    except ValueError:
        return {}
    return shown if isinstance(shown, dict) else {}


def _present(form: forms.BaseForm) -> dict[str, Value]:
    moving = getattr(form, "moving", ())
    return {
        name: _value(form[name], form[name].initial)
        for name, field in form.fields.items()
        if not isinstance(field, forms.FileField) and name not in moving
    }


def _typed(bound: forms.BoundField) -> Value:
    return _value(bound, bound.data)


def _value(bound: forms.BoundField, value: Any) -> Value:
    """The value as its control holds it, whatever its type: the only form that both sides share."""
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return bool(value)
    held = widget.format_value(bound.field.prepare_value(value))
    if isinstance(held, list | tuple | set):
        return sorted(str(one) for one in held if one not in ("", None))
    return "" if held is None else str(held).replace("\r\n", "\n").strip()


def _put(data: Any, name: str, value: Value) -> None:
    if isinstance(value, list):
        data.setlist(name, value)
    elif value is False:
        data.pop(name, None)
    else:
        data[name] = "on" if value is True else value


def _words(bound: forms.BoundField, value: Value) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str):
        return value or "—"
    labels = {str(code): str(label) for code, label in getattr(bound.field, "choices", ())}
    return ", ".join(labels.get(one, one) for one in value) or "—"

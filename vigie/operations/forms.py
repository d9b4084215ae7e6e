"""Shapes of what is typed here."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class DiscardForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)

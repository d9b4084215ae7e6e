"""Forms of records: one word for the empty choice, and numbers refused in words."""

from __future__ import annotations

from django import forms
from django.utils import translation

from vigie.toolkit.forms import DASHES, NOTHING, RecordForm
from vigie.toolkit.models import JournalEntry


class Sample(RecordForm):
    size = forms.IntegerField()
    colour = forms.ChoiceField(choices=[("", DASHES), ("red", "Red")])
    entry = forms.ModelChoiceField(JournalEntry.objects.none(), required=False)
    any_entry = forms.ModelChoiceField(JournalEntry.objects.none(), required=False, empty_label="Any")

    class Meta:
        model = JournalEntry
        fields = ()


def test_the_empty_choice_is_one_dash_unless_it_has_a_word_of_its_own() -> None:
    fields = Sample().fields
    assert fields["colour"].choices == [("", NOTHING), ("red", "Red")]
    assert (fields["entry"].empty_label, fields["any_entry"].empty_label) == (NOTHING, "Any")


def test_a_number_too_large_is_refused_in_words() -> None:
    with translation.override("fr"):
        refused = Sample({"size": "9" * 12, "colour": "red"})
        assert refused.errors["size"] == ["Ce nombre est trop grand."]
    assert Sample({"size": "12", "colour": "red"}).is_valid()

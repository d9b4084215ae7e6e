"""Forms of records: one word for the empty choice, and numbers refused in words."""

from __future__ import annotations

import pytest
from django import forms
from django.utils import translation

from vigie.accounts.models import Team
from vigie.toolkit.forms import DASHES, NOTHING, RecordForm, choose_from
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


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "name"), [("fr", "Centre de services N1"), ("en", "Service desk L1")])
def test_rows_with_two_names_are_listed_in_the_readers_language(
    world: object, language: str, name: str
) -> None:
    class Choice(forms.Form):
        team = forms.ModelChoiceField(Team.objects.none())

    form = Choice()
    choose_from(form, "team", Team.objects.all())
    with translation.override(language):
        assert name in [str(label) for _, label in form.fields["team"].choices]

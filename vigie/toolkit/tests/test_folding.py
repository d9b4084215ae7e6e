"""What a template is compiled to, and how it escapes."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import engines
from django.utils.translation import override
from markupsafe import Markup, escape

from vigie.toolkit.folding import shown

KIT = '{% import "kit/ui.html" as ui %}{% import "kit/page.html" as page %}'


def compiled(source: str) -> str:
    environment: Any = engines["jinja2"].env  # type: ignore[attr-defined]
    return str(environment.compile(source, raw=True))


def drawn(source: str, **values: Any) -> str:
    environment: Any = engines["jinja2"].env  # type: ignore[attr-defined]
    return str(environment.from_string(source).render(**values))


@pytest.mark.parametrize(
    "call",
    [
        'ui.icon("search", size=20)',
        'ui.button(_("Search"), attrs={"data-opens": "filters"})',
        'page.item(_("Search"), url("queue"))',
    ],
)
def test_a_mark_that_depends_on_nothing_is_text_of_the_template(call: str) -> None:
    for language, word in (("fr", "Rechercher"), ("en", "Search")):
        with override(language):
            source = compiled(KIT + "{{ " + call + " }}")
            assert "context.call(" not in source
            assert 'class="icon' in source or word in source


def test_a_layout_lends_what_it_imports() -> None:
    source = '{% extends "layouts/console.html" %}{% block main %}{{ ui.icon("search") }}{% endblock %}'
    assert "<svg" in compiled(source)


def test_what_a_template_has_under_another_name_is_left_alone() -> None:
    assert "context.call(" in compiled('{{ ui.icon("search") }}')
    assert drawn('{{ ui.icon("search") }}', ui={"icon": lambda name: f"<{name}>"}) == "&lt;search&gt;"


def test_a_value_of_the_page_is_drawn_each_time() -> None:
    source = KIT + "{{ ui.badge(name) }}{{ page.item(name, attrs={'lang': name}) }}"
    for name in ("first", "<b>"):
        assert drawn(source, name=name).count(str(escape(name))) == 3


class Marked:
    def __html__(self) -> str:
        return "<b>"


@pytest.mark.parametrize(
    "value", ["plain", "a & b", "<i>", "l'heure", '"', "", Markup("<i>&amp;"), 3, None, 2.5, Marked(), ["<"]]
)
def test_shown_writes_what_escape_writes(value: Any) -> None:
    assert str(shown(value)) == str(escape(value))
    assert drawn("{{ value }}|{% set kept %}{{ value }}{% endset %}{{ kept }}", value=value) == "|".join(
        [escape(value)] * 2
    )

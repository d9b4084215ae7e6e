"""What pages keep between two requests: texts of a language, statements, drawings; never a row, never another's words."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import Value
from django.test import Client
from django.utils import timezone, translation
from markupsafe import Markup

from tests.world import World
from vigie.accounts.models import Person
from vigie.toolkit.jinja import ago, environment, stencil
from vigie.toolkit.statics import static
from vigie.toolkit.written import PRESENT, count_of, rows_of, stand_in, written


def drawn_in(language: str, source: str, **values: object) -> str:
    with translation.override(language):
        return environment().from_string(source).render(values)


def test_a_constant_text_is_translated_when_the_template_is_compiled() -> None:
    with translation.override("fr"):
        template = environment().from_string('{{ _("Search") }} {{ url("queue", status="live") }}')
    with translation.override("en"):
        assert template.render() == "Rechercher /tickets/?status=live"
    assert drawn_in("en", '{{ _("Search") }}') == "Search"


def test_a_template_is_compiled_for_each_language() -> None:
    from django.template.loader import get_template

    drawn = {}
    for language in ("fr", "en", "fr"):
        with translation.override(language):
            module = get_template("kit/ui.html").template.module
            drawn[language] = str(module.person(None))
    assert "Unassigned" in drawn["en"]
    assert "Unassigned" not in drawn["fr"]


def test_a_variable_is_still_escaped_and_a_kept_drawing_does_not_mistake_text_for_markup() -> None:
    source = '{% import "kit/ui.html" as ui %}{{ ui.badge(word) }}'
    from django.template.loader import get_template

    env = get_template("kit/ui.html").template.environment
    template = env.from_string(source)
    assert "<b>x</b>" in template.render(word=Markup("<b>x</b>"))
    assert "&lt;b&gt;x&lt;/b&gt;" in template.render(word="<b>x</b>")


def test_what_fills_a_stencil_is_escaped() -> None:
    holes = ("code", "message")
    fill = stencil("layouts/_refusal.html", holes, status=400)
    assert "&lt;i&gt;%(code)s&lt;/i&gt;" in fill({"code": "x", "message": "<i>%(code)s</i>"})
    assert "<i>a</i>" in fill({"code": "x", "message": Markup("<i>a</i>")})
    assert "None" not in fill({"code": None, "message": None})


def test_ago_says_the_same_one_by_one() -> None:
    now = timezone.now()
    with translation.override("en"):
        assert ">less than a minute ago<" in str(ago(now))
        assert ">2 h 10 min ago<" in str(ago(now - dt.timedelta(hours=2, minutes=10, seconds=5)))
        assert ">in 1 h<" in str(ago(now + dt.timedelta(hours=1, seconds=20)))
    assert ago(None) == ""


@pytest.mark.django_db
def test_a_written_statement_takes_the_ids_and_the_present_of_each_request(world: World) -> None:
    one, many = stand_in(1), stand_in(2)
    people = Person.objects.annotate(at=Value(PRESENT + dt.timedelta(hours=1)))
    single = written(people.filter(pk=one).values("id", "at"))
    several = written(people.filter(pk__any_of=[many]).order_by("id").values("id"))
    now = timezone.now()
    for person in (world.agent, world.agent_all):
        found = rows_of(single, {one: person.pk}, now=now)
        assert found == [{"id": person.pk, "at": now + dt.timedelta(hours=1)}]
    wanted = sorted([world.agent.pk, world.agent_all.pk])
    assert [row["id"] for row in rows_of(several, {many: wanted}, now=now)] == wanted
    assert rows_of(several, {many: []}, now=now) == []
    nothing = written(Person.objects.filter(pk__in=[]).values("id"))
    assert (rows_of(nothing), count_of(nothing)) == ([], 0)


@pytest.mark.django_db
def test_a_session_ended_elsewhere_is_out_at_the_next_request(world: World) -> None:
    browser = Client()
    browser.force_login(world.agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/tickets/").status_code == 200
    browser.session.__class__(browser.session.session_key).delete()
    assert browser.get("/tickets/").status_code == 302


def test_a_script_and_what_it_imports_are_kept_for_good_under_a_name_of_their_content() -> None:
    address = static("vigie/js/vigie.js")
    browser = Client()
    for path in (address, address.replace("vigie.js", "dom.js")):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer["Cache-Control"]
    plain = browser.get("/static/vigie/js/dom.js")
    assert plain["Cache-Control"] == "max-age=300, public"
    assert browser.get(address.replace("~", "~0")).status_code == 404

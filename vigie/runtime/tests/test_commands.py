"""Commands on a real database: the first administrator, and what is refused."""

import argparse
import io
import sys
import types
from contextlib import nullcontext
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from vigie.accounts import demo_mode
from vigie.accounts.actors import actor_of
from vigie.accounts.models import Person
from vigie.channels.imports.tests.test_imports import HEAD, MAP, line
from vigie.kernel.actor import SYSTEM
from vigie.runtime import commands, environment, up
from vigie.runtime.trouble import Trouble

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))


def add(email: str, *, admin: bool = True, name: str = "") -> int:
    return commands.user(
        argparse.Namespace(verb="add", email=email, name=name, admin=admin, password_stdin=True)
    )


def password(email: str) -> int:
    return commands.user(argparse.Namespace(verb="password", email=email, password_stdin=True))


def test_the_start_says_how_to_enter_the_demonstration(capsys: pytest.CaptureFixture[str]) -> None:
    up._announce("http://localhost:8000", [["ann@x.example", "Ann, agent"]], commands._password())
    said = capsys.readouterr().out
    assert "Vigie-demo-2026" in said
    assert "One click" in said
    assert "ann@x.example  Ann, agent" in said
    up._announce("http://localhost:8000", [], "")
    assert capsys.readouterr().out == "Vigie is ready: http://localhost:8000\n"


@pytest.mark.django_db
def test_a_database_of_an_older_version_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands.reach, "connection", nullcontext)
    newest = max(name for app, name in MigrationRecorder(connection).applied_migrations() if app == "tickets")
    MigrationRecorder(connection).record_unapplied("tickets", newest)
    for act in (commands.import_data, commands.user):
        with pytest.raises(Trouble, match="run `vigie migrate`"):
            act(argparse.Namespace())


@pytest.mark.django_db
def test_the_first_administrator_can_enter_and_administer() -> None:
    assert add("Anne.Martin@example.org") == 0
    person = Person.objects.get(email="anne.martin@example.org")
    assert person.name == "Anne Martin"
    assert person.check_password(PASSWORD)
    actor = actor_of(person, today=person.created_at.date(), organisation_id=None)
    assert actor is not None
    assert actor.can("access:manage")
    assert actor.organisations is None


@pytest.mark.django_db
def test_an_agent_made_by_command_sees_no_client_yet() -> None:
    add("bob@example.org", admin=False, name="Bob")
    person = Person.objects.get(email="bob@example.org")
    actor = actor_of(person, today=person.created_at.date(), organisation_id=None)
    assert actor is None or (actor.organisations == frozenset() and not actor.can("access:manage"))


@pytest.mark.django_db
def test_refusals_are_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    add("anne@example.org")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    with pytest.raises(Trouble, match="already uses"):
        add("ANNE@example.org")
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    with pytest.raises(Trouble, match="too short"):
        password("anne@example.org")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    with pytest.raises(Trouble, match="Nobody has the address"):
        password("nobody@example.org")
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    with pytest.raises(Trouble, match="No password"):
        password("anne@example.org")


@pytest.mark.parametrize(
    ("text", "value"), [("", None), ("1", True), ("yes", True), ("0", False), ("no", False)]
)
def test_flags(text: str, value: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_X", text)
    assert environment.flag("VIGIE_X") is value


@pytest.mark.django_db
def test_an_import_that_ends_one_click_sign_in_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo_mode.mark_loaded(SYSTEM, now=timezone.now())
    source, mapping = tmp_path / "in.csv", tmp_path / "map.toml"
    source.write_text(HEAD + line("A1", 9, "open"))
    mapping.write_text(MAP)
    args = argparse.Namespace(
        kind="tickets",
        file=str(source),
        map=str(mapping),
        client=None,
        dry_run=True,
        errors=None,
        resume=False,
    )
    assert commands.import_data(args) == 0
    assert "One-click" not in capsys.readouterr().err
    args.dry_run = False
    assert commands.import_data(args) == 0
    said = capsys.readouterr().err
    assert "One-click sign-in of the demonstration is off from now on" in said
    assert "Vigie-demo-2026" in said
    assert commands.import_data(args) == 0
    assert "One-click" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            psycopg.errors.DiskFull("could not extend file"),
            r"loaded: the disk of the database is full\. .*free",
        ),
        (psycopg.OperationalError("the server\nleft"), r"loaded \(the server left\): nothing of that step"),
    ],
)
def test_a_demonstration_that_finds_no_room_is_one_sentence(error: Exception, words: str) -> None:
    def load_demo(tell: object) -> None:
        raise error

    with pytest.raises(Trouble, match=words):
        commands._fill(types.SimpleNamespace(load_demo=load_demo))  # type: ignore[arg-type]

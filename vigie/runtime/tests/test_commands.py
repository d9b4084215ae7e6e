"""Commands on a real database: the first administrator, and what is refused."""

import argparse
import io
import sys

import pytest

from vigie.accounts.actors import actor_of
from vigie.accounts.models import Person
from vigie.runtime import commands, environment
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

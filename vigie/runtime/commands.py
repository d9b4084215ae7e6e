"""Commands that need Django. Imported only once the environment is settled."""

from __future__ import annotations

import argparse
import getpass
import importlib
import json
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import psycopg

from vigie.runtime import environment, reach
from vigie.runtime.trouble import Trouble
from vigie.toolkit.memory import no_search_for_cycles

ADMINISTRATOR = "administrator"


def set_up_django() -> None:
    """Import settings and applications; a wrong setting is one sentence."""
    import django
    from django.core.exceptions import ImproperlyConfigured

    from vigie.toolkit import logs

    logs.catch_the_rest()
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise Trouble(f"A setting cannot be used: {error}") from error
    except psycopg.Error as error:  # its text would repeat a password
        raise Trouble(f"DATABASE_URL cannot be read as an address: {reach.ADVICE}") from error


def prepare(*, demo: bool) -> int:
    """What `up` does before it starts anything: reach, migrate, load demo data once, tell the supervisor."""
    wanted = demo and environment.flag("VIGIE_DEMO") is not False
    os.environ["VIGIE_DEMO"] = "1" if wanted else "0"
    with reach.migration_lock():
        set_up_django()
        _tell("Bringing the database up to date…")
        _migrate()
        if wanted and _is_empty():
            _tell("Loading the demonstration, once: six clients, fourteen months of tickets…")
            _load_demo()
        shown = wanted and _holds_only_demo()
    accounts = [[email, str(label)] for email, label in _accounts()] if shown else []
    answer = {"demo": shown, "accounts": accounts, "password": _password() if accounts else ""}
    print(json.dumps(answer), flush=True)
    return 0


def migrate() -> int:
    with reach.migration_lock():
        set_up_django()
        _migrate(verbosity=1)
    return 0


def demo() -> int:
    with reach.migration_lock():
        set_up_django()
        _migrate()
        if not _is_empty() and not _holds_only_demo():
            raise Trouble(
                "This database holds real data, and demo data never goes beside it: "
                "give another folder in VIGIE_DATA, or another database in DATABASE_URL."
            )
        _fill(_needed("vigie.demo.load", "demo data"))
    for email, label in _accounts():
        print(f"  {email}  {label}")
    return 0


def _demand_shape() -> None:
    """Refuse in a sentence what would end in an error of the database: a version installed and not yet migrated to."""
    from vigie.runtime.checks import migration_problems

    if problems := migration_problems():
        sentence = problems[0]
        raise Trouble(f"Nothing was done: {sentence}")


def user(args: argparse.Namespace) -> int:
    """`user add` and `user password`: the first administrator, and the way back in."""
    with reach.connection():
        pass
    set_up_django()
    _demand_shape()
    password = _ask_password(from_input=args.password_stdin)
    people = _needed("vigie.accounts.actions", "accounts")
    if args.verb == "add":
        _act(lambda: _add_agent(people, args.email, args.name, password, admin=args.admin))
    else:
        _act(lambda: _set_password(people, args.email, password))
    print(f"{args.email}: done.")
    return 0


def _add_agent(people: ModuleType, email: str, name: str, password: str, *, admin: bool) -> None:
    """An administrator sees every client; another agent sees none until given some, in the application."""
    from django.apps import apps
    from django.db import transaction
    from django.utils import timezone

    from vigie.kernel.actor import SYSTEM

    now = timezone.now()
    shown = name or email.partition("@")[0].replace(".", " ").title()
    with transaction.atomic():
        person = people.create_agent(SYSTEM, email=email, name=shown, all_clients=admin, now=now)
        if admin:
            people.publish_default_roles(SYSTEM, now=now)
            role = apps.get_model("accounts", "Role").objects.get(code=ADMINISTRATOR)
            people.give_roles(SYSTEM, person.pk, [role.pk], now=now)
        people.set_password(SYSTEM, person.pk, password, now=now)


def _set_password(people: ModuleType, email: str, password: str) -> None:
    from django.apps import apps
    from django.utils import timezone

    from vigie.kernel.actor import SYSTEM

    person = apps.get_model("accounts", "Person").objects.filter(email__iexact=email).first()
    if person is None:
        raise Trouble(
            f"Nobody has the address {email}: check it, or create the person with `vigie user add`."
        )
    people.set_password(SYSTEM, person.pk, password, now=timezone.now())


def import_data(args: argparse.Namespace) -> int:
    with reach.connection():
        pass
    set_up_django()
    _demand_shape()
    was_demo = _holds_only_demo()
    code = int(_needed("vigie.channels.imports.command", "imports").run(args) or 0)
    if was_demo and not _holds_only_demo():
        _tell(_one_click_ended())
    return code


def mail(verb: str, args: argparse.Namespace) -> int:
    """`mail deliver` and `mail fetch`."""
    with reach.connection():
        pass
    set_up_django()
    command = _needed("vigie.channels.mail.command", "mail")
    return int(getattr(command, verb)(args))


def _act(act: Callable[[], Any]) -> None:
    """Run an action; what it refuses is a sentence already."""
    from django.core.exceptions import ValidationError
    from django.utils import translation

    from vigie.kernel.refusal import Refusal
    from vigie.toolkit.refusals import sentence

    try:
        with translation.override("en"):
            act()
    except Refusal as refusal:
        with translation.override("en"):
            raise Trouble(sentence(refusal)) from refusal
    except ValidationError as error:
        raise Trouble(" ".join(error.messages)) from error


def _publish_defaults() -> None:
    """A database without workflows or roles could open no ticket: give it the usual ones, once."""
    from django.utils import timezone

    from vigie.accounts.actions import publish_default_roles
    from vigie.kernel.actor import SYSTEM
    from vigie.workflow.actions import publish_defaults

    now = timezone.now()
    publish_defaults(SYSTEM, now=now)
    publish_default_roles(SYSTEM, now=now)


def _migrate(verbosity: int = 0) -> None:
    from django.core.management import call_command
    from django.db import Error, connection

    from vigie.toolkit.quick_states import quick_states

    try:
        is_new = not connection.introspection.table_names()
        with quick_states() if is_new else nullcontext():
            call_command("migrate", interactive=False, verbosity=verbosity)
        _publish_defaults()
    except (Error, psycopg.Error) as error:
        raise _not_done("The database could not be migrated", error) from error


def _not_done(what: str, error: Exception) -> Trouble:
    """What the database refused in the middle of a long step, which it took back whole."""
    if any(isinstance(one, psycopg.errors.DiskFull) for one in (error, error.__cause__)):
        return Trouble(
            f"{what}: the disk of the database is full. Nothing of that step was kept; free some space and start again."
        )
    reason = " ".join(str(error).split())
    return Trouble(
        f"{what} ({reason}): nothing of that step was kept; run `vigie check`, correct the cause and start again."
    )


def _is_empty() -> bool:
    from django.apps import apps

    try:
        return not apps.get_model("tenancy", "Organisation").objects.exists()
    except LookupError:
        return False


def _holds_only_demo() -> bool:
    """Does this database hold the demonstration, and nobody else's data?"""
    from vigie.accounts import demo_mode

    return demo_mode.is_loaded() and not demo_mode.holds_other_data()


def _one_click_ended() -> str:
    """Why one click opens no persona any more, and what still does."""
    from vigie.accounts import demo_mode

    name, came = demo_mode.ended_by() or ("?", None)
    since = f" since {came:%Y-%m-%d %H:%M} UTC" if came else ""
    return (
        "One-click sign-in of the demonstration is off from now on, because this database holds other people or "
        f"clients beside it (first: {name},{since}): sign in with an address of the demonstration and its password "
        f"{_password()}, or make an "
        "account of your own with `vigie user add EMAIL --admin`."
    )


def _load_demo() -> None:
    load = _optional("vigie.demo.load")
    if load is None:
        print("Demo data is not part of this version: starting empty.", file=sys.stderr)
        return
    _fill(load)


def _fill(load: ModuleType) -> None:
    from django.db import Error

    try:
        with no_search_for_cycles():
            load.load_demo(tell=_tell)
    except (Error, psycopg.Error) as error:
        raise _not_done("The demonstration could not be loaded", error) from error


def _tell(line: str) -> None:
    """Say what goes on, beside the answer that the supervisor reads."""
    print(line, file=sys.stderr, flush=True)


def _accounts() -> list[tuple[str, str]]:
    module = _optional("vigie.demo.accounts")
    return [(one.email, one.label) for one in module.ACCOUNTS] if module is not None else []


def _password() -> str:
    """What every account of the demonstration is opened with."""
    return str(_needed("vigie.demo.accounts", "demo data").PASSWORD)


def _optional(name: str) -> ModuleType | None:
    """A module this version may lack; an error inside it is an error."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            return None
        raise


def _needed(name: str, what: str) -> ModuleType:
    module = _optional(name)
    if module is None:
        raise Trouble(f"This version has no {what} ({name} is absent): install a complete version.")
    return module


def _ask_password(*, from_input: bool) -> str:
    if from_input or not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise Trouble("The two passwords differ: start again.")
    if not password:
        raise Trouble("No password was given: type one, or send it with --password-stdin.")
    return password

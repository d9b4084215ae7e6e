"""The command line. Each command settles its database first, and only then imports Django."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import vigie
from vigie.runtime import environment, priority, processes
from vigie.runtime.backup.command import backup_options, restore_options, run_restore
from vigie.runtime.trouble import Trouble
from vigie.runtime.verbs import verb

Command = Callable[[argparse.Namespace], int]
Options = Callable[[argparse.ArgumentParser], None]

EPILOG = """
`vigie` stands for `.venv/bin/python -m vigie`, started in the folder of Vigie. `vigie COMMAND --help` says more of each.

First steps:   make run                                        everything, with a demonstration, on http://localhost:8000
For real work: vigie up --no-demo                              then, in another terminal:
               vigie user add you@example.org --admin
If in doubt:   vigie check

Without DATABASE_URL, commands use a PostgreSQL of their own in the data folder (VIGIE_DATA, default ./var):
the first to need it starts it, the last to leave stops it. Settings may also stand in a file vigie.env in the
working folder; vigie.example.env describes them all.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    try:
        environment.read_settings_file()
        run: Command = parsed.run
        return run(parsed)
    except Trouble as trouble:
        if trouble.sentence:
            print(trouble.sentence, file=sys.stderr)
        return int(getattr(parsed, "exit_in_trouble", trouble.code))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="vigie",
        description="Vigie, a service-management platform.",
        epilog=EPILOG,
        formatter_class=plain,
    )
    parser.add_argument("--version", action="version", version=f"vigie {vigie.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for entry in COMMANDS:
        # argparse lists a command as soon as it is given a help, be it empty
        shown: dict[str, Any] = {"help": entry.help} if entry.help else {}
        command = commands.add_parser(
            entry.name, description=f"{entry.help}\n{entry.more}", formatter_class=plain, **shown
        )
        command.set_defaults(run=entry.run)
        entry.options(command)
    return parser


def _no_options(parser: argparse.ArgumentParser) -> None:
    """For a command that takes none."""


def _up_options(parser: argparse.ArgumentParser) -> None:
    _address(parser)
    parser.add_argument("--no-demo", action="store_true", help="start empty: no demo accounts, no demo data")


def _web_options(parser: argparse.ArgumentParser) -> None:
    _address(parser)
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="web processes (default 1)")


def _worker_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--concurrency", type=int, default=4, metavar="N", help="jobs at the same time (default 4)"
    )


def _prepare_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-demo", action="store_true")


def _hand_back_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("worker", type=int)


def _clock_options(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    says = "compute each example and compare it with its expected answer; exit 1 on a difference"
    one = verb(verbs, "check", says, "clock check vigie/contracts/tests/vectors_own.json")
    one.add_argument("paths", nargs="+", metavar="FILE", help="worked examples, in JSON")


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on (default 8000)")


def _user_options(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True, dest="verb")
    says = "create a person of the provider; asks for a password"
    one = verb(verbs, "add", says, "user add you@example.org --admin")
    one.add_argument("email", metavar="EMAIL", help="the address to sign in with")
    one.add_argument("--name", default="", help="name shown to others (default: taken from the address)")
    one.add_argument(
        "--admin", action="store_true", help="give the administrator role and sight of all clients"
    )
    one.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    says = "set the password of a person and end their sessions; asks for it"
    one = verb(verbs, "password", says, "user password you@example.org")
    one.add_argument("email", metavar="EMAIL", help="the address of the person")
    one.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def _import_options(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(metavar="WHAT", required=True, dest="what")
    says = "tickets from a CSV file, following a map of its columns (docs/imports.md)"
    typed = "import tickets old.csv --map map.toml --client ACME"
    one = verb(kinds, "tickets", says, f"{typed} --dry-run", f"{typed} --errors refused.csv")
    one.add_argument("file", metavar="FILE", help="the CSV file")
    one.add_argument(
        "--map",
        required=True,
        metavar="MAP",
        help="what each column is: a file, or a shipped map (uci_servicenow, volvo_problems, rabobank_incidents)",
    )
    one.add_argument(
        "--client", metavar="CODE", help="the client they belong to (default: the one of the map)"
    )
    one.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")
    one.add_argument("--errors", metavar="FILE", help="write refused lines there, with the reason")
    one.add_argument("--resume", action="store_true", help="go on with an import that was cut short")


def _mail_options(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    says = "read folders of mails and say what came of each; needs no database, stores nothing"
    one = verb(verbs, "check", says, "mail check /tmp/mails")
    one.set_defaults(run=_mail_check)
    one.add_argument("paths", nargs="+", metavar="DIR", help="a folder of files, a mail each")
    says = "store the mail on standard input; exit 0 once it is kept, 75 to be tried again"
    one = verb(verbs, "deliver", says, "mail deliver --mailbox support@example.org < mail.eml")
    one.set_defaults(run=_mail_deliver, exit_in_trouble=os.EX_TEMPFAIL)
    one.add_argument("--mailbox", required=True, metavar="ADDRESS", help="the mailbox it was sent to")
    one.add_argument("--from", dest="sender", default="", metavar="ADDRESS", help="the envelope's sender")
    says = "fetch now from every mailbox in use, and say what happened"
    one = verb(verbs, "fetch", says, "mail fetch", "mail fetch --mailbox support@example.org")
    one.set_defaults(run=_mail_fetch)
    one.add_argument("--mailbox", metavar="ADDRESS", help="from this one only")


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text} is not a port: give a number from 1 to 65535")
    return int(text)


def _up(args: argparse.Namespace) -> int:
    processes.die_with_supervisor()
    from vigie.runtime.up import up

    return up(args.host, args.port, demo=not args.no_demo)


def _web(args: argparse.Namespace) -> int:
    processes.die_with_supervisor()
    from vigie.runtime.serve import serve_web

    with environment.database():
        return serve_web(args.host, args.port, args.workers)


def _worker(args: argparse.Namespace) -> int:
    processes.die_with_supervisor()
    from vigie.runtime.serve import serve_jobs

    with environment.database() as own:
        priority.give_way()  # not before: a database that this command starts serves the pages too
        left = serve_jobs(args.concurrency)
        if left is not None:
            from vigie.runtime.worker import become_hand_back

            if own is not None:
                del os.environ[
                    "DATABASE_URL"
                ]  # the next command finds it, and stops it, as this one would have
            become_hand_back(left)
    return 0


def _hand_back(args: argparse.Namespace) -> int:
    """What a worker becomes that was told to stop in the middle of jobs. Signals are ignored since before."""
    from vigie.runtime import handback, reach

    with environment.database(), reach.connection() as link:
        names = handback.give_back(link, args.worker)
    if names:
        print(f"Begun and not finished, to be done at the next start: {', '.join(names)}.", file=sys.stderr)
    return 0


def _prepare(args: argparse.Namespace) -> int:
    with environment.database():
        from vigie.runtime import commands

        return commands.prepare(demo=not args.no_demo)


def _migrate(args: argparse.Namespace) -> int:
    with environment.database(needs_disk=True):
        from vigie.runtime import commands

        return commands.migrate()


def _demo(args: argparse.Namespace) -> int:
    with environment.database(needs_disk=True):
        from vigie.runtime import commands

        return commands.demo()


def _user(args: argparse.Namespace) -> int:
    with environment.database():
        from vigie.runtime import commands

        return commands.user(args)


def _import(args: argparse.Namespace) -> int:
    with environment.database():
        from vigie.runtime import commands

        return commands.import_data(args)


def _mail_deliver(args: argparse.Namespace) -> int:
    """Whatever goes wrong here is temporary to the mail server: it keeps the mail and comes again."""
    try:
        with environment.database():
            from vigie.runtime import commands

            return commands.mail("deliver", args)
    except Trouble:
        raise
    except Exception as error:
        name = type(error).__name__
        raise Trouble(f"The mail could not be stored ({name}): it is to be tried again.") from error


def _mail_fetch(args: argparse.Namespace) -> int:
    with environment.database():
        from vigie.runtime import commands

        return commands.mail("fetch", args)


def _check(args: argparse.Namespace) -> int:
    from vigie.runtime import checks

    with checks.database_or_problem() as problems:
        return checks.report(problems)


def _clock(args: argparse.Namespace) -> int:
    try:
        from vigie.contracts.vectors import main as check_vectors
    except ImportError as error:
        raise Trouble(
            f"The clock checker cannot be loaded ({error}): this version does not have it."
        ) from error
    return int(check_vectors(args.paths) or 0)


def _mail_check(args: argparse.Namespace) -> int:
    from vigie.channels.mail.check import main as check_mails

    return check_mails(args.paths)


@dataclass(frozen=True, slots=True)
class Entry:
    """A command of the command line. Without ``help`` it is for our own processes and is not listed."""

    name: str
    run: Command
    help: str = ""
    more: str = ""
    options: Options = _no_options


COMMANDS = (
    Entry(
        "up", _up, "Run everything: database, migrations, demo data on first start, web and worker.",
        "\nCtrl-C stops everything in order, a second Ctrl-C at once. Example: vigie up --port 8001", _up_options,
    ),
    Entry(
        "web", _web, "Run the web server alone.",
        "\nFor an installation where each process has its own unit (deploy/systemd); run `vigie migrate` before.",
        _web_options,
    ),
    Entry(
        "worker", _worker, "Run the background worker alone: mails, clocks, escalations, purges.",
        "\nOn SIGTERM or Ctrl-C it finishes what it has begun, for 3 seconds, and hands the rest back to the queue.",
        _worker_options,
    ),
    Entry(
        "migrate", _migrate, "Bring the database to the shape this version needs.",
        "\nAfter each upgrade, before `vigie web` and `vigie worker`; `vigie up` does it by itself. Safe to run twice.",
    ),
    Entry(
        "demo", _demo, "Load the demo data; refused on a database that holds real data.",
        "\n`vigie up` does it by itself on a first start. Prints the accounts.",
    ),
    Entry(
        "check", _check, "Say what is wrong with this installation and what to do; exit 1 on a problem.",
        "\nVigie may run meanwhile. Run it with the settings of the installation: in its folder, with its environment.",
    ),
    Entry("prepare", _prepare, options=_prepare_options),
    Entry("hand-back", _hand_back, options=_hand_back_options),
    Entry(
        "user", _user, "Create an agent or an administrator, or set a password.",
        "\nThe way in on an empty installation: vigie user add you@example.org --admin", _user_options,
    ),
    Entry(
        "import", _import, "Import tickets from another tool.",
        "\nFirst with --dry-run: vigie import tickets old.csv --map map.toml --client ACME --dry-run", _import_options,
    ),
    Entry(
        "clock", _clock, "Check the SLA clock against files of worked examples; needs no database.",
        "\nExample: vigie clock check vigie/contracts/tests/vectors_own.json", _clock_options,
    ),
    Entry(
        "mail", _mail_fetch, "Take mails in, by hand or from a mail server's pipe; check how mails are read.",
        "\nExample: vigie mail fetch", _mail_options,
    ),
    Entry(
        "backup", run_restore, "Back up everything into one file that only your key opens; prove that it restores.",
        "\nOnce: vigie backup key FILE. Then each night: vigie backup make, and now and then: vigie backup drill.",
        backup_options,
    ),
    Entry(
        "restore", run_restore, "Give a backup back in the place of the present data, which is kept aside.",
        "\nStop Vigie first. Nothing changes unless the whole backup is good."
        "\nExample: vigie restore vigie-2026-11-26.tar.age --key operator.key", restore_options,
    ),
)  # fmt: skip

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

Command = Callable[[argparse.Namespace], int]
Options = Callable[[argparse.ArgumentParser], None]

EPILOG = """
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
    parser.add_argument("--workers", type=int, default=1, help="web processes (default 1)")


def _worker_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=int, default=4, help="jobs at the same time (default 4)")


def _prepare_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-demo", action="store_true")


def _clock_options(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    one = verbs.add_parser("check", help="compute each example and compare it with its expected answer")
    one.add_argument("paths", nargs="+", metavar="FILE")


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on (default 8000)")


def _user_options(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True, dest="verb")
    one = verbs.add_parser("add", help="create a person of the provider; asks for a password")
    one.add_argument("email")
    one.add_argument("--name", default="", help="name shown to others (default: taken from the address)")
    one.add_argument("--admin", action="store_true", help="give the administrator role")
    one.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    one = verbs.add_parser("password", help="set the password of a person and end their sessions")
    one.add_argument("email")
    one.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def _import_options(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(metavar="WHAT", required=True, dest="what")
    one = kinds.add_parser("tickets", help="tickets from a CSV file, following a map of its columns")
    one.add_argument("file", metavar="FILE")
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
    one = verbs.add_parser("check", help="read folders of mails and say what came of each; no database")
    one.set_defaults(run=_mail_check)
    one.add_argument("paths", nargs="+", metavar="DIR")
    one = verbs.add_parser(
        "deliver", help="store the mail on standard input; exit 0 once it is kept, 75 to be tried again"
    )
    one.set_defaults(run=_mail_deliver, exit_in_trouble=os.EX_TEMPFAIL)
    one.add_argument("--mailbox", required=True, metavar="ADDRESS", help="the mailbox it was sent to")
    one.add_argument("--from", dest="sender", default="", metavar="ADDRESS", help="the envelope's sender")
    one = verbs.add_parser("fetch", help="fetch now from every mailbox in use, and say what happened")
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

    with environment.database():
        priority.give_way()  # not before: a database that this command starts serves the pages too
        return serve_jobs(args.concurrency)


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
        "\nStop it with Ctrl-C. Example: vigie up --port 8001", _up_options,
    ),
    Entry(
        "web", _web, "Run the web server alone.",
        "\nFor an installation where each process has its own unit.", _web_options,
    ),
    Entry(
        "worker", _worker, "Run the background worker alone.",
        "\nOn SIGTERM it ends the jobs it has begun.", _worker_options,
    ),
    Entry(
        "migrate", _migrate, "Bring the database to the shape this version needs.", "\nSafe to run twice."
    ),
    Entry("demo", _demo, "Load the demo data; refused on a database that holds real data."),
    Entry("check", _check, "Say what is wrong with this installation and what to do; exit 1 on a problem."),
    Entry("prepare", _prepare, options=_prepare_options),
    Entry("user", _user, "Create an agent or an administrator, or set a password.", options=_user_options),
    Entry("import", _import, "Import tickets from another tool.", options=_import_options),
    Entry(
        "clock", _clock, "Check the SLA clock against files of worked examples; needs no database.",
        options=_clock_options,
    ),
    Entry(
        "mail", _mail_fetch, "Take mails in, by hand or from a mail server's pipe; check how mails are read.",
        options=_mail_options,
    ),
    Entry(
        "backup", run_restore, "Back up everything into one file that only your key opens; prove that it restores.",
        "\nOnce: vigie backup key FILE. Then each night: vigie backup make, and now and then: vigie backup drill.",
        backup_options,
    ),
    Entry(
        "restore", run_restore, "Give a backup back in the place of the present data, which is kept aside.",
        "\nStop Vigie first. Nothing changes unless the whole backup is good.", restore_options,
    ),
)  # fmt: skip

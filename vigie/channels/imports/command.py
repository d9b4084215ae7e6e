"""`vigie import tickets`: the command line's way into imports."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from importlib import resources
from pathlib import Path

from django.utils import timezone, translation

from vigie.channels.imports.actions import Report, import_tickets
from vigie.channels.imports.refused import write_refused
from vigie.channels.imports.rules.mapping import TicketMap, read_map
from vigie.channels.imports.rules.sheet import Sheet, read_sheet
from vigie.kernel.actor import SYSTEM
from vigie.kernel.refusal import Refusal
from vigie.toolkit.memory import no_search_for_cycles
from vigie.toolkit.refusals import sentence

SHOWN = 5
# What an import creates, when it is one: the settled words are plurals.
ONE = {
    "clients": "client", "contracts": "contract", "sites": "site", "contacts": "contact", "agents": "agent",
    "teams": "team", "categories": "category",
}  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Import the file that the command line names; the exit code: 0, or 1 when something was refused."""
    try:
        with translation.override("en"):
            return _run(args)
    except Refusal as refusal:
        with translation.override("en"):
            print(sentence(refusal), file=sys.stderr)
    except OSError as error:
        print(f"{error.filename or args.file}: {error.strerror or error}.", file=sys.stderr)
    return 1


def shipped_maps() -> dict[str, str]:
    """The maps that come with Vigie: text by name."""
    folder = resources.files("vigie.channels.imports") / "maps"
    return {
        entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    }


def find_map(name: str) -> TicketMap:
    """A map by the path of its file, or by the name of a shipped one."""
    path = Path(name)
    if path.is_file():
        return read_map(path.read_text(encoding="utf-8"))
    shipped = shipped_maps()
    if name not in shipped:
        raise Refusal("imports.unknown_map", name=name, known=", ".join(shipped))
    return read_map(shipped[name])


def _run(args: argparse.Namespace) -> int:
    mapping = find_map(args.map)
    sheet = read_sheet(Path(args.file).read_bytes(), mapping.delimiter, mapping.columns)
    _say_reading(sheet)
    if args.errors:
        with open(args.errors, "a", encoding="utf-8"):
            pass  # said now when it cannot be written, not after the import
    began, spent = time.monotonic(), time.process_time()
    with no_search_for_cycles():
        report = import_tickets(
            SYSTEM, mapping, sheet, client=getattr(args, "client", None) or "", dry_run=args.dry_run,
            now=timezone.now(), progress=_Line(began),
        )  # fmt: skip
    if args.errors:
        _write_errors(args.errors, sheet, report)
    _say_report(args, report, time.monotonic() - began, time.process_time() - spent)
    return 1 if report.refused else 0


def _write_errors(path: str, sheet: Sheet, report: Report) -> None:
    """Replace the file at once: a reader never sees half of it."""
    beside = f"{path}.part"
    with open(beside, "w", encoding="utf-8", newline="") as file:
        write_refused(file, sheet.columns, report.refused)
    os.replace(beside, path)


class _Line:
    """One line of progress on a terminal, nothing in a log."""

    def __init__(self, began: float) -> None:
        self._began = began

    def __call__(self, done: int, total: int, events: int) -> None:
        if sys.stderr.isatty():
            speed = events / max(time.monotonic() - self._began, 0.001)
            end = "\n" if done == total else ""
            line = f"\r{done:,} of {total:,} tickets, {events:,} events, {speed:,.0f} a second "
            print(line, end=end, file=sys.stderr, flush=True)


def _say_reading(sheet: Sheet) -> None:
    if sheet.encoding != "utf-8":
        print("The file is not UTF-8: it was read as Windows-1252. Check accented names.", file=sys.stderr)
    if sheet.had_nul:
        print("NUL characters were taken out.", file=sys.stderr)


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _say_report(args: argparse.Namespace, report: Report, wall: float, cpu: float) -> None:
    would = "would be " if args.dry_run else ""
    for word, number in report.made.items():
        print(f"  {_counted(number, ONE[word], word)} {would}created")
    print(f"{report.created:,} {'would be ' if args.dry_run else ''}new, {report.already:,} already there")
    if report.events:
        speed = report.events / max(wall, 0.001)
        print(
            f"{_counted(report.events, 'event', 'events')} in {wall:.1f} s ({speed:,.0f} a second; {cpu:.1f} s of processor)"
        )
    if not report.refused:
        return
    print(f"{_counted(len(report.refused), 'row', 'rows')} refused:")
    for code, number in Counter(one.refusal.code for one in report.refused).most_common():
        print(f"  {number:,} {code}")
    for one in report.refused[:SHOWN]:
        print(f"  row {one.row.number}: {one.sentence}")
    where = f"they are in {args.errors}" if args.errors else "give --errors FILE to keep them"
    print(f"Correct these rows and import them again; {where}.")

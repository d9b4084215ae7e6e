"""`vigie backup` and `vigie restore`: what is asked, one call, what is said."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from vigie.runtime import environment
from vigie.runtime.backup import archive
from vigie.runtime.verbs import verb


def backup_options(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    says = "draw the key that opens backups; keep its file away from this machine"
    one = verb(verbs, "key", says, "backup key operator.key")
    one.add_argument(
        "file", metavar="FILE", type=Path, help="the file to make, for the secret half of the key"
    )
    one.set_defaults(run=_key)
    says = "back up database, files and secret key into one closed file, while Vigie runs"
    one = verb(verbs, "make", says, "backup make", "backup make --to /backups")
    one.add_argument("--to", metavar="FOLDER", type=Path, help="where to (default: VIGIE_DATA/backups)")
    one.add_argument(
        "--recipient", metavar="KEY", default="", help="the public key (default: VIGIE_BACKUP_RECIPIENT)"
    )
    one.set_defaults(run=_make)
    says = "restore beside the present data, compare every sum, throw it away"
    one = verb(verbs, "drill", says, "backup drill FILE --key operator.key")
    _which(one)
    one.set_defaults(run=_drill)


def restore_options(parser: argparse.ArgumentParser) -> None:
    _which(parser)


def _which(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="BACKUP", type=Path, help="a file made by `vigie backup make`")
    parser.add_argument("--key", metavar="FILE", type=Path, required=True, help="the file of the secret key")


def _key(args: argparse.Namespace) -> int:
    public = archive.new_key(args.file)
    print(f"The secret key is in {args.file}: keep it elsewhere, without it no backup opens.")
    print(f"VIGIE_BACKUP_RECIPIENT={public}")
    return 0


def _make(args: argparse.Namespace) -> int:
    from vigie.runtime.backup import make

    public = args.recipient or os.environ.get("VIGIE_BACKUP_RECIPIENT", "")
    archive.recipient(public)
    with environment.database():
        made = make.make(args.to or environment.data_folder() / "backups", public)
    print(f"{made.file} ({made.file.stat().st_size / 1_000_000:.1f} MB)")
    if made.lost:
        print(
            f"{len(made.lost)} files that the database names are not on the disk any more ({made.lost[0][:12]}…): "
            "look for them in an older backup.",
            file=sys.stderr,
        )
    return 1 if made.lost else 0


def _drill(args: argparse.Namespace) -> int:
    from vigie.runtime.backup import restore

    archive.identity(args.key)
    with environment.database(needs_disk=True):
        done = restore.drill(args.file, args.key)
    print(
        f"The backup of {done.made_at} gives back {done.rows} rows and {done.files} files, all equal, "
        f"in {done.seconds:.0f} s. Nothing was changed."
    )
    return 0


def run_restore(args: argparse.Namespace) -> int:
    from vigie.runtime.backup import restore

    archive.identity(args.key)
    with environment.database(needs_disk=True):
        done = restore.restore(args.file, args.key)
    print(f"Restored from {done.made_at}: {done.rows} rows and {done.files} files, in {done.seconds:.0f} s.")
    print(
        f"What stood there before is kept in the database {done.former}: drop it when you no longer need it."
    )
    return 0

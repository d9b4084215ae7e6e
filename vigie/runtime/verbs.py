"""A verb of a command as `--help` shows it: what it does, then how it is typed."""

from __future__ import annotations

import argparse
from typing import Any

Verbs = Any  # what `add_subparsers` gives; argparse keeps its type to itself


def verb(verbs: Verbs, name: str, says: str, *typed: str) -> argparse.ArgumentParser:
    """``says`` begins with a small letter; ``typed`` are the words after `vigie`."""
    word = "Examples" if len(typed) > 1 else "Example"
    added = verbs.add_parser(
        name,
        help=says,
        description=f"{says[0].upper()}{says[1:]}.",
        epilog="\n".join([f"{word}:", *(f"  vigie {one}" for one in typed)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    assert isinstance(added, argparse.ArgumentParser)
    return added

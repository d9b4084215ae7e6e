"""What stops a command: one sentence for the person at the keyboard, never a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Trouble(Exception):
    """What happened and what to do, in one sentence; the command line prints it and leaves with `code`."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


DAMAGED = ("pg_control", "checkpoint record", "invalid page in block", "could not find redo location")


def tail(path: Path) -> str:
    """The end of a log; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8000))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def failure(what: str, output: str, log: Path) -> str:
    """The reason the server gave, in its own words, then where to read more."""
    if "No space left on device" in output or shutil.disk_usage(log.parent).free < 50_000_000:
        return (
            f"The embedded database {what}: the disk is full. "
            f"Free some space in {log.parent} and start again."
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    marked = [line for line in lines if "FATAL" in line or "PANIC" in line or "error" in line.lower()]
    reason = (marked or lines or ["no reason given"])[-1]
    if any(word in output for word in DAMAGED):
        return (
            f"The embedded database {what}: {reason}. Its files are damaged: give a new folder in VIGIE_DATA, "
            f"restore your last backup there (`vigie restore`), and keep {log.parent} until all is found again."
        )
    return f"The embedded database {what}: {reason}. Read {log}, correct the cause and start again."


@contextmanager
def sentence_for(folder: Path) -> Iterator[None]:
    """What the system refuses of a data folder, as trouble."""
    try:
        yield
    except OSError as error:
        raise Trouble(
            f"The data folder {folder} cannot be used ({error.strerror}): make it writable, free some space, "
            "or give another folder in VIGIE_DATA."
        ) from error

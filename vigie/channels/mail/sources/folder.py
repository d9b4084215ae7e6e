"""A folder of this machine as a source: a maildir (``new`` → ``cur``), or plain files (→ ``done``).

Folders stand under VIGIE_MAIL_FOLDERS: whoever sets up a mailbox in the browser may not have any file of the machine read.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from vigie.channels.mail.models import Mailbox
from vigie.channels.mail.sources import Keep, Round, too_big
from vigie.channels.mail.sources.line import said
from vigie.kernel.refusal import Refusal
from vigie.toolkit.crashpoints import crashpoint
from vigie.toolkit.jobs import stop_asked

ROUND_SECONDS = 40
# A file that somebody copies into a plain folder is complete once nothing was written for so long.
QUIET_SECONDS = 2
NAME_BYTES = 255  # the longest name that file systems take


def place_of(mailbox: Mailbox) -> Path:
    """The folder of the mailbox; refuses ``mail.folder_outside`` for one that is not under the root of mail folders."""
    path = (settings.MAIL_FOLDERS / mailbox.folder).resolve()
    if path == settings.MAIL_FOLDERS or not path.is_relative_to(settings.MAIL_FOLDERS):
        raise Refusal("mail.folder_outside", field="folder", root=str(settings.MAIL_FOLDERS), detail="")
    return path


def waiting(mailbox: Mailbox) -> list[Path]:
    """Files to take, oldest first."""
    folder = place_of(mailbox)
    with _explained(folder):
        source = folder / "new" if _is_maildir(folder) else folder
        found = [
            (written, entry.name)
            for entry in os.scandir(source)
            if not entry.name.startswith(".") and (written := _written_at(entry)) is not None
        ]
        return [source / name for _when, name in sorted(found)]


def _written_at(entry: os.DirEntry[str]) -> int | None:
    """When a plain file was last written, in ns; None for anything else, and for what is gone since it was listed."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return status.st_mtime_ns if stat.S_ISREG(status.st_mode) else None


def check_writable(place: Path) -> None:
    """Refuse ``mail.path_refused`` for a folder whose files could not be put away."""
    with _explained(place), tempfile.TemporaryFile(dir=place):
        return


def fetch_round(mailbox: Mailbox, keep: Keep, now: dt.datetime) -> Round:
    """Store what waits, and put each file away once it is stored. A file that cannot be taken is said, and stops no other."""
    folder, done, ends = place_of(mailbox), Round(), time.monotonic() + ROUND_SECONDS
    paths = waiting(mailbox)
    for number, path in enumerate(paths):
        if time.monotonic() > ends or stop_asked():
            done.left = len(paths) - number
            break
        try:
            if not _is_maildir(folder) and now.timestamp() - path.stat().st_mtime < QUIET_SECONDS:
                done.left += 1
                continue
            _bring(mailbox, folder, path, keep, done)
        except FileNotFoundError:  # somebody took it away since it was listed
            continue
        except OSError as error:
            done.warning = Refusal("mail.file_refused", detail=said(error))
    return done


def _bring(mailbox: Mailbox, folder: Path, path: Path, keep: Keep, done: Round) -> None:
    """One file. Past the size limit it stays where it is, and it is said."""
    crashpoint("folder.before_read")
    raw, before = _read(path)
    if raw is None:
        done.warning = too_big(before.st_size)
        return
    done.count(keep(raw, None, None))
    crashpoint("folder.before_move")
    after = path.lstat()
    if (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
        _put_away(mailbox, folder, path)
    crashpoint("folder.after_move")


def _read(path: Path) -> tuple[bytes | None, os.stat_result]:
    """The bytes (None past the limit) and what the file was when it was opened; links are not followed."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if status.st_size > settings.MAIL_SIZE_LIMIT:
            return None, status
        return file.read(settings.MAIL_SIZE_LIMIT + 1), status


def _put_away(mailbox: Mailbox, folder: Path, path: Path) -> None:
    if mailbox.after_fetch == Mailbox.AfterFetch.DELETE:
        path.unlink()
        return
    if _is_maildir(folder):
        path.rename(_free_name(folder / "cur", path.name.partition(":")[0], ":2,S"))
        return
    done = folder / "done"
    done.mkdir(exist_ok=True)
    path.rename(_free_name(done, path.name))


def _free_name(folder: Path, name: str, ending: str = "") -> Path:
    """A name that hides no file put away before under the same one, cut where it would be too long."""
    number, mark = 1, ""
    while True:
        room = NAME_BYTES - len(mark) - len(ending)
        free = folder / f"{mark}{os.fsdecode(os.fsencode(name)[:room])}{ending}"
        if not free.exists():
            return free
        number += 1
        mark = f"{number}-"


def _is_maildir(folder: Path) -> bool:
    return (folder / "new").is_dir() and (folder / "cur").is_dir()


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Refusal("mail.path_missing", folder=str(folder), detail=said(error)) from error
    except OSError as error:
        raise Refusal("mail.path_refused", folder=str(folder), detail=said(error)) from error

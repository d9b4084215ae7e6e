"""What every command needs before Django is imported: settings file, data folder, secret key, database.

Nothing here imports Django: the supervisor stays small, and settings are read once everything is decided.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vigie.runtime.embedded import EmbeddedServer
from vigie.runtime.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]
DISK_NEEDED = 300_000_000
SETTINGS_FILE = "vigie.env"


def read_settings_file() -> None:
    """`vigie.env` in the working folder gives defaults; the environment wins."""
    try:
        lines = Path(SETTINGS_FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise Trouble(f"{SETTINGS_FILE} cannot be read ({error.strerror}): correct its rights.") from error
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise Trouble(f"{SETTINGS_FILE} line {number} is not NAME=value: correct it.")
        os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def flag(name: str) -> bool | None:
    """A yes/no variable: None when it is not set."""
    value = os.environ.get(name, "").strip().lower()
    return None if not value else value in {"1", "true", "yes", "on"}


def data_folder() -> Path:
    return Path(os.environ.get("VIGIE_DATA") or "var").resolve()


def prepare_data_folder() -> Path:
    """The data folder, made and proven writable by writing; the sentence says what to do otherwise."""
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 65536)
            probe.flush()
    except OSError as error:
        raise Trouble(
            f"The data folder {folder} cannot be written ({error.strerror}): make it writable, "
            "free some space, or give another folder in VIGIE_DATA."
        ) from error
    os.environ["VIGIE_DATA"] = str(folder)
    return folder


def check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < DISK_NEEDED:
        raise Trouble(
            f"The disk of {folder} has {free // 1_000_000} MB left "
            f"and Vigie needs {DISK_NEEDED // 1_000_000}: "
            "free some space, or give another folder in VIGIE_DATA."
        )


def secret_key(folder: Path) -> None:
    """Sign sessions with a key of this installation, drawn once; an explicit VIGIE_SECRET_KEY wins."""
    if os.environ.get("VIGIE_SECRET_KEY"):
        return
    path = folder / "secret_key"
    try:
        if not path.exists():
            handle, name = tempfile.mkstemp(dir=folder, prefix=".secret_key.")
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48) + "\n")
            try:
                os.link(name, path)  # never replaces the key another process has just drawn
            except FileExistsError:
                pass
            finally:
                os.unlink(name)
        key = path.read_text().strip()
    except OSError as error:
        raise Trouble(f"{path} cannot be read or made ({error.strerror}): correct its rights.") from error
    if len(key) < 32:
        raise Trouble(
            f"{path} is not a key: put it back from a backup, or remove it to draw a new one; then people sign in again, "
            "and passwords of mailboxes are typed again."
        )
    os.environ["VIGIE_SECRET_KEY"] = key


def child_environment() -> dict[str, str]:
    """Children find this very code, whatever their working folder, and give freed memory back."""
    known = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join(part for part in (str(ROOT), known) if part)
    return {"MALLOC_ARENA_MAX": "2"} | os.environ | {"PYTHONPATH": path}


@contextmanager
def database(*, needs_disk: bool = False) -> Iterator[EmbeddedServer | None]:
    """Settle DATABASE_URL: the given one, or the embedded server for as long as the block lasts."""
    folder = prepare_data_folder()
    if needs_disk:
        check_disk(folder)
    secret_key(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.settings")
    if os.environ.get("DATABASE_URL", "").strip():
        yield None
        return
    with EmbeddedServer(folder) as server:
        os.environ["DATABASE_URL"] = server.dsn()
        yield server

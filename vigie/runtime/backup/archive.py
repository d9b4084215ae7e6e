"""The backup file: a tar stream closed with age (https://age-encryption.org), so that age itself can open it too."""

from __future__ import annotations

import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage
from pyrage import x25519

from vigie.runtime.trouble import Trouble

MANIFEST, DATABASE, KEY, FILES = "manifest.json", "database.dump", "secret_key", "files/"


def new_key(path: Path) -> str:
    """Draw a key pair: the secret half into ``path`` (never over another file), the public half is returned."""
    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Trouble(f"{path} exists already: a key is never replaced. Give another name.") from error
    except OSError as error:
        raise Trouble(f"{path} cannot be written ({error.strerror}).") from error
    with os.fdopen(handle, "w") as file:
        file.write(f"# public key: {public}\n{identity}\n")
    return public


def recipient(text: str) -> x25519.Recipient:
    if not text:
        raise Trouble(
            "A backup is closed with your key: make one with `vigie backup key FILE`, keep FILE elsewhere, and give the "
            "public key it prints in VIGIE_BACKUP_RECIPIENT."
        )
    try:
        return x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise Trouble(
            "The public key is not one: give the line beginning with age1 that `vigie backup key FILE` printed."
        ) from error


def identity(path: Path) -> x25519.Identity:
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise Trouble(f"The key {path} cannot be read ({error.strerror}).") from error
    for line in lines:
        if line.startswith("AGE-SECRET-KEY-"):
            try:
                return x25519.Identity.from_str(line.strip())
            except pyrage.IdentityError as error:
                raise Trouble(f"{path} holds a damaged key.") from error
    raise Trouble(f"{path} holds no key: it has a line that begins with AGE-SECRET-KEY-.")


def write(target: Path, key: x25519.Recipient, fill: Callable[[tarfile.TarFile], None]) -> None:
    """Close what ``fill`` puts in the tar into ``target``: all of it, flushed to disk, or no file at all."""
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)  # of a backup that was killed
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    failures: list[BaseException] = []
    reading, writing = os.pipe()

    def produce() -> None:
        try:
            with os.fdopen(writing, "wb") as out, tarfile.open(fileobj=out, mode="w|") as tar:
                fill(tar)
        except BaseException as error:
            failures.append(error)

    producer = threading.Thread(target=produce, name="backup")
    try:
        with os.fdopen(handle, "wb") as out, os.fdopen(reading, "rb") as source:
            producer.start()
            pyrage.encrypt_io(source, out, [key])
            producer.join()
            if failures:
                raise failures[0]
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def reading(source: Path, key: x25519.Identity) -> Iterator[tarfile.TarFile]:
    """The tar inside a backup, as a stream. A wrong key, a damaged or cut file is said in one sentence."""
    failures: list[BaseException] = []
    out, into = os.pipe()

    def open_up() -> None:
        try:
            with source.open("rb") as closed, os.fdopen(into, "wb") as clear:
                pyrage.decrypt_io(closed, clear, [key])
        except BrokenPipeError:
            pass  # whoever reads has seen enough
        except BaseException as error:
            failures.append(error)

    opener = threading.Thread(target=open_up, name="restore", daemon=True)
    opener.start()
    try:
        with os.fdopen(out, "rb") as clear, tarfile.open(fileobj=clear, mode="r|") as tar:
            yield tar
            while clear.read(1 << 20):
                pass
        opener.join()
    except (tarfile.TarError, EOFError) as error:
        opener.join()
        raise _damaged(source, failures[0] if failures else error) from error
    if failures:
        raise _damaged(source, failures[0]) from failures[0]


def _damaged(source: Path, error: BaseException) -> Trouble:
    if isinstance(error, pyrage.DecryptError):
        return Trouble(f"{source} was closed with another key, or is not a backup of Vigie ({error}).")
    return Trouble(f"{source} is damaged or cut ({error}): take another backup.")

"""Under whom the embedded PostgreSQL runs, and what only that user may read.

PostgreSQL refuses root: started by root, as in a container, it runs as nobody, in a way that the system allows.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from vigie.runtime.trouble import Trouble

NOBODY = 65534
UNSHARE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
SETPRIV = (
    "setpriv", "--securebits=+no_setuid_fixup", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
    "--inh-caps=-all,+dac_override,+dac_read_search", "--ambient-caps=-all,+dac_override,+dac_read_search",
    "--bounding-set=-all,+dac_override,+dac_read_search",
)  # fmt: skip
LAUNCHERS: Mapping[str, tuple[str, ...]] = {"plain": (), "unshare": UNSHARE, "setpriv": SETPRIV}


def fitting_mode() -> str:
    """PostgreSQL refuses root, and `initdb` refuses a user without a name (as containers give)."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return "plain"
    if sys.platform == "linux":
        if runs((*UNSHARE, "true")):
            return "unshare"
        if os.geteuid() == 0 and runs((*SETPRIV, "true")):
            return "setpriv"
    raise Trouble(
        "PostgreSQL cannot run as root or as a user without a name, and this system allows no `unshare`: "
        "run Vigie as an ordinary user, or give your own server in DATABASE_URL."
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def runs(command: tuple[str, ...]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def clean_environment() -> dict[str, str]:
    """Nothing of the caller's PG* or locale: the server must be the same whoever starts it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def private_folder(folder: Path, owner: int) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid not in (owner, os.geteuid()):
        raise Trouble(f"{folder} is not ours: remove it, or give a shorter folder in VIGIE_DATA.")
    folder.chmod(0o700)
    if seen.st_uid != owner:
        os.chown(folder, owner, owner)


def write_secret(path: Path, text: str) -> None:
    """Whole or absent, and never readable by others, even for a moment."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, path)

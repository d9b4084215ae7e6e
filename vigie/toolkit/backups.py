"""When the last backup and the last drill were: a small file in the data folder, beside what it speaks of."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

REMEMBERED = "backups.json"


def remember(folder: Path, what: str, facts: dict[str, Any]) -> None:
    """Keep the last ``backup`` or ``drill``: ``{"at": ISO instant, "file": name, …}``. Whole or not at all."""
    known = remembered(folder)
    known[what] = facts
    handle, name = tempfile.mkstemp(dir=folder, prefix=".backups-")
    with os.fdopen(handle, "w") as out:
        json.dump(known, out)
    os.replace(name, folder / REMEMBERED)


def remembered(folder: Path) -> dict[str, Any]:
    """What was kept; nothing when there is no such file, or no longer a good one."""
    try:
        found = json.loads((folder / REMEMBERED).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

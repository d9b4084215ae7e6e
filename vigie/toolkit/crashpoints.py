"""Named places where the fault harness may kill the process. Without the harness they cost one comparison.

The harness (`make faults`) finds them by reading the source for ``crashpoint("…")`` calls, so a new one is tested by default.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_folder = os.environ.get("VIGIE_CRASH_FOLDER")


def crashpoint(name: str) -> None:
    """Die at once, as by ``kill -9``, when the harness has left a file of this name; the file is used up."""
    if _folder is None:
        return
    try:
        (Path(_folder) / name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)

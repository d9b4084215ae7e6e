"""No process of the web server outlives it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from vigie.runtime.environment import ROOT

PROGRAM = """
import multiprocessing, os, signal, time

def late(parent):
    while os.getppid() == parent:
        time.sleep(0.01)
    import vigie.runtime.asgi
    print("still there")

if __name__ == "__main__":
    multiprocessing.get_context("spawn").Process(target=late, args=(os.getpid(),)).start()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_whose_server_was_killed_before_it_was_up_ends_too(tmp_path: Path) -> None:
    """It kept the port, and answered with the code of yesterday."""
    script = tmp_path / "server.py"
    script.write_text(PROGRAM)
    ran = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=120,
    )
    assert ran.stdout == b"", ran.stderr.decode()

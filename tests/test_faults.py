"""The short form of the fault harness: real processes killed under load, and nothing lost. `make faults` is the long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from faults.points import declared

ROOT = Path(__file__).resolve().parents[1]


def test_every_crash_point_of_the_source_is_found(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text('def act():\n    crashpoint("new.point")\n')
    assert declared(tmp_path) == ["new.point"]
    assert {"intake.before_commit", "imap.after_fetch", "out.after_data"} <= set(declared())


@pytest.mark.long
def test_nothing_is_lost_or_doubled_when_processes_are_killed() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "faults", "--short", "--seed", "3"],
        cwd=ROOT, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr

"""The worker gives way to the pages, as far as its setting says."""

import os
import subprocess
import sys

import pytest

from vigie.runtime import priority
from vigie.runtime.environment import ROOT
from vigie.runtime.trouble import Trouble

CHILD = """
import os, subprocess, sys
from pathlib import Path
from vigie.runtime.priority import give_way
give_way()
below = subprocess.run([sys.executable, "-c", "import os; print(os.nice(0))"], capture_output=True, text=True)
group = Path("/proc/self/autogroup")
print(os.nice(0), os.sched_getscheduler(0) == os.SCHED_BATCH, int(below.stdout), group.read_text() if group.exists() else "")
"""


def lowered(setting: str, *, own_session: bool = True) -> list[str]:
    """What a process says of its priority after giving way: nice, batch, its child's nice, its session."""
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        env=os.environ | {"VIGIE_WORKER_NICE": setting, "PYTHONPATH": str(ROOT)},
        start_new_session=own_session, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return child.stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="scheduling classes are Linux's")
def test_the_worker_and_what_it_starts_give_way() -> None:
    before = os.nice(0)
    nice, batch, below, *session = lowered("")
    assert int(nice) == min(before + 10, 19) == int(below)
    assert batch == "True"
    assert not session or session[-1] == "10"


@pytest.mark.skipif(sys.platform != "linux", reason="scheduling classes are Linux's")
def test_the_session_of_others_is_left_alone() -> None:
    _, _, _, *session = lowered("7", own_session=False)
    assert not session or session[-1] != "7"


def test_at_zero_the_worker_keeps_its_rank() -> None:
    nice, batch, below, *_ = lowered("0")
    assert (int(nice), batch, int(below)) == (os.nice(0), "False", os.nice(0))


@pytest.mark.parametrize("wrong", ["20", "-5", "low"])
def test_a_wrong_rank_is_one_sentence(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_WORKER_NICE", wrong)
    with pytest.raises(Trouble, match="VIGIE_WORKER_NICE"):
        priority.give_way()

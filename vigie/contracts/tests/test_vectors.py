"""The command that checks vectors: our own, the published ones, and what it says of a bad file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from vigie.contracts.vectors import CHOICES, judge, main, read

OWN = Path(__file__).with_name("vectors_own.json")


@pytest.mark.parametrize("vector", read(str(OWN)), ids=lambda vector: vector["id"])
def test_own_vectors(vector: dict[str, object]) -> None:
    outcome, line = judge(vector)
    assert outcome == "ok", line


def test_published_vectors(shared_data: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared_data("sla_vectors")
    files = sorted(str(path) for path in folder.glob("*.json") if path.name != "manifest.json")
    assert main(files) == 0, capsys.readouterr().out
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "441 vectors: 433 ok, 8 differ by choice, 0 wrong"
    differing = {line.split()[1].rstrip(":") for line in lines if line.startswith("differs")}
    assert differing == set(CHOICES)


def test_a_wrong_answer_is_told_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vector = {**read(str(OWN))[0], "expected": "2026-01-13T01:00:01+01:00"}
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps({"vectors": [vector]}))
    assert main([str(file)]) == 1
    out = capsys.readouterr().out
    assert "differs  own-01: got 2026-01-13T01:00:00+01:00, expected 2026-01-13T01:00:01+01:00" in out
    assert out.endswith("1 vectors: 0 ok, 0 differ by choice, 1 wrong\n")
    file.write_text(json.dumps({"vectors": [{**vector, "plain_reading": False, "note": "a habit"}]}))
    assert main([str(file)]) == 0
    assert "(choice: a habit)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[]", 'holds no list "vectors"'),
        ('{"vectors": [{"id": "x"}]}', 'holds no list "vectors"'),
        ('{"vectors": [{"id": "x", "op": "guess"}]}', "differs  x: cannot be asked"),
        (
            '{"vectors": [{"id": "x", "op": "add", "calendar": {"timezone": "No"}}]}',
            "calendar_unknown_zone",
        ),
    ],
)
def test_a_bad_file_gets_one_sentence(
    text: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.json"
    if text is not None:
        file.write_text(text)
    assert main([str(file)]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert said in first
    assert "Traceback" not in first


def test_no_file_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 1
    assert "at least one file" in capsys.readouterr().out

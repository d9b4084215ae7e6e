"""``vigie mail check``: a line a mail, counts a set, and an exit code that says whether a mail is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vigie.channels.mail.check import main
from vigie.channels.mail.stated_otherwise import CHOICES

GOOD = b"From: Ann <ann@x.org>\r\nTo: desk@y.org\r\nSubject: Printer\r\n\r\nIt burns.\r\n"
DEEP = b"".join(b"Content-Type: multipart/mixed; boundary=n%d\r\n\r\n--n%d\r\n" % (n, n) for n in range(200))


def folder(root: Path, name: str, mails: dict[str, bytes], expected: dict[str, object] | None = None) -> Path:
    path = root / name
    path.mkdir()
    for file, raw in mails.items():
        (path / file).write_bytes(raw)
    if expected is not None:
        told = [{"file": f"{name}/{file}", "expected": one} for file, one in expected.items()]
        (path / "expected.json").write_text(json.dumps(told))
    return path


def test_a_folder_without_statements_must_only_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder(tmp_path, "mine", {"a.eml": GOOD, "b.eml": DEEP})
    assert main([str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok           mine/a.eml  ")
    assert lines[1].startswith("quarantined  mine/b.eml: too_deep (")
    assert lines[2].startswith("mine: 2 mails, 1 read, 1 quarantined, 0 lost; slowest ")


def test_what_differs_is_told_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"from_email": "ann@x.org", "cc": ["b@x.org"], "body": "It burns.", "outcome": "accepted"}
    path = folder(tmp_path, "discourse", {"a.eml": GOOD}, {"a.eml": told})
    assert main([str(path)]) == 0
    out = capsys.readouterr().out
    assert "differs      discourse/a.eml: cc: \"['b@x.org']\" is stated, '[]' is read" in out
    assert "  3 statements: 2 hold, 0 differ by choice, 1 differ\n" in out
    assert "  differs   1  cc\n" in out
    assert "not asked, because reading a mail does not decide it: outcome 1" in out


def test_a_choice_is_told_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"attachments": [{"filename": "noname1", "bytes": 1}], "subject": "Printer"}
    people = {"from_addresses": [{"email": "ann@x.org"}], "to_addresses": [{"email": "desk@y.org"}]}
    path = folder(tmp_path, "php_mime", {"m0020.eml": GOOD}, {"m0020.eml": {**told, **people}})
    main([str(path)])
    assert "4 statements: 3 hold, 1 differ by choice, 0 differ" in capsys.readouterr().out


def test_a_mail_that_is_not_there_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder(tmp_path, "mine", {}, {"gone.eml": {}})
    assert main([str(path)]) == 1
    assert "1 lost" in capsys.readouterr().out


def test_a_folder_of_folders_gets_a_count_of_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder(tmp_path, "one", {"a.eml": GOOD})
    folder(tmp_path, "two", {"a.txt": b"only a body", "b.html": b"<p>and another"})
    assert main([str(tmp_path)]) == 0
    assert "all: 3 mails, 3 read, 0 quarantined, 0 lost" in capsys.readouterr().out
    assert main([str(tmp_path / "nothing")]) == 1


def test_the_command_needs_neither_database_nor_settings(tmp_path: Path) -> None:
    path = folder(tmp_path, "mine", {"a.eml": GOOD})
    script = (
        "import sys; from vigie.runtime.cli import main;"
        "code = main(['mail', 'check', sys.argv[1]]);"
        "sys.exit(code or ('django' in sys.modules) * 7)"
    )
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    root = Path(__file__).resolve().parents[4]
    done = subprocess.run(
        [sys.executable, "-c", script, path], env=env, cwd=root, capture_output=True, check=False
    )
    assert done.returncode == 0, done


def test_the_shared_mails(shared_data, capsys: pytest.CaptureFixture[str]) -> None:
    """None is lost, and no more statements differ than the documentation says."""
    assert main([str(shared_data("mail"))]) == 0
    out = capsys.readouterr().out
    total = out[out.index("\nall: ") :]
    assert total.startswith("\nall: 746 mails, 746 read, 0 quarantined, 0 lost")
    counts = total.splitlines()[2].split()
    stated, hold, differ = int(counts[0]), int(counts[2]), int(counts[-2])
    assert stated > 1600
    assert hold / stated > 0.94
    assert differ <= 20
    reasons = {why for _, _, why in CHOICES}
    assert [why for why in reasons if why not in total] == [], "a choice that is needed no more"

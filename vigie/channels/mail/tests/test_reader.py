"""The child that reads mails: same answers as in process, and no mail holds up the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vigie.channels.mail import wire
from vigie.channels.mail.reader import Reader
from vigie.channels.mail.rules.parsed import ParsedMail, Unreadable
from vigie.channels.mail.rules.parsing import read_mail

ROOT = Path(__file__).resolve().parents[4]
GOOD = (
    b"From: Ren\xc3\xa9e <a@x.org>\r\nSubject: \xc3\xa9t\xc3\xa9\r\nReferences: <1@x> <2@x>\r\n"
    b"Date: Tue, 14 May 2024 10:00:00 +0200\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\nhello\r\n--b\r\nContent-Type: x/y; name=a\r\n\r\n\x00\xff\r\n"
    b"--b\r\nContent-Type: x/y; name=b\r\n\r\n\r\n--b--\r\n"
)
# The real child, with a hook that a word in the mail sets off
SABOTAGED = """
import os, signal, time
from vigie.channels.mail import reader_child
true = reader_child.read_mail
def read_mail(raw):
    if b"burn" in raw:
        while True: pass
    if b"sleep" in raw: time.sleep(60)
    if b"die" in raw: os.kill(os.getpid(), signal.SIGKILL)
    if b"raise" in raw: raise KeyError("secret of the mail")
    if b"lie" in raw: os.write(1, b"\\0" * 7 + b"\\x02" + b"\\0" * 8 + b"[]")
    if b"huge" in raw: bytearray(600 * 1024 * 1024)
    return true(raw)
reader_child.read_mail, reader_child.CPU_SECONDS, reader_child.IDLE_SECONDS = read_mail, 0.3, 0.3
reader_child.main()
"""


@pytest.fixture
def reader() -> Iterator[Reader]:
    one = Reader()
    yield one
    one.close()


@pytest.fixture
def sabotaged() -> Iterator[Reader]:
    one = Reader(wall_seconds=3, program=("-c", SABOTAGED))
    yield one
    one.close()


def test_the_child_answers_as_the_rules_do(reader: Reader) -> None:
    assert reader.read(GOOD) == read_mail(GOOD)
    assert [p.data for p in read_mail(GOOD).parts] == [b"\0\xff", b""]


def test_one_child_reads_one_mail_after_the_other(reader: Reader) -> None:
    for _ in range(3):
        reader.read(GOOD)
    assert len(reader._waiting) == 1


def test_a_mail_that_is_refused_says_why(reader: Reader) -> None:
    told = reader.read(b" ")
    assert isinstance(told, Unreadable)
    assert told.code == "empty"
    assert isinstance(reader.read(bytes(101 * 1024 * 1024)), Unreadable)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (b"burn", "too_slow"),
        (b"sleep", "hung"),
        (b"die", "crashed"),
        (b"raise", "crashed"),
        (b"lie", "crashed"),
        (b"huge", "too_big"),
    ],
)
def test_a_bad_mail_gets_an_answer_and_the_next_one_goes_on(
    sabotaged: Reader, word: bytes, code: str
) -> None:
    told = sabotaged.read(GOOD + word)
    assert isinstance(told, Unreadable)
    assert told.code == code
    assert "secret" not in told.detail
    assert sabotaged.read(GOOD) == read_mail(GOOD)


def test_a_child_that_left_for_want_of_work_is_replaced(sabotaged: Reader) -> None:
    assert isinstance(sabotaged.read(GOOD), ParsedMail)
    child = sabotaged._waiting[0]._process
    assert child.wait(timeout=10) == 0
    assert isinstance(sabotaged.read(GOOD), ParsedMail)


def test_four_threads_read_at_the_same_time(reader: Reader) -> None:
    mails = [GOOD.replace(b"hello", b"hello %d" % number) for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(reader.read, mails))
    assert results == [read_mail(mail) for mail in mails]
    assert 1 <= len(reader._waiting) <= 4


def test_the_child_ends_with_its_parent() -> None:
    script = (
        "import os, sys\n"
        "from vigie.channels.mail.reader import Reader\n"
        "reader = Reader(); reader.read(b'Subject: x\\n\\ny')\n"
        "print(reader._waiting[0]._process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    while _runs(child):
        assert time.monotonic() < deadline, "the child outlived its parent"


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_child_imports_no_django_and_knows_no_secret() -> None:
    script = (
        "import os, sys; from vigie.channels.mail import reader_child;"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('django', 'psycopg')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert told.stdout.strip() == "[]"
    os.environ["VIGIE_SECRET_OF_TEST"] = "x"
    try:
        spy = Reader(
            program=("-c", "import os, sys; sys.exit(3 if 'VIGIE_SECRET_OF_TEST' in os.environ else 4)")
        )
        result = spy.read(GOOD)
    finally:
        del os.environ["VIGIE_SECRET_OF_TEST"]
    assert isinstance(result, Unreadable)
    assert result.detail == "the reading process ended with 4"


@pytest.mark.parametrize(
    "told",
    [
        b"", b"[]", b"1", b"{}", b'{"mail": 1}', b"[" * 100_000, b'{"unreadable": ["a"]}', b'{"unreadable": [1, 2]}',
        b'{"unreadable": ["\\u0000", ""]}', b"\xff",
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(told: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which one does not matter
        wire.result_of(told, b"")


def test_files_must_have_the_sizes_that_are_told() -> None:
    _, told, *files = wire.answer(read_mail(GOOD))
    assert wire.result_of(told, b"".join(files)) == read_mail(GOOD)
    with pytest.raises(ValueError, match="belong to no file"):
        wire.result_of(told, b"".join(files) + b"x")
    with pytest.raises(ValueError, match="wrong size"):
        wire.result_of(told, b"")

"""Real mails of other products: nothing that Python's own parser finds in a sound mail is lost on the way."""

from __future__ import annotations

import email
import email.message
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from vigie.channels.mail.rules.html_text import html_text
from vigie.channels.mail.rules.parsed import ParsedMail
from vigie.channels.mail.rules.parsing import read_mail

MAILS = 746
OUTLOOK = "application/ms-tnef"  # unpacked: its files are kept, not the packet
PLAIN = {"ascii", "us-ascii", "utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"}  # ASCII stands for itself
SLOWEST = 5.0  # seconds of CPU


@pytest.fixture(scope="module")
def mails() -> list[tuple[str, bytes]]:
    root = Path(__file__).resolve().parents[5] / "shared" / "data" / "mail"
    if not root.is_dir():
        pytest.skip("real mails are not here: shared/data/mail")
    names = [
        one["file"] for path in sorted(root.glob("*/expected.json")) for one in json.loads(path.read_text())
    ]
    return [(name, (root / name).read_bytes()) for name in names]


def test_every_real_mail_is_read_in_time(mails: list[tuple[str, bytes]]) -> None:
    assert len(mails) == MAILS
    for name, raw in mails:
        before = time.process_time()
        read_mail(raw)
        assert time.process_time() - before < SLOWEST, name


def test_every_file_is_kept(mails: list[tuple[str, bytes]]) -> None:
    compared, lost = 0, []
    for name, raw in mails:
        kept = {part.data for part in read_mail(raw).parts}
        for part in leaves(raw):
            if part.get_content_maintype() in ("text", "message") or part.get_content_type() == OUTLOOK:
                continue
            data = payload(part)
            if part.defects or part.get("content-transfer-encoding") == "x-uuencode":
                continue  # Python could not decode it
            compared += 1
            if data not in kept:
                lost.append((name, part.get_filename()))
    assert lost == []
    assert compared > 80


def test_the_words_of_every_text_are_kept(mails: list[tuple[str, bytes]]) -> None:
    compared, lost = 0, []
    for name, raw in mails:
        parsed = read_mail(raw)
        had, kept = words(everything(parsed)), {part.data for part in parsed.parts}
        for part in leaves(raw):
            if (
                part.get_content_type() in ("text/plain", "text/html")
                and part.get_content_charset("ascii") in PLAIN
            ):
                compared += 1
                missing = Counter() if payload(part) in kept or part.defects else words(text(part)) - had
                if missing:
                    lost.append((name, part.get_content_type(), sorted(missing)[:9]))
    assert lost == []
    assert compared > 800


def leaves(raw: bytes) -> Iterator[email.message.Message]:
    """The parts that Python finds in a mail that it calls sound; a mail in the mail is one part."""
    message = email.message_from_bytes(raw)
    todo = [message]
    while todo:
        part = todo.pop()
        if part.defects:
            continue
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            todo += part.get_payload()
        elif not part.is_multipart():
            yield part


def payload(part: email.message.Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def text(part: email.message.Message) -> str:
    """In ASCII: charsets are tested elsewhere."""
    plain = payload(part).decode("ascii", "ignore")
    shown = html_text(plain) if part.get_content_type() == "text/html" else plain
    return shown.encode("ascii", "ignore").decode()


def everything(mail: ParsedMail) -> str:
    reports = [one for texts in mail.report.values() for one in texts]
    files = [part.data.decode("latin-1") for part in mail.parts]
    return "\n".join([mail.text, html_text(mail.html), *reports, *files]).encode("ascii", "ignore").decode()


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))

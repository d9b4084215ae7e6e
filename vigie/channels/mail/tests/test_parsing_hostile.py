"""Mails written to break a parser: none raises anything but ``Unreadable``, none takes long, none leaves a NUL."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import gzip
import io
import json
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vigie.channels.mail.rules.parsed import Address, ParsedMail, Part, Unreadable
from vigie.channels.mail.rules.parsing import read_mail

CPU_SECONDS = 5.0


def mail(*headers: bytes | str, body: bytes = b"text\r\n") -> bytes:
    lines = [line.encode("utf-8") if isinstance(line, str) else line for line in headers]
    return b"\r\n".join([*lines, b"", body])


def mixed(*parts: bytes, kind: str = "mixed", close: bool = True) -> bytes:
    inside = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return mail(f"Content-Type: multipart/{kind}; boundary=b", body=inside + (b"--b--\r\n" if close else b""))


def attached(name: str, data: bytes) -> bytes:
    return mixed(
        mail(body=b"see the file"),
        mail(
            "Content-Type: application/octet-stream", f'Content-Disposition: attachment; filename="{name}"',
            "Content-Transfer-Encoding: base64", body=base64.encodebytes(data),
        ),
    )  # fmt: skip


def nested(levels: int) -> bytes:
    out = b""
    for level in range(levels):
        out += b"Content-Type: multipart/mixed; boundary=n%d\r\n\r\n--n%d\r\n" % (level, level)
    return out + b"\r\ndeep"


def zip_of(count: int, size: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            archive.writestr(f"{number}", bytes(size))
    return buffer.getvalue()


def zip_in_zip(levels: int) -> bytes:
    data = zip_of(1, 1_000_000)
    for _ in range(levels):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("in.zip", data)
        data = buffer.getvalue()
    return data


def tar_with_links() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo("x")
        link.type, link.linkname = tarfile.SYMTYPE, "../../etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


def huge_image() -> bytes:
    size = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    head = struct.pack(">I", 13) + b"IHDR" + size + struct.pack(">I", zlib.crc32(b"IHDR" + size))
    return b"\x89PNG\r\n\x1a\n" + head


def tnef(*attributes: tuple[int, int, bytes]) -> bytes:
    out = struct.pack("<IH", 0x223E9F78, 1)
    for level, name, value in attributes:
        out += (
            struct.pack("<BHHI", level, name, 6, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
        )
    return out


def three_files() -> bytes:
    one = [(2, 0x9002, b""), (2, 0x8010, b"a.txt\0"), (2, 0x800F, b"data")]
    return tnef(*one, *one, *one)


def packed(data: bytes) -> bytes:
    return mail(
        "Content-Type: application/ms-tnef; name=winmail.dat",
        "Content-Transfer-Encoding: base64",
        body=base64.encodebytes(data),
    )


def rtf_bomb() -> bytes:
    """Claims 4 GB, and repeats the window over and over."""
    body = b"\xff" + b"\x00\x1f" * 8
    rtf = struct.pack("<II4sI", 16, 0xFFFFFFFF, b"LZFu", 0) + body * 200_000
    properties = struct.pack("<IHHII", 1, 0x102, 0x1009, 1, len(rtf)) + rtf
    return tnef((1, 0x9003, properties))


READ: dict[str, Callable[[], bytes]] = {
    "lone quote": lambda: mail('From: "'),
    "id with NUL": lambda: mail(b"Message-ID: <[\x00"),
    "5,000 comments in comments": lambda: mail("To: " + "(" * 5000 + "a@x.org" + ")" * 5000),
    "unclosed comments": lambda: mail("To: " + "(" * 60000),
    "escaped quotes": lambda: mail('To: ' + '"\\' * 30000),
    "only quotes": lambda: mail("From: " + '"' * 65000),
    "only angles": lambda: mail("From: " + "<" * 65000),
    "only at signs": lambda: mail("From: " + "@" * 65000),
    "long local part": lambda: mail("From: " + "a" * 60000 + "@x.org"),
    "long domain": lambda: mail("From: a@" + "a." * 30000),
    "hyphens in a domain": lambda: mail("From: a@" + "a-" * 30000),
    "only encoded words": lambda: mail("Subject: " + "=?utf-8?q?a?= " * 5000),
    "unclosed encoded words": lambda: mail("Subject: " + "=?utf-8?q?" * 6500),
    "unclosed encoded words in addresses": lambda: mail("To: " + "=?utf-8?q?" * 6500),
    "charset x-klingon": lambda: mail("Content-Type: text/plain; charset=x-klingon"),
    "charset rot13": lambda: mail("Content-Type: text/plain; charset=rot13"),
    "charset zlib": lambda: mail("Content-Type: text/plain; charset=zlib", body=zlib.compress(bytes(10**7))),
    "charset idna": lambda: mail("Content-Type: text/plain; charset=idna", body=b"xn--" + b"a" * 50000),
    "charset with NUL": lambda: mail(b'Content-Type: text/plain; charset="utf 8\x00"'),
    "charset of a path": lambda: mail("Content-Type: text/plain; charset=../../x"),
    "base64 that is none": lambda: mail("Content-Transfer-Encoding: base64", body=b"not ba$e64! \xff" * 100),
    "base64 cut": lambda: mail("Content-Transfer-Encoding: base64", body=b"QUJD\r\nR"),
    "unknown encoding": lambda: mail("Content-Transfer-Encoding: x-rot13"),
    "utf-7 script": lambda: mail("Content-Type: text/html; charset=utf-7", body=b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-"),
    "CRLF in an encoded subject": lambda: mail("Subject: =?utf-8?Q?a=0D=0ABcc:_victim@x.org?="),
    "NUL in From": lambda: mail(b"From: boss@corp.example\x00<evil@x.org>"),
    "NUL everywhere": lambda: b"\x00".join(bytes([c]) for c in mail("Subject: x")),
    "20,000 recipients": lambda: mail("To: " + ", ".join(f"a{n}@example.org" for n in range(20_000))),
    "1 MB of references": lambda: mail("References: " + " ".join(f"<{n}@x.org>" for n in range(80_000))),
    "two From": lambda: mail("From: a@x.org", "From: b@x.org"),
    "odd date": lambda: mail("Date: 99 Foo 99999"),
    "date of the year 0": lambda: mail("Date: Mon, 1 Jan 0000 00:00:00 +9999"),
    "40 MB attachment": lambda: attached("big.bin", b"x" * 40_000_000),
    "9,000 attachments": lambda: mixed(*[mail("Content-Type: x/y", body=b"z")] * 9000),
    "zip bomb": lambda: attached("a.zip", zip_of(1, 10_000_000)),
    "zip in zip": lambda: attached("a.zip", zip_in_zip(5)),
    "zip of many": lambda: attached("a.zip", zip_of(20_000, 0)),
    "tar with links": lambda: attached("a.tar", tar_with_links()),
    "gzip of zeros": lambda: attached("a.gz", gzip.compress(bytes(10**7))),
    "image of 100,000 squared": lambda: attached("a.png", huge_image()),
    "PDF with a script": lambda: attached("a.pdf", b"%PDF-1.4 1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
    "path in a name": lambda: attached("../../etc/passwd", b"x"),
    "RTL override in a name": lambda: attached("a\u202egnp.exe", b"x"),
    "name of 1,000 bytes": lambda: attached("é" * 500, b"x"),
    "name with CRLF": lambda: attached("=?utf-8?Q?a=0D=0Ab?=", b"x"),
    "name missing": lambda: mixed(mail("Content-Disposition: attachment")),
    "20,000 parameters": lambda: mail("Content-Type: text/plain" + "; a=b" * 20_000),
    "numbered parameters": lambda: mail("Content-Type: text/plain" + "".join(f"; a*{n}*=x" for n in range(9999))),
    "no body": lambda: b"Subject: x\r\n",
    "no headers": lambda: b"\r\n\r\njust text",
    "only a colon": lambda: b":",
    "CR only": lambda: b"Subject: x\rTo: a@x.org\r\rtext\r",
    "binary": lambda: bytes(range(256)) * 100,
    "headers in raw bytes": lambda: mail("Subject: é".encode("cp1252"), "From: Renée <a@x.org>".encode("cp1252")),
    "encodings mixed in a header": lambda: mail("Subject: é =?utf-8?q?=C3=A9?= ".encode() + b"\xe9"),
    "GB18030": lambda: mail("Content-Type: text/plain; charset=gb18030", body="𠮷镕".encode("gb18030")),
    "ISO-2022-JP left open": lambda: mail("Content-Type: text/plain; charset=iso-2022-jp", body=b"\x1b$BF|K\\\x1b"),
    "UTF-16 body": lambda: mail("Content-Type: text/plain; charset=utf-16", body="é\0a".encode("utf-16")),
    "UTF-16 cut": lambda: mail("Content-Type: text/plain; charset=utf-16le", body=b"a\0b"),
    "half a surrogate": lambda: mail("Content-Type: text/plain; charset=utf-16le", body=b"\x00\xd8a\x00"),
    "flowed quoting": lambda: mail("Content-Type: text/plain; format=flowed", body=b">" * 100_000 + b" \r\n" * 1000),
    "quoted-printable tricks": lambda: mail("Content-Transfer-Encoding: quoted-printable", body=b"a=\r\n=\r\n=3D=ZZ=\r\n=0"),
    "boundary reused inside": lambda: mixed(mail("Content-Type: multipart/mixed; boundary=b", body=b"--b\r\n\r\nin\r\n--b--")),
    "no closing boundary": lambda: mixed(mail(body=b"kept"), close=False),
    "boundary never used": lambda: mail("Content-Type: multipart/mixed; boundary=nope"),
    "boundary is empty": lambda: mail('Content-Type: multipart/mixed; boundary=""'),
    "only boundaries": lambda: mail("Content-Type: multipart/mixed; boundary=b", body=b"--b\r\n" * 9000),
    "text around the parts": lambda: mail("Content-Type: multipart/mixed; boundary=b", body=b"before\r\n--b\r\n\r\nin\r\n--b--\r\nafter"),
    "two alternatives that disagree": lambda: mixed(mail(body=b"pay 1"), mail("Content-Type: text/html", body=b"pay 2"), kind="alternative"),
    "invitation": lambda: mixed(mail("Content-Type: text/calendar; method=REQUEST", body=b"BEGIN:VCALENDAR")),
    "id is empty": lambda: mail("Message-ID: "),
    "id of 8 KB": lambda: mail("Message-ID: <" + "a" * 8192 + "@x.org>"),
    "2,000 mails in mails": lambda: b"Content-Type: message/rfc822\r\n\r\n" * 2000,
    "three mails in mails": lambda: mixed(b"Content-Type: message/rfc822\r\n\r\n" * 3 + b"Subject: in\r\n\r\nx"),
    "signed, opaque": lambda: mail("Content-Type: application/pkcs7-mime; smime-type=signed-data", body=b"0\x82"),
    "PGP": lambda: mixed(mail("Content-Type: application/pgp-encrypted", body=b"Version: 1"), mail("Content-Type: application/octet-stream"), kind="encrypted"),
    "TNEF with three files": lambda: packed(three_files()),
    "TNEF cut": lambda: packed(three_files()[:-9]),
    "TNEF that is none": lambda: packed(b"no"),
    "TNEF with 50,000 files": lambda: packed(tnef(*[(2, 0x9002, b"")] * 50_000)),
    "TNEF with a bomb": lambda: packed(rtf_bomb()),
    "TNEF with wild counts": lambda: packed(tnef((1, 0x9003, struct.pack("<IHHI", 2**32 - 1, 0x1002, 1, 2**32 - 1)))),
    "50,000 tags": lambda: mail("Content-Type: text/html", body=b"<blockquote><a href='x'>" * 50_000),
    "unclosed comment in HTML": lambda: mail("Content-Type: text/html", body=b"<!--" * 100_000),
    "unclosed tags in HTML": lambda: mail("Content-Type: text/html", body=b"<a " * 300_000),
    "a tag without end": lambda: mail("Content-Type: text/html", body=b"<" + b"a" * 1_000_000),
    "pairs of high bytes, cut": lambda: mail(b"Subject: " + b"\xb0\xa1" * 5000 + b"\xff", body=b"\xb0\xa1" * 50_000 + b"\xff"),
    "a parameter without end": lambda: mail("Content-Type: text/plain; " + "a" * 60_000, "To: " + "a" * 60_000),
    "an id without end": lambda: mail("References: " + "<" + "a " * 30_000, "In-Reply-To: " + "<a" * 30_000),
    "entities": lambda: mail("Content-Type: text/html", body=b"&#0;&#xD800;&#x110000;&amp" * 10_000),
    "uuencoded, cut": lambda: mail(body=b"begin 644 a\n" + b"M" * 60 + b"\nend\n"),
    "uuencoded, unending": lambda: mail(body=b"begin 644 a\n" * 50_000),
    "a header per line, 200,000": lambda: b"a:\n" * 200_000 + b"\n",
    "200,000 stray lines": lambda: b"Subject: x\n" + b"stray\n" * 150_000 + b"To: a@x.org\n\ntext",
    "folded without end": lambda: b"Subject: x\n" + b" y\n" * 200_000,
    "blank lines first": lambda: b"\r\n" * 100_000 + b"Subject: x\r\n\r\n",
}  # fmt: skip

REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "2,000 multiparts in multiparts": ("too_deep", lambda: nested(2000)),
    "100,000 parts": ("too_many_parts", lambda: mixed(*[mail()] * 100_000)),
    "101 MB": ("too_big", lambda: bytes(101 * 1024 * 1024)),
    "nothing": ("empty", lambda: b""),
    "blanks": ("empty", lambda: b"\r\n \0"),
}


def texts(value: object) -> Iterator[str]:
    """Every text that a mail holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from texts(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from texts((key, one))
    elif isinstance(value, ParsedMail | Part | Address):
        for field in dataclasses.fields(value):
            yield from texts(getattr(value, field.name))


def sound(parsed: ParsedMail) -> None:
    """What every mail that was read keeps to, so that PostgreSQL and a header take it."""
    for text in texts(parsed):
        assert "\0" not in text
        text.encode("utf-8")
    lines = [
        parsed.subject,
        parsed.message_id,
        *parsed.references,
        *parsed.in_reply_to,
        *(p.name for p in parsed.parts),
    ]
    for values in parsed.headers.values():
        lines += values
    for address in (parsed.sender, *parsed.to, *parsed.cc, *parsed.reply_to):
        lines += [address.email, address.name]
    assert not [line for line in lines if len(line.splitlines()) > 1]
    assert all(part.name for part in parsed.parts)
    assert 0 < len(parsed.message_id) <= 998


@pytest.mark.parametrize("name", READ)
def test_a_hostile_mail_is_read_in_time(name: str) -> None:
    raw = READ[name]()
    before = time.process_time()
    parsed = read_mail(raw)
    assert time.process_time() - before < CPU_SECONDS
    sound(parsed)


@pytest.mark.parametrize("name", REFUSED)
def test_a_mail_beyond_a_bound_is_refused_in_time(name: str) -> None:
    code, make = REFUSED[name]
    raw = make()
    before = time.process_time()
    with pytest.raises(Unreadable) as refused:
        read_mail(raw)
    assert refused.value.code == code
    assert time.process_time() - before < CPU_SECONDS


def test_a_header_that_is_cut_keeps_its_beginning_and_every_from_is_seen() -> None:
    parsed = read_mail(
        mail(
            b"X-Pad: " + b"x" * 60_000, *[b"X-Pad: " + b"x" * 60_000] * 30, b"From: a@x.org", b"From: b@x.org"
        )
    )
    assert parsed.sender.email == "a@x.org"
    assert {"header_cut", "two_from"} <= set(parsed.defects)
    assert 1500 < len(read_mail(READ["20,000 recipients"]()).to) < 20_000


def test_no_file_is_lost_on_the_way() -> None:
    assert len(read_mail(READ["9,000 attachments"]()).parts) == 9000
    assert [p.data for p in read_mail(READ["TNEF with three files"]()).parts] == [b"data"] * 3
    cut = read_mail(READ["TNEF cut"]())
    assert [p.name for p in cut.parts][-1] == "winmail.dat"
    assert "bad_tnef" in cut.defects
    assert read_mail(READ["40 MB attachment"]()).parts[0].data == b"x" * 40_000_000


def test_text_is_kept_where_a_program_wrote_it_wrong() -> None:
    assert read_mail(READ["no closing boundary"]()).text.strip() == "kept"
    assert read_mail(READ["boundary never used"]()).text.strip() == "text"
    assert read_mail(READ["base64 that is none"]()).text.startswith("not ba$e64!")
    assert read_mail(READ["base64 cut"]()).text == "ABC"


def real_mails() -> list[bytes]:
    root = Path(__file__).resolve().parents[5] / "shared" / "data" / "mail"
    found = sorted(root.glob("*/expected.json"))
    files = [root / one["file"] for path in found for one in json.loads(path.read_text())]
    return [path.read_bytes() for path in files if path.stat().st_size < 20_000]


MAILS = real_mails() or [READ["boundary reused inside"](), READ["encodings mixed in a header"]()]
SPICES = [
    b"\0",
    b"\r",
    b"\n",
    b"\n\n",
    b'"',
    b"<",
    b"(",
    b";",
    b"=?",
    b"?=",
    b"--",
    b"\xff\xfe",
    b"\x1b$B",
    b"=",
    b":",
    b"begin 644 a\n",
    b"*0*=",
]


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A real mail with bytes changed, cut, doubled, or mixed with another."""
    raw = bytearray(draw(st.sampled_from(MAILS)))
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(raw)))
        change = draw(st.sampled_from(["spice", "flip", "cut", "double", "other"]))
        if change == "spice":
            raw[at:at] = draw(st.sampled_from(SPICES))
        elif change == "flip" and at < len(raw):
            raw[at] = draw(st.integers(0, 255))
        elif change == "cut":
            del raw[at : at + draw(st.integers(1, 400))]
        elif change == "double":
            raw[at:at] = raw[at : at + draw(st.integers(1, 400))]
        else:
            raw[at:] = draw(st.sampled_from(MAILS))[at:]
    return bytes(raw)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(spoiled())
def test_a_spoiled_mail_never_raises(raw: bytes) -> None:
    before = time.process_time()
    with contextlib.suppress(Unreadable):
        sound(read_mail(raw))
    assert time.process_time() - before < CPU_SECONDS

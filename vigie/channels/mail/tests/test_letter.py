"""One mail as bytes: whatever people are called and write, it has one sender, one recipient and the planned headers."""

from __future__ import annotations

import datetime as dt
import email
from email.policy import compat32, default
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.channels.mail.rules.delivery import Answer, next_try, pause_after, verdict
from vigie.channels.mail.rules.letter import BadAddress, Enclosure, Letter, build, plain_address, thread_of

AT = dt.datetime(2026, 1, 12, 8, 0, tzinfo=dt.UTC)
HOSTILE = [
    "Bob\r\nBcc: thief@evil.example",
    "Bob\nTo: thief@evil.example\n\nbody",
    "Bob\x00\x0b\x0c\x85\u2028Cc: thief@evil.example",
    '"Bob" <thief@evil.example>, ',
    "Müller, Hans <thief@evil.example>; ",
    "=?utf-8?q?Bob=0D=0ABcc:_thief@evil.example?=",
    "Élodie\r\n\tBcc: thief@evil.example",
    "(((", "\\", '"', "@", "", "x" * 400, "é" * 400,
]  # fmt: skip
PLANNED = {
    "date", "from", "to", "reply-to", "subject", "message-id", "in-reply-to", "references", "x-loop", "mime-version",
    "content-type", "content-transfer-encoding",
}  # fmt: skip


def letter(**more: object) -> Letter:
    values: dict[str, object] = {
        "header_id": "a@vigie.example", "sender": ("Nord", "support@nord.example"), "recipient": ("Bob", "bob@klint.example"),
        "subject": "[INC-1] x", "text": "Bonjour\n", "html": "<p>Bonjour</p>", "written_at": AT,
        "reply_to": "support+a.b.c@nord.example", "in_reply_to": "b@klint.example", "references": ("b@klint.example",),
        "stamps": {"X-Loop": "vigie.example"},
    }  # fmt: skip
    return Letter(**{**values, **more})  # type: ignore[arg-type]


def check(said: Letter) -> None:
    raw = build(said).as_bytes()
    head = raw.split(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) < 998
    assert head.isascii()
    for policy in (compat32, default):
        mail = email.message_from_bytes(raw, policy=policy)
        assert {name.lower() for name in mail} <= PLANNED
        for name, address in (("From", "support@nord.example"), ("To", "bob@klint.example")):
            assert len(mail.get_all(name)) == 1
            written = str(mail[name]).replace("\r\n", "")
            assert [a for _, a in getaddresses([written])] == [address]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_subjects_add_no_header_and_no_recipient(text: str) -> None:
    check(letter(sender=(text, "support@nord.example"), recipient=(text, "bob@klint.example"), subject=text))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120), st.text(alphabet='é ,;:()<>@".\\[]=?\r\nab', max_size=120))
def test_no_text_at_all_does(name: str, subject: str) -> None:
    check(
        letter(
            sender=(name, "support@nord.example"), recipient=(subject, "bob@klint.example"), subject=subject
        )
    )


@pytest.mark.parametrize(
    "address",
    ["", "bob", "@klint.example", "bob@", "bob@klint.example\r\nBcc: x@y.example", "a b@klint.example", "a,b@klint.example",
     "<bob@klint.example>", "bob@klint..example", "bob@-klint.example", "é@klint.example", "a..b@klint.example",
     "bob@klint.example>\r\nRCPT TO:<thief@evil.example", "bob\x00@klint.example", f"bob@{'x' * 64}.example"],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        plain_address(address)


def test_domains_travel_in_ascii() -> None:
    assert plain_address(" Élise@exämple.fr".replace("É", "E")) == "Elise@xn--exmple-cua.fr"


def test_pictures_stand_beside_the_page_and_files_after_it() -> None:
    files = (
        Enclosure("écran.png", "image/png", b"\x89PNG", "p1@vigie"),
        Enclosure('no\r\nBcc: "x".html', "text/html", b"<script>alert(1)</script>"),
    )
    mail = build(letter(html='<p><img src="cid:p1@vigie"></p>', enclosures=files))
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "application/octet-stream",
    ]  # fmt: skip
    picture, file = list(mail.walk())[-2:]
    assert picture["Content-ID"] == "<p1@vigie>"
    assert picture.get_filename() == "écran.png"
    assert file.get_filename() == 'no Bcc: "x".html'
    assert file.get_payload(decode=True) == b"<script>alert(1)</script>"


def test_a_thread_keeps_its_first_mail_and_ends_with_the_one_answered() -> None:
    assert thread_of([], "") == ("", ())
    assert thread_of(["a", "b"], "") == ("b", ("a", "b"))
    assert thread_of(["a", "b", "c"], "b") == ("b", ("a", "c", "b"))
    parent, long = thread_of([f"m{n}" for n in range(40)], "m39")
    assert (parent, long[0], long[-1], len(long)) == ("m39", "m0", "m39", 12)


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        (Answer(250, "ok", "content"), "sent"),
        (Answer(354, "go on", "content"), "again"),
        (Answer(0, "timed out", "content", lost=True), "again"),
        (Answer(451, "later", "recipient"), "again"),
        (Answer(550, "unknown", "recipient"), "refused"),
        (Answer(554, "spam", "content"), "refused"),
        (Answer(535, "bad password", "sign_in", lost=True), "again"),
        (Answer(554, "no service", "connect", lost=True), "again"),
    ],
)
def test_what_an_answer_means(answer: Answer, meant: str) -> None:
    assert verdict(answer) == meant


def test_pauses_grow_to_an_hour_and_end_after_two_days() -> None:
    assert [pause_after(n) // dt.timedelta(minutes=1) for n in (1, 2, 3, 4, 5, 50)] == [1, 5, 15, 60, 60, 60]
    assert next_try(AT, 1, AT) == AT + dt.timedelta(minutes=1)
    assert next_try(AT, 9, AT + dt.timedelta(hours=47, minutes=1)) is None

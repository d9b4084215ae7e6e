"""Ordinary mails, and the oddities that real programs send."""

from __future__ import annotations

import base64
import datetime as dt
import struct
from email.message import EmailMessage

import pytest

from vigie.channels.mail.rules.parsed import Address, ParsedMail
from vigie.channels.mail.rules.parsing import read_mail

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def read(*lines: str | bytes, end: bytes = b"\r\n") -> ParsedMail:
    return read_mail(end.join(line.encode() if isinstance(line, str) else line for line in lines))


def test_an_ordinary_mail_is_read_whole() -> None:
    message = EmailMessage()
    message["From"] = "Élodie Martin <Elodie.Martin@Client.example>"
    message["To"] = "support@vigie.example, Autre <autre@client.example>"
    message["Cc"] = '"Durand, Paul" <paul@client.example>'
    message["Subject"] = "Imprimante en panne à l'étage"
    message["Message-ID"] = "<abc@client.example>"
    message["In-Reply-To"] = "<before@vigie.example>"
    message["References"] = "<first@vigie.example> <before@vigie.example>"
    message["Date"] = "Tue, 14 May 2024 10:00:00 +0200"
    message.set_content("Bonjour,\nplus rien ne sort.\n")
    message.add_alternative('<p>Bonjour,<br>plus rien <img src="cid:logo@x">ne sort.</p>', subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<logo@x>", filename="logo.png")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="devis n°3.pdf")
    mail = read_mail(message.as_bytes())
    assert mail.sender == Address("elodie.martin@client.example", "Élodie Martin")
    assert [a.email for a in mail.to] == ["support@vigie.example", "autre@client.example"]
    assert mail.cc == (Address("paul@client.example", "Durand, Paul"),)
    assert mail.subject == "Imprimante en panne à l'étage"
    assert mail.message_id == "abc@client.example"
    assert mail.in_reply_to == ("before@vigie.example",)
    assert mail.references == ("first@vigie.example", "before@vigie.example")
    assert mail.sent_at == dt.datetime(2024, 5, 14, 8, tzinfo=dt.UTC)
    assert mail.text == "Bonjour,\nplus rien ne sort.\n"
    assert "<p>Bonjour,<br>" in mail.html
    assert [(p.name, p.content_type, p.data, p.is_inline) for p in mail.parts] == [
        ("logo.png", "image/png", PNG, True),
        ("devis n°3.pdf", "application/pdf", b"%PDF-1.4", False),
    ]
    assert mail.defects == ()
    assert not mail.text_is_derived


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("a@x.org", [("a@x.org", "")]),
        ("A B <a@x.org>", [("a@x.org", "A B")]),
        ('"B, A" <a@x.org>, c@x.org', [("a@x.org", "B, A"), ("c@x.org", "")]),
        ("a@x.org (Ann (the boss) Lee)", [("a@x.org", "Ann the boss Lee")]),
        ("Team: a@x.org, b@x.org;, c@x.org", [("a@x.org", ""), ("b@x.org", ""), ("c@x.org", "")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?Q?Ren=C3=A9e=2C_the_<b@x.org>?= <a@x.org>", [("a@x.org", "Renée, the <b@x.org>")]),
        ("=?utf-8?B?w6k=?= =?utf-8?B?w6A=?= <A@X.org>", [("a@x.org", "éà")]),
        ("<mailto:a@x.org>", [("a@x.org", "")]),
        ('"', []),
        ("<>", [("", "")]),
        ("nobody", [("", "nobody")]),
        ("a@x.org; b@x.org", [("a@x.org", ""), ("b@x.org", "")]),
        ('"a b"@x.org', [('"a b"@x.org', "")]),
        ("Accents <rené@exämple.org>", [("rené@exämple.org", "Accents")]),
        ("a@[192.0.2.1]", [("a@[192.0.2.1]", "")]),
        ("evil@x.org\x00 <a@x.org>", [("a@x.org", "evil@x.org")]),
        (
            "a@@x.org, @x.org, a@, a b@x..org",
            [("", "a@@x.org"), ("", "@x.org"), ("", "a@"), ("", "a b@x..org")],
        ),
    ],
)
def test_lists_of_addresses(header: str, wanted: list[tuple[str, str]]) -> None:
    assert [(a.email, a.name) for a in read(f"To: {header}", "", "x").to] == wanted


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        (b"=?iso-8859-1?Q?caf=E9?=", "café"),
        (b"=?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=", "café"),
        (b"=?utf-8*fr?Q?caf=C3=A9?= noir", "café noir"),
        (b"=?utf-8?Q?a=0D=0ABcc:_x@y.org?=", "a Bcc: x@y.org"),
        (b"=?x-klingon?Q?caf=C3=A9?=", "café"),
        (b"=?utf-8?B?w6k?=", "é"),
        (b"=?utf-8?Q?open", "=?utf-8?Q?open"),
        (b"=?gb2312?B?yrLDtA==?=", "什么"),
        (b"=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "日本語"),
        ("déjà vu".encode(), "déjà vu"),
        ("déjà vu".encode("cp1252"), "déjà vu"),
        (b"one\r\n two\r\n\tthree", "one two three"),
        (b"nul\x00 and \x07bell", "nul and bell"),
        (b"", ""),
    ],
)
def test_subjects(subject: bytes, wanted: str) -> None:
    assert read(b"Subject: " + subject, "", "x").subject == wanted


@pytest.mark.parametrize(
    ("charset", "data", "wanted"),
    [
        ("utf-8", "é€".encode(), "é€"),
        ("iso-8859-1", "é€".encode("cp1252"), "é€"),
        ("us-ascii", "é".encode(), "é"),
        ("windows-1258", b"caf\xe9", "café"),
        ("gb2312", "镕".encode("gb18030"), "镕"),
        ("iso-2022-jp", b"\x1b$BF|K\\8l", "日本語"),
        ("", b"\x1b$BF|K\\8l\x1b(B", "日本語"),
        ("utf-16", "déjà".encode("utf-16"), "déjà"),
        ("", "déjà".encode("utf-16"), "déjà"),
        ("rot13", b"hello", "hello"),
        ("zlib", b"hello", "hello"),
        ('"utf 8\x00"', "é".encode(), "é"),
        ("utf-8", b"caf\xe9", "café"),
        ("utf-8", "é".encode() + b"\xe9", "é\ufffd"),
        ("iso-2022-jp", "日本語".encode("euc-jp"), "日本語"),
        ("iso-2022-jp", b"\x1b$BF|K\\\x1b", "日本\ufffd"),
        ("big5", "您好！".encode(), "您好！"),
        ("utf-7", b"+AGkAbA-", "il"),
    ],
)
def test_charsets(charset: str, data: bytes, wanted: str) -> None:
    encoded = base64.encodebytes(data)
    mail = read(
        f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: base64", "", encoded
    )
    assert mail.text == wanted


def test_flowed_lines_are_joined_by_depth_of_quoting() -> None:
    mail = read(
        "Content-Type: text/plain; format=flowed; delsp=yes", "", "> a long ", "> quote", "and an ans ", "wer", "-- ", "Me",
        end=b"\n",
    )  # fmt: skip
    assert mail.text == "> a longquote\nand an answer\n-- \nMe"


def test_text_is_made_from_html_where_none_was_sent() -> None:
    mail = read(
        "Content-Type: text/html", "",
        "<style>p{}</style><p>Hello&nbsp;you,</p><ul><li>one<li>two</ul><a href='https://x.org/a'>here</a>"
        "<blockquote>old<br>words</blockquote><script>alert(1)</script>",
    )  # fmt: skip
    assert mail.text == "Hello you,\n\n- one\n- two\n\nhere <https://x.org/a>\n\n> old\n> words"
    assert mail.text_is_derived


def test_apple_mail_puts_files_between_stretches_of_html() -> None:
    mail = read(
        'Content-Type: multipart/alternative; boundary="A"', "",
        "--A", "", "one two", "--A", "Content-Type: multipart/mixed; boundary=B", "",
        "--B", "Content-Type: text/html", "", "<p>one</p>",
        "--B", "Content-Type: application/pdf; name=a.pdf", "", "%PDF",
        "--B", "Content-Type: text/html", "", "<p>two</p>", "--B--", "--A--",
    )  # fmt: skip
    assert (mail.text, mail.html) == ("one two", "<p>one</p>\n<p>two</p>")
    assert [p.name for p in mail.parts] == ["a.pdf"]


def test_files_without_a_name_get_one() -> None:
    parts = [
        "image/png",
        "image/png",
        "message/rfc822",
        "text/calendar",
        "application/pkcs7-signature",
        "x/y",
    ]
    lines = [line for kind in parts for line in ("--b", f"Content-Type: {kind}", "", "x")]
    mail = read("Content-Type: multipart/mixed; boundary=b", "", *lines, "--b--")
    assert [p.name for p in mail.parts] == [
        "image-1.png", "image-2.png", "mail-1.eml", "invitation-1.ics", "smime-1.p7s", "file-1.bin",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "parameter",
    [
        "filename*=utf-8''d%C3%A9j%C3%A0.txt",
        "filename*0*=utf-8''d%C3%A9; filename*1=j; filename*2*=%C3%A0.txt",
        'filename="=?utf-8?Q?d=C3=A9j=C3=A0.txt?="',
        "filename=déjà.txt",
        "filename=\"déjà.txt\"; filename*=utf-8''d%C3%A9j%C3%A0.txt",
    ],
)
def test_names_of_files(parameter: str) -> None:
    assert read(f"Content-Disposition: attachment; {parameter}", "", "x").parts[0].name == "déjà.txt"


def test_a_mail_in_the_mail_keeps_its_bytes() -> None:
    inner = b"Subject:  odd   spacing\r\nX-A: =?utf-8?q?=C3=A9?=\r\n\r\n  body \r\n"
    mail = read_mail(
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + inner
        + b"\r\n--b--"
    )
    assert mail.parts[0].data == inner
    assert mail.parts[0].name == "odd spacing.eml"
    assert mail.text == ""


def test_files_written_into_plain_text_are_taken_out() -> None:
    mail = read("Subject: x", "", "before", "begin 644 cat.txt", "#0V%T", "`", "end", "after", end=b"\n")
    assert [(p.name, p.data) for p in mail.parts] == [("cat.txt", b"Cat")]
    assert mail.text.split() == ["before", "after"]


def test_a_delivery_report_is_kept_by_type() -> None:
    mail = read(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "",
        "--b", "", "It failed.",
        "--b", "Content-Type: message/delivery-status", "", "Final-Recipient: rfc822; a@x.org", "Action: failed",
        "--b", "Content-Type: message/rfc822", "", "Subject: mine", "Message-ID: <1@x>", "", "text",
        "--b--",
    )  # fmt: skip
    assert mail.text == "It failed."
    assert mail.report == {
        "message/delivery-status": ("Final-Recipient: rfc822; a@x.org\nAction: failed",),
        "message/rfc822": ("Subject: mine\nMessage-ID: <1@x>",),
    }
    assert [p.name for p in mail.parts] == ["mine.eml"]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_any_line_end(end: bytes) -> None:
    mail = read(
        "Subject: s", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "hi", "--b--", end=end
    )
    assert (mail.subject, mail.text) == ("s", "hi")


def test_a_mail_without_headers_is_all_text() -> None:
    assert read("just some text", "and more").text == "just some text\nand more"


def test_the_line_of_an_mbox_file_is_no_header() -> None:
    mail = read("From a@x.org Sat Jan  3 01:05:34 1996", "Subject: s", "", "text")
    assert (mail.subject, mail.text) == ("s", "text")


def test_a_missing_id_is_made_from_the_bytes() -> None:
    first, second = read("Message-ID: <>", "", "a"), read("Message-ID: <>", "", "b")
    assert first.message_id.endswith("@no-id.invalid")
    assert first.message_id != second.message_id
    assert "no_message_id" in first.defects


@pytest.mark.parametrize(
    ("headers", "defect"),
    [
        (["From: a@x.org", "From: b@x.org"], "two_from"),
        (["From: a@x.org, b@x.org"], "many_senders"),
        (["From: boss@corp.example\x00<evil@x.org>"], "nul_in_header"),
        (["Sender: a@x.org"], "no_from"),
        (["Content-Transfer-Encoding: rot13"], "bad_encoding"),
        (["Content-Type: text/plain; charset=x-klingon"], "bad_charset"),
        (["Content-Type: multipart/mixed"], "no_boundary"),
    ],
)
def test_what_a_mail_does_wrong_is_told(headers: list[str], defect: str) -> None:
    assert defect in read(*headers, "", "text").defects


def test_an_image_written_into_the_html_becomes_an_inline_file() -> None:
    encoded = base64.b64encode(PNG).decode()
    mail = read("Content-Type: text/html", "", f'<p>see <img src="data:image/png;base64,{encoded}"></p>')
    assert [(p.name, p.data, p.is_inline) for p in mail.parts] == [("image-1.png", PNG, True)]
    assert f'src="cid:{mail.parts[0].content_id}"' in mail.html


def test_a_report_that_was_attached_by_hand_is_a_file_too() -> None:
    mail = read("Content-Type: text/rfc822-headers; name=headers.txt", "", "Subject: x")
    assert [(p.name, p.data) for p in mail.parts] == [("headers.txt", b"Subject: x")]
    assert mail.report == {"text/rfc822-headers": ("Subject: x",)}


def test_a_header_that_was_broken_without_a_blank_is_put_together() -> None:
    mail = read(
        "From: a@x.org",
        "Content-Type: multipart/mixed;",
        "boundary=b",
        "Subject: s",
        "",
        "--b",
        "",
        "hi",
        "--b--",
    )
    assert (mail.subject, mail.text) == ("s", "hi")
    assert "stray_line" in mail.defects


@pytest.mark.parametrize(("own", "wanted"), [("my text", "my text"), ("", "packed text")])
def test_the_text_in_a_packet_of_outlook_is_read_where_there_is_no_other(own: str, wanted: str) -> None:
    value = b"packed text\0"
    attribute = (
        struct.pack("<BHHI", 1, 0x800C, 1, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    )
    packet = base64.encodebytes(struct.pack("<IH", 0x223E9F78, 1) + attribute)
    mail = read(
        "Content-Type: multipart/mixed; boundary=b", "", "--b", "", own,
        "--b", "Content-Type: application/ms-tnef", "Content-Transfer-Encoding: base64", "", packet, "--b--",
    )  # fmt: skip
    assert mail.text.strip() == wanted
    assert mail.parts == ()

"""Whom a mail did not reach: from reports, from prose, and what makes an address dead."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.channels.mail.rules.delivery_status import Failed, failed_recipients, original_message_id
from vigie.channels.mail.rules.parsed import Address, ParsedMail
from vigie.channels.mail.rules.parsing import read_mail

REPORT = """From: MAILER-DAEMON@mx.client.example
To: support@desk.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

I'm sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.client.example

Final-Recipient: rfc822; Bob@client.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <bob@client.example>:
 Recipient address rejected: User unknown

Final-Recipient: rfc822; eve@client.example
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 552 5.2.2 mailbox full

Final-Recipient: rfc822; late@client.example
Action: delayed
Status: 4.4.1
Diagnostic-Code: smtp; connection timed out

Final-Recipient: rfc822; ok@client.example
Action: relayed
Status: 2.0.0
--b
Content-Type: message/rfc822

From: support@desk.example
Message-ID: <v.1.2.3.abc@desk.example>
Subject: x

x
--b--
"""


def test_a_report_names_each_recipient_with_its_reason() -> None:
    found = failed_recipients(read_mail(REPORT.encode()))
    told = [(f.address, f.status, f.reply, f.reason, f.is_hard, f.original_id) for f in found]
    original = "v.1.2.3.abc@desk.example"
    assert told == [
        ("bob@client.example", "5.1.1", "550", "unknown_user", True, original),
        ("eve@client.example", "5.2.2", "552", "mailbox_full", False, original),
        ("late@client.example", "4.4.1", "", "delayed", False, original),
    ]


def test_a_report_of_success_names_nobody() -> None:
    raw = REPORT.replace("Action: failed", "Action: delivered").replace("Action: delayed", "Action: expanded")
    assert failed_recipients(read_mail(raw.encode())) == ()


def prose(text: str, **more: tuple[str, ...]) -> tuple[Failed, ...]:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    return failed_recipients(
        ParsedMail(
            text=text,
            sender=Address("mailer-daemon@mx.example"),
            to=(Address("support@desk.example"),),
            headers=headers,
        )
    )


QMAIL = """Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<bob@client.example>:
Remote host said: 550 5.1.1 no such user
<eve@client.example>:
192.0.2.1 does not like recipient.
Remote host said: 552 5.2.2 mailbox full

--- Below this line is a copy of the message.

Return-Path: <support@desk.example>
Message-ID: <v.1.2.3.abc@desk.example>
To: other@client.example
"""


def test_prose_names_each_recipient_with_its_own_words() -> None:
    told = [(f.address, f.status, f.reason, f.is_hard, f.original_id) for f in prose(QMAIL)]
    assert told == [
        ("bob@client.example", "5.1.1", "unknown_user", True, "v.1.2.3.abc@desk.example"),
        ("eve@client.example", "5.2.2", "mailbox_full", False, "v.1.2.3.abc@desk.example"),
    ]


def test_the_header_of_exim_names_the_recipient() -> None:
    (found,) = prose(
        "A message could not be delivered: all hosts failed permanently",
        x_failed_recipients=("Bob@client.example",),
    )
    assert (found.address, found.is_hard) == ("bob@client.example", False)


@pytest.mark.parametrize(
    ("words", "reason", "is_hard"),
    [
        ("550 5.1.1 User unknown", "unknown_user", True),
        ("450 4.1.1 User unknown", "unknown_user", False),
        ("550 5.1.2 Host unknown", "unknown_host", True),
        ("556 5.1.10 null MX", "no_mail", True),
        ("551 user has moved to x@y.example", "moved", True),
        ("550 5.2.1 account is disabled", "suspended", False),
        ("552 5.2.2 over quota", "mailbox_full", False),
        ("552 5.3.4 message size exceeds limit", "too_big", False),
        ("554 5.7.1 blocked: spamhaus", "spam", False),
        ("550 5.7.26 DMARC policy of the sender", "spam", False),
        ("553 5.1.8 Domain of sender address does not exist", "sender_refused", False),
        ("450 4.4.3 Host not found, try again", "network", False),
        ("554 5.7.1 Access denied", "refused", False),
        ("554 5.1.1 Access denied", "unknown_user", True),
        ("421 Connection timed out", "expired", False),
        ("550 Adresse d au moins un destinataire invalide. Utilisateur inconnu", "unknown_user", True),
    ],
)
def test_reasons(words: str, reason: str, is_hard: bool) -> None:
    (found,) = prose(f"Sorry.\n\n<bob@client.example>: {words}\n")
    assert (found.reason, found.is_hard) == (reason, is_hard)


def test_the_original_is_found_in_an_answer_too() -> None:
    assert original_message_id(ParsedMail(in_reply_to=("a@desk.example",))) == "a@desk.example"
    assert original_message_id(ParsedMail()) == ""


@given(st.text(max_size=600), st.text(max_size=300))
def test_any_words_are_read(text: str, report: str) -> None:
    for found in failed_recipients(ParsedMail(text=text, report={"message/delivery-status": (report,)})):
        assert found.reason
        assert not (found.is_hard and found.status.startswith("4"))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6,
        "a@" * 500_000,
        "a@b.c " * 160_000,
        "user " * 200_000,
        "Final-Recipient: a@b.example\n" * 35_000,
        "\n " * 500_000,
    ],
)
def test_a_megabyte_of_anything_takes_a_second_at_most(text: str) -> None:
    started = time.process_time()
    failed_recipients(ParsedMail(text=text, report={"message/delivery-status": (text,)}))
    failed_recipients(ParsedMail(text=text))
    assert time.process_time() - started < 2

"""Reply addresses and Message-IDs: genuine ones are read back, altered and guessed ones are nothing (MAIL-06, MAIL-09)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.channels.mail.rules.parsed import Address, ParsedMail
from vigie.channels.mail.rules.tokens import (
    MAC_BYTES,
    Mark,
    marks_of,
    message_id,
    message_marks_in,
    read_message_id,
    read_reply_address,
    reply_address,
    subject_numbers,
)

KEY = b"k" * 32
IDS = st.integers(min_value=1, max_value=2**63 - 1)
REPLY = reply_address(KEY, "support@desk.example", ticket=42, recipient=7)
MESSAGE = message_id(KEY, "desk.example", ticket=42, message=99, recipient=7)


def test_shapes() -> None:
    assert REPLY.startswith("support+16.7.")
    assert REPLY.endswith("@desk.example")
    assert MESSAGE.startswith("<v.16.2r.7.")
    assert MESSAGE.endswith("@desk.example>")
    assert MAC_BYTES * 8 >= 80


@given(IDS, IDS, IDS)
def test_a_mark_reads_back_in_any_case_and_fits_an_address(ticket: int, message: int, recipient: int) -> None:
    address = reply_address(KEY, "a@desk.example", ticket=ticket, recipient=recipient)
    assert address == address.lower()
    assert len(address.partition("@")[0]) <= 64
    assert read_reply_address(KEY, address.upper()) == Mark(ticket, recipient)
    header = message_id(KEY, "desk.example", ticket=ticket, message=message, recipient=recipient)
    assert read_message_id(KEY, header) == Mark(ticket, recipient, message)
    assert read_message_id(KEY, header.strip("<>").upper()) == Mark(ticket, recipient, message)


@pytest.mark.parametrize("at", range(len("support+"), REPLY.index("@")))
def test_one_altered_character_of_an_address_is_nothing(at: int) -> None:
    for other in "a2z7.":
        altered = REPLY[:at] + other + REPLY[at + 1 :]
        assert altered == REPLY or read_reply_address(KEY, altered) is None


@pytest.mark.parametrize("at", range(3, MESSAGE.index("@")))
def test_one_altered_character_of_a_message_id_is_nothing(at: int) -> None:
    for other in "a2z7.":
        altered = MESSAGE[:at] + other + MESSAGE[at + 1 :]
        assert altered == MESSAGE or read_message_id(KEY, altered) is None


def test_a_mark_of_another_recipient_or_ticket_is_another_mark() -> None:
    mac = REPLY.partition("@")[0].rpartition(".")[2]
    assert read_reply_address(KEY, f"support+16.8.{mac}@desk.example") is None
    assert read_reply_address(KEY, f"support+17.7.{mac}@desk.example") is None
    assert read_reply_address(b"other" * 8, REPLY) is None


def test_a_message_id_which_every_reader_sees_gives_no_reply_address() -> None:
    mac = MESSAGE.partition("@")[0].rpartition(".")[2]
    for body in ("16.7", "16.2r", "16.2r.7"):
        assert read_reply_address(KEY, f"support+{body}.{mac}@desk.example") is None


def test_leading_zeros_do_not_spell_the_same_mark_twice() -> None:
    assert read_reply_address(KEY, REPLY.replace("+16.", "+016.")) is None


def test_guessing_finds_nothing() -> None:
    dice = random.Random(20)
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    for _ in range(20_000):
        mac = "".join(dice.choices(alphabet, k=16))
        assert read_reply_address(KEY, f"support+16.7.{mac}@desk.example") is None


def test_ids_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="starts at 1"):
        reply_address(KEY, "a@b.example", ticket=0, recipient=1)


def test_marks_of_a_mail() -> None:
    older = message_id(KEY, "desk.example", ticket=42, message=98, recipient=7).strip("<>")
    newer = MESSAGE.strip("<>")
    mail = ParsedMail(
        to=(Address("boss@client.example"), Address(REPLY)),
        in_reply_to=("stranger@client.example",),
        references=(older, newer, "x" + newer),
        headers={"delivered-to": (f"<{reply_address(KEY, 'support@desk.example', ticket=5, recipient=6)}>",)},
    )
    found = marks_of(mail, KEY)
    assert found.replies == (Mark(5, 6), Mark(42, 7))
    assert found.messages == (Mark(42, 7, 99), Mark(42, 7, 98))
    assert marks_of(mail, b"another key").replies == ()


def test_message_ids_inside_a_returned_mail() -> None:
    text = f"Subject: x\nMessage-ID: {MESSAGE}\nReferences: {MESSAGE} <v.1.1.1.{'a' * 16}@desk.example>"
    assert message_marks_in(KEY, text) == (Mark(42, 7, 99),)


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Re: [INC-KLT-42] Panne", ("INC-KLT-42",)),
        ("TR : [req-klt-7] et [INC-KLT-42] [REQ-KLT-7]", ("REQ-KLT-7", "INC-KLT-42")),
        ("INC-KLT-42", ()),
        ("[INC-KLT-042]", ()),
        ("[#42]", ()),
    ],
)
def test_numbers_in_a_subject(subject: str, numbers: tuple[str, ...]) -> None:
    assert subject_numbers(subject) == numbers


@given(st.text(max_size=300))
def test_any_text_is_read_without_error(text: str) -> None:
    assert read_reply_address(KEY, text) is None
    assert read_message_id(KEY, text) is None
    assert message_marks_in(KEY, text) == ()
    subject_numbers(text)

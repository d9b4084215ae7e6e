"""Verdicts of the receiving server: only our own, only on top, only for the domain of the From (MAIL-05)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.channels.mail.rules.parsed import ParsedMail
from vigie.channels.mail.rules.parsing import read_mail
from vigie.channels.mail.rules.trust import NAMELESS, Trust, Verdict, trust_of

OURS = "mx.desk.example"


def mail(*verdicts: str, sender: str = "Ann <ann@corp.example>", more: str = "") -> ParsedMail:
    headers = "".join(f"Authentication-Results: {verdict}\r\n" for verdict in verdicts)
    return read_mail(f"{headers}{more}From: {sender}\r\nSubject: x\r\n\r\nbody".encode())


def verdict(*verdicts: str, sender: str = "Ann <ann@corp.example>", more: str = "") -> Trust:
    return trust_of(mail(*verdicts, sender=sender, more=more), OURS)


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ("mx.desk.example; dmarc=pass header.from=corp.example", "dmarc_pass"),
        (
            "MX.Desk.Example 1; spf=fail smtp.mailfrom=x@bounce.example; dkim=pass header.d=corp.example; dmarc=pass",
            "dmarc_pass",
        ),
        ("mx.desk.example; dkim=pass header.d=corp.example", "dkim_aligned"),
        ("mx.desk.example; dkim=pass header.i=@mail.corp.example", "dkim_aligned"),
        (
            "mx.desk.example; dkim=pass header.d=other.example; dkim=pass header.d=corp.example",
            "dkim_aligned",
        ),
        ("mx.desk.example; spf=pass (it is (truly) ours) smtp.mailfrom=ann@corp.example", "spf_aligned"),
        ("mx.desk.example; dmarc=none; dkim=pass header.d=corp.example", "dkim_aligned"),
    ],
)
def test_passes_of_the_from_domain_verify(header: str, detail: str) -> None:
    assert verdict(header) == Trust(Verdict.VERIFIED, detail)


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ("mx.desk.example; dmarc=fail header.from=corp.example", "dmarc_fail"),
        ("mx.desk.example; dkim=pass header.d=corp.example; dmarc=fail", "dmarc_fail"),
        ("mx.desk.example; dkim=pass header.d=evil.example", "no_pass"),
        ("mx.desk.example; dkim=pass header.d=notcorp.example", "no_pass"),
        ("mx.desk.example; dkim=pass header.d=example", "no_pass"),
        ("mx.desk.example; spf=pass smtp.mailfrom=x@evil.example", "no_pass"),
        ("mx.desk.example; spf=softfail smtp.mailfrom=x@corp.example", "spf_fail"),
        ("mx.desk.example; dmarc=pass header.from=evil.example", "no_pass"),
        ("mx.desk.example; arc=pass (i=1 dmarc=pass header.from=corp.example)", "no_pass"),
        ("mx.desk.example; none", "no_pass"),
        ('mx.desk.example; spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example', "no_pass"),
        (
            'mx.desk.example; spf=pass smtp.mailfrom="x header.d=corp.example"@evil.example; dkim=pass header.d=evil.example',
            "no_pass",
        ),
        (
            'mx.desk.example; dkim=pass header.d=evil.example header.x="a\\" header.i=@corp.example"',
            "no_pass",
        ),
        (
            "mx.desk.example; spf=pass (domain of x@evil.example; dmarc=pass) smtp.mailfrom=x@evil.example",
            "no_pass",
        ),
        ("mx.desk.example; spf=pass (unclosed; dmarc=pass", "no_pass"),
    ],
)
def test_other_verdicts_of_ours_do_not(header: str, detail: str) -> None:
    found = verdict(header)
    assert found.verdict is not Verdict.VERIFIED
    if "unclosed" not in header:
        assert found == Trust(Verdict.UNVERIFIED, detail)


PASS = "dmarc=pass header.from=corp.example"


def test_whose_verdict_counts() -> None:
    assert verdict().verdict is Verdict.UNKNOWN
    assert verdict(f"evil.example; {PASS}").verdict is Verdict.UNKNOWN
    assert verdict(f"{OURS}.evil.example; {PASS}").verdict is Verdict.UNKNOWN
    assert trust_of(mail(f"{OURS}; {PASS}"), "").verdict is Verdict.UNKNOWN
    assert verdict(f"{OURS}; {PASS}", "relay.example; dmarc=fail").verdict is Verdict.VERIFIED
    assert verdict(f"evil.example; {PASS}", f"{OURS}; {PASS}") == Trust(Verdict.UNVERIFIED, "foreign_above")
    assert verdict(f"{OURS}; dmarc=fail", f"{OURS}; {PASS}") == Trust(Verdict.UNVERIFIED, "dmarc_fail")
    assert verdict(f"{OURS}; spf=none", f"{OURS}; {PASS}") == Trust(Verdict.UNVERIFIED, "no_pass")


def test_arc_results_never_count() -> None:
    assert verdict(more=f"ARC-Authentication-Results: i=1; {OURS}; {PASS}\r\n").verdict is Verdict.UNKNOWN


def test_a_server_without_a_name() -> None:
    header = "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=corp.example; dmarc=pass action=none header.from=corp.example"
    assert trust_of(mail(header), NAMELESS) == Trust(Verdict.VERIFIED, "dmarc_pass")
    assert trust_of(mail(header), OURS).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("sender", "detail"),
    [
        ("a@corp.example, b@corp.example", "many_senders"),
        ("ann@corp.example <x@evil.example>", "many_senders"),
        ('"ann@corp.example" <x@evil.example>', "address_in_name"),
        ("=?utf-8?B?YW5uQGNvcnAuZXhhbXBsZQ==?= <x@evil.example>", ""),
        ("Team: ann@corp.example;", "group_in_from"),
        ("undisclosed:;", ""),
        ("ann@corp.example\0<evil@evil.example>", "nul_in_header"),
        ("Ann", "no_from"),
        ("x@evil.example\r\nFrom: ann@corp.example", ""),
    ],
)
def test_an_ambiguous_sender_is_unverified_whatever_the_server_says(sender: str, detail: str) -> None:
    for domain in ("corp.example", "evil.example"):
        found = verdict(f"{OURS}; dmarc=pass header.from={domain}", sender=sender)
        assert found.verdict is Verdict.UNVERIFIED
        assert not detail or found.detail == detail


@pytest.mark.parametrize(
    "sender",
    [
        '"Martin, Ann" <ann@corp.example>',
        "Société : Ann <ann@corp.example>",
        '"ann@corp.example" <ann@corp.example>',
        "ann@corp.example (Ann)",
    ],
)
def test_ordinary_senders_are_not_ambiguous(sender: str) -> None:
    assert verdict(f"{OURS}; {PASS}", sender=sender).verdict is Verdict.VERIFIED


@given(st.lists(st.text(max_size=120), max_size=4))
def test_no_header_that_does_not_begin_with_our_name_verifies(values: list[str]) -> None:
    headers = {"authentication-results": tuple(values), "from": ("ann@corp.example",)}
    found = trust_of(ParsedMail(sender=mail().sender, headers=headers), OURS)
    assert found.verdict is not Verdict.VERIFIED or values[0].strip().lower().startswith(OURS)


@given(st.text(alphabet='abc;="()\\ .@', max_size=60))
def test_what_a_stranger_writes_in_quotes_never_verifies(local: str) -> None:
    quoted = local.replace("\\", "\\\\").replace('"', '\\"')
    header = f'{OURS}; spf=pass smtp.mailfrom="{quoted}; dmarc=pass header.from=corp.example"@evil.example'
    assert verdict(header).verdict is not Verdict.VERIFIED

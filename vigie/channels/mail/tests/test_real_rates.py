"""How many statements of others about real mails hold. What differs is named, with the reason, so that a new one is seen."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from vigie.channels.mail.rules.delivery_status import failed_recipients
from vigie.channels.mail.rules.nature import Nature, nature_of
from vigie.channels.mail.rules.parsing import read_mail
from vigie.channels.mail.rules.reply_html import split_html_reply
from vigie.channels.mail.rules.reply_text import Reply, split_reply

MAILS = Path(__file__).resolve().parents[5] / "shared" / "data" / "mail"
pytestmark = pytest.mark.skipif(not MAILS.exists(), reason="the shared mails are not beside this checkout")


def stated(folder: str, name: str = "expected.json") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((MAILS / folder / name).read_text())
    return found


def text_of(file: str) -> str:
    return (MAILS / file).read_bytes().decode("utf-8", "replace")


def same(one: str, other: str) -> bool:
    return one.split() == other.split()


# -- natures --

KINDS = {
    "vacation": {Nature.AUTOMATIC, Nature.COMPLAINT},  # feedback loops are filed under this name
    "delivery report": {Nature.BOUNCE, Nature.RECEIPT},
}
OTHER_NATURE = {
    "bounces/lhost-fml-02.eml"
}  # a list program's "you are not member": no sign of a machine in it


def test_bounces_and_automatic_answers_are_recognised() -> None:
    cases = stated("bounces")
    other = {
        c["file"]
        for c in cases
        if nature_of(read_mail((MAILS / c["file"]).read_bytes())) not in KINDS[c["expected"]["kind"]]
    }
    assert other == OTHER_NATURE
    assert len(cases) == 315


MACHINES = {
    "discourse/auto_generated_allowlisted.eml": Nature.AUTOMATIC,
    "discourse/auto_generated_precedence.eml": Nature.LIST,
    "discourse/bounced_email_multiple_status_codes.eml": Nature.BOUNCE,
    "discourse/hard_bounce_via_verp.eml": Nature.BOUNCE,
    "discourse/mailinglist_dmarc_fail.eml": Nature.LIST,
    "discourse/reply_to_different_to_from_x_original_different.eml": Nature.LIST,
    "james/mail.eml": Nature.LIST,
    "james/mail2.eml": Nature.LIST,
    "james/mail4.eml": Nature.LIST,
    "james/spamMail.eml": Nature.LIST,
    "mime_corpus/thirdparty_014.eml": Nature.LIST,
    "php_mime/failure.eml": Nature.BOUNCE,
    "php_mime/issue212.eml": Nature.AUTOMATIC,
    "zammad/mail018.eml": Nature.BOUNCE,
    "zammad/mail052.eml": Nature.BOUNCE,
    "zammad/mail078.eml": Nature.BOUNCE,
    "zammad/mail092.eml": Nature.BOUNCE,
    "zammad_inline/case003.eml": Nature.AUTOMATIC,
}


def test_every_other_shared_mail_is_a_persons_but_for_those_that_are_not() -> None:
    found = {}
    for path in sorted(MAILS.glob("*/*.eml")):
        name = f"{path.parent.name}/{path.name}"
        if (
            path.parent.name != "bounces"
            and (nature := nature_of(read_mail(path.read_bytes()))) is not Nature.PERSON
        ):
            found[name] = nature
    assert found == MACHINES


# -- failed recipients --


def test_failed_recipients_of_real_bounces() -> None:
    mails = named = counted = pairs = hard = status = 0
    for case in stated("bounces"):
        told = [
            one for one in case["expected"]["recipients"] if one["reason"] not in ("delivered", "vacation")
        ]
        if not told:
            continue
        found = failed_recipients(read_mail((MAILS / case["file"]).read_bytes()))
        mails, named, counted = mails + 1, named + bool(found), counted + (len(found) == len(told))
        for ours, theirs in zip(found, told, strict=False):
            pairs += 1
            # "filtered" is their word for an unknown user told after the mail was sent: the address is dead all the same.
            hard += ours.is_hard == theirs["hard_bounce"] or theirs["reason"] == "filtered"
            # 5.0.9xx are numbers of their own, for bounces that state none.
            status += ours.status == theirs["dsn"] or ".0.9" in theirs["dsn"]
    assert mails == 302
    assert named >= 297
    assert counted >= 296
    assert hard / pairs >= 0.94
    assert status / pairs >= 0.96


# -- what is new --

OTHER_REPLY = {
    "reply_trimmer/forwarded_gmail.txt": "a forwarded mail is kept as content here",
    "talon-test_too_many_lines-0": "they look at the first lines only, and lose one that was written",
    "talon/signature_johndoeexamplecom.txt": "they learn signatures without a mark from thousands of mails",
    "talon/signature_short_url.txt": "a goodbye and a name are words; only contact details are folded",
    "reply_parser/email_15.txt": "words below 'Sent from' stay: they may be an answer below",
    "talon-test_reply_separated_by_hr-66": "they lose the name that the writer signed with",
}


def test_replies_as_others_split_them() -> None:
    verdicts = {**trimmed(), **inline(), **headers(), **whole_mails(), **fragments()}
    other = {name for name, holds in verdicts.items() if not holds}
    assert other == set(OTHER_REPLY)
    assert 1 - len(other) / len(verdicts) >= 0.95
    assert len(verdicts) == 120


def trimmed() -> dict[str, bool]:
    cases = stated("reply_trimmer")
    return {c["file"]: same(split_reply(text_of(c["file"])).written, c["expected"]["trimmed"]) for c in cases}


def inline() -> dict[str, bool]:
    verdicts = {}
    for case in stated("talon", "inline_quotation_cases.json"):
        if case["kind"] == "plain":
            verdicts[case["id"]] = same(split_reply(case["input"]).written, case["expected_reply"])
        else:
            written, _ = split_html_reply(case["input"])
            verdicts[case["id"]] = bare(written) == bare(case["expected_reply"])
    return verdicts


def bare(source: str) -> str:
    return re.sub(r"\s|</?(?:html|head|body)[^>]*>", "", html.unescape(source))


def headers() -> dict[str, bool]:
    cases = stated("reply_parser", "quote_header_cases.json")
    return {c["id"]: same(split_reply(c["input"]).written, c["expected_reply"]) for c in cases}


def whole_mails() -> dict[str, bool]:
    verdicts = {}
    for case in stated("talon"):
        file, told = case["file"], case["expected"]
        if "reply_text" in told:
            verdicts[file] = same(
                split_reply(read_mail((MAILS / file).read_bytes()).text).written, told["reply_text"]
            )
        elif "signature" in told:
            verdicts[file] = same(
                split_reply(text_of(file)).signature, told["signature"].replace("#sig#", "")
            )
        else:
            shown = re.sub(r"<[^>]*>", "", split_html_reply(text_of(file))[0])
            verdicts[file] = bare(shown) == bare(told["reply_text_ignoring_whitespace"])
    return verdicts


def fragments() -> dict[str, bool]:
    verdicts = {}
    for case in stated("reply_parser"):
        reply = split_reply(text_of(case["file"]))
        verdicts[case["file"]] = all(holds(reply, what, told) for what, told in case["expected"].items())
    return verdicts


def holds(reply: Reply, what: str, told: Any) -> bool:
    rest = (reply.signature, reply.quoted)
    return {
        "reply": lambda: same(reply.written, told),
        # their fragment ends where a signature begins; a bare name or goodbye stays with our words
        "first_fragment_trimmed": lambda: (
            one_line(reply.written).startswith(one_line(told))
            and len(one_line(reply.written)) < len(one_line(told)) + 40
        ),
        "first_fragment": lambda: one_line(reply.written).startswith(one_line(told)),
        "first_fragment_starts": lambda: reply.written.startswith(told),
        "first_fragment_contains": lambda: told in reply.written,
        "first_fragment_excludes": lambda: told not in reply.written,
        "second_fragment_starts": lambda: any(part.startswith(told) for part in rest),
        "signature_fragments": lambda: bool(reply.signature),
    }.get(what, lambda: True)()


def one_line(text: str) -> str:
    return " ".join(text.split())

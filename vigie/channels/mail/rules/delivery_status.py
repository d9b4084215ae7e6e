"""Who a mail did not reach, and why: read from a delivery report, or from the prose of servers that write none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from vigie.channels.mail.rules.bounce_reasons import HARD, reason_of
from vigie.channels.mail.rules.parsed import ParsedMail

_LOOKED_AT = 60_000  # characters of a body or of a report; what is beyond is the returned mail
_MOST = 50  # recipients taken from one report


@dataclass(frozen=True, slots=True)
class Failed:
    """A recipient that a mail did not reach; ``address`` is '' where the report names it without a domain.

    ``status`` is ``x.y.z`` (RFC 3463) and ``reply`` the three digits of SMTP, each '' when not told. ``reason`` is a code:
    ``unknown_user``, ``unknown_host``, ``moved``, ``no_mail``, ``mailbox_full``, ``suspended``, ``too_big``, ``expired``,
    ``delayed``, ``spam``, ``sender_refused``, ``refused``, ``network``, ``undefined``. ``is_hard``: the address itself is dead,
    so that trying again is vain. ``original_id`` is the Message-ID of the mail that failed, without ``<>``, or ''.
    """

    address: str
    status: str
    reply: str
    reason: str
    is_hard: bool
    detail: str
    original_id: str


_FIELD = re.compile(r"^([A-Za-z-]{2,40})[ \t]{0,5}:[ \t]{0,20}(.*)$")
_FINAL = re.compile(r"^final-recipient[ \t]{0,5}:", re.IGNORECASE | re.MULTILINE)
_ACTION = re.compile(r"^action[ \t]{0,5}:", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.:/-])([245][0-5]\d)(?=[\s\-:]|$)")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_MESSAGE_ID = re.compile(r"^message-id[ \t]{0,5}:\s{0,5}<([^<>\s]{3,900})>", re.IGNORECASE | re.MULTILINE)
# Where the server's own words end and the mail that it returns begins.
_RETURNED = re.compile(
    r"""^[->#*=\ ]{0,20}(?:this\ is\ a\ copy\ of\ (?:the|your)\ message | below\ this\ line\ is\ a\ copy
    | (?:the\ )?headers?\ of\ the\ original\ message | included\ is\ a\ copy
    | (?:returned|unsent|original)\ (?:message|mail) | message\ (?:headers?|text)\ follows?
    | start\ of\ returned\ message | (?:a\ copy\ of\ )?the\ original\ message\ (?:follows|is|below|headers))
    | ^(?:received|return-path|x-received|dkim-signature)\ ?:""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)
_NAMED = re.compile(
    r"^[ \t]{0,12}(?:[245]\d\d[ -]|(?:final[ -])?recipient(?:[ ]address)?[ ]?:[ ]?|could not be delivered to:?[ ])?"
    rf"[<\"\[(]?({_ADDRESS.pattern})[>\"\])]?(?=[:\s,;.(]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_HELPDESK = re.compile(r"^(?:support|help|abuse|postmaster|mailer-daemon)\b", re.IGNORECASE)
_LATE = re.compile(
    r"\bdelayed\b|not (?:yet )?been delivered|will (?:keep|continue|be retried|retry)", re.IGNORECASE
)


def failed_recipients(mail: ParsedMail) -> tuple[Failed, ...]:
    """The recipients that a bounce names, each once. Whether the mail is a bounce is ``nature_of``'s to say."""
    original = original_message_id(mail)
    prose = _prose(mail)
    report = "\n\n".join(mail.report.get("message/delivery-status", ()))[:_LOOKED_AT]
    if not report and _FINAL.search(mail.text[:_LOOKED_AT]):
        report = mail.text[:_LOOKED_AT]  # a report whose container is broken
    found = list(islice(_from_report(report, prose, original), _MOST)) if report else []
    if not found and not _ACTION.search(report):
        found = list(_from_prose(mail, prose, original))
    once: dict[str, Failed] = {}
    for failed in found:
        once.setdefault(failed.address, failed)
    return tuple(once.values())


def original_message_id(mail: ParsedMail) -> str:
    """The Message-ID of the mail that came back, without ``<>``, or ''."""
    for kind in ("text/rfc822-headers", "message/rfc822"):
        for headers in mail.report.get(kind, ()):
            if found := _MESSAGE_ID.search(headers[:_LOOKED_AT]):
                return found[1]
    if found := _MESSAGE_ID.search(mail.text[:_LOOKED_AT]):
        return found[1]
    return mail.in_reply_to[0] if mail.in_reply_to else ""


def _from_report(report: str, prose: str, original: str) -> Iterator[Failed]:
    for fields in _groups(report):
        recipient = fields.get("final-recipient") or fields.get("original-recipient") or ""
        action = fields.get("action", "failed").split(" ")[0].split(";")[0].lower()
        if not recipient or action in {"delivered", "relayed", "expanded"}:
            continue
        address = _address(recipient) or _address(fields.get("original-recipient", "")) or _address(prose)
        said = fields.get("diagnostic-code", "")
        words = said.partition(";")[2].strip() or said or _near(prose, address)
        yield _failed(address, fields.get("status", ""), words, original, is_late=action == "delayed")


def _groups(report: str) -> Iterator[dict[str, str]]:
    """The field groups of a report (one a recipient), folded lines joined, names in lower case."""
    fields: dict[str, str] = {}
    name = ""
    for line in [*report.splitlines(), ""]:
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0] in " \t" and name:
            fields[name] = f"{fields[name]} {line.strip()}"
        elif found := _FIELD.match(line):
            name = found[1].lower()
            if name == "final-recipient" and name in fields:
                yield fields
                fields = {}
            fields.setdefault(name, found[2].strip())


def _from_prose(mail: ParsedMail, prose: str, original: str) -> Iterator[Failed]:
    is_late = bool(_LATE.search(f"{mail.subject[:300]} {prose[:2000]}"))
    for address, words in _named(mail, prose):
        said = words if reason_of("", words) != "undefined" else prose[:2000]
        yield _failed(address, "", said, original, is_late=is_late)


def _named(mail: ParsedMail, prose: str) -> list[tuple[str, str]]:
    """Each address that the prose gives a line to, with the words up to the next one; else the first it mentions."""
    ours = {address.email for address in mail.to} | {mail.sender.email}
    told = ",".join(mail.headers.get("x-failed-recipients", ())).lower()
    named = [*islice((found for found in _NAMED.finditer(prose) if found[1].lower() not in ours), _MOST)]
    starts = [found for found in named if not _HELPDESK.match(found[1])] or named
    ends = [*(found.start() for found in starts[1:]), len(prose)][: len(starts)]
    blocks: dict[str, str] = {}
    for found, end in zip(starts, ends, strict=True):
        address = found[1].lower()
        blocks[address] = blocks.get(address, "") + prose[found.start() : end][:1000]
    for address in _ADDRESS.findall(told)[:_MOST]:
        blocks.setdefault(address, prose[:2000])
    if blocks:
        return list(blocks.items())
    mentioned = (
        found
        for found in _ADDRESS.finditer(prose)
        if found[0].lower() not in ours and not _HELPDESK.match(found[0])
    )
    first = next(mentioned, None)
    return [(first[0].lower(), prose[max(first.start() - 200, 0) : first.end() + 800])] if first else []


def _prose(mail: ParsedMail) -> str:
    """What the server wrote, without the mail that it returns."""
    text = mail.text[:_LOOKED_AT]
    mark = next((found for found in _RETURNED.finditer(text) if text[: found.start()].strip()), None)
    return text[: mark.start()] if mark else text


def _near(prose: str, address: str) -> str:
    """The words around an address in the prose, for a report that gives no reason of its own."""
    start = prose.lower().find(address.lower()) if address else -1
    return prose[max(start - 200, 0) : start + 800] if start >= 0 else prose[:2000]


def _failed(address: str, status: str, words: str, original: str, *, is_late: bool) -> Failed:
    words = " ".join(words.split())
    told = _STATUS.search(words)
    found = _STATUS.search(status)
    code = found[1] if found else ""
    if told and (not code or code.endswith(".0")):
        code = told[1]
    reply = _REPLY.search(words)
    reason = "delayed" if is_late else reason_of(code, words)
    is_hard = reason in HARD and not code.startswith("4")
    return Failed(address, code, reply[1] if reply else "", reason, is_hard, words[:500], original)


def _address(value: str) -> str:
    found = _ADDRESS.search(value)
    return found[0].lower() if found else ""

"""Who a mail did not reach, and why: read from a delivery report, or from the prose of servers that write none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vigie.channels.mail.rules.bounce_reasons import HARD, reason_of
from vigie.channels.mail.rules.parsed import ParsedMail

_LOOKED_AT = 60_000  # characters of a body or of a report; what is beyond is the returned mail
_MOST = 50  # recipients taken from one report


@dataclass(frozen=True, slots=True)
class Failed:
    """A recipient that a mail did not reach.

    ``status`` is ``x.y.z`` (RFC 3463) and ``reply`` the three digits of SMTP, each '' when not told. ``reason`` is a code:
    ``unknown_user``, ``unknown_host``, ``moved``, ``no_mail``, ``mailbox_full``, ``suspended``, ``too_big``, ``expired``,
    ``delayed``, ``spam``, ``refused``, ``network``, ``undefined``. ``is_hard``: the address itself is dead, so that trying again is
    vain. ``original_id`` is the Message-ID of the mail that failed, without ``<>``, or ''.
    """

    address: str
    status: str
    reply: str
    reason: str
    is_hard: bool
    detail: str
    original_id: str


_FIELD = re.compile(r"^([A-Za-z-]{2,40})[ \t]{0,5}:[ \t]{0,20}(.*)$")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.:/-])([245][0-5]\d)(?=[\s\-:]|$)")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_MESSAGE_ID = re.compile(r"^message-id[ \t]{0,5}:\s{0,5}<([^<>\s]{3,900})>", re.IGNORECASE | re.MULTILINE)
_RETURNED_MARK = re.compile(
    r"""^\s{0,3}[->#*\ ]*(?:this\ is\ a\ copy\ of\ (?:the|your)\ message
    | below\ this\ line\ is\ a\ copy | original\ message
    | (?:the\ )?header\ of\ the\ original\ message
    | included\ is\ a\ copy
    | (?:returned\ message|unsent\ message)\ (?:follows|below)
    | message\ (?:headers?|text)\ follows? | start\ of\ returned\ message
    | (?:a\ copy\ of\ )?(?:the\ )?original\ message\ (?:follows|is|below|headers))""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def failed_recipients(mail: ParsedMail) -> tuple[Failed, ...]:
    """The recipients that a bounce names, each once. Empty for a report of success, and for a mail that is no bounce."""
    original = original_message_id(mail)
    reports = "\n\n".join(mail.report.get("message/delivery-status", ()))[:_LOOKED_AT]
    prose = _prose(mail)
    found = list(_from_report(reports, prose, original)) if reports else []
    if not found and not reports:
        found = list(_from_prose(mail, prose, original))
    return tuple({failed.address: failed for failed in reversed(found)}.values())[::-1][:_MOST]


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
    named = _ADDRESS.findall(",".join(mail.headers.get("x-failed-recipients", ())))
    ours = {address.email for address in mail.to} | {mail.sender.email}
    addresses = named or [found for found in _ADDRESS.findall(prose) if found.lower() not in ours]
    is_late = bool(
        re.search(
            r"\bdelay|has not (?:yet )?been delivered|will (?:keep|continue|be retried|retry)",
            f"{mail.subject} {prose[:2000]}",
            re.IGNORECASE,
        )
    )
    for address in dict.fromkeys(address.lower() for address in addresses):
        words = _near(prose, address)
        if named or reason_of("", words) != "undefined" or _STATUS.search(words):
            yield _failed(address, "", words, original, is_late=is_late)


def _prose(mail: ParsedMail) -> str:
    """What the server wrote, without the mail that it returns."""
    text = mail.text or re.sub(r"<[^<>]{0,2000}>", " ", mail.html[:_LOOKED_AT])
    text = text[:_LOOKED_AT]
    mark = _RETURNED_MARK.search(text)
    return text[: mark.start()] if mark and mark.start() > 40 else text


def _near(prose: str, address: str) -> str:
    """The words that follow an address in the prose, up to the next one."""
    start = prose.lower().find(address.lower()) if address else -1
    if start < 0:
        return prose[:2000]
    return prose[max(start - 200, 0) : start + 800]


def _failed(address: str, status: str, words: str, original: str, *, is_late: bool) -> Failed:
    words = " ".join(words.split())
    told = _STATUS.search(words)
    found = _STATUS.search(status)
    code = found[1] if found else ""
    if told and (not code or code.endswith((".0.0", ".0"))):
        code = told[1]
    reply = _REPLY.search(words)
    reason = "delayed" if is_late else reason_of(code, words)
    is_hard = reason in HARD and not code.startswith("4")
    return Failed(address, code, reply[1] if reply else "", reason, is_hard, words[:500], original)


def _address(value: str) -> str:
    found = _ADDRESS.search(value)
    return found[0].lower() if found else ""

"""Who vouches for the sender of a mail: the verdict of our own mail server, and nobody else's.

A mail can hold any header its writer likes, so exactly one Authentication-Results header counts: the topmost (headers are
added on top), and only when it names our server. A second one of our name below may be forged, and nothing in the mail
tells: a server that writes one for each check must put the one of DMARC on top, as OpenDMARC does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vigie.channels.mail.rules.parsed import ParsedMail

NAMELESS = "-"  # as authserv_id: our server signs no name (Microsoft 365)

_AMBIGUOUS = frozenset({"two_from", "many_senders", "no_from", "nul_in_header"})
_METHOD = re.compile(r"^\s*(dmarc|dkim|spf)\s*(?:/\s*1)?\s*=\s*([a-z]+)\b(.*)$", re.DOTALL)
_PROPERTY = re.compile(r"(?<!\S)([a-z]+\.[a-z-]+)\s*=\s*((?:\"[^\"]*\"|[^\s;\"])+)")
_ADDRESS = re.compile(r"[^\s<>,;:\"()@]{1,64}@[^\s<>,;:\"()@]{1,190}\.[^\s<>,;:\"()@.]{1,63}")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|\([^()]*\)")
_FAILED = frozenset({"fail", "softfail", "permerror", "policy", "hardfail"})


class Verdict(StrEnum):
    VERIFIED = "verified"
    UNKNOWN = "unknown"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Trust:
    """``detail`` is the code of why: ``dmarc_pass``, ``dkim_aligned``, ``forged_above``, ``two_from`` …"""

    verdict: Verdict
    detail: str


def is_vouched_for(verdict: str, authserv_id: str) -> bool:
    """Whether a sender's words may act. Where our server gives verdicts, none is not enough: the mail went around it."""
    return verdict == Verdict.VERIFIED or (verdict == Verdict.UNKNOWN and not authserv_id.strip())


@dataclass(frozen=True, slots=True)
class _Result:
    method: str
    result: str
    properties: Mapping[str, str]


def trust_of(mail: ParsedMail, authserv_id: str) -> Trust:
    """How sure it is that the mail comes from the domain of its From. ``authserv_id``: the name of our mail server."""
    if wrong := _wrong_sender(mail):
        return Trust(Verdict.UNVERIFIED, wrong)
    headers = mail.headers.get("authentication-results", ())
    servers = [_server(value) for value in headers]
    ours = authserv_id.strip().lower()
    if not ours or ours not in servers:
        return Trust(Verdict.UNKNOWN, "no_verdict")
    if servers[0] != ours:
        return Trust(Verdict.UNVERIFIED, "foreign_above")
    return _read(headers[0], _domain(mail.sender.email))


def _wrong_sender(mail: ParsedMail) -> str:
    """The code of what makes a From ambiguous, so that people and servers may read different senders in it; or ''."""
    for defect in mail.defects:
        if defect in _AMBIGUOUS:
            return defect
    if not mail.sender.email:
        return "no_from"
    outside = _QUOTED.sub(" ", mail.header("from")).strip()
    if outside.endswith(";") or (":" in outside and "<" not in outside):
        return "group_in_from"
    if len({found.lower() for found in _ADDRESS.findall(outside)}) > 1:
        return "many_senders"
    shown = {address.lower() for address in _ADDRESS.findall(mail.sender.name)}
    if shown - {mail.sender.email}:
        return "address_in_name"
    return ""


def _server(value: str) -> str:
    first = _clauses(value)[0].split()
    if not first or "=" in first[0]:
        return NAMELESS
    return first[0].strip('"').lower()


def _read(value: str, domain: str) -> Trust:
    """What a header of ours says about ``domain``."""
    known = [result for clause in _clauses(value) if (result := _result(clause))]
    dmarc = [r for r in known if r.method == "dmarc" and r.properties.get("header.from", domain) == domain]
    if any(result.result in _FAILED for result in dmarc):
        return Trust(Verdict.UNVERIFIED, "dmarc_fail")
    if any(result.result == "pass" for result in dmarc):
        return Trust(Verdict.VERIFIED, "dmarc_pass")
    for result in known:
        if result.result == "pass" and result.method != "dmarc" and _speaks_for(result, domain):
            return Trust(Verdict.VERIFIED, f"{result.method}_aligned")
    failed = next((result for result in known if result.result in _FAILED), None)
    return Trust(Verdict.UNVERIFIED, f"{failed.method}_fail" if failed else "no_pass")


def _clauses(value: str) -> list[str]:
    """The parts of a header between its semicolons, comments left out. What a stranger may write inside quotes or a
    comment (his address, say) ends no part; a header that closes neither has no parts at all."""
    parts: list[str] = []
    current: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in value:
        if escaped:
            escaped = False
            if char == '"':
                continue
        elif char == "\\" and (quoted or depth):
            escaped = True
            continue
        elif char == '"' and not depth:
            quoted = not quoted
        elif not quoted and char in "()":
            depth = depth + 1 if char == "(" else max(depth - 1, 0)
            continue
        elif char == ";" and not quoted and not depth:
            parts.append("".join(current))
            current = []
            continue
        if not depth:
            current.append(char)
    parts.append("".join(current))
    return [""] if quoted or depth else parts


def _result(clause: str) -> _Result | None:
    found = _METHOD.match(clause.lower())
    if not found:
        return None
    method, result, rest = found.groups()
    return _Result(method, result, dict(_PROPERTY.findall(rest)))


def _speaks_for(result: _Result, domain: str) -> bool:
    names = ("header.d", "header.i") if result.method == "dkim" else ("smtp.mailfrom", "smtp.mail")
    vouched = next((result.properties[name] for name in names if name in result.properties), "")
    return _aligned(_domain(vouched) or vouched, domain)


def _aligned(vouched: str, domain: str) -> bool:
    """The same domain, or one below the other. Stricter than DMARC's relaxed rule, which needs the list of registries."""
    if vouched.count(".") < 1 or domain.count(".") < 1:
        return False
    return vouched == domain or vouched.endswith(f".{domain}") or domain.endswith(f".{vouched}")


def _domain(address: str) -> str:
    return address.rpartition("@")[2].rstrip(".").lower() if "@" in address else ""

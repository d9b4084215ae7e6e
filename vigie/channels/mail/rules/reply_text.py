"""What is new in a mail: the words of its writer, apart from what is quoted below and from the signature.

When in doubt, words stay: what is folded away by mistake is not read, what is shown twice only takes room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vigie.channels.mail.rules import quote_marks as marks

_LOOKED_AT = 4000  # lines where a quotation may begin; a longer text stays as written from there on
_LONGEST_SIGNATURE = 15  # lines
_WIDEST_SIGNATURE = 90  # characters of a line


@dataclass(frozen=True, slots=True)
class Reply:
    """A text in three: every line of it is in one of them, in its order. A forwarded mail is part of ``written``."""

    written: str
    quoted: str = ""
    signature: str = ""


def split_reply(text: str, subject: str = "") -> Reply:
    """Split the plain text of a mail. ``subject`` tells a mail that is passed on, whose headers are then content."""
    lines = _lines(text)
    end = _first_forward(lines)
    written, quoted = _cut(lines[:end], is_forward=marks.is_forward_subject(subject))
    written, signature = _sign(written)
    if not _has_words(written) and end == len(lines):
        # Nothing but a quotation: someone passes it on, or answers inside it.
        return Reply(_joined(lines))
    forwarded = lines[end:]
    if forwarded and quoted and not _has_words(written):
        return Reply(_joined(lines))
    return Reply(_joined([*written, *forwarded]), _joined(quoted), _joined(signature))


def split_signature(text: str) -> Reply:
    """Split a first mail: only its signature goes. What it passes on, below the signature, is what it is about."""
    lines = _lines(text)
    end = passed_on_at(lines)
    start = signature_at(lines[:end])
    return Reply(_joined([*lines[:start], *lines[end:]]), signature=_joined(lines[start:end]))


def passed_on_at(lines: Sequence[str]) -> int:
    """Where another mail begins inside a first one, or the end."""
    for at in range(min(len(lines), _LOOKED_AT)):
        is_mark = marks.is_forward(lines[at]) or marks.is_original(lines[at])
        if is_mark or marks.headers_at(lines, at) or marks.attribution_at(lines, at):
            return at
    return len(lines)


def signature_at(lines: Sequence[str]) -> int:
    """Where the signature, the line of a device or the legal notice begins that ends these lines, or the end."""
    end = len(lines)
    for at in range(_last_lines(lines), len(lines)):
        if marks.is_legal(" ".join(lines[at : at + 4])) and _has_words(lines[:at]):
            end = at
            break
    return len(_sign(lines[:end])[0])


def _lines(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n"):
        if "---" not in line:
            lines.append(line)
            continue
        words, header = marks.split_shared(line)
        lines.append(words)
        if header:
            lines.append(header)
    return lines


def _first_forward(lines: list[str]) -> int:
    """Where a forwarded mail begins that is not itself quoted, or the end."""
    for at, line in enumerate(lines[:_LOOKED_AT]):
        if marks.is_original(line):
            break
        if marks.is_forward(line):
            return at
    return len(lines)


def _cut(lines: list[str], *, is_forward: bool) -> tuple[list[str], list[str]]:
    """Written and quoted lines. A quotation that runs to the end goes; one between two answers stays for their sense."""
    at = 0
    while at < min(len(lines), _LOOKED_AT):
        if marks.is_original(lines[at]) or (not is_forward and marks.headers_at(lines, at)):
            start = at - 1 if at and marks.is_rule(lines[at - 1]) else at
            start = _over_blank_rule(lines, start)
            return _unanswered(lines[:start], lines[start:])
        taken = 0 if _is_quoted(lines[at]) else marks.attribution_at(lines, at)
        if taken:
            return _below_header(lines, at, at + taken)
        at += 1
    return _without_last_quote(lines)


def _over_blank_rule(lines: list[str], start: int) -> int:
    """A rule that stands some blank lines above the headers belongs to them."""
    above = start
    while above and not lines[above - 1].strip():
        above -= 1
    return above - 1 if above and marks.is_rule(lines[above - 1]) else start


def _unanswered(above: list[str], below: list[str]) -> tuple[list[str], list[str]]:
    kept, quoted = _without_last_quote(above)
    return kept, [*quoted, *below]


def _below_header(lines: list[str], header: int, body: int) -> tuple[list[str], list[str]]:
    """Split at a quote header. Marked with ``>``, the quotation ends where the marks end; unmarked, with the mail."""
    while body < len(lines) and not lines[body].strip():
        body += 1
    above, below = lines[:header], lines[body:]
    first = next((line for line in below if line.strip()), "")
    if not _is_quoted(first):
        if _has_words(above):
            return _unanswered(above, lines[header:])
        return below, lines[:body]
    runs = _runs(below)
    answers = [run for is_quote, run in runs if not is_quote and _has_words(run)]
    if len(answers) > 1 or (
        len(answers) == 1 and any(is_quote for is_quote, _ in runs[runs.index((False, answers[0])) :])
    ):
        kept, last = _without_last_quote(below)
        return [*above, *kept], [*lines[header:body], *last]
    quoted = [line for is_quote, run in runs if is_quote for line in run]
    return [*above, *(answers[0] if answers else [])], [*lines[header:body], *quoted]


def _runs(lines: list[str]) -> list[tuple[bool, list[str]]]:
    """Lines in runs, quoted or not. A quoted line that a program wrapped leaves one or two lines unmarked: still quoted."""
    runs: list[tuple[bool, list[str]]] = []
    for line in lines:
        is_quote = _is_quoted(line) if line.strip() else bool(runs and runs[-1][0])
        if runs and runs[-1][0] == is_quote:
            runs[-1][1].append(line)
        else:
            runs.append((is_quote, [line]))
    merged: list[tuple[bool, list[str]]] = []
    for at, (is_quote, run) in enumerate(runs):
        is_wrap = (
            not is_quote and 0 < at < len(runs) - 1 and len(run) <= 2 and bool(runs[at - 1][1][-1].strip())
        )
        if merged and (merged[-1][0] == is_quote or is_wrap):
            merged[-1][1].extend(run)
        else:
            merged.append((is_quote, run))
    return merged


def _without_last_quote(lines: list[str]) -> tuple[list[str], list[str]]:
    """Take off a marked quotation that ends the text, unless nothing stands above it."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or _is_quoted(lines[end - 1])):
        end -= 1
    if end == 0 or not any(_is_quoted(line) for line in lines[end:]):
        return lines, []
    return lines[:end], lines[end:]


def _is_quoted(line: str) -> bool:
    bare = line.lstrip()
    return bare[:1] in {">", "|"} and not (bare.startswith(">") and bare.rstrip().endswith("<<<"))


def _sign(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take off what is below ``-- ``, the lines of a device, and the details below a goodbye."""
    for at in range(_last_lines(lines), len(lines)):
        if marks.is_delimiter(lines[at]) and _has_words(lines[:at]):
            above, devices = _without_devices(lines[:at])
            return above, [*devices, *lines[at:]]
    above, devices = _without_devices(lines)
    at = _goodbye(above)
    return above[:at], [*above[at:], *devices]


def _last_lines(lines: Sequence[str]) -> int:
    """Where the last lines begin, as many as a signature may have, blank ones not counted."""
    start = max(len(lines) - 8 * _LONGEST_SIGNATURE, 0)
    filled = [at for at in range(start, len(lines)) if lines[at].strip()]
    return filled[-min(2 * _LONGEST_SIGNATURE, len(filled))] if filled else start


def _without_devices(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or marks.is_device(lines[end - 1])):
        end -= 1
    if not any(line.strip() for line in lines[end:]):
        return list(lines), []
    return list(lines[:end]), list(lines[end:])


def _goodbye(lines: Sequence[str]) -> int:
    """Where a signature begins at a goodbye with contact details below it, or the end. A bare name stays with the words."""
    for at in range(len(lines) - 1, _last_lines(lines) - 1, -1):
        if not marks.is_farewell(lines[at]):
            continue
        details = [line for line in lines[at + 1 :] if line.strip()]
        is_card = len(details) <= _LONGEST_SIGNATURE and all(
            len(line) <= _WIDEST_SIGNATURE for line in details
        )
        if is_card and any(map(marks.is_contact, details)) and _has_words(lines[:at]):
            return at
    return len(lines)


def _has_words(lines: Sequence[str]) -> bool:
    return any(line.strip() and not _is_quoted(line) and not marks.is_rule(line) for line in lines)


def _joined(lines: list[str]) -> str:
    first, last = 0, len(lines)
    while first < last and not lines[first].strip():
        first += 1
    while last > first and not lines[last - 1].strip():
        last -= 1
    return "\n".join(lines[first:last])

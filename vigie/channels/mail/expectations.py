"""What others state about the shared mails, compared by meaning with what we read: one function a set.

Sets and their shapes: ``shared/data/mail/README.md``. A statement is a sentence of theirs that can hold or not; what
they state about things that this command does not do (which ticket, which user) is told apart as not asked.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vigie.channels.mail.rules.addresses import addresses
from vigie.channels.mail.rules.charsets import decode, one_line
from vigie.channels.mail.rules.delivery_status import failed_recipients
from vigie.channels.mail.rules.encoded_words import decoded_words
from vigie.channels.mail.rules.html_text import html_text
from vigie.channels.mail.rules.nature import Nature, nature_of
from vigie.channels.mail.rules.parsed import Address, ParsedMail, Part
from vigie.channels.mail.rules.reply_html import split_html_reply
from vigie.channels.mail.rules.reply_text import split_reply


@dataclass(frozen=True, slots=True)
class Statement:
    """``what`` is stated, in two words; ``told`` by the source, ``got`` by us."""

    what: str
    holds: bool
    told: str = ""
    got: str = ""


Stated = Iterator[Statement]


def statements(folder: str, mail: ParsedMail, expected: dict[str, Any]) -> list[Statement]:
    """Everything that a source states about a mail and that we can answer."""
    compare = _SETS.get(folder)
    return list(compare(mail, expected)) if compare and expected else []


def not_asked(folder: str, expected: dict[str, Any]) -> list[str]:
    """The names of what is stated about other things than reading a mail."""
    if folder in ("zammad", "zammad_inline"):
        expected = expected.get("intake") or {}
        return [name for name in ("ticket", "users") if expected.get(name)]
    return [name for name in expected if name in _NOT_ASKED] if folder == "discourse" else []


_NOT_ASKED = frozenset(
    {
        "outcome",
        "reason",
        "thread",
        "participants",
        "command",
        "spam",
        "from_local_hint",
        "original_sender",
        "forwarded",
    }
)


# -- meaning --


def _is(what: str, told: object, got: object) -> Statement:
    return Statement(what, told == got, str(told), str(got))


def _same(what: str, told: str, got: str) -> Statement:
    """The same text, blanks aside."""
    return Statement(what, one_line(told) == one_line(got), told, got)


def _says(what: str, whole: str, part: str) -> Statement:
    """The words of ``part`` stand in ``whole``, in their order."""
    return Statement(what, f" {' '.join(_words(part))} " in f" {' '.join(_words(whole))} ", part, whole)


def _mostly(what: str, whole: str, part: str) -> Statement:
    """At least 95 of 100 words of ``part`` are in ``whole``: what a peer's clean-up of HTML leaves comparable."""
    wanted, had = Counter(_words(part)), Counter(_words(whole))
    missing = wanted - had
    return Statement(
        what, missing.total() * 20 <= wanted.total(), part, f"{whole}\n-- missing: {' '.join(missing)}"
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _shown(mail: ParsedMail) -> str:
    """All that a reader could see of the body."""
    return f"{mail.text}\n{html_text(mail.html)}"


def _words_of_html(source: str) -> str:
    """Its text without the addresses of links, which peers write in forms of their own."""
    return re.sub(r"<https?:[^>]*>", " ", html_text(source))


def _written(mail: ParsedMail) -> str:
    """What is new in the mail, in text."""
    if mail.text_is_derived:
        return html_text(split_html_reply(mail.html)[0])
    return split_reply(mail.text, mail.subject).written


def _emails(people: tuple[Address, ...]) -> list[str]:
    return sorted(one.email for one in people if one.email)


def _people(what: str, told: str, got: tuple[Address, ...]) -> Statement:
    return _is(what, _emails(addresses(decoded_words(told))), _emails(got))


def _file(mail: ParsedMail, name: str, size: int | None = None) -> Statement:
    fits = any(part.name == one_line(name) and size in (None, len(part.data)) for part in mail.parts)
    return Statement(f"file {name}", fits, f"{name} ({size})", _files(mail))


def _files(mail: ParsedMail) -> str:
    return ", ".join(f"{part.name} ({len(part.data)})" for part in mail.parts)


# -- one function a set --


def _zammad(mail: ParsedMail, expected: dict[str, Any]) -> Stated:
    yield from _zammad_parse(mail, expected.get("parse") or {})
    yield from _zammad_intake(mail, expected.get("intake") or {})
    facts = expected.get("facts") or {}
    if "is_auto_response" in facts:
        yield _is("is automatic", True, nature_of(mail) is not Nature.PERSON)
    if "bounce" in facts:
        yield _is("is a bounce", Nature.BOUNCE, nature_of(mail))
    if first := facts.get("attachments_first"):
        yield _file(mail, first["filename"])
        yield _says("text of file", decode(mail.parts[0].data)[0] if mail.parts else "", first["content"])


def _zammad_parse(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    if "from_email" in told:
        yield _is("from", told["from_email"].lower().rstrip("."), mail.sender.email)
        yield _same("name of sender", told.get("from_display_name") or "", mail.sender.name)
    if "subject" in told:
        yield _same("subject", told["subject"], mail.subject)
    for name, people in (("to", mail.to), ("cc", mail.cc), ("reply-to", mail.reply_to)):
        if name in told:
            yield _people(name, told[name], people)
    if told.get("body"):
        yield _mostly("body", _shown(mail), _words_of_html(told["body"]))
    for file in told.get("attachments", ()):
        if file.get("content_alternative"):
            yield Statement("HTML body", bool(mail.html), file["filename"], mail.html)
        else:
            there = any(_is_file_of_zammad(part, file) for part in mail.parts)
            yield Statement(f"file {file['filename']}", there, str(file["bytes"]), _files(mail))


def _is_file_of_zammad(part: Part, file: dict[str, Any]) -> bool:
    """Same name and same bytes: as sent, or as Zammad keeps them (text in UTF-8 and LF, other files in base64)."""
    text = decode(part.data)[0].encode()
    forms = (part.data, text, part.data.replace(b"\r\n", b"\n"), base64.b64encode(part.data))
    sums = {hashlib.sha256(form).hexdigest() for form in forms}
    same_name = one_line(file["filename"]) == part.name
    return same_name and file["sha256_of_decoded_utf8"] in sums


def _zammad_intake(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    ticket, message = told.get("ticket") or {}, told.get("message") or {}
    if title := ticket.get("title"):
        yield _same("subject", "" if title == "-" else title, mail.subject)
    if "from" in message:
        yield _people("from", message["from"], (mail.sender,))
    if "body" in message:
        yield _mostly("body", _shown(mail), _words_of_html(message["body"]))
    known = {one.email for one in (mail.sender, *mail.to, *mail.cc, *mail.reply_to)}
    for user in told.get("users") or ():
        if "@" in user.get("email", ""):
            yield Statement("person", user["email"] in known, user["email"], ", ".join(sorted(known)))


def _bounces(mail: ParsedMail, expected: dict[str, Any]) -> Stated:
    nature = nature_of(mail)
    kinds = {
        "vacation": {Nature.AUTOMATIC},
        "delivery report": {Nature.BOUNCE, Nature.COMPLAINT, Nature.RECEIPT},
    }
    yield Statement("kind", nature in kinds[expected["kind"]], expected["kind"], nature)
    failed = failed_recipients(mail)
    told = [
        one for one in expected["recipients"] if one["reason"] not in ("vacation", "delivered", "feedback")
    ]
    if told:
        reasons = "/".join(sorted({one["reason"] for one in told}))
        is_hard = any(one["hard_bounce"] for one in told)
        yield _is(f"hardness of {reasons}", is_hard, any(one.is_hard for one in failed))
        than = "fewer" if len(failed) < len(told) else "more"
        yield _is(f"number of recipients, {than} are read", len(told), len(failed))


def _discourse(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    written = _written(mail)
    if "body" in told:
        yield _same("written", told["body"], written)
    for name in ("body_markdown", "original_body_contains", "body_contains", "body_html_preferred_contains"):
        for part in [told[name]] if isinstance(told.get(name), str) else told.get(name, ()):
            yield _says(name, _shown(mail), _without_marks(part))
    if "trimmed_part" in told:
        rest = " ".join(_words(_without_marks(told["trimmed_part"])))
        yield Statement("folded", rest not in " ".join(_words(written)), rest, written)
    for file in told.get("attachments", ()):
        yield _file(mail, file["filename"], file["bytes"])
    if "attachments_min" in told:
        yield Statement(
            "files",
            len(mail.parts) >= told["attachments_min"],
            str(told["attachments_min"]),
            str(len(mail.parts)),
        )
    yield from _discourse_headers(mail, told)
    if told.get("auto_generated"):
        yield _is("is automatic", True, nature_of(mail) is not Nature.PERSON)
    if told.get("bounce"):
        yield _is("is a bounce", Nature.BOUNCE, nature_of(mail))
    if "bounce_kind" in told:
        yield _is("hard", [told["bounce_kind"] == "hard"], [one.is_hard for one in failed_recipients(mail)])
        yield _is("status", [told["status"]], [one.status for one in failed_recipients(mail)])


def _discourse_headers(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    plain = {"subject": mail.subject, "from_name": mail.sender.name, "from_email": mail.sender.email}
    if told.get("forwarded"):
        return  # what is stated is then of the mail that was passed on
    for name, got in {**plain, "message_id": mail.message_id}.items():
        if name in told:
            yield _same(name, told[name], got)
    for name, people in (("to", mail.to), ("cc", mail.cc)):
        if name in told:
            yield _is(name, sorted(told[name]), _emails(people))
        if f"{name}_contains" in told:
            missing = set(told[f"{name}_contains"]) - {one.email for one in people}
            yield Statement(name, not missing, str(told[f"{name}_contains"]), str(_emails(people)))


def _without_marks(markdown: str) -> str:
    """Markdown as the words it shows."""
    return re.sub(r"<https?:[^>]*>|:\+1:", " ", markdown)


def _mime_corpus(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    if told.get("subject"):
        yield _same("subject", told["subject"]["Text"], mail.subject)
    if told.get("message_id"):
        yield _is("id", told["message_id"].get("Text"), mail.message_id)
    for name, got in (("from", (mail.sender,)), ("to", mail.to)):
        people = ((told.get(name) or {}).get("Address") or {}).get("List")
        if people:
            yield _is(
                name,
                sorted((one.get("address") or "").lower() for one in people),
                sorted(a.email for a in got),
            )
    parts = [part for part in told["parts"] if part.get("text") or part.get("html")]
    everything = _shown(mail) + "".join(decode(part.data)[0] for part in mail.parts)
    for part in parts:
        text = html_text(part["html"]) if part.get("html") else part["text"]
        yield _mostly("text", everything, text.replace("\ufffd", " "))
    for part in told["parts"]:
        if name := _name_of_stalwart(part):
            yield _file(mail, name)


def _name_of_stalwart(part: dict[str, Any]) -> str:
    attributes = ((part.get("content_type") or {}).get("ContentType") or {}).get("attributes") or ()
    names = (one["value"] for one in attributes if one["name"] == "name")
    return next(names, "") if part.get("kind") in ("Binary", "InlineBinary") else ""


def _php_mime(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    yield _same("subject", told["subject"], mail.subject)
    yield _is("from", sorted(one["email"].lower() for one in told["from_addresses"]), _emails((mail.sender,)))
    yield _is("to", sorted(one["email"].lower() for one in told["to_addresses"]), _emails(mail.to))
    for name, got in (("text", mail.text), ("html", mail.html)):
        wanted = told.get(name) or {}
        if "equals" in wanted and not (name == "text" and mail.text_is_derived):
            yield _same(name, wanted["equals"], got)
        if "contains" in wanted:
            yield _is(name, wanted["times"], one_line(got).count(one_line(wanted["contains"])))
    for file in told["attachments"]:
        yield _file(mail, file["filename"], file["bytes"])


def _winmail(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    got = sorted(part.name for part in mail.parts)
    yield _is("files", sorted(told["attachment_names"]), got)
    yield _is("has a body", bool(told["body_kind"]), bool(mail.text.strip() or mail.html.strip()))


def _reply_trimmer(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    yield _same("written", told["trimmed"], split_reply(mail.text).written)


def _reply_parser(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    reply = split_reply(mail.text)
    first = reply.written or reply.quoted
    for name in ("reply", "first_fragment", "first_fragment_trimmed"):
        if name in told:
            yield Statement("written", one_line(first).startswith(one_line(told[name])), told[name], first)
    if "first_fragment_starts" in told:
        yield Statement(
            "begins",
            first.strip().startswith(told["first_fragment_starts"]),
            told["first_fragment_starts"],
            first,
        )
    if "first_fragment_contains" in told:
        yield _says("written", first, told["first_fragment_contains"])
    if "first_fragment_excludes" in told:
        yield Statement(
            "folded", told["first_fragment_excludes"] not in first, told["first_fragment_excludes"], first
        )
    if "second_fragment_starts" in told:
        start = told["second_fragment_starts"]
        yield Statement("quoted", reply.quoted.strip().startswith(start), start, reply.quoted)
    if told.get("signature_fragments"):
        yield Statement("signature", bool(reply.signature), "a signature", reply.signature)


def _talon(mail: ParsedMail, told: dict[str, Any]) -> Stated:
    if "reply_text" in told:
        yield _same("written", told["reply_text"], _written(mail))
    if "reply_text_ignoring_whitespace" in told:
        tight = (
            re.sub(r"\s+", "", text) for text in (told["reply_text_ignoring_whitespace"], _written(mail))
        )
        yield _is("written", next(tight), next(tight))
    if "signature" in told:
        lines = [line.removeprefix("#sig#").strip() for line in html.unescape(told["signature"]).splitlines()]
        got = split_reply(mail.text.replace("#sig#", "")).signature
        yield _same("signature", "\n".join(lines), got)


_SETS: dict[str, Callable[[ParsedMail, dict[str, Any]], Stated]] = {
    "zammad": _zammad, "zammad_inline": _zammad, "bounces": _bounces, "discourse": _discourse,
    "mime_corpus": _mime_corpus, "php_mime": _php_mime, "winmail": _winmail, "talon": _talon,
    "reply_trimmer": _reply_trimmer, "reply_parser": _reply_parser,
}  # fmt: skip

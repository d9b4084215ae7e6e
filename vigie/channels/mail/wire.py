"""A read mail as bytes between the child that reads and the process that asks.

The child handles hostile input, so what it sends is taken as hostile too: a frame of known size, JSON of known shape,
never anything that could run. Frame of a question: length (8 bytes), raw mail. Frame of an answer: lengths of the JSON
and of the files (8 bytes each), the JSON, the files one after the other.
"""

from __future__ import annotations

import datetime as dt
import json
import struct
from collections.abc import Iterator
from typing import Any

from vigie.channels.mail.rules.parsed import Address, ParsedMail, Part, Unreadable

QUESTION = struct.Struct(">Q")
ANSWER = struct.Struct(">QQ")
MAX_JSON = 64 * 1024 * 1024
MAX_FILES = 256 * 1024 * 1024

_TEXTS = ("subject", "message_id", "text", "html")
_LISTS = ("in_reply_to", "references", "defects")
_PEOPLE = ("reply_to", "to", "cc")
_TABLES = ("headers", "report")


def answer(result: ParsedMail | Unreadable) -> Iterator[bytes]:
    """The frame of an answer, in pieces."""
    if isinstance(result, Unreadable):
        shape: dict[str, Any] = {"unreadable": [result.code, result.detail]}
        files: tuple[Part, ...] = ()
    else:
        shape, files = _shape(result), result.parts
    told = json.dumps(shape).encode("ascii")
    yield ANSWER.pack(len(told), sum(len(part.data) for part in files))
    yield told
    for part in files:
        yield part.data


def _shape(mail: ParsedMail) -> dict[str, Any]:
    shape: dict[str, Any] = {name: getattr(mail, name) for name in (*_TEXTS, *_LISTS, *_TABLES)}
    shape |= {name: [[a.email, a.name] for a in getattr(mail, name)] for name in _PEOPLE}
    shape["sender"] = [mail.sender.email, mail.sender.name]
    shape["sent_at"] = mail.sent_at.isoformat() if mail.sent_at else None
    shape["text_is_derived"] = mail.text_is_derived
    shape["parts"] = [[p.name, p.content_type, p.content_id, p.is_inline, len(p.data)] for p in mail.parts]
    return shape


def result_of(told: bytes, files: bytes) -> ParsedMail | Unreadable:
    """What an answer says. Raises ``ValueError`` where it is not of the agreed shape."""
    try:
        shape = json.loads(told)
        if "unreadable" in shape:
            code, detail = (_text(one) for one in shape["unreadable"])
            return Unreadable(code, detail)
        return _mail(shape, files)
    except (KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise ValueError(f"not an answer: {type(fault).__name__}") from fault


def _mail(shape: dict[str, Any], files: bytes) -> ParsedMail:
    texts = {name: _text(shape[name]) for name in _TEXTS}
    lists = {name: _texts(shape[name]) for name in _LISTS}
    people = {name: tuple(_address(one) for one in shape[name]) for name in _PEOPLE}
    tables = {name: {_text(key): _texts(values) for key, values in shape[name].items()} for name in _TABLES}
    sent_at = shape["sent_at"]
    fields: dict[str, Any] = {**texts, **lists, **people, **tables}
    return ParsedMail(
        sender=_address(shape["sender"]),
        sent_at=None if sent_at is None else dt.datetime.fromisoformat(_text(sent_at)),
        text_is_derived=shape["text_is_derived"] is True,
        parts=tuple(_parts(shape["parts"], files)),
        **fields,
    )


def _parts(told: list[Any], files: bytes) -> Iterator[Part]:
    at = 0
    for name, kind, cid, is_inline, size in told:
        if not isinstance(size, int) or not 0 <= size <= len(files) - at:
            raise ValueError("a file of a wrong size")
        yield Part(_text(name), _text(kind), files[at : at + size], _text(cid), is_inline is True)
        at += size
    if at != len(files):
        raise ValueError("bytes that belong to no file")


def _address(told: Any) -> Address:
    email, name = told
    return Address(_text(email), _text(name))


def _texts(told: Any) -> tuple[str, ...]:
    if not isinstance(told, list):
        raise ValueError("not a list")
    return tuple(_text(one) for one in told)


def _text(told: Any) -> str:
    if not isinstance(told, str) or "\0" in told:
        raise ValueError("not a text")
    told.encode("utf-8")  # half of a surrogate pair raises here, not in the database
    return told

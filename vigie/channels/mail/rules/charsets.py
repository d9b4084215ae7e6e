"""Bytes of a mail into text that is always valid Unicode without control characters."""

from __future__ import annotations

import codecs
import re

# Names that mails use and Python does not know, or where the name says less than what is really sent.
_MEANT = {
    "ascii": "cp1252", "us-ascii": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "iso8859-1": "cp1252", "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb-2312-80": "gb18030", "euc-cn": "gb18030",
    "ks-c-5601-1987": "cp949", "ks-c-5601": "cp949", "korean": "cp949", "euc-kr": "cp949",
    "x-sjis": "cp932", "shift-jis": "cp932", "iso-2022-jp": "iso-2022-jp-2",
    "big5": "big5hkscs", "windows-874": "cp874", "tis-620": "cp874", "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman", "unicode-1-1-utf-7": "utf-7", "utf-8mb4": "utf-8", "unicode": "utf-16",
}  # fmt: skip

# Codecs of text only: Python also lends rot13, zlib, base64, idna and punycode under the same door.
_ALLOWED = re.compile(
    r"utf-?(7|8|8-sig|16|16-?[bl]e|32|32-?[bl]e)|iso-?8859-?\d{1,2}|latin-?\d{1,2}|cp\d{3,4}|windows-?125\d"
    r"|iso-?2022-?(jp|kr)(-[123]|-2004|-ext)?|gb18030|big5(hkscs)?|euc-?jp|koi8-?[rtu]|johab|hz|kz1048|ptcp154"
    r"|mac-?(roman|cyrillic|greek|latin2|turkish|iceland)"
)
_CONTROLS = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# GB 2312: pairs of high bytes, two or more together. Possessive (++): tried one way only, or time doubles with each pair.
_PAIRS = re.compile(rb"[\0-\x7f]*+(?:(?:[\xa1-\xa9\xb0-\xf7][\xa1-\xfe]){2,}+[\0-\x7f]*+)++")
# What some servers send under the name of another.
_SENT_INSTEAD = {"iso2022_jp_2": "euc-jp"}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def codec_of(charset: str) -> str:
    """The Python codec that a declared charset means, or '' where it is none for text."""
    name = charset.strip("\"' \t").lower().replace("_", "-") if charset else ""
    name = _MEANT.get(name, name)
    if not _ALLOWED.fullmatch(name):
        return ""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def decode(data: bytes, charset: str = "", hint: str = "") -> tuple[str, bool]:
    """(text, whether the declared charset held). Never raises: what no charset explains is replaced.

    ``hint`` is tried where nothing was declared: the charset of the body for a header in raw bytes.
    """
    codec = codec_of(charset)
    if codec:
        if codec == "cp1252" and _is_utf8(data):
            codec = "utf-8"  # "us-ascii" and "latin-1" are what programs write when they do not know
        try:
            return clean(data.decode(codec)), True
        except (UnicodeError, ValueError):
            text = data.decode(codec, "replace")
            is_other = not data.isascii() and _is_utf8(data)
            if not is_other and any(sign > "\x7f" and sign != "\ufffd" for sign in text):
                return clean(text), False  # right but for some bytes
            hint = _SENT_INSTEAD.get(codec, hint)
    for guess in _guesses(data, hint):
        try:
            return clean(data.decode(guess)), not charset.strip() and guess != "cp1252"
        except (UnicodeError, ValueError):
            continue
    return clean(data.decode("latin-1")), False


def _guesses(data: bytes, hint: str) -> list[str]:
    """Codecs to try where none was declared that we know, the most telling first."""
    japanese = "iso-2022-jp-2" if b"\x1b$" in data else ""
    chinese = "gb18030" if _PAIRS.fullmatch(data) else ""
    return [codec for codec in (_mark(data), japanese, "utf-8", codec_of(hint), chinese, "cp1252") if codec]


def clean(text: str) -> str:
    r"""Line ends as ``\n``; no NUL or other control, no half of a surrogate pair."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return _CONTROLS.sub("", text).removeprefix("\ufeff")


def one_line(text: str) -> str:
    """For a header or a file name: line breaks of any kind and tabs are blanks, blanks stand alone."""
    return " ".join(text.replace("\0", "").split())


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeError:
        return False
    return True


def _mark(data: bytes) -> str:
    """The codec that a byte order mark announces."""
    return next((codec for mark, codec in _BOMS if data.startswith(mark)), "")

"""``text/plain; charset=utf-8; name*0*=…``: a value and its parameters (RFC 2045, 2231), forgiving."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from vigie.channels.mail.rules.charsets import decode, one_line
from vigie.channels.mail.rules.encoded_words import decoded_words

_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.){0,20000})"|([^;]*))', re.S)
_NUMBERED = re.compile(r"([^*]+)\*(\d{1,4})(\*?)")
MAX_PARAMETERS = 2000


def parameters(text: str) -> tuple[str, dict[str, str]]:
    """(lower-case value, parameters by lower-case name, decoded, on one line)."""
    value, _, _ = text.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(text, len(value))):
        if count > MAX_PARAMETERS:
            break
        name = found[1].lower()
        content = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3].strip().strip('"')
        if numbered := _NUMBERED.fullmatch(name):
            pieces.setdefault(numbered[1], {})[int(numbered[2])] = (content, bool(numbered[3]))
        elif name.endswith("*"):
            pieces.setdefault(name[:-1], {})[0] = (content, True)
        else:
            plain.setdefault(name, one_line(decoded_words(content)))
    plain.update({name: _joined(numbers) for name, numbers in pieces.items()})
    return value.strip().lower(), plain


def _joined(numbers: dict[int, tuple[str, bool]]) -> str:
    """Pieces in order; the first encoded one names the charset of all: ``utf-8'fr'na%C3%AFf``."""
    data, charset = b"", ""
    for number in sorted(numbers):
        content, is_encoded = numbers[number]
        if is_encoded:
            if number == min(numbers) and content.count("'") >= 2:
                charset, _, content = content.split("'", 2)
            data += unquote_to_bytes(content)
        else:
            data += content.encode("utf-8", "replace")
    return one_line(decoded_words(decode(data, charset)[0]))

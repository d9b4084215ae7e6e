"""What is new in an HTML mail, apart from what is quoted: by the containers of mail programs, else by their words.

The result is well formed and without scripts, but not yet fit to be shown: it is cleaned again where it is displayed.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import nh3

from vigie.channels.mail.rules import quote_marks as marks
from vigie.channels.mail.rules.reply_text import passed_on_at, signature_at

LOOKED_AT = 4000  # lines where a quotation may begin
LONGEST_HTML = 2_000_000  # characters; a longer mail is shown whole
DEEPEST = (
    300  # elements in each other; cleaning takes time in the square of it, so a deeper mail is shown whole
)

_TAGS = nh3.ALLOWED_TAGS | {"font", "tbody", "tfoot", "section", "article", "main", "u", "s", "strike", "big"}
_ATTRIBUTES = {
    "*": {
        "class",
        "id",
        "style",
        "dir",
        "lang",
        "align",
        "type",
        "data-marker",
        "color",
        "face",
        "size",
        "width",
    },
    "a": {"href", "title", "name"},
    "img": {"src", "alt", "height", "title"},
    "td": {"colspan", "rowspan", "valign", "bgcolor"},
    "th": {"colspan", "rowspan", "valign", "bgcolor"},
    "table": {"border", "cellpadding", "cellspacing", "bgcolor"},
    "ol": {"start"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_NESTING = re.compile(
    r"<(/?)(?:div|blockquote|span|center|section|article|ul|ol|dl|pre|table|a|font|b|i|u|h[1-6])\b",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"<(/?)([a-z0-9]+)((?:\s+[a-z-]+=\"[^\"]*\")*)\s*/?>|([^<]+)")
_ATTRIBUTE = re.compile(r"([a-z-]+)=\"([^\"]*)\"")
_VOID = frozenset({"br", "hr", "img", "wbr", "col", "area"})
_BLOCKS = frozenset(
    {
        "div",
        "p",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "pre",
        "blockquote",
        "hr",
        "br",
    }
    | {"section", "article", "main", "center", "dl", "dt", "dd", "header", "footer"}
)
# Containers that programs put around a quotation, by class; and the marks below which all is quoted, by id.
_AROUND = frozenset(
    {
        "gmail_quote",
        "gmail_quote_container",
        "yahoo_quoted",
        "protonmail_quote",
        "tutanota_quote",
        "zmail_extra",
        "x_gmail_quote",
    }
)
_BELOW = frozenset(
    {"appendonsend", "divrplyfwdmsg", "x_divrplyfwdmsg", "stopspelling", "zwchr", "olk_src_body_section"}
    | {"mail-editor-reference-message-container", "ms-outlook-mobile-reference-message", "yahoo_quoted"}
)


@dataclass(slots=True)
class _Token:
    """A tag or a text; ``mate`` is the place of the other end of an element (its own for void ones and texts)."""

    source: str
    tag: str = ""
    is_closing: bool = False
    attributes: str = ""
    mate: int = -1


@dataclass(slots=True)
class _Line:
    """A line as shown: its text, the place of its first word, the outermost quotation around it (-1 for none)."""

    text: str
    at: int
    quotation: int = -1
    mark: str = ""


def split_html_reply(source: str) -> tuple[str, str]:
    """(what was written, what is quoted): each a piece of HTML. All is written where nothing else would be left."""
    if len(source) > LONGEST_HTML or _depth(source) > DEEPEST:
        return source, ""
    tokens = _tokens(source)
    lines = _lines(tokens)
    found = _quotation(tokens, lines)
    if not found:
        return _source(tokens), ""
    start, end = _widened(tokens, found[0], _over_next(tokens, lines, found[1]))
    outside = [line for line in lines if not start <= line.at < end]
    if not any(line.text for line in outside):
        return _source(tokens), ""
    later = [line for line in outside if line.at >= end]
    if any(line.quotation >= 0 for line in later) and any(line.text and line.quotation < 0 for line in later):
        return _source(tokens), ""  # answers between the pieces of a quotation
    return _parted(tokens, start, end)


def split_html_signature(source: str) -> tuple[str, str]:
    """(what was written, the signature) of a first mail, which is left as it is where it has no signature."""
    if len(source) > LONGEST_HTML or _depth(source) > DEEPEST:
        return source, ""
    tokens = _tokens(source)
    lines = _lines(tokens)
    texts = [line.text for line in lines]
    end = min(
        [at for at, line in enumerate(lines) if line.quotation >= 0 or line.mark] + [passed_on_at(texts)]
    )
    start = signature_at(texts[:end])
    if start in (0, end):
        return source, ""
    below = lines[end].at if end < len(lines) else len(tokens)
    return _parted(tokens, *_widened(tokens, lines[start].at, below))


def _parted(tokens: list[_Token], start: int, end: int) -> tuple[str, str]:
    """What is outside of a stretch of tokens and what is in it; an element that is only half inside stays outside."""
    inside = [start <= at < end for at in range(len(tokens))]
    outer = [t for at, t in enumerate(tokens) if not (inside[at] and inside[t.mate])]
    inner = [t for at, t in enumerate(tokens) if inside[at] and inside[t.mate]]
    return _source(outer), _source(inner)


def _depth(source: str) -> int:
    depth = deepest = 0
    for found in _NESTING.finditer(source):
        depth = max(depth - 1, 0) if found[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _tokens(source: str) -> list[_Token]:
    tidy = nh3.clean(
        source, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None,
        clean_content_tags={"script", "style", "title"},
    )  # fmt: skip
    tokens: list[_Token] = []
    opened: list[int] = []
    for at, found in enumerate(_TOKEN.finditer(tidy)):
        closing, tag, attributes, text = found.groups()
        token = _Token(found[0], tag or "", bool(closing), attributes or "", at)
        tokens.append(token)
        if text or tag in _VOID:
            continue
        if not closing:
            opened.append(at)
        elif opened:
            token.mate = opened.pop()
            tokens[token.mate].mate = at
    return tokens


def _lines(tokens: list[_Token]) -> list[_Line]:
    lines: list[_Line] = []
    words: list[str] = []
    first, quotation, mark = -1, -1, ""

    def end() -> None:
        nonlocal first, mark
        text = " ".join("".join(words).split())
        if text or mark:
            lines.append(_Line(text, first, quotation, mark))
        words.clear()
        first, mark = -1, ""

    for at, token in enumerate(tokens):
        if not token.tag:
            text = html.unescape(token.source)
            first = at if first < 0 and text.strip() else first
            words.append(text)
            continue
        if token.tag in _BLOCKS:
            end()
        if quotation >= 0 and at == tokens[quotation].mate:
            end()
            quotation = -1
        if not token.is_closing and (kind := _mark(token)):
            if kind == "around" and quotation < 0:
                quotation = at
            first, mark = (at, kind) if kind == "below" else (first, mark)
            if kind == "below":
                end()
    end()
    return lines


def _mark(token: _Token) -> str:
    """``around``: this element holds a quotation; ``below``: everything from here on is one."""
    values = dict(_ATTRIBUTE.findall(token.attributes))
    name = values.get("id", "").lower()
    if name in _BELOW or name.startswith("yahoo_quoted") or values.get("data-marker") == "__DIVIDER__":
        return "below"
    if token.tag == "blockquote" or _AROUND & set(values.get("class", "").split()):
        return "around"
    return ""


def _quotation(tokens: list[_Token], lines: list[_Line]) -> tuple[int, int] | None:
    """The first and the last token (not included) of what is quoted."""
    texts = [line.text for line in lines[:LOOKED_AT]]
    for at, line in enumerate(lines[:LOOKED_AT]):
        if marks.is_forward(line.text):
            return None
        enclosing = tokens[line.quotation].mate + 1 if line.quotation >= 0 else len(tokens)
        if (
            line.mark == "below"
            or marks.is_original(line.text)
            or (line.text and marks.headers_at(texts, at))
        ):
            return line.at, enclosing
        if line.quotation >= 0 and _is_named(tokens[line.quotation]):
            return line.quotation, enclosing
        if taken := marks.attribution_at(texts, at):
            following = next((other for other in lines[at + taken :] if other.text), None)
            if line.quotation < 0 and following and following.quotation >= 0:
                return line.at, tokens[following.quotation].mate + 1
            return line.at, enclosing
    return _last_blockquote(tokens, lines)


def _is_named(token: _Token) -> bool:
    return (
        token.tag != "blockquote"
        or "gmail_quote" in token.attributes
        or "protonmail_quote" in token.attributes
    )


def _last_blockquote(tokens: list[_Token], lines: list[_Line]) -> tuple[int, int] | None:
    last = next((line for line in reversed(lines) if line.text), None)
    if not last or last.quotation < 0:
        return None
    return last.quotation, tokens[last.quotation].mate + 1


def _over_next(tokens: list[_Token], lines: list[_Line], end: int) -> int:
    """Past the quotations that follow with no word between: some programs put the header in one of its own."""
    for line in lines:
        if line.at >= end and line.text:
            if line.quotation < 0:
                break
            end = max(end, tokens[line.quotation].mate + 1)
    return end


def _widened(tokens: list[_Token], start: int, end: int) -> tuple[int, int]:
    """Take in the tags that would be left empty: openings and rules just above, closings just below."""
    while start and _is_bare(tokens[start - 1]):
        start -= 1
    while start < end and not tokens[start].tag and not tokens[start].source.strip():
        start += 1
    while end < len(tokens) and tokens[end].is_closing and start <= tokens[end].mate < end:
        end += 1
    return start, end


def _is_bare(token: _Token) -> bool:
    if not token.tag:
        return not token.source.strip()
    return not token.is_closing and token.tag not in {"br", "img", "wbr"}


def _source(tokens: list[_Token]) -> str:
    return "".join(token.source for token in tokens).strip()

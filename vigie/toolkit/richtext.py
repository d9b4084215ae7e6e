"""Foreign HTML: kept as received, made safe when shown, never in between."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache

import nh3
from django.utils.translation import gettext
from markupsafe import Markup

ALLOWED_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "del", "div", "em", "figcaption", "figure", "h1", "h2", "h3", "h4",
    "hr", "i", "img", "ins", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td",
    "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ALLOWED_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
SCHEMES = {"http", "https", "mailto", "tel"}
OWN_FILE = re.compile(r"^/files/[A-Za-z0-9_-]{20,64}$")
LINK = re.compile(r"(https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]])")


_NO_SOURCE = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")  # what is left of a picture that is not ours


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Images come from our own file store alone; links must be absolute, so that none acts on Vigie."""
    if tag == "img" and name == "src":
        return value if OWN_FILE.match(value) else None
    if tag == "a" and name == "href":
        return value if value.split(":", 1)[0].lower() in SCHEMES or OWN_FILE.match(value) else None
    return value


def clean(source: str) -> str:
    """Allowlisted HTML of ``source``. Idempotent; no script, style, form, remote image or relative link is left."""
    return _NO_SOURCE.sub("", _cleaned(source))


def _cleaned(source: str) -> str:
    return nh3.clean(
        source,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
        clean_content_tags={
            "script",
            "style",
            "template",
            "noscript",
            "iframe",
            "object",
            "svg",
            "math",
            "title",
        },
    )


def shown(source: str) -> Markup:
    """Stored HTML, safe to show."""
    return Markup(_described(clean(source)))  # noqa: S704


_WORDLESS = re.compile(
    r'<img(?![^>]*\salt="[^"]*[^"\s])([^>]*)>(?=((?:</a>|\s)*<figcaption>(?:<[^>]+>|\s)*([^<]{1,200}))?)'
)
_NO_ALT = re.compile(r'\salt="[^"]*"')


def _described(safe: str) -> str:
    """Every picture with words in its place: its own, those of its caption (a file name loses its ending), else "Picture"."""

    def one(found: re.Match[str]) -> str:
        caption = re.sub(r"\.[A-Za-z0-9]{2,5}$", "", (found[3] or "").strip())
        words = caption or html.escape(gettext("Picture"))
        return f'<img alt="{words.replace(chr(34), "&quot;")}"{_NO_ALT.sub("", found[1])}>'

    return _WORDLESS.sub(one, safe)


_IMAGE = re.compile(r"<img\b[^>]{0,4000}>", re.IGNORECASE)
_REMOTE = re.compile(r"""\ssrc\s*=\s*["']?(https?://[^"'\s>]{1,2000})""", re.IGNORECASE)


def remote_images(source: str) -> list[str]:
    """Addresses of the pictures that stand elsewhere, in their order, each once. They are never loaded unasked."""
    found = (_REMOTE.search(image) for image in _IMAGE.findall(source))
    return list(dict.fromkeys(html.unescape(address[1]) for address in found if address))


def plain_shown(source: str) -> Markup:
    """Stored plain text, safe to show: lines kept, web addresses made links."""
    escaped = html.escape(source, quote=False)
    linked = LINK.sub(r'<a href="\1" rel="noopener noreferrer nofollow">\1</a>', escaped)
    return Markup(linked.replace("\r\n", "\n").replace("\n", "<br>"))  # noqa: S704


CAPTION = re.compile(r"<figcaption\b[^>]*>\s*(.*?)\s*</figcaption>", re.IGNORECASE | re.DOTALL)
BLOCK_END = re.compile(r"</(p|div|li|tr|h[1-6]|blockquote|pre)>|<br\s*/?>", re.IGNORECASE)


@lru_cache(maxsize=8)  # a message is asked for in a row by those who judge it, quote it and index it
def to_text(source: str) -> str:
    """The readable text of stored HTML, one line a block; for search, previews and mails. The caption of a picture stands in
    brackets: it is no part of the sentence that the picture follows."""
    told = CAPTION.sub(r"\n[\1]\n", source)
    broken = BLOCK_END.sub(lambda m: m.group(0) + "\n", told)
    bare = nh3.clean(
        broken, tags=set(), clean_content_tags={"script", "style", "template", "noscript", "title"}
    )
    lines = (" ".join(line.split()) for line in html.unescape(bare).splitlines())
    return "\n".join(line for line in lines if line)


def is_blank(source: str) -> bool:
    """True when the HTML shows nothing: no text and no image."""
    if to_text(source).strip():
        return False
    return "<im" not in source.lower() or "<img" not in clean(source)  # <image> is a picture too


# From the last "Le", "On" … on: what stands before it is someone's words.
INTRODUCTION = re.compile(
    r"((?:<[^>]+>\s*)*)((?:On|Le|Am|El)\s(?:(?!\s(?:On|Le|Am|El)\s\w)[^<]){5,200}?"
    r"(?:wrote|a écrit|schrieb|escribió)\s?:\s*)((?:<[^>]+>\s*)*)$"
)


def shown_folded(source: str) -> tuple[Markup, Markup]:
    """Stored HTML, safe to show, in two parts: what was written, and the quotation that ends it (often empty)."""
    safe = _described(clean(source))
    cut = safe.find("<blockquote")
    while cut > 0:
        end = safe.rfind("</blockquote>")
        between = re.sub(r"<[^>]+>|&nbsp;|\s", "", safe[end:]) if end > cut else "x"
        if not between and "</blockquote>" in safe[cut:] and _one_quotation(safe[cut:]):
            break
        cut = safe.find("<blockquote", cut + 1)
    if cut <= 0 or not to_text(safe[:cut]).strip():
        return Markup(safe), Markup("")  # noqa: S704
    if introduction := INTRODUCTION.search(safe[:cut]):
        cut = introduction.start(2)
    return Markup(clean(safe[:cut])), Markup(clean(safe[cut:]))  # noqa: S704


def _one_quotation(tail: str) -> bool:
    """Does the first quotation of ``tail`` reach to the last text of it?"""
    depth = 0
    for mark in re.finditer(r"<(/?)blockquote\b[^>]*>", tail):
        depth += -1 if mark.group(1) else 1
        if depth == 0:
            return not re.sub(r"<[^>]+>|&nbsp;|\s", "", tail[mark.end() :])
    return False


LONG, START, WIDTH = 60, 40, 100
"""Lines that a message may take, those shown of a longer one, and the characters of a line."""


@dataclass(frozen=True, slots=True)
class Long:
    """The beginning of a long text, and how many lines all of it takes."""

    start: Markup
    lines: int


def long_text(shown_html: str) -> Long | None:
    """What to show first of a safe text that would fill pages; ``None`` of any other."""
    if len(shown_html) < LONG * WIDTH and len(BLOCK_END.findall(shown_html)) <= LONG:
        return None
    lines = to_text(shown_html).splitlines()
    taken = sum(1 + len(line) // WIDTH for line in lines)
    if taken <= LONG:
        return None
    start, room = [], START
    for line in lines:
        start.append(line[: room * WIDTH])
        room -= 1 + len(line) // WIDTH
        if room <= 0:
            break
    return Long(plain_shown("\n".join(start)), taken)


def plain_folded(source: str) -> tuple[Markup, Markup]:
    """The same for plain text: the trailing lines that begin with ``>``."""
    lines = source.rstrip().splitlines()
    first = len(lines)
    while first and (lines[first - 1].lstrip().startswith(">") or not lines[first - 1].strip()):
        first -= 1
    quoted = "\n".join(lines[first:]).strip()
    if not first or not quoted:
        return plain_shown(source), Markup("")
    return plain_shown("\n".join(lines[:first])), plain_shown(quoted)

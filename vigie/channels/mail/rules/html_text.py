"""HTML into the text that a reader would see."""

from __future__ import annotations

import html
import re

import nh3

_BREAKS = frozenset({"div", "p", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre"})
_BREAKS |= {"blockquote", "hr", "br", "section", "article", "header", "footer", "dl", "dt", "dd", "center"}
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "table"})
_TAGS = set(_BREAKS | {"td", "th", "a"})
_TOKEN = re.compile(r"<(/?)([a-z0-9]+)((?:\s+[a-z]+=\"[^\"]*\")*)\s*/?>|([^<]+)")
_ANY_TAG = re.compile(r"<(/?)([a-z][a-z0-9:]*+)[^<>]*+>", re.I)
_SELF_CLOSED = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "dd",
        "dt",
        "hr",
        "img",
        "input",
        "li",
        "link",
        "meta",
        "option",
        "p",
        "tbody",
        "td",
        "th",
        "tr",
        "wbr",
    ]
)
_DEEPEST_QUOTE = 10
_HREF = re.compile(r'href="(https?://[^"]+)"')


def html_text(source: str) -> str:
    """Text of an HTML body: blocks on lines of their own, quotes behind ``>``, addresses of links in ``<>``.

    nh3 makes any input into a well-formed document of a few tags first, in linear time.
    """
    tidy = nh3.clean(
        source, tags=_TAGS, attributes={"a": {"href"}}, clean_content_tags={"script", "style", "title"},
        link_rel=None, url_schemes={"http", "https"},
    )  # fmt: skip
    page = _Page()
    for token in _TOKEN.finditer(tidy):
        closing, tag, attributes, text = token.groups()
        if text:
            page.write(html.unescape(text))
        elif closing:
            page.close(tag)
        else:
            page.open(tag, attributes)
    return page.text()


def nesting(source: str) -> int:
    """About how many elements are open at once, at most."""
    depth = deepest = 0
    for tag in _ANY_TAG.finditer(source):
        if tag[2].lower() not in _SELF_CLOSED:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def stripped(source: str) -> str:
    """The text of HTML that is too deep to be read as a tree."""
    return html.unescape(_ANY_TAG.sub(" ", source))


class _Page:
    """Lines as they are written, with the state that tags change."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0
        self.preformatted = 0
        self.link = ""
        self.link_at = 0

    def write(self, text: str) -> None:
        if self.preformatted:
            first, *others = text.split("\n")
            self.line.append(first)
            for other in others:
                self.end_line()
                self.line.append(other)
            return
        text = re.sub(r"[ \t\n]+", " ", text)
        if text.startswith(" ") and (not self.line or self.line[-1].endswith(" ")):
            text = text[1:]
        if text:
            self.line.append(text)

    def open(self, tag: str, attributes: str) -> None:
        if tag == "br":
            self.end_line()
        elif tag in ("td", "th"):
            self.write(" ")
        elif tag == "a":
            href = _HREF.search(attributes)
            self.link, self.link_at = html.unescape(href[1]) if href else "", len(self.line)
        else:
            self._block(tag, spaced=tag in _SPACED)
            self.quotes += tag == "blockquote"
            self.preformatted += tag == "pre"
            if tag == "li":
                self.line.append("- ")

    def close(self, tag: str) -> None:
        if tag == "a":
            shown = "".join(self.line[self.link_at :]).strip()
            if self.link and shown and self.link.rstrip("/").partition("://")[2] not in shown:
                self.line.append(f" <{self.link}>")
            self.link = ""
        elif tag in _BREAKS:
            self.fresh_line()
            self.quotes -= tag == "blockquote"
            self.preformatted -= tag == "pre"
            self._block(tag, spaced=tag in _SPACED)

    def _block(self, tag: str, spaced: bool) -> None:
        self.fresh_line()
        if spaced and self.lines and self.lines[-1].strip("> "):
            self.lines.append(self.margin())

    def fresh_line(self) -> None:
        if "".join(self.line).strip():
            self.end_line()
        self.line = []

    def end_line(self) -> None:
        text = "".join(self.line).replace("\xa0", " ").rstrip()
        self.lines.append(self.margin() + text)
        self.line = []
        self.link_at = 0

    def margin(self) -> str:
        return "> " * min(self.quotes, _DEEPEST_QUOTE)

    def text(self) -> str:
        self.fresh_line()
        lines = [line.rstrip() for line in self.lines]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")

"""Is every sentence of the code translated? English is written in the code, French in its catalogue.

Fails on a sentence that the French catalogue lacks, leaves empty or marks fuzzy, on one whose
`%(name)s` or `{name}` differ between the two, on a plain space where a French line must not break or where
English has none, and on a gettext imported under a name that is not read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "vigie" / "locale"
KEYWORDS = ["gettext_lazy", "ngettext_lazy:1,2", "pgettext_lazy:1c,2", "npgettext_lazy:1c,2,3", "p:1c,2"]
PLACES = re.compile(r"%\((\w+)\)|\{(\w+)\}")
ALIAS = re.compile(r"import .*\b\w*gettext\w* as (\w+)")
# A space that could end a line: before : ; ? ! and a percent sign, inside « », between the thousands of a number.
# "%(name)s" after a space is a place, not a percent.
LOOSE = re.compile(r" (?=[:;?!»])| (?=%(?![(\w]))|« |\d \d{3}(?!\d)")
LOOSE_ENGLISH = re.compile(r"(?<=[\w)]) %(?![(\w])|(?<=[\w)]) [:;?!](?=\s|$)")
SHOWN = 20


def sentences() -> dict[Any, str]:
    """Every sentence of the code, with one place where it stands."""
    with (ROOT / "tools" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file, "babel.cfg")
    found: dict[Any, str] = {}
    keywords: dict[str, Any] = {**DEFAULT_KEYWORDS, **parse_keywords(KEYWORDS)}
    for name, line, message, _, context in extract_from_dir(ROOT / "vigie", methods, options, keywords):
        singular = message[0] if isinstance(message, tuple) else message
        if singular:
            found.setdefault((singular, context), f"vigie/{name}:{line}")
    return found


def strange_names() -> list[tuple[str, str, str]]:
    """Each gettext that a module imports under a name whose calls are not extracted."""
    found = []
    for path in sorted((ROOT / "vigie").rglob("*.py")):
        lines = path.read_text().splitlines()
        found += [
            (f"{path.relative_to(ROOT)}:{number}", "unread under this name", alias)
            for number, line in enumerate(lines, 1)
            for alias in ALIAS.findall(line)
            if alias not in {"_", "p"}
        ]
    return found


def fault(message: Message | None) -> str:
    """What is wrong with a translation, or nothing."""
    if message is None:
        return "absent"
    if message.fuzzy:
        return "fuzzy"
    given = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    texts = [text or "" for text in given]
    if not all(text.strip() for text in texts):
        return "empty"
    sources = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    allowed = set(PLACES.findall(" ".join(sources)))
    if any(not set(PLACES.findall(text)) <= allowed for text in texts):
        return "names a value that the sentence does not have"
    if set(PLACES.findall(texts[-1])) != set(PLACES.findall(sources[-1])):
        return "lacks a value of the sentence"
    return spacing(sources, texts)


def spacing(english: Sequence[str], french: Sequence[str]) -> str:
    """Where a space may end a line that must not break there, or nothing."""
    if any(LOOSE.search(text) for text in french):
        return "loose: put U+00A0 before : % and inside « », U+202F before ; ? ! and between thousands"
    if any(LOOSE_ENGLISH.search(text) for text in english):
        return "right, but its English has a space before : ; ? ! or %"
    return ""


def main() -> int:
    wanted = sentences()
    path = LOCALE / "fr" / "LC_MESSAGES" / "django.po"
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale="fr")
    else:
        catalogue = Catalog(locale="fr")
    wrong = strange_names() + [
        (place, what, sentence)
        for (sentence, context), place in sorted(wanted.items(), key=lambda item: item[1])
        if (what := fault(catalogue.get(sentence, context)))
    ]
    for place, what, sentence in wrong[:SHOWN]:
        print(f"{place}: French is {what}: {sentence!r}")
    if len(wrong) > SHOWN:
        print(f"… and {len(wrong) - SHOWN} more.")
    if wrong:
        print("Run `make messages`, then complete vigie/locale/fr/LC_MESSAGES/django.po.")
        return 1
    print(f"{len(wanted)} sentences, all in English and French.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

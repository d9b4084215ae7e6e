"""One thing has one name on every screen and in every mail."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).parents[2] / "locale" / "fr" / "LC_MESSAGES" / "django.po"
OTHERS = re.compile(r"courriel|(?<![\w-])e?mails?\b", re.IGNORECASE)


def test_an_e_mail_is_called_so_in_french() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="fr")
    plain = re.compile(r"%\(\w+\)s")  # the names of values are not read by anybody
    sentences = [
        text
        for message in catalogue
        for text in (message.string if isinstance(message.string, tuple) else (message.string,))
    ]
    assert [text for text in sentences if OTHERS.search(plain.sub("", str(text)))] == []

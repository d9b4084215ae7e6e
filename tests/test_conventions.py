"""Conventions that the code alone would not keep: grants that do something, refusals that say something."""

from __future__ import annotations

import re
from pathlib import Path

from vigie.accounts.access import declared_grants
from vigie.channels.imports import labels as _imports  # noqa: F401  (registers its sentences)
from vigie.channels.mail import labels as _mail  # noqa: F401  (registers its sentences)
from vigie.toolkit.refusals import known_codes

ROOT = Path(__file__).resolve().parent.parent / "vigie"
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for path in ROOT.rglob("*.py")
    if not {"tests", "migrations"} & set(path.parts)
}


def test_every_grant_is_asked_for_somewhere() -> None:
    declaring = {"access.py", "labels.py", "rules.py"}
    code = "\n".join(text for path, text in SOURCES.items() if path.name not in declaring)
    assert [grant for grant in sorted(declared_grants()) if f'"{grant}"' not in code] == [], (
        "a grant that changes nothing"
    )


def test_every_refusal_has_a_sentence() -> None:
    raised = {
        code
        for text in SOURCES.values()
        for code in re.findall(r'(?:Refusal|NotFound|NotAllowed|Stale)\(\s*"([a-z_]+\.[a-z_]+)"', text)
    }
    assert len(raised) > 60
    assert sorted(raised - known_codes()) == [], "register a sentence in the feature's labels.py"

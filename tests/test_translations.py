"""The check of translations finds what it is for."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parent.parent / "tools" / "check_translations.py"


def spacing(english: str, french: str) -> str:
    spec = importlib.util.spec_from_file_location("check_translations", FILE)
    assert spec is not None
    assert spec.loader is not None
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    return str(check.spacing([english], [french]))


@pytest.mark.parametrize(
    "french",
    [
        "Total : 3",
        "Vraiment ?",
        "Oui ; non",
        "Attention !",
        "« Oui\u00a0»",
        "«\u00a0Oui »",
        "97 %%",
        "97 %.",
        "12 500 tickets",
    ],
)
def test_a_plain_space_where_a_line_must_not_end_is_found(french: str) -> None:
    assert "U+00A0" in spacing("Whatever", french)


@pytest.mark.parametrize(
    "french",
    [
        "Total\u00a0: 3",
        "Vraiment\u202f?",
        "De %(name)s à %(other)s",
        "par %s",
        "97\u00a0%%",
        "400 jours",
        "1 5, 2 3",
    ],
)
def test_a_line_that_is_whole_passes(french: str) -> None:
    assert spacing("97% of it: yes", french) == ""


@pytest.mark.parametrize("english", ["97 %%", "%(n)s %% of it", "At 97 %.", "Really ?"])
def test_english_has_no_such_space(english: str) -> None:
    assert "English" in spacing(english, "Oui")

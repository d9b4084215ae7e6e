"""Any colour a client chooses stays readable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vigie.portal.rules import DARK, LIGHT, SOFT, contrast, folded, mixed, readable, sheet

COLOURS = [
    "#2b5c8a",
    "#ffff00",
    "#ffffff",
    "#000000",
    "#ff0000",
    "#00ff00",
    "#0000ff",
    "#7f7f7f",
    "#e6007e",
    "#f5a623",
]


def test_contrast_is_the_one_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("dark", [False, True])
def test_every_accent_is_readable_as_text_and_under_text(colour: str, dark: bool) -> None:
    accent = readable(colour, dark=dark)
    grounds = DARK if dark else LIGHT
    for ground in (*grounds, mixed(accent.colour, SOFT, grounds[0])):
        assert contrast(accent.colour, ground) >= 4.5
    assert contrast(accent.colour, accent.on) >= 4.5


def test_a_colour_already_readable_is_kept() -> None:
    assert readable("#2B5C8A", dark=False) == ("#2b5c8a", "#ffffff")


def test_the_sheet_says_both_grounds() -> None:
    assert (
        sheet("#2b5c8a")
        == ":root { --accent: light-dark(#2b5c8a, #7393b2); --on-accent: light-dark(#ffffff, #0b1016); }\n"
    )


def test_words_are_compared_without_accents() -> None:
    assert folded("Téléphonie À distance") == "telephonie a distance"


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    css = (Path(__file__).parents[2] / "toolkit/static/vigie/css/vigie.css").read_text()
    named = dict(re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\)", css))
    wanted = [named[name].split(", ") for name in ("ground", "sunken", "hover", "warn-soft", "ok-soft")]
    assert [tuple(pair) for pair in wanted] == list(zip(LIGHT, DARK, strict=True))

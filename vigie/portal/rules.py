"""A client’s accent colour made readable on our grounds, and words made comparable. Pure."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

LEAST_CONTRAST = 4.6  # a little above the 4.5 of WCAG, because browsers round mixed colours
# the grounds on which the accent is text: page, sunken, hover, what waits for the client, what is done, and its own soft tint (10 %)
LIGHT = ("#ffffff", "#f5f6f8", "#eef1f4", "#fdf2de", "#e7f4ec")
DARK = ("#15181d", "#101317", "#1d2229", "#2d2413", "#14291e")
SOFT = 0.10
WHITE, INK = "#ffffff", "#0b1016"

Rgb = tuple[float, float, float]


class Accent(NamedTuple):
    """The accent and the colour of text on it, for one ground."""

    colour: str
    on: str


def rgb(colour: str) -> Rgb:
    return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))


def written(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(round(part) for part in colour))


def mixed(colour: str, share: float, ground: str) -> str:
    """``share`` of ``colour`` in ``ground``."""
    one, two = rgb(colour), rgb(ground)
    return written((_mix(one[0], two[0], share), _mix(one[1], two[1], share), _mix(one[2], two[2], share)))


def _mix(one: float, two: float, share: float) -> float:
    return one * share + two * (1 - share)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2, 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def contrast(one: str, two: str) -> float:
    """Contrast ratio of WCAG 2, 1 to 21."""
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _readable(colour: str, grounds: tuple[str, ...]) -> bool:
    every = (*grounds, mixed(colour, SOFT, grounds[0]))
    return all(contrast(colour, ground) >= LEAST_CONTRAST for ground in every)


def readable(colour: str, *, dark: bool) -> Accent:
    """The nearest shade of ``colour`` that can be read everywhere it is used, and the text that goes on it."""
    grounds, towards = (DARK, WHITE) if dark else (LIGHT, "#000000")
    shade = colour.lower()
    for step in range(1, 51):
        if _readable(shade, grounds):
            break
        shade = mixed(towards, step / 50, colour)
    on = WHITE if contrast(WHITE, shade) >= contrast(INK, shade) else INK
    return Accent(shade, on)


def sheet(colour: str) -> str:
    """The style sheet of a client: its accent for light and dark."""
    light, dark = readable(colour, dark=False), readable(colour, dark=True)
    return f":root {{ --accent: light-dark({light.colour}, {dark.colour}); --on-accent: light-dark({light.on}, {dark.on}); }}\n"


def folded(text: str) -> str:
    """Lower case without accents: how words are compared."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))

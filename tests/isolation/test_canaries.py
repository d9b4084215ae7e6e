"""The matrix reads a PDF as its reader does: a canary on a page or in what the file says of itself, not one spelled by its bytes."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.isolation.canaries import found_in
from vigie.tickets.queries.paper import TEMPLATE
from vigie.toolkit.papers import paper

LEAK = "VCBtickettitle12345678"
MADE = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


def printed(**more: str) -> bytes:
    values = {
        "title": "Décompte du temps", "subtitle": "INC-A-1", "head": "Client A", "foot": "Lu le 5 janvier",
        "facts": [["Ticket", "Messagerie en panne"]], "sections": [], **more,
    }  # fmt: skip
    return paper(TEMPLATE, values, language="fr", made_at=MADE)


@pytest.mark.parametrize("place", ["title", "subtitle", "head", "foot"])
def test_a_leak_in_a_pdf_is_found(place: str) -> None:
    assert LEAK in found_in(printed(**{place: LEAK}))


def test_a_leak_that_only_a_reader_sees_is_found() -> None:
    made = printed(subtitle=LEAK)
    assert LEAK.encode() not in made  # what is on the page is packed
    assert LEAK in found_in(made)


def test_a_leak_that_breaks_over_two_lines_is_found() -> None:
    made = printed(subtitle="m" * 70 + " VCB" + "tickettitle" * 12)
    assert "VCB" + "tickettitle" * 12 in found_in(made)


def test_bytes_that_spell_a_canary_by_chance_are_no_leak() -> None:
    made = printed()
    assert found_in(made) == set()
    spelled = made.replace(b"%\x80\x80\x80\x80", b"%vCb7", 1)  # its comment of four bytes
    assert spelled != made
    assert found_in(spelled) == set()


def test_what_only_says_that_it_is_a_pdf_is_looked_at_as_it_is() -> None:
    assert found_in(b"%PDF-1.7\n" + LEAK.encode()) == {LEAK}

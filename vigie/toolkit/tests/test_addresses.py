"""Addresses of pages, written from a pattern."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from vigie.toolkit.jinja import url
from vigie.toolkit.lookups import array


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("home", ()),
        ("ticket", (7,)),
        ("ticket", (900_000_000_001,)),
        ("message_images", (12, 3)),
        ("measure_new", (5, "backlog")),
        ("file", ("a%d:b",)),
    ],
)
def test_an_address_is_the_one_that_django_writes(name: str, args: tuple[Any, ...]) -> None:
    assert url(name, *args) == reverse(name, args=args)
    assert url(name, *args, month="2026-01", page=None) == f"{reverse(name, args=args)}?month=2026-01"


def test_several_ids_are_one_text_and_a_stand_in_stays() -> None:
    assert array([3, 1, 2]) == "{3,1,2}"
    for kept in ([], [-(10**15)], ["a", "b"], [True, False]):
        assert array(kept) is kept

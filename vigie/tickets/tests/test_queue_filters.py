"""The queue's address: what it says is what is shown, and nothing in it can break the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.tickets.rules.filters import (
    DUE,
    PRIORITIES,
    SORTS,
    STATUSES,
    TO_HANDLE,
    TYPES,
    Filters,
    as_query,
    read_filters,
    without,
)

codes = st.lists(st.sampled_from(["ALPHA", "BETA", "GAMMA"]), unique=True, max_size=3).map(tuple)
slugs = st.lists(st.sampled_from(["n1", "n2", "mail"]), unique=True, max_size=3).map(tuple)


def subset(values: tuple) -> st.SearchStrategy:
    return st.sets(st.sampled_from(values)).map(lambda chosen: tuple(v for v in values if v in chosen))


filters = st.builds(
    Filters,
    status=st.sampled_from(STATUSES),
    for_me=st.booleans(),
    types=subset(TYPES),
    priorities=subset(PRIORITIES),
    clients=codes,
    teams=slugs,
    services=slugs,
    assignee=st.sampled_from(["", "me", "none", "12"]),
    requester=st.sampled_from(["", "12"]),
    tag=st.sampled_from(["", "vpn"]),
    due=st.sampled_from(["", *DUE]),
    vip=st.booleans(),
    q=st.sampled_from(["", "imprimante lyon"]),
    sort=st.sampled_from(["", *SORTS]),
)


def as_lists(query: dict[str, str]) -> dict[str, list[str]]:
    return {key: [value] for key, value in query.items()}


@given(filters)
def test_an_address_reads_back_as_the_filters_it_was_written_from(wanted: Filters) -> None:
    assert read_filters(as_lists(as_query(wanted))) == (wanted, [])


def test_an_empty_address_is_what_is_to_handle() -> None:
    assert read_filters({}) == (TO_HANDLE, [])
    assert read_filters({"cursor": ["abc"], "sort": ["newest"]})[0].for_me


def test_several_values_of_one_name_are_one_list() -> None:
    assert read_filters({"priority": ["2", "1"], "client": ["alpha"]})[0] == Filters(
        priorities=(1, 2), clients=("ALPHA",)
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("organisation__code", "ALPHA"),
        ("assignee", "password__startswith"),
        ("assignee", "0"),
        ("assignee", "9" * 40),
        ("priority", "1,9"),
        ("status", "everything"),
        ("client", "A' or 1=1"),
        ("team", "x" * 200),
        ("sort", "-password"),
        ("due", "tomorrow"),
    ],
)
def test_what_means_nothing_is_named_and_left_out(key: str, value: str) -> None:
    assert read_filters({key: [value]}) == (Filters(), [key[:40]])


@given(st.dictionaries(st.text(max_size=30), st.lists(st.text(max_size=60), max_size=3), max_size=6))
def test_no_address_raises(query: dict[str, list[str]]) -> None:
    found, _ = read_filters(query)
    assert read_filters(as_lists(as_query(found)))[0] == found


def test_taking_a_filter_off() -> None:
    wanted = Filters(clients=("ALPHA",), vip=True)
    assert without(wanted, "client") == Filters(vip=True)
    assert without(wanted, "vip") == Filters(clients=("ALPHA",))

"""Promises kept again and again: the worked example by name, and what always holds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vigie.contracts.rules.cycles import Beat, Cycle, cycles
from vigie.contracts.rules.promise import ClockKind, Target
from vigie.contracts.tests.samples import K4, M, jan, read, start, stop, terms

UPDATE, REPLY = ClockKind.UPDATE, ClockKind.REPLY
PROMISED = (Beat.PROMISED, 0)


def spans(kind: ClockKind, *beats: tuple[Beat, int]) -> list[tuple[int, int | None]]:
    return [(c.start, c.stop) for c in cycles(kind, [PROMISED, *beats])]


def test_w29_each_cycle_of_the_update_is_judged_by_itself() -> None:
    said = [(Beat.SAID, jan(12, clock)) for clock in ("10:55", "12:05", "12:50")]
    found = cycles(
        UPDATE, [PROMISED, (Beat.RESPONDED, jan(12, "10:10")), *said, (Beat.RESOLVED, jan(12, "13:40"))]
    )
    promise = terms(K4, 1, kind=UPDATE, target=Target(60 * M))
    readings = [read(promise, jan(12, "14:00"), start(cycle.start), stop(cycle.stop or 0)) for cycle in found]
    assert [reading.used_seconds // M for reading in readings] == [45, 70, 45, 50]
    assert [str(reading.state) for reading in readings] == ["met", "missed", "met", "met"]


def test_the_first_response_opens_the_first_cycle_and_its_own_message_does_not_close_it() -> None:
    assert spans(UPDATE, (Beat.SAID, 10), (Beat.RESPONDED, 10)) == [(10, None)]
    assert spans(UPDATE, (Beat.RESPONDED, 10), (Beat.SAID, 10)) == [(10, None)]
    assert spans(UPDATE, (Beat.HEARD, 5), (Beat.SAID, 7)) == []


def test_a_message_that_comes_with_the_resolution_opens_nothing() -> None:
    life = [(Beat.RESPONDED, 10), (Beat.SAID, 40), (Beat.RESOLVED, 40)]
    assert spans(UPDATE, *life) == [(10, 40)]
    assert spans(UPDATE, (Beat.SAID, 40), (Beat.RESPONDED, 40), (Beat.RESOLVED, 40)) == []


def test_a_reopened_ticket_is_told_about_again() -> None:
    life = [(Beat.RESPONDED, 10), (Beat.RESOLVED, 40), (Beat.SAID, 50), (Beat.REOPENED, 60), (Beat.SAID, 70)]
    assert spans(UPDATE, *life) == [(10, 40), (60, 70), (70, None)]


def test_the_reply_counts_from_the_first_message_nobody_answered() -> None:
    life = [(Beat.HEARD, 5), (Beat.RESPONDED, 10), (Beat.HEARD, 20), (Beat.HEARD, 30), (Beat.SAID, 40)]
    assert spans(REPLY, *life) == [(20, 40)]
    assert spans(REPLY, *life, (Beat.SAID, 50), (Beat.HEARD, 60)) == [(20, 40), (60, None)]
    assert spans(REPLY, *life, (Beat.HEARD, 60), (Beat.RESOLVED, 90), (Beat.HEARD, 95)) == [
        (20, 40),
        (60, 90),
    ]


def test_only_a_client_who_reopens_awaits_a_reply() -> None:
    life = [(Beat.RESPONDED, 10), (Beat.RESOLVED, 40)]
    assert spans(REPLY, *life, (Beat.REOPENED, 60)) == []
    assert spans(REPLY, *life, (Beat.REOPENED_BY_CLIENT, 60), (Beat.SAID, 80)) == [(60, 80)]


def test_an_end_or_another_promise_cancels_what_runs() -> None:
    running = [PROMISED, (Beat.RESPONDED, 10)]
    assert cycles(UPDATE, [*running, (Beat.ENDED, 30)]) == [Cycle(0, 10, 30, cancelled=True)]
    withdrawn = [*running, (Beat.WITHDRAWN, 30), (Beat.SAID, 40), (Beat.PROMISED, 50)]
    assert cycles(UPDATE, withdrawn) == [Cycle(0, 10, 30, cancelled=True), Cycle(1, 50)]
    assert cycles(UPDATE, [(Beat.RESPONDED, 10), (Beat.SAID, 20)]) == []


@given(
    st.sampled_from((UPDATE, REPLY)),
    st.lists(st.tuples(st.sampled_from(list(Beat)), st.integers(0, 50)), max_size=40),
)
def test_cycles_follow_each_other_and_more_of_a_life_only_adds(
    kind: ClockKind, beats: list[tuple[Beat, int]]
) -> None:
    beats.sort(key=lambda beat: beat[1])
    found = cycles(kind, beats)
    assert [cycle.number for cycle in found] == list(range(len(found)))
    for cycle, following in pairwise(found):
        assert cycle.stop is not None
        assert cycle.start <= cycle.stop <= following.start
    closed = [cycle for cycle in cycles(kind, beats[:-1]) if cycle.stop is not None]
    assert found[: len(closed)] == closed

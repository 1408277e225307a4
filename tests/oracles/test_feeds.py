"""Feeds: when a report is decided, when it lands, what refuses it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol_sim.oracles import chainlink, feed, fixed, rounds
from protocol_sim.oracles.feed import Feed

USD = 10**8


def watching(**fields: int) -> Feed:
    return Feed(**{"kind": feed.CHAINLINK, "answer": 1000 * USD, "updated_at": 0, **fields})


LOOKS = [
    ("no move, no time", 1000 * USD, 3_599, chainlink.QUIET),
    ("heartbeat to the second", 1000 * USD, 3_600, chainlink.HEARTBEAT),
    ("a unit below the deviation", 1005 * USD - 1, 12, chainlink.QUIET),
    ("the deviation upwards", 1005 * USD, 12, chainlink.DEVIATION),
    ("the deviation downwards", 995 * USD, 12, chainlink.DEVIATION),
    ("a unit short of it downwards", 995 * USD + 1, 12, chainlink.QUIET),
    ("both: the deviation is named", 2000 * USD, 3_600, chainlink.DEVIATION),
]


@pytest.mark.parametrize(("name", "seen", "now", "code"), LOOKS, ids=[row[0] for row in LOOKS])
def test_when_a_report_is_decided(name: str, seen: int, now: int, code: int) -> None:  # noqa: ARG001
    row = watching()
    assert feed.look(row, seen, seen + 1, 7, now) == code
    assert row.answer == 1000 * USD
    assert (row.pending_block, row.pending_answer) == ((8, seen) if code else (0, 0))


def test_a_report_lands_once_after_its_delay_and_never_in_its_block() -> None:
    row = watching(delay=3)
    feed.look(row, 1100 * USD, 1101 * USD, 10, 120)
    assert [feed.land(row, block, 12 * block) for block in (10, 11, 12, 13, 14)] == [0, 0, 0, 1, 0]
    assert (row.answer, row.pure_answer, row.updated_at, row.round_id) == (1100 * USD, 1101 * USD, 156, 1)
    assert watching(delay=0).delay == 0
    hasty = watching(delay=0)
    feed.look(hasty, 1100 * USD, 1100 * USD, 10, 120)
    assert hasty.pending_block == 11


def test_one_report_is_in_flight_at_a_time() -> None:
    row = watching(delay=2)
    feed.look(row, 1100 * USD, 1100 * USD, 1, 12)
    assert feed.look(row, 900 * USD, 900 * USD, 2, 24) == chainlink.IN_FLIGHT
    feed.land(row, 3, 36)
    assert row.answer == 1100 * USD
    assert feed.look(row, 900 * USD, 900 * USD, 3, 36) == chainlink.DEVIATION


@pytest.mark.parametrize(("seen", "code"), [(499, chainlink.OUT_OF_RANGE), (500, chainlink.DEVIATION),
                                            (2000, chainlink.DEVIATION), (2001, chainlink.OUT_OF_RANGE)])
def test_a_report_outside_the_bounds_reverts_and_the_answer_goes_stale(seen: int, code: int) -> None:
    row = watching(minimum=500 * USD, maximum=2000 * USD)
    assert feed.look(row, seen * USD, seen * USD, 1, 12) == code
    assert row.refused == (1 if code == chainlink.OUT_OF_RANGE else 0)
    assert feed.land(row, 2, 24) == (0 if row.refused else 1)
    assert row.answer == (1000 if row.refused else seen) * USD


def test_a_fixed_feed_only_changes_when_it_is_set() -> None:
    row = Feed(answer=USD)
    assert not feed.watches(row)
    assert feed.look(row, 5 * USD, 5 * USD, 1, 10**6) == chainlink.QUIET
    assert feed.land(row, 2, 24) == 0
    fixed.set_answer(row, 3 * USD, 36)
    assert (row.answer, row.pure_answer, row.updated_at, row.round_id) == (3 * USD, 3 * USD, 36, 1)


def test_setting_an_answer_drops_the_report_in_flight() -> None:
    row = watching()
    feed.look(row, 1100 * USD, 1100 * USD, 1, 12)
    fixed.set_answer(row, 7 * USD, 13)
    assert feed.land(row, 9, 108) == 0
    assert row.answer == 7 * USD


def test_recorded_rounds_land_in_their_blocks() -> None:
    history = [rounds.Round(block=b, answer=a) for b, a in [(0, 10), (3, 11), (5, 12), (5, 13), (9, 14)]]
    row = Feed(kind=feed.ROUNDS, answer=1, end_round=len(history))
    landed = [(rounds.land(row, history, block, 12 * block), row.answer) for block in range(1, 11)]
    assert landed == [(1, 10), (0, 10), (1, 11), (0, 11), (2, 13), (0, 13), (0, 13), (0, 13), (1, 14), (0, 14)]
    assert row.updated_at == 108


@given(st.integers(1, 2**120), st.integers(0, 2**120), st.integers(0, 10_000))
def test_the_deviation_rule_is_exact(answer: int, seen: int, deviation: int) -> None:
    from fractions import Fraction

    moved = abs(Fraction(seen - answer, answer)) >= Fraction(deviation, 10_000)
    assert chainlink.deviates(answer, seen, deviation) == moved


@example(1_000 * 10**8, 50)                              # 0.5 % is a whole number: just that much deviates
@given(st.integers(0, 2**62), st.integers(0, 10_000))
def test_a_calm_source_is_one_that_does_not_deviate(answer: int, deviation: int) -> None:
    low, high = chainlink.calm(answer, deviation)
    if high < low:
        assert answer >= 2**60 or answer * deviation == 0
        return
    for seen in (low, answer, high):
        assert not chainlink.deviates(answer, seen, deviation)
    assert chainlink.deviates(answer, high + 1, deviation)
    assert low == 0 or chainlink.deviates(answer, low - 1, deviation)

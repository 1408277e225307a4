"""How much to liquidate into a pool, against trying every size."""

from hypothesis import given
from hypothesis import strategies as st

from protocol_sim.amms.constant_product import amount_in, amount_out
from protocol_sim.amms.sizing import Size, Venue, optimal_purchase, optimal_sale

RESERVE = st.integers(2, 600)
SHARE = st.integers(1, 60)
MOST = st.integers(0, 500)
GAS = st.sampled_from([0, 0, 1, 7])


def every_sale(venue: Venue, num: int, den: int, maximum: int, gas: int) -> int:
    best = 0
    for d in range(1, maximum + 1):
        seized = d * num // den
        if seized:
            best = max(best, amount_out(seized, *venue) - d - gas)
    return best


def every_purchase(venue: Venue, num: int, den: int, maximum: int, gas: int) -> int:
    best = 0
    for d in range(1, min(maximum, venue.reserve_out - 1) + 1):
        seized = d * num // den
        if seized:
            best = max(best, seized - gas - amount_in(d, *venue))
    return best


@given(RESERVE, RESERVE, SHARE, SHARE, MOST, GAS)
def test_sale_against_brute_force(r_in: int, r_out: int, num: int, den: int, maximum: int, gas: int) -> None:
    venue = Venue(r_in, r_out, 997, 1000)
    found, best = optimal_sale(venue, num, den, maximum, gas), every_sale(venue, num, den, maximum, gas)
    assert best - 2 < found.profit <= best
    if found.profit:
        assert 0 < found.repaid <= maximum
        assert found.seized == found.repaid * num // den
        assert found.profit == amount_out(found.seized, *venue) - found.repaid - gas


@given(RESERVE, RESERVE, SHARE, SHARE, MOST, GAS)
def test_purchase_against_brute_force(r_in: int, r_out: int, num: int, den: int, maximum: int, gas: int) -> None:
    venue = Venue(r_in, r_out, 997, 1000)
    found, best = optimal_purchase(venue, num, den, maximum, gas), every_purchase(venue, num, den, maximum, gas)
    assert best - 2 < found.profit <= best
    if found.profit:
        assert 0 < found.repaid <= maximum
        assert found.profit == found.seized - gas - amount_in(found.repaid, *venue)


RICH = st.integers(1, 2**112 - 1)
RATE = st.integers(1, 2**128 - 1)


@given(RICH, RICH, RATE, RATE, st.integers(0, 2**112 - 1), st.integers(0, 10**24))
def test_large_sizes_stay_within_their_bounds(r_in: int, r_out: int, num: int, den: int, most: int, gas: int) -> None:
    venue = Venue(r_in, r_out, 997, 1000)
    for found in (optimal_sale(venue, num, den, most, gas), optimal_purchase(venue, num, den, most, gas)):
        assert found.repaid <= most
        assert (found.profit == 0) == (found == Size(0, 0, 0))


def test_the_cap_binds_and_gas_decides() -> None:
    venue = Venue(10**24, 10**24, 997, 1000)
    num, den = 110, 100
    free = optimal_sale(venue, num, den, 10**24, 0)
    assert free.repaid < 10**24
    half = free.repaid // 2
    capped = optimal_sale(venue, num, den, half, 0)
    assert 0 <= half - capped.repaid <= 1
    assert capped.profit >= amount_out(half * num // den, *venue) - half
    assert optimal_sale(venue, num, den, 10**24, free.profit - 1).profit == 1
    assert optimal_sale(venue, num, den, 10**24, free.profit) == Size(0, 0, 0)


def test_eighteen_against_six_decimals() -> None:
    # 0.52 USDC a CRV, 4.5 % bonus; debt CRV bought with seized USDC
    venue = Venue(5_200_000 * 10**6, 10_000_000 * 10**18, 997, 1000)
    num, den = 52 * 10_450 * 10**6, 100 * 10_000 * 10**18
    found = optimal_purchase(venue, num, den, 92_000_000 * 10**18, 0)
    for d in (found.repaid * 999 // 1000, found.repaid - 10**12, found.repaid + 10**12, found.repaid * 1001 // 1000):
        assert d * num // den - amount_in(d, *venue) <= found.profit + 1

"""The inference: `python -m protocol_sim.demo.infer` writes `inferred.json`, always the same bytes.

1. Prices: intervals of the ratio from each seizure (`demo.prices`).
2. The USDC rate: the last call took all that was left, so the supplies must have grown to exactly that. The balance
   before it is all but linear in the rate; a secant finds it, bisection the edges of what the records allow.
3. The CRV rate: each call needs a health factor below 1, so interest must have brought the debt at least that far.
"""

from collections.abc import Callable, Sequence

from protocol_sim.demo.inferred import FILE, Inferred, to_json
from protocol_sim.demo.market import USDC, Rates, supply_rate
from protocol_sim.demo.prices import infer_prices, roundest
from protocol_sim.demo.records import Close, Event, liquidations, load_closes, load_events
from protocol_sim.demo.replay import Replay, replay
from protocol_sim.errors import BadInput
from protocol_sim.numeric import RAY

USDC_STEP = 10**12  # ray: how finely the edges of the USDC rate are found
CRV_STEP = 10**19  # ray: 0.000001 % a year
CRV_GRID = 10**23  # ray: 0.01 % a year
CRV_ENOUGH = 6 * RAY // 10  # ray a year: a rate at which no recorded call meets a healthy account
CRV_HIGHEST = 3 * RAY  # ray a year: where the search for the same toxic calls ends

Play = Callable[[Rates], Replay]


def infer(events: Sequence[Event], closes: tuple[Close, ...]) -> Inferred:
    """Everything that the replay needs beyond the records. BadInput where the records contradict the model."""
    regimes = infer_prices(liquidations(tuple(events)))

    def play(rates: Rates) -> Replay:
        return replay(events, regimes, closes, rates)

    usdc, usdc_range = infer_usdc_rate(play)
    crv, least, most = infer_crv_rate(play, usdc)
    rates = Rates(usdc, crv)
    done = play(rates)
    if done.refusals or not all(call.equal for call in done.calls):
        raise BadInput("events", "replay", "every event accepted and equal", "one that is not")
    first = replay(events, regimes, closes, rates, calls=0).market.reserves[USDC]
    supplied = supply_rate(first), supply_rate(done.market.reserves[USDC])
    return Inferred(tuple(regimes), rates, usdc_range, supplied, least, most)


def infer_usdc_rate(play: Play) -> tuple[int, tuple[int, int]]:
    """The roundest USDC borrow rate that leaves the last call what it took; the least and the greatest such rate."""

    def excess(rate: int) -> int:
        last = play(Rates(rate, CRV_ENOUGH)).calls[-1]
        return last.before.collateral - last.event.seized

    before, after = 3 * RAY // 100, 4 * RAY // 100
    missed, miss = excess(before), excess(after)
    while miss:
        if miss == missed:
            raise BadInput("events", "liquidations", "a last call that took the interest earned", "one that did not")
        before, after, missed = after, after - miss * (after - before) // (miss - missed), miss
        miss = excess(after)
    reach = abs(after - before) + USDC_STEP
    while excess(after - reach) == 0 or excess(after + reach) == 0:
        reach *= 2
    low = edge(lambda rate: excess(rate) == 0, after, after - reach, USDC_STEP)
    high = edge(lambda rate: excess(rate) == 0, after, after + reach, USDC_STEP)
    return roundest(low, high), (low, high)


def infer_crv_rate(play: Play, usdc: int) -> tuple[int, int, int]:
    """The CRV borrow rate on its grid, the least that no call refuses, and the greatest with the same toxic calls."""

    def accepted(rate: int) -> bool:
        return all(call.equal for call in play(Rates(usdc, rate)).calls)

    def toxic(rate: int) -> list[int]:
        return [call.number for call in play(Rates(usdc, rate)).calls if call.before.toxic]

    least = edge(accepted, CRV_ENOUGH, 0, CRV_STEP)
    chosen = -(-least // CRV_GRID) * CRV_GRID
    known = toxic(chosen)
    return chosen, least, edge(lambda rate: toxic(rate) == known, chosen, CRV_HIGHEST, CRV_GRID)


def edge(holds: Callable[[int], bool], inside: int, outside: int, step: int) -> int:
    """The last value at which it holds, going from `inside` (where it does) to `outside` (where not); to `step`."""
    if holds(outside):
        raise BadInput("inference", "search", f"an edge before {outside}", "none")
    while abs(outside - inside) > step:
        middle = (inside + outside) // 2
        if holds(middle):
            inside = middle
        else:
            outside = middle
    return inside


def main() -> None:
    """Write the file."""
    FILE.write_text(to_json(infer(load_events(), load_closes())), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Recorded swaps of real pools, played on the model. A tick is recorded as tick + 887272: records hold no sign."""

from collections.abc import Mapping

from protocol_sim.amms.concentrated import pool, ticks
from protocol_sim.amms.concentrated.state import DUE, ERRORS, MAX_TICK, OK, Pools, Terms, new_pools
from protocol_sim.errors import Revert

Ints = Mapping[str, int]


def pool_of(params: Ints, pre: Ints) -> Pools:
    """The pool of a record: its price, and at each initialised tick the liquidity that opens and closes there."""
    book = new_pools([Terms(params["fee"], params["tick_spacing"], ticks=params["ticks"], positions=0, observations=1)])
    p = book.pools[0]
    p.sqrt_price, p.tick, p.liquidity = pre["sqrt_price"], pre["tick"] - MAX_TICK, pre["liquidity"]
    p.fee_growth0, p.fee_growth1 = pre["fee_growth0"], pre["fee_growth1"]
    p.fee_protocol0, p.fee_protocol1 = pre["fee_protocol0"], pre["fee_protocol1"]
    p.balance0 = p.balance1 = 2**255  # not recorded: a pool can always pay what a swap takes out
    p.cardinality = p.cardinality_next = 1
    for n in range(params["ticks"]):
        row = ticks.insert(book, 0, pre[f"tick_{n}"] - MAX_TICK, 0, 0, 0)
        book.ticks[row].opens, book.ticks[row].closes = pre[f"opens_{n}"], pre[f"closes_{n}"]
    return book


def swap(params: Ints, pre: Ints, op: Ints) -> dict[str, int]:
    """A swap with a price limit, paid in full; amounts raw, prices Q64.96, fee growth Q128."""
    book = pool_of(params, pre)
    p = book.pools[0]
    code, moved = pool.swap(book, 0, op["zero_for_one"], op["exact_in"], op["amount"], op["limit"], DUE, 0)
    if code != OK:
        raise Revert(ERRORS[code])
    return {
        "amount_in": moved.amount_in, "amount_out": moved.amount_out, "sqrt_price": p.sqrt_price,
        "tick": p.tick + MAX_TICK, "liquidity": p.liquidity, "fee_growth0": p.fee_growth0, "fee_growth1": p.fee_growth1,
        "protocol_fees": p.protocol_fees0 + p.protocol_fees1,
    }


PLAYERS = {"uniswap-v3": {"swap": swap}}

"""Single steps that plans are made of; each is drawn when its turn comes, from the state of then."""

import random
from typing import TYPE_CHECKING

from protocol_sim.fork.adapters.aave_v2.chain import USERS
from protocol_sim.fork.deploy.aave_v2 import LISTINGS

if TYPE_CHECKING:
    from protocol_sim.fork.adapters.aave_v2.draws import Draw, Draws, Step

EVERYBODY, ALL = range(len(USERS)), range(len(LISTINGS))
FEED_PRICED = range(1, len(LISTINGS))  # WETH is 1 by definition
RICH = 10**4  # ETH
DAY = 86_400  # seconds


def supply(draws: "Draws", i: int, k: int, ether: int = RICH) -> "Step":
    """A deposit worth so many ETH at the listing's price, as far as the wallet goes."""

    def step(_: random.Random, __: int) -> "Draw":
        amount = min(ether * 10 ** (LISTINGS[k].decimals + 18) // LISTINGS[k].price, draws.model.wallets[i][k])
        return "deposit", {"i": i, "k": k, "amount": amount, "on_behalf": i, "referral": 0}

    return step


def borrow(draws: "Draws", i: int, k: int, mode: int, part: int) -> "Step":
    """A loan of a part of what may be borrowed."""

    def step(_: random.Random, at: int) -> "Draw":
        liquidity = draws.model.market.reserves[k].available_liquidity
        top = min(liquidity // 4 if mode == 1 else liquidity, draws.model.borrowable(i, k, at))
        return "borrow", {"i": i, "k": k, "amount": top // part, "mode": mode, "on_behalf": i, "referral": 0}

    return step


def free(draws: "Draws", i: int, k: int) -> "Step":
    """A stable loan needs that the same asset is no collateral."""

    def step(_: random.Random, __: int) -> "Draw | None":
        if draws.model.market.accounts[i].collateral >> k & 1 == 0:
            return None
        return "setUserUseReserveAsCollateral", {"i": i, "k": k, "use": 0}

    return step


def always(draw: "Draw") -> "Step":
    """A step that does not depend on the state."""
    return lambda _, __: draw

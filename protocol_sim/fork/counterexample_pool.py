"""The pool of a counter-example as a real Uniswap V2 pair, in which the liquidator trades what the run traded.

Only for pairs with the fee that the contract has, 0.3 %; tokens are the deployment's own, so amounts are raw units.
"""

from typing import Any

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.deploy.uniswap_v2 import core, deploy, periphery
from protocol_sim.scenario import ConstantProductPool, Scenario

FEE_BPS = 30
NEVER = 2**64 - 1                                  # s, the router's deadline
MOST = 2**128


class Pair:
    """The pair at the case's reserves; `sold` goes in, `bought` comes out. The first account is the liquidator."""

    def __init__(self, node: Node, reserve_sold: int, reserve_bought: int) -> None:
        self.node, self.me = node, node.accounts[0]
        self.at = deploy(node)
        self.path = [self.at.token0, self.at.token1]
        token = periphery("ERC20")
        for asset, reserve in zip(self.path, (reserve_sold, reserve_bought), strict=True):
            node.execute(asset, token.call("transfer", self.at.pair, reserve))
            node.execute(asset, token.call("approve", self.at.router, MOST))
        node.execute(self.at.pair, core("UniswapV2Pair").call("mint", self.me))

    def sale(self, amount: int) -> int:
        """What the pair pays for exactly `amount`."""
        before = self._held(1)
        self._trade("swapExactTokensForTokens", amount, 0)
        return self._held(1) - before

    def purchase(self, amount: int) -> int:
        """What the pair takes for exactly `amount`."""
        before = self._held(0)
        self._trade("swapTokensForExactTokens", amount, MOST)
        return before - self._held(0)

    def _trade(self, function: str, amount: int, limit: int) -> None:
        data = periphery("UniswapV2Router02").call(function, amount, limit, self.path, self.me, NEVER)
        self.node.execute(self.at.router, data)

    def _held(self, n: int) -> int:
        token = periphery("ERC20")
        answer: Any = token.answer("balanceOf", self.node.read(self.path[n], token.call("balanceOf", self.me)))
        return int(answer[0])


def pair_of(node: Node, scenario: Scenario, sold: str) -> Pair | None:
    """The first pool of a scenario as a pair; None: there is none, or one of another kind or fee."""
    pool = scenario.pools[0] if scenario.pools else None
    if not isinstance(pool, ConstantProductPool) or pool.fee_bps != FEE_BPS:
        return None
    raw = {token: scenario.raw(text, token) for token, text in zip(pool.tokens, pool.reserves, strict=True)}
    return Pair(node, raw.pop(sold), next(iter(raw.values())))

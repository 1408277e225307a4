"""Loopers: people who supply a staked token and borrow what it stands for, near the limit of an eMode.

A market of 3.6 gets the token `wstETH` (`RATIO` times the price of WETH, through a `CappedFeed` whose cap is far off),
eMode 3 for it, and people whose health factors lie between about 1.02 and 1.08: an ordinary day. A cap that is a
few percent too low makes the nearest of them liquidatable at once; that is what happened on 10 March 2026.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode

from protocol_sim.errors import ProtocolSimError
from protocol_sim.fork.capture.reserves import SLOT
from protocol_sim.fork.deploy.aave_v3 import Deployment
from protocol_sim.fork.deploy.aave_v3_contracts import LAST, contract
from protocol_sim.fork.rigs.chain import Call, Chain
from protocol_sim.fork.rigs.people import address
from protocol_sim.fork.rigs.scene import NAMES, approve, mint
from protocol_sim.fork.rigs.start import LocalChain
from protocol_sim.fork.solc import compiled

NAME, MODE = "wstETH", 3
RATIO = 12_285  # WETH per wstETH, in 1e-4
TERMS = (9_300, 9_500, 10_100)  # bps: ltv, threshold, bonus in the eMode
ALONE = (7_500, 7_900, 10_700)  # outside of it
NEAREST, FARTHEST = 9_290, 8_800  # bps of the collateral that is borrowed
UNIT = 10**18
TOGETHER = 40  # calls in one block
WHOLE = 50  # wstETH, of the first


@dataclass(frozen=True)
class Loopers:
    """Addresses; `people` in the order of their health, the nearest to 1 first."""

    token: str
    source: str  # the feed below the cap
    cap: str  # the price source of the oracle
    people: tuple[str, ...]


@contextmanager
def arrive(rig: LocalChain, count: int) -> Iterator[Loopers | None]:
    """Let some arrive on node A; the rig's story ends later by the blocks that this takes."""
    if count == 0:
        yield None
        return
    found = add_loopers(rig.chain, rig.scene.markets[LAST], rig.scene.admin, count, rig.size.seed)
    rig.story.last = rig.chain.number
    yield found


def add_loopers(chain: Chain, market: Deployment, admin: str, count: int, seed: int = 1) -> Loopers:
    """List the token and let them arrive; some blocks long."""
    pool, weth = contract(LAST, "Pool"), market.tokens[NAMES.index("WETH")]
    price = _price(chain, market, weth.underlying) * RATIO // 10_000
    token, source = _made(chain, admin, [
        contract(LAST, "MintableERC20").creation("Wrapped staked Ether", NAME, 18),
        compiled("SettableFeed").creation(8, f"{NAME} / USD", price)])
    (cap,) = _made(chain, admin, [compiled("CappedFeed").creation(source, price * 11 // 10)])
    _list(chain, market, admin, token, cap, weth.underlying)
    people = tuple(address(seed, f"looper {n}") for n in range(count))
    amounts = [WHOLE * UNIT * (100 + 7 * n) // 100 for n in range(count)]
    _done(chain, [(admin, token, mint(admin, sum(amounts))), (admin, token, approve(market.pool)),
                  (admin, weth.underlying, mint(admin, 2 * sum(amounts))),
                  (admin, weth.underlying, approve(market.pool)),
                  (admin, market.pool, pool.call("supply", weth.underlying, 2 * sum(amounts), admin, 0))])
    calls: list[Call] = []
    for n, (who, amount) in enumerate(zip(people, amounts, strict=True)):
        share = NEAREST - (NEAREST - FARTHEST) * n // max(1, count - 1)
        borrowed = amount * RATIO // 10_000 * share // 10_000
        calls += [(admin, market.pool, pool.call("supply", token, amount, who, 0)),
                  (who, market.pool, pool.call("setUserEMode", MODE)),
                  (who, market.pool, pool.call("borrow", weth.underlying, borrowed, 2, 0, who))]
    _done(chain, calls)
    return Loopers(token, source, cap, people)


def _list(chain: Chain, market: Deployment, admin: str, token: str, cap: str, weth: str) -> None:
    """A reserve like the others, in an eMode of its own with WETH to borrow."""
    code = contract(LAST, "PoolConfigurator")
    words = [chain.node.call("eth_getStorageAt", proxy, SLOT, "latest")
             for proxy in (market.tokens[0].a_token, market.tokens[0].variable)]
    rates = encode(["uint16", "uint32", "uint32", "uint32"], (4_500, 0, 500, 30_000))
    row = (*("0x" + word[-40:] for word in words), token, f"a{NAME}", f"a{NAME}", f"v{NAME}", f"v{NAME}", b"", rates)

    def configured(function: str, *arguments: Any) -> Call:
        return admin, market.configurator, code.call(function, *arguments)

    sources = contract(LAST, "AaveOracle").call("setAssetSources", [token], [cap])
    more = contract(LAST, "MockPoolInherited").call("setMaxNumberOfReserves", 128)  # 0 after the rig's upgrade
    _done(chain, [
        (admin, market.pool, more),
        (admin, market.oracle, sources), configured("initReserves", [row]),
        configured("configureReserveAsCollateral", token, *ALONE), configured("setReserveFactor", token, 1_500),
        configured("setLiquidationProtocolFee", token, 1_000),
        configured("setEModeCategory", MODE, *TERMS, "staked Ether"),
        configured("setAssetCollateralInEMode", token, MODE, True),
        configured("setAssetBorrowableInEMode", weth, MODE, True),
    ])


def _price(chain: Chain, market: Deployment, asset: str) -> int:
    code = contract(LAST, "AaveOracle")
    return int(code.answer("getAssetPrice", chain.node.read(market.oracle, code.call("getAssetPrice", asset)))[0])


def _made(chain: Chain, admin: str, creations: list[str]) -> list[str]:
    """Contracts created in one block."""
    return [str(r["contractAddress"]).lower() for r in _done(chain, [(admin, None, data) for data in creations])]


def _done(chain: Chain, calls: list[Any]) -> list[dict[str, Any]]:
    """Blocks in which every call succeeds."""
    found: list[dict[str, Any]] = []
    for first in range(0, len(calls), TOGETHER):
        chain.block(calls[first : first + TOGETHER], 8_000_000)
        found += chain.receipts()
    refused = [n for n, receipt in enumerate(found) if receipt["status"] != "0x1"]
    if refused:
        raise ProtocolSimError(f"loopers: call {refused[0]} of {len(calls)} was refused")
    return found



"""Who lives on the rig's chain: an address, what is supplied and what is borrowed, drawn from the seed."""

import hashlib
import random
from dataclasses import dataclass, field

from protocol_sim.fork.deploy.aave_v3 import LISTINGS
from protocol_sim.fork.rigs.scene import PRICES, UNITS

LTV = {x.name: x.ltv for x in LISTINGS}  # bps
THRESHOLD = {x.name: x.threshold for x in LISTINGS}  # bps
MODE_LTV = {1: 9000, 2: 8800}  # bps, of `deploy.aave_v3.MODES`
MODE_THRESHOLD = {1: 9300, 2: 9000}
KINDS = (  # share of all people in percent, collateral, debt, eMode
    (34, ("WETH",), ("USDC",), 0),
    (16, ("WBTC",), ("USDC",), 0),
    (12, ("WETH", "WBTC"), ("DAI",), 0),
    (10, ("WETH",), ("DAI", "USDC"), 0),
    (10, ("USDC",), ("WETH",), 0),
    (8, ("DAI",), ("USDC",), 1),
    (6, ("WBTC",), ("WETH",), 2),
    (4, ("CRV",), ("USDC",), 0),  # isolated
)
RISKY = 20  # percent of the people who borrow nearly all they may


@dataclass
class Person:
    """Somebody's position as this script reckons it: raw units, interest left out. It tells whom to try."""

    address: str
    emode: int
    supplied: dict[str, int] = field(default_factory=dict)
    borrowed: dict[str, int] = field(default_factory=dict)

    def factor(self, prices: dict[str, int]) -> float:
        """The health factor at these prices (USD, 8 decimals), roughly."""
        debt = sum(amount * prices[k] / UNITS[k] for k, amount in self.borrowed.items())
        backing = sum(amount * prices[k] / UNITS[k] * self.threshold(k) for k, amount in self.supplied.items())
        return backing / 10_000 / debt if debt > 1e8 else 1e9

    def threshold(self, name: str) -> int:
        """Liquidation threshold of one of its collaterals, bps."""
        return MODE_THRESHOLD[self.emode] if self.emode else THRESHOLD[name]


def address(seed: int, name: str) -> str:
    """An address that nobody has the key of; the node lets it send."""
    return "0x" + hashlib.sha256(f"protocol-sim rig {seed} {name}".encode()).hexdigest()[:40]


def draw(rng: random.Random, seed: int, market: str, count: int) -> list[Person]:
    """People of one market; a hundred of them hold exactly the shares of `KINDS`."""
    kinds = [kind[1:] for kind in KINDS for _ in range(kind[0])]
    return [_one(rng, address(seed, f"{market} {i}"), *kinds[61 * i % 100]) for i in range(count)]


def _one(rng: random.Random, who: str, collateral: tuple[str, ...], debt: tuple[str, ...], emode: int) -> Person:
    person = Person(who, emode)
    isolated = collateral == ("CRV",)
    worth = int(500 * 1.07 ** rng.randrange(15 if isolated else 80)) * 10**8  # USD 8 decimals: 500 to 100,000
    limit = 0
    for name in collateral:
        part = worth // len(collateral) * rng.randrange(80, 121) // 100
        person.supplied[name] = part * UNITS[name] // PRICES[name]
        limit += part * (MODE_LTV[emode] if emode else LTV[name]) // 10_000
    share = rng.randrange(930, 998) if rng.randrange(100) < RISKY else rng.randrange(150, 880)
    for name in debt:
        person.borrowed[name] = limit * share // 1_000 // len(debt) * UNITS[name] // PRICES[name]
    return person

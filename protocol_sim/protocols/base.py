"""What a lending protocol provides to the engine and the agents: one module `interface.py` with these names, each a
rule.

The first argument is the tuple of the world's protocol states, the second says which one; the implementation of a kind
takes its own state instead of the two (`numeric.dispatch`). Amounts are raw token units, values are in the protocol's
own base currency, `i` is an account, `k`, `kc`, `kd` are assets of that protocol, `now` is in unix seconds. Views
project to `now` and write nothing. A refusal is a code of that protocol, below 1000; 0 is success.
"""

from typing import Any, NamedTuple

from protocol_sim.numeric.dispatch import Kinds

KINDS = Kinds()
KINDS.add("protocol_sim.protocols.aave_v2.state:Market", "protocol_sim.protocols.aave_v2.interface")
KINDS.add("protocol_sim.protocols.aave_v3.state:Market", "protocol_sim.protocols.aave_v3.interface")


class Health(NamedTuple):
    """An account at one moment: health factor (wad; 2**256 - 1 without debt), collateral and debt in base currency."""

    factor: int
    collateral: int
    debt: int


class Pair(NamedTuple):
    """The asset with the largest collateral value and the one with the largest debt value; -1 where there is none."""

    collateral: int
    debt: int


class Settlement(NamedTuple):
    """What a liquidation moves, raw: debt repaid by the liquidator, collateral handed to the liquidator."""

    repaid: int
    seized: int


@KINDS.by_kind
def account_count(protocols: Any, p: int) -> int:
    """Number of accounts."""
    raise AssertionError


@KINDS.by_kind
def asset_count(protocols: Any, p: int) -> int:
    """Number of assets."""
    raise AssertionError


@KINDS.by_kind
def has_debt(protocols: Any, p: int, i: int) -> bool:
    """Whether account i owes anything."""
    raise AssertionError


@KINDS.by_kind
def health(protocols: Any, p: int, i: int, now: int) -> Health:
    """Health of account i at `now`."""
    raise AssertionError


@KINDS.by_kind
def largest_pair(protocols: Any, p: int, i: int, now: int) -> Pair:
    """The pair that a liquidator goes for."""
    raise AssertionError


@KINDS.by_kind
def plan_liquidation(protocols: Any, p: int, i: int, kc: int, kd: int, amount: int, now: int) -> tuple[int, Settlement]:
    """What a liquidation of at most `amount` debt would move; (code, settlement), nothing is written."""
    raise AssertionError


@KINDS.by_kind
def plan_knowing(
    protocols: Any, p: int, seen: Health, i: int, kc: int, kd: int, amount: int, now: int
) -> tuple[int, Settlement]:
    """The same where the account's health at `now` is known: it is not worked out again for each size that is tried."""
    raise AssertionError


@KINDS.by_kind
def liquidate(protocols: Any, p: int, i: int, kc: int, kd: int, amount: int, now: int) -> tuple[int, Settlement]:
    """The same, executed: the liquidator has the debt asset and takes the underlying collateral."""
    raise AssertionError


@KINDS.by_kind
def collateral_of(protocols: Any, p: int, i: int, k: int, now: int) -> int:
    """Raw amount of asset k that backs account i's debt."""
    raise AssertionError


@KINDS.by_kind
def debt_of(protocols: Any, p: int, i: int, k: int, now: int) -> int:
    """Raw amount of asset k that account i owes."""
    raise AssertionError


@KINDS.by_kind
def beneficiary(protocols: Any, p: int) -> int:
    """The account that liquidations and interest pay to besides those who act (a treasury); -1: none."""
    raise AssertionError


@KINDS.by_kind
def reprice(protocols: Any, p: int, k: int, answer: int) -> int:
    """A feed's new answer for asset k, in base currency per whole token."""
    raise AssertionError


@KINDS.by_kind
def configure(protocols: Any, p: int, key: int, k: int, value: int, now: int) -> int:
    """A timeline change; `key` is a constant of `protocol_sim.protocols.parameters`. Returns a code."""
    raise AssertionError


# ---- bounds of the fast engine
# ----------------------------------------------------------------------------------------
@KINDS.by_kind
def uses(protocols: Any, p: int, i: int, k: int) -> int:
    """Bit 0: asset k backs account i's debt; bit 1: account i owes asset k."""
    raise AssertionError


@KINDS.by_kind
def coming(protocols: Any, p: int, i: int, whole: int) -> None:
    """Account i (1: with all that it has and owes) is evaluated soon (`numeric.soon`)."""
    raise AssertionError


@KINDS.by_kind
def wake_bound(protocols: Any, p: int, i: int, now: int) -> float:
    """log of a float health factor of account i, less a margin for all that the contract's integers can round it down
    by.

    While for every collateral k and debt j of the account (price of k) / (price of j * debt growth of j) stays above
    exp(-bound) times its present value, the contract's health factor stays at or above 1.
    """
    raise AssertionError


@KINDS.by_kind
def seizure_bonus(protocols: Any, p: int, i: int, k: int) -> float:
    """The most that a unit of value repaid takes of account i's collateral k, as a factor (1.05: 5 % more); 0.0 where
    the protocol values the two by anything but its feeds.

    With b the bonus, P prices and u units, a liquidation that repays r raw of debt j and seizes s raw of k, neither of
    them more than there is, keeps s <= b (P_j u_k / P_k u_j) (r + 2) + 2.
    """
    raise AssertionError


@KINDS.by_kind
def largest_share(protocols: Any, p: int) -> float:
    """The largest part of an account's debt in one asset that one call may cover, whatever its health (1.0: all)."""
    raise AssertionError


@KINDS.by_kind
def highest_threshold(protocols: Any, p: int) -> float:
    """The highest liquidation threshold that any collateral has to anybody, as a part of its value."""
    raise AssertionError


@KINDS.by_kind
def debt_growth(protocols: Any, p: int, k: int) -> float:
    """The most that a debt of asset k grows, and a supply of it, 1/s (continuously compounded), whatever the
    utilisation becomes."""
    raise AssertionError

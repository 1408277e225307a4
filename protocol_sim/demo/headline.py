"""The figures of the replay that the demo shows, each computed from the model's state."""

from collections.abc import Sequence
from typing import NamedTuple

from protocol_sim.demo.outcome import Outcome, outcome, worth_up
from protocol_sim.demo.prices import BONUS, Regime
from protocol_sim.demo.replay import Call, Position, Replay
from protocol_sim.numeric import BPS, WAD


class Headline(NamedTuple):
    """What the records come to under the model."""

    calls: int
    equal: int  # to the raw unit, repayment and seizure
    openings_refused: int
    toxic: int
    first_toxic: Call
    end: Position
    principal_value: int  # raw USDC, the principal left, at the last oracle price
    accrued_value: int  # raw USDC, the interest left on top of it
    recorded: Outcome
    halted: Outcome  # the calls before the first toxic one, and none after
    solvent_by: int  # raw USDC, collateral less principal at the first toxic call
    left_if_exhausted: int  # raw CRV of principal, had all collateral gone at that call's price


FRONTIER = WAD * BPS // BONUS  # debt / collateral above which a liquidation worsens the account, wad


def headline(done: Replay, regimes: Sequence[Regime]) -> Headline:
    """The figures; the replay must be of all calls."""
    toxic = [call for call in done.calls if call.before.toxic]
    first, last, end = toxic[0], regimes[-1], done.end
    seized_worth = first.before.collateral * BPS // BONUS
    repayable = seized_worth * first.regime.usdc * 10**12 // first.regime.crv
    return Headline(
        calls=len(done.calls),
        equal=sum(call.equal for call in done.calls),
        openings_refused=len(done.refusals),
        toxic=len(toxic),
        first_toxic=first,
        end=end,
        principal_value=worth_up(end.principal, last),
        accrued_value=worth_up(end.debt, last) - worth_up(end.principal, last),
        recorded=recorded("recorded", done.calls, end, regimes),
        halted=recorded("recorded, halted", done.calls[: first.number - 1], first.before, regimes),
        solvent_by=first.before.collateral - worth_up(first.before.principal, first.regime),
        left_if_exhausted=first.before.principal - repayable,
    )


def recorded(name: str, calls: list[Call], end: Position, regimes: Sequence[Regime]) -> Outcome:
    """The outcome of recorded calls that left the account at `end`."""
    first = calls[0]
    return outcome(
        name,
        [(call.repaid, call.seized, call.regime) for call in calls],
        (first.before.collateral, first.before.debt, first.regime),
        (end.collateral, end.debt),
        regimes,
    )

"""`preflight`: the snapshot, the change, everybody before and after, and a fork if one is asked."""

from collections.abc import Callable
from pathlib import Path

from protocol_sim.errors import BadInput
from protocol_sim.fork.preflight import impact
from protocol_sim.fork.preflight.change import Change, load_change
from protocol_sim.fork.preflight.execute import FIELDS, Executed, execute
from protocol_sim.fork.preflight.impact import Standing
from protocol_sim.fork.preflight.result import Preflight
from protocol_sim.fork.preflight.steps import Step, Steps
from protocol_sim.fork.snapshot import Snapshot, load_snapshot
from protocol_sim.protocols.aave_v3 import codes
from protocol_sim.protocols.aave_v3.shell import AaveV3
from protocol_sim.protocols.aave_v3.state import Market

Tell = Callable[[int, int], None]
LEAST = 2  # s between the snapshot's block and the change's: roles are given in between on a fork


def preflight(
    snapshot: Snapshot | str | Path, change: Change | str | Path, *, anvil: str | None = None,
    progress: Tell | None = None,
) -> Preflight:  # fmt: skip
    """Apply a change to the accounts of a snapshot; `anvil`: a node with the snapshot's block, to execute it on a fork.

    BadInput for a change that is wrong, names what is not there, or that the contracts would refuse.
    """
    if isinstance(snapshot, str | Path):
        snapshot = load_snapshot(snapshot)
    if isinstance(change, str | Path):
        change = load_change(change)
    now = snapshot.block.time + max(LEAST, snapshot.block_time)
    market, names = snapshot.market(), [x.symbol for x in snapshot.listed]
    before = impact.look(market, now)
    steps = applied(change, market, names, now)
    found = impact.standings(market, before, now, progress)
    becoming = [s for s in found if s.becomes]
    made = Preflight(change.name, tuple(s.told for s in steps), snapshot, now, found,
                     _by_asset(market, becoming, names, now), _by_emode(becoming))
    if anvil is not None:
        people = snapshot.people.addresses
        made.executed = execute(anvil, snapshot, [s.call for s in steps], now, [people[s.i] for s in found], progress)
        made.differences = compared(made.executed, found, people)
    return made


def applied(change: Change, market: Market, names: list[str], now: int) -> list[Step]:
    """Run the change on a market; the steps it took."""
    pool, taken = AaveV3(market), []
    for step in Steps(change, market, names, now):
        did = pool.call(step.operation, **step.arguments)
        if did.code != codes.OK:
            raise BadInput(change.name, step.key, "a change that the contracts accept",
                           f"{did.name or did.error} ({step.told})")
        taken.append(step)
    return taken


def compared(executed: Executed, found: list[Standing], people: list[str]) -> list[tuple[str, str, int, int]]:
    """Account, field, the model's value, the contracts'; only what differs."""
    different = []
    for s in found:
        answer = executed.answers[people[s.i]]
        ours = (s.after.collateral, s.after.debt, s.power_after, s.after.threshold, s.after.ltv, s.after.health_factor)
        different += [(people[s.i], name, value, said) for name, value, said in zip(FIELDS, ours, answer, strict=True)
                      if value != said]
    return different


def _by_asset(m: Market, becoming: list[Standing], names: list[str], now: int) -> dict[str, dict[str, int]]:
    """Totals of those who become liquidatable, by reserve; an account counts where it has collateral or debt."""
    found = {name: dict.fromkeys(("accounts", "debt_usd", "collateral_usd", "repayable_usd", "seizable_usd"), 0)
             for name in names}
    for s in becoming:
        collateral, debt = impact.by_asset(m, s.i, now)
        for k, name in enumerate(names):
            row = found[name]
            row["accounts"] += bool(collateral[k] or debt[k])
            row["debt_usd"] += debt[k]
            row["collateral_usd"] += collateral[k]
            row["repayable_usd"] += s.repayable if s.kd == k else 0
            row["seizable_usd"] += s.seizable if s.kc == k else 0
    return {name: row for name, row in found.items() if row["accounts"]}


def _by_emode(becoming: list[Standing]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for s in sorted(becoming, key=lambda s: s.emode):
        name = str(s.emode) if s.emode else "none"
        row = found.setdefault(name, dict.fromkeys(("accounts", "debt_usd", "collateral_usd", "repayable_usd",
                                                    "seizable_usd"), 0))
        row["accounts"] += 1
        row["debt_usd"] += s.after.debt
        row["collateral_usd"] += s.after.collateral
        row["repayable_usd"] += s.repayable
        row["seizable_usd"] += s.seizable
    return found

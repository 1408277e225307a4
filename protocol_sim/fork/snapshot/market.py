"""A snapshot as `protocols.aave_v3.state.Market`: every integer that the contracts store, none worked out."""

from protocol_sim.fork.snapshot.records import FLAGS, HOLDING, Snapshot
from protocol_sim.numeric import RAY
from protocol_sim.protocols.aave_v3.state import (
    Account,
    Allowance,
    Category,
    Holding,
    Market,
    Reserve,
    Settings,
)
from protocol_sim.protocols.aave_v3.versions import parse


def market(snapshot: Snapshot, delegations: int = 0) -> Market:
    """Account i is `snapshot.people.addresses[i]`, reserve k is `snapshot.listed[k]`."""
    people, count = snapshot.people, len(snapshot.listed)
    holdings = [Holding() for _ in range(len(people.addresses) * count)]
    for i, k, *values in zip(people.owner, people.reserve, *people.values, strict=True):
        holdings[i * count + k] = Holding(**dict(zip(HOLDING, values, strict=True)))
    rows = [Account(**{name: getattr(people, name)[i] for name in FLAGS}) for i in range(len(people.addresses))]
    credits = [Allowance(mode=a["mode"], reserve=a["reserve"], delegator=people.index(a["delegator"]),
                         delegatee=people.index(a["delegatee"]), amount=a["amount"]) for a in snapshot.allowances]
    return Market(
        [_reserve(listed.state) for listed in snapshot.listed],
        holdings,
        rows,
        _categories(snapshot),
        [*credits, *(Allowance() for _ in range(delegations))],
        [Settings(version=parse(snapshot.version), treasury=people.index(snapshot.treasury),
                  umbrella=people.index(snapshot.umbrella) if snapshot.umbrella else -1, **snapshot.settings)],
    )


def _reserve(state: dict[str, int]) -> Reserve:
    """What follows from other fields is filled in here."""
    decimals = state["decimals"]
    return Reserve(**state, unit=10**decimals, isolation_unit=10 ** (decimals - 2), excess=RAY - state["optimal"],
                   excess_stable=RAY - state["optimal_stable"])


def _categories(snapshot: Snapshot) -> list[Category]:
    rows = [Category() for _ in range(1 + max((c["id"] for c in snapshot.categories), default=0))]
    for category in snapshot.categories:
        rows[category["id"]] = Category(**{name: value for name, value in category.items() if name != "id"})
    return rows

"""The model and the real contract side by side: random operations, everything compared after each one.

The model runs forward on its own state; nothing is read back from the chain into it. The first difference ends the run.
Operations are drawn from the model's state with a seeded generator, so a seed gives the same run everywhere.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from protocol_sim.errors import BadInput
from protocol_sim.fork.anvil import Node, anvil
from protocol_sim.fork.artifacts import Event
from protocol_sim.fork.rig import Operation, Outcome, Rig

EPISODE = 250  # operations on one deployment; then the chain goes back to the fresh one, and so does the model

SHORT_MEMORY = ("--prune-history", "2")  # states that Anvil keeps: enough to trace the last refusal, a third less work

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Difference:
    """Where model and contract part: the operation, and only what differs."""

    case: int
    operation: Operation
    fields: tuple[tuple[str, Any, Any], ...]  # name, model, contract


@dataclass
class Verdict:
    """The outcome of a run."""

    protocol: str
    version: str
    seed: int
    played: Counter[str] = field(default_factory=Counter)  # accepted by both, by operation
    refused: Counter[str] = field(default_factory=Counter)  # refused by both for the same reason, by operation
    reasons: Counter[str] = field(default_factory=Counter)  # refusals by their string
    branches: Counter[str] = field(default_factory=Counter)  # rare paths taken
    operations: tuple[str, ...] = ()
    not_played: dict[str, str] = field(default_factory=dict)
    watched: tuple[str, ...] = ()
    seconds: float = 0.0  # of comparing, without start and deployment
    difference: Difference | None = None

    @property
    def equal(self) -> int:
        """Operations that both accepted, with equal results."""
        return self.played.total()

    @property
    def refused_as_on_chain(self) -> int:
        """Operations that both refused for the same reason."""
        return self.refused.total()

    @property
    def different(self) -> int:
        """0, or 1: a difference ends the run."""
        return 0 if self.difference is None else 1

    @property
    def total(self) -> int:
        """Operations played in all."""
        return self.equal + self.refused_as_on_chain + self.different

    @property
    def ok(self) -> bool:
        """No difference."""
        return self.difference is None


def verify(
    protocol: str, version: str | None = None, cases: int = 500, seed: int = 1, on_progress: Progress | None = None
) -> Verdict:
    """Play `cases` random operations of `protocol` on model and contract; `BadInput` for an unknown protocol."""
    if cases < 1:
        raise BadInput("command line", "--cases", "a number of at least 1", cases)
    rig = make_rig(protocol, version)
    verdict = Verdict(rig.protocol, rig.version, seed, operations=rig.operations, not_played=rig.not_played,
                      watched=rig.branches)
    with anvil(*SHORT_MEMORY) as node:
        rig.deploy(node)
        _play(node, rig, random.Random(f"{rig.protocol} {seed}"), cases, verdict, on_progress)
    return verdict


def make_rig(protocol: str, version: str | None = None) -> Rig:
    """The adapter of a protocol; of its first version in the registry, if none is named."""
    from protocol_sim.fork.adapters.registry import RIGS

    if protocol not in RIGS:
        raise BadInput("command line", "PROTOCOL", f"one of {', '.join(sorted(RIGS))}", protocol)
    versions = RIGS[protocol]
    if version is not None and version not in versions:
        raise BadInput("command line", "--version", " or ".join(versions), version)
    return versions[version or next(iter(versions))]()


def _play(
    node: Node, rig: Rig, rng: random.Random, cases: int, verdict: Verdict, on_progress: Progress | None
) -> None:
    fresh = node.call("evm_snapshot")
    started = time.perf_counter()
    for case in range(cases):
        if case % EPISODE == 0:
            node.call("evm_revert", fresh)
            fresh = node.call("evm_snapshot")
            rig.restart(int(node.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16))
        operation = rig.propose(rng)
        outcome = rig.play(operation)
        found = compare(node, rig, operation, outcome)
        if found:
            verdict.difference = Difference(case, operation, found)
            break
        _count(verdict, operation, outcome)
        if on_progress is not None:
            on_progress(case + 1, cases)
    verdict.seconds = time.perf_counter() - started


def compare(node: Node, rig: Rig, operation: Operation, outcome: Outcome) -> tuple[tuple[str, Any, Any], ...]:
    """Play the operation on the contract; what differs from the model, as (name, model, contract)."""
    node.next_timestamp(operation.at)
    receipt = node.send(operation.sender, operation.to, operation.data)
    differences: list[tuple[str, Any, Any]] = []
    if receipt["status"] == "0x0":
        said = rig.said(node.refusal(receipt))
        if outcome.refused is None or said not in outcome.refused:
            differences.append(("refused", _said(outcome.refused), repr(said)))
    elif outcome.refused is not None:
        differences.append(("refused", _said(outcome.refused), "accepted"))
    differences += _events(outcome.events, rig.decode(receipt["logs"]))
    model, chain = rig.state(), rig.read(node)
    if model != chain:
        differences += [d for d in zip(rig.fields(), model, chain, strict=True) if d[1] != d[2]]
    return tuple(differences)


def _said(refused: tuple[str, ...] | None) -> str:
    return "accepted" if refused is None else " or ".join(map(repr, refused))


def _events(model: Sequence[Event], chain: Sequence[Event]) -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = []
    for i in range(max(len(model), len(chain))):
        ours = model[i] if i < len(model) else None
        theirs = chain[i] if i < len(chain) else None
        if ours != theirs:
            found.append((f"event {i}", ours, theirs))
    return found


def _count(verdict: Verdict, operation: Operation, outcome: Outcome) -> None:
    if outcome.refused is None:
        verdict.played[operation.name] += 1
    else:
        verdict.refused[operation.name] += 1
        verdict.reasons[outcome.label or outcome.refused[0] or "(no reason)"] += 1
    verdict.branches.update(outcome.branches)


def render(verdict: Verdict) -> str:
    """The verdict as plain text: counts by operation, refusals, rare paths, and the first difference if any."""
    names, not_played = verdict.operations, verdict.not_played
    rows = [f"{verdict.protocol} {verdict.version}, seed {verdict.seed}: {verdict.total} operations in "
            f"{verdict.seconds:.1f} s ({verdict.total / max(verdict.seconds, 1e-9):.0f} compared per second)", ""]
    width = max(len(name) for name in (*names, *not_played, "operation"))
    rows.append(f"  {'operation':<{width}}  {'equal':>7}  {'refused as on chain':>20}")
    rows += [f"  {name:<{width}}  {verdict.played[name]:>7}  {verdict.refused[name]:>20}" for name in names]
    rows += [f"  {name:<{width}}  {'-':>7}  {'-':>20}  {why}" for name, why in not_played.items()]
    rows += _listed("refusals", verdict.reasons.most_common())
    rows += _listed("rare paths", [(name, verdict.branches[name]) for name in verdict.watched])
    rows += ["", f"played {verdict.total}   equal {verdict.equal}   refused as on chain {verdict.refused_as_on_chain}"
                 f"   different {verdict.different}"]
    if verdict.difference is not None:
        rows += ["", *_difference(verdict.difference)]
    return "\n".join(rows)


def _listed(title: str, counts: Sequence[tuple[str, int]]) -> list[str]:
    return ["", f"  {title}", *(f"    {count:>6}  {name}" for name, count in counts)] if counts else []


def _difference(difference: Difference) -> list[str]:
    operation = difference.operation
    rows = [f"different at case {difference.case}: {operation.name} at {operation.at}"]
    rows += [f"  {name} = {value}" for name, value in operation.arguments.items()]
    width = max((len(name) for name, _, _ in difference.fields), default=5)
    rows.append(f"  {'field':<{width}}  model | contract")
    rows += [f"  {name:<{width}}  {model} | {chain}" for name, model, chain in difference.fields]
    return rows

"""`verify fork` without a node of one's own: the rig is captured, forked and compared, then prices fall on the fork and
the flash liquidator takes what the model says is there to take."""

from collections.abc import Callable
from dataclasses import dataclass

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.capture import capture
from protocol_sim.fork.flash_liquidator import FlashModel, Series, series
from protocol_sim.fork.rigs.scene import Scene
from protocol_sim.fork.rigs.start import SMALL, LocalChain, Size, local_chain
from protocol_sim.fork.snapshot import Snapshot
from protocol_sim.fork.solc import compiled
from protocol_sim.fork.verify_fork import ForkVerdict, verify_fork

FALL = {"WETH": 8_600, "WBTC": 8_500}  # bps of the price that are left
LIQUIDATIONS = 24  # a market


@dataclass
class RigVerdict:
    """One market of the rig."""

    accounts: ForkVerdict
    liquidations: Series
    after: FlashModel  # the model after them

    @property
    def ok(self) -> bool:
        """Everything equal, and something liquidated."""
        return self.accounts.ok and bool(self.liquidations.jobs) and not self.liquidations.different


def check(size: Size = SMALL, tell: Callable[[int, int], None] = lambda _done, _all: None) -> list[RigVerdict]:
    """Both markets of a rig."""
    with local_chain(size, tell) as rig:
        return [_one(rig, version) for version in rig.scene.markets]


def _one(rig: LocalChain, version: str) -> RigVerdict:
    with rig.fork() as copy:
        before = captured(copy.url, rig.scene, version)
        verdict = verify_fork(before, copy.url)
        fall(copy, rig.scene)
        done, model = series(copy, captured(copy.url, rig.scene, version), copy.accounts[3], LIQUIDATIONS)
        return RigVerdict(verdict, done, model)


def captured(url: str, scene: Scene, version: str) -> Snapshot:
    """Everybody and every pool, not kept."""
    pools = {venue.name: venue.address for venue in scene.venues}
    return capture(url, address=scene.markets[version].pool, pools=pools, complete=True, keep=False)


def fall(node: Node, scene: Scene) -> None:
    """The volatile feeds report less."""
    code = compiled("SettableFeed")
    for name, left in FALL.items():
        feed = scene.feeds[name]
        answer = code.answer("latestAnswer", node.read(feed, code.call("latestAnswer")))[0]
        node.execute(feed, code.call("setAnswer", answer * left // 10_000))


def render(verdict: RigVerdict) -> str:
    """The liquidator's lines, to stand below those of the accounts."""
    series = verdict.liquidations
    venues = sorted({job.venue for job, _ in series.jobs})
    lines = [f"flash liquidations  {len(series.jobs)} on {', '.join(venues)}",
             f"profits equal       {len(series.jobs) - len(series.different)}",
             f"profits different   {len(series.different)}"]
    lines += [f"  {job.borrower} on {job.venue}: model {job.profit}, chain {gained}"
              for job, gained in series.different[:3]]
    return "\n".join(lines)

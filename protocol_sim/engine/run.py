"""`run`: a scenario, a seed, an engine -> a `Run`. The engines differ in speed and in nothing that a `Run` holds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from protocol_sim.agents import view as v
from protocol_sim.agents.view import View
from protocol_sim.engine.exact import simulate
from protocol_sim.engine.outcome import outcome
from protocol_sim.errors import BadInput
from protocol_sim.results import Run
from protocol_sim.scenario import Scenario
from protocol_sim.world import build

Progress = Callable[[int, int], None]
LARGE = 2_000      # accounts: from here on compiling the positions pays
FIRST_LOG = 4_096  # events a compiled run has room for before it is repeated with more


def run(
    scenario: Scenario,
    seed: int | None = None,
    engine: str = "exact",
    *,
    path: int = 0,
    agents: Sequence[Any] = (),
    feeds: Mapping[str, Any] | None = None,
    objective: Callable[[Run], Any] | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a scenario on price path `path` of `seed` (default: the scenario's).

    `engine` is "exact" (the reference), "fast" or "scan" (compiled: the same integers, event by event).
    A user's own parts run in the exact engine: an agent has `propose(view, row) -> [Proposal, …]`, a name and the
    name of a numeraire asset (`gas` and `bid` are optional); `feeds` maps the name of a scenario's feed to an object
    with `look(view, row) -> answer or None`; `objective` is called with the finished run and kept in `Run.objective`.
    `progress` is told (steps done, steps in all). BadInput for an unknown engine or parts that it cannot take.
    """
    seed = scenario.seed if seed is None else seed
    if engine == "exact":
        world = build(scenario, seed, path)
        events = _exact(scenario, world, agents, feeds or {}, progress)
    elif engine in ("fast", "scan"):
        if agents or feeds:
            raise BadInput("run", "engine", "'exact' for agents and feeds of your own", repr(engine))
        world, events = _compiled(scenario, seed, path, engine == "scan", progress)
    else:
        raise BadInput("run", "engine", "'exact', 'fast' or 'scan'", repr(engine))
    names = [getattr(agent, "name", f"custom{n}") for n, agent in enumerate(agents)]
    result = outcome(scenario, world, events, seed=seed, path=path, engine=engine, custom=names)
    if objective is not None:
        result.objective = objective(result)
    return result


def _exact(
    scenario: Scenario, world: View, agents: Sequence[Any], feeds: Mapping[str, Any], progress: Progress | None
) -> list[Any]:
    custom = [(_enlist(scenario, world, agent), agent) for agent in agents]
    names = [feed.name for feed in scenario.feeds]
    for name in feeds:
        if name not in names:
            raise BadInput("run", "feeds", f"a feed of the scenario ({', '.join(names)})", repr(name))
        world.feeds[names.index(name)].kind = v.CUSTOM_FEED
    chosen = [(names.index(name), feed) for name, feed in feeds.items()]
    steps = scenario.clock.steps
    return simulate(world, custom, chosen, None if progress is None else lambda step: progress(step + 1, steps))


def _enlist(scenario: Scenario, world: View, agent: Any) -> int:
    """A row for a user's agent, with routes through the scenario's pools."""
    from protocol_sim.world.build import routes_to

    assets = [asset.name for asset in scenario.assets]
    if agent.numeraire not in assets:
        raise BadInput("run", "agents", f"a numeraire among {', '.join(assets)}", repr(agent.numeraire))
    row = v.Agent(kind=v.CUSTOM, numeraire=assets.index(agent.numeraire))
    row.gas, row.bid = getattr(agent, "gas", 0), getattr(agent, "bid", 0)
    world.agents.append(row)
    world.routes.extend(routes_to(scenario, agent.numeraire, ()))
    return len(world.agents) - 1


def _compiled(
    scenario: Scenario, seed: int, path: int, scan: bool, progress: Progress | None
) -> tuple[View, list[Any]]:
    """The compiled engine; a path that it cannot take is run by the exact one. A large world stays in tables."""
    from protocol_sim.engine.fast import Compiled, HandOver
    from protocol_sim.engine.gathering import without_accounts

    engine = Compiled(build(scenario, seed, path, tables=True), scan=scan, log=FIRST_LOG)
    try:
        engine.run()
    except HandOver:
        world = build(scenario, seed, path)
        events = simulate(world)
    else:
        small = sum(len(protocol[2]) for protocol in engine.world.protocols) < LARGE
        world, events = engine.records() if small else without_accounts(engine.world), engine.events
    if progress is not None:
        progress(scenario.clock.steps, scenario.clock.steps)
    return world, events

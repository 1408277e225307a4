"""A scenario as a `View`: `build` makes it, one file a protocol kind builds that protocol's state (`markets`)."""

from protocol_sim.world.build import build, path_rows
from protocol_sim.world.outside import Outside

__all__ = ["Outside", "build", "path_rows"]

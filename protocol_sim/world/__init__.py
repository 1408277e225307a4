"""A scenario as a `View`: `build` makes it, one file a protocol kind builds that protocol's state (`markets`)."""

from protocol_sim.world.build import build, outside_paths, path_rows

__all__ = ["build", "outside_paths", "path_rows"]

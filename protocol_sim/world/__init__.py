"""A scenario as a `View`: `build` makes it, one file a protocol kind builds that protocol's state (`markets`)."""

from protocol_sim.world.books import account_names, generate_book
from protocol_sim.world.build import build, path_rows
from protocol_sim.world.outside import Outside

__all__ = ["Outside", "account_names", "build", "generate_book", "path_rows"]

"""protocol-sim: DeFi liquidations simulated to the wei, with the loop closed (liquidation, sale, pool, feed, liquidation)."""

__version__ = "0.1.0"

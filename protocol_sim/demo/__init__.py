"""The demo: a CRV short liquidated on Aave V2, 22 November 2022; replayed to the raw unit, simulated, varied."""

"""Aave V1. Only one formula is modelled: the collateral that a liquidation seizes (`rules.seize`)."""

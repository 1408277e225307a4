"""Compound V2. Only one formula is modelled: the collateral tokens that a liquidation seizes (`rules.seize`)."""

"""Uniswap V3 under test: `rig` plays, `draws` proposes, `storage` reads the pool slot by slot."""

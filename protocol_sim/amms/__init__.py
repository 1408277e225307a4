"""Automated market makers, one file a curve: `constant_product` (Uniswap V2), its optima in `arbitrage` and `sizing`.
`concentrated` is Uniswap V3, a package: one file an idea, from tick arithmetic to optima across ticks.

`pair.Pair` keeps wallets and LP balances around one pool for anything that wants a whole token economy.
"""

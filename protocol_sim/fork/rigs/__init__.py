"""A chain to capture and replay without a network: real contracts on a local Anvil, with people and a history.

`scene` deploys Aave V3.6 and V3.0.2 on shared tokens and feeds, Uniswap V2 and V3; `people` says who arrives with what;
`history` lets prices move, people act, keepers liquidate, governance change and upgrade; `chain` makes the blocks;
`start` puts it together. Everything follows from the seed: same size, same seed, same block hashes.
"""

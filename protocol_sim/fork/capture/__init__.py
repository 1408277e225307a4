"""A lending protocol's whole state at one block, from any Ethereum-like node.

`logs` finds who took part; `pinned` reads at the one block, through the reader contract or raw batches; `reserves`,
`people` and `venues` say what is read; `store` keeps it on disk; `run` is the order of it all. What comes out is a
`snapshot.Snapshot`. It is complete or it is not written: the scaled balances of all accounts must add up to the tokens'
own totals, and the block must still be part of the chain at the end.

Limits: at most 62 reserves, as the model has. Somebody who only ever received aTokens through code that logs no
`Supply`, `Borrow`, `MintUnbacked` or `BalanceTransfer` would be missed; the sums would show it.
"""

from protocol_sim.fork.capture.run import capture

__all__ = ["capture"]

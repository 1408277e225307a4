"""Uniswap V3 to the wei: pools with concentrated liquidity, as rules on tables of rows (`state.Pools`).

Source: @uniswap/v3-core 1.0.1, @uniswap/v3-periphery 1.4.4.
| external operation                                      | here                                                    |
|---------------------------------------------------------|---------------------------------------------------------|
| initialize                                              | `pool.initialize`                                       |
| swap, exact in and exact out, with price limit          | `pool.swap`; `pool.quote` writes nothing                |
| flash                                                   | `pool.flash`                                            |
| mint, burn (also the poke with 0), collect              | `positions.mint`, `burn`, `collect`                     |
| setFeeProtocol, collectProtocol                         | `pool.set_fee_protocol`, `collect_protocol`             |
| increaseObservationCardinalityNext, observe             | `oracle.increase_cardinality`, `observe`                |
| snapshotCumulativesInside                               | `oracle.inside`                                         |
| OracleLibrary: consult, getQuoteAtTick                  | `oracle.consult`, `quote_at_tick`                       |
| SwapRouter: exactInputSingle, exactOutputSingle         | `pool.swap`; their own limits: the verification's rig   |
| SwapRouter over several pools, NonfungiblePositionManager, factory ownership, tokens that take a fee | out of scope |

`family` is what the engine and the agents use of it, `optimum` the integer optima of an arbitrage and of a sale.
Callbacks are amounts: what the caller pays is `paid0`, `paid1` or `DUE`. A refusal is a code whose string is in
`state.ERRORS`; a refused call changes nothing. What the contract lets wrap (fee growth, owed fees, seconds) wraps.

Known differences, none of which a call that fits into 12 million gas can reach:
- a pool's tables have room for as many ticks, positions and observations as its `Terms` say; beyond that: `NO_ROOM`;
- re-entering the pool from a callback is not modelled, so LOK means "not initialised".
"""

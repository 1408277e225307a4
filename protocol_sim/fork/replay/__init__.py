"""A chain's history of Aave V3 replayed on the model, from its logs.

It starts from a `snapshot` (`place` reads what else is needed); `stream` brings the logs and `logs` decodes them;
`parse` splits a transaction's logs into operations, `operations` and `governance` say what each stands for, `player`
runs it on the `replica` and compares every log it must leave (amounts, indices, rates) with the chain's; `checkpoint`
compares the state with the views. Beside it `watch` asks the model's liquidator (`screen` rules accounts out), `code`
knows what an upgrade brings, and `result` puts it all into tables.

Operations are told from events, not from transaction input, since calls come through contracts. Every log of the
market's addresses (pool, configurator, tokens, ACL manager, addresses provider, oracle, rate strategy, feeds) belongs
to exactly one operation, or it is unexplained; so is underlying that moves without one. Versions: 3.0.2 and 3.6.

Not followed: a price oracle sentinel (what the chain let through is taken as allowed), prices of sources that say
nothing when they change (`feeds`), reserves listed within the range. The last two come out as differences.
"""

from protocol_sim.fork.replay.result import Replay
from protocol_sim.fork.replay.run import replay
from protocol_sim.fork.replay.watch import Liquidator

__all__ = ["Liquidator", "Replay", "replay"]

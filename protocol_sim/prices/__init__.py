"""Outside prices: one file a process, each with its source.

A process is a record of parameters a step (`of` makes it from those a year), with `levels(how, streams, z)`: the log of
price over start at each step, from driving normals `z` that may be correlated across assets (`correlation`, `student`)
and from draws of its own. Its `walk` is plain text on arrays. `how` runs that text as Python (`reference`) or compiled
(`compiled`); both draw the same Philox words and end in the same bits, because there is only + - * / sqrt in a fixed
order and the exp, log and normal of `numeric.portable`.

Every stream is keyed by (seed, path, component, entity), the entity being the name of the asset: a path can be made
alone, and another asset or another process shifts nobody's draws. Floats end here: `quantise` rounds once to USD with
8 decimals, which every engine reads.

`points`, `table`: given prices. `gbm`, `ou`, `merton`, `kou`, `garch` (GJR too), `bootstrap`, `bridge`: processes.
`shocks`: what is laid on top. `staked`: rate times base times basis. `calibrate`: parameters from recorded prices.
"""

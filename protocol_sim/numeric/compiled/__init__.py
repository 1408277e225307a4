"""The vocabulary of rule text, compiled: importing this package teaches numba the wide integer, tables and every
`@rule`.

Layers: `wide` (the type and its LLVM operations) < `division` (reciprocals on 64-bit limbs) < `arithmetic` (checked
operators) < `vocabulary` (the names of `numeric.fixed_point`) and `table` (rows of records on bare memory).

A result that does not fit raises, and in compiled code a raise means "hand this path to the exact engine", never
"reverted": what a contract refuses is said by a rule's code.
"""

from protocol_sim.numeric.compiled import cache as cache  # first: it names numba's cache directory
from protocol_sim.numeric.compiled import dispatch as dispatch  # dispatchers become chains of comparisons
from protocol_sim.numeric.compiled import vocabulary as vocabulary  # registers the overloads
from protocol_sim.numeric.compiled.table import Table, row_words
from protocol_sim.numeric.compiled.wide import Const, wide

__all__ = ["Const", "Table", "row_words", "wide"]

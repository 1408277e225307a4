"""`python -m protocol_sim.protocols.aave_v3` prints the table of operations."""

from protocol_sim.protocols.aave_v3.operations import table

print(table())

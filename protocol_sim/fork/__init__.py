"""Real contracts on a local Anvil node, by which the models are judged: the only part that talks to a chain."""

"""One folder a protocol: random operations, how the model plays them, what is read back from the contracts."""

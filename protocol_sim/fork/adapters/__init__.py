"""One file a protocol: random operations, how the model plays them, and what is read back from the contracts."""

"""Aave V2 (npm `@aave/protocol-v2` 1.0.1), to the wei."""

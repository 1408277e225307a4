"""Aave V3, versions 3.0.2 and 3.3 to 3.6, to the wei."""

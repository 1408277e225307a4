"""Uniswap V2 under test."""

"""Aave V2 under test."""

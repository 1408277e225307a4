"""Aave V3 under test."""

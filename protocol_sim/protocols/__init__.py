"""Lending protocols, one folder each: state (records, a unit beside each field), rules (pure), operations, shell."""

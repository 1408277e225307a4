"""Agents: one file a behaviour; each looks at a view and proposes, the engine commits."""

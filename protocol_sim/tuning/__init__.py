"""Tuning: protocol and policy parameters searched jointly, on common price paths, resumable, on any number of workers.

| file | what |
|---|---|
| `space` | which values may change, step limits, constraints: the space file |
| `measures`, `power` | what candidates are judged by |
| `evaluate`, `workers`, `journal` | a unit of work, who computes it, and where it is kept |
| `candidates`, `search`, `pareto` | judging, the course of a search, Pareto order |
| `recommend`, `bounds`, `sensitivity` | the recommendation, beside no change and a closed form; its assumptions |
| `tune`, `result` | the main flow, and what it comes to |
"""

from protocol_sim.tuning.measures import MEASURES
from protocol_sim.tuning.result import Tuning, load_tuning
from protocol_sim.tuning.space import Space, load_space, parse_space
from protocol_sim.tuning.tune import tune

__all__ = ["MEASURES", "Space", "Tuning", "load_space", "load_tuning", "parse_space", "tune"]

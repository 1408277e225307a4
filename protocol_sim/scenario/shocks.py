"""Deterministic shocks on top of an asset's price: at which step, how far, for how long."""

from typing import Annotated, Literal

from pydantic import Field

from protocol_sim.scenario.base import Count, Number, Positive, Section

Change = Annotated[Number, Field(gt=-1, le=1000)]  # a share of the price: -0.45 is 45 % down


class Gap(Section):
    """At once, and for good."""

    kind: Literal["gap"]
    step: Count
    change: Change


class Crash(Section):
    """On a straight line within `steps`, and for good."""

    kind: Literal["crash"]
    step: Count
    steps: Positive
    change: Change


class Vee(Section):
    """Down within `fall` steps and back up within `rise`."""

    kind: Literal["v"]
    step: Count
    fall: Positive
    rise: Positive
    change: Change


class Depeg(Section):
    """Down within `fall` steps, there for `hold`, back within `rise`, except for what is left."""

    kind: Literal["depeg"]
    step: Count
    fall: Positive = 1
    hold: Count
    rise: Positive
    change: Change
    left: Change = 0.0


Shock = Annotated[Gap | Crash | Vee | Depeg, Field(discriminator="kind")]

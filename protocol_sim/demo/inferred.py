"""What the records do not hold and the demo infers: the type, and its file beside the records."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from protocol_sim.demo.market import Rates
from protocol_sim.demo.prices import BONUS, Interval, Regime
from protocol_sim.demo.records import FOLDER, read_json
from protocol_sim.errors import BadInput
from protocol_sim.numeric import BPS

FILE = FOLDER / "inferred.json"
DIGITS = 24  # of a ratio written out


class Inferred(NamedTuple):
    """Prices and rates, each with what the records leave open. Rates in ray a year."""

    regimes: tuple[Regime, ...]
    rates: Rates
    usdc_range: tuple[int, int]  # every USDC rate in between was found to reproduce the last seizure
    usdc_supply: tuple[int, int]  # what suppliers earn at that rate after the first supply and at the end
    crv_least: int  # below it the contract refuses a recorded call
    crv_most: int  # up to it the toxic liquidations stay the same ones


def load_inferred(path: Path = FILE) -> Inferred:
    """Read the file; BadInput if it is absent or not what `to_json` writes."""
    data = read_json(path)
    try:
        prices, usdc, crv = data["prices"], data["usdc"], data["crv"]
        held = int(prices["usdc"])
        return Inferred(
            tuple(_regime(row, held) for row in prices["regimes"]),
            Rates(int(usdc["borrow_rate"]), int(crv["borrow_rate"])),
            (int(usdc["least"]), int(usdc["most"])),
            (int(usdc["supply_rate_first"]), int(usdc["supply_rate_last"])),
            int(crv["least"]),
            int(crv["most"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(str(path), "content", "what `python -m protocol_sim.demo.infer` writes", repr(error)) from None


def to_json(found: Inferred) -> str:
    """The text of the file: integers as decimal texts, every range beside its value."""
    data = {
        "format": 1,
        "command": "python -m protocol_sim.demo.infer",
        "prices": {
            "unit": "wei of ETH per whole token; ratio: USDC per CRV with the bonus of 4.5 %, numerator / denominator",
            "identified": "the ratios of all regimes; of the last one both prices, up to a common factor that puts ETH "
            "at 1,000 to 1,300 USD. The USDC price of the earlier regimes is held at that of the last (assumed)",
            "usdc": str(found.regimes[-1].usdc),
            "regimes": [_row(regime) for regime in found.regimes],
        },
        "usdc": {
            "unit": "ray a year",
            "identified": "the interest that the supplies earned until the last call took the rest: one number",
            "initial_liquidity_index": str(10**27),
            "borrow_rate": str(found.rates.usdc),
            "least": str(found.usdc_range[0]),
            "most": str(found.usdc_range[1]),
            "supply_rate_first": str(found.usdc_supply[0]),
            "supply_rate_last": str(found.usdc_supply[1]),
        },
        "crv": {
            "unit": "ray a year",
            "identified": "from below only: with less interest the account is healthy before a recorded call. The "
            "value is the least multiple of 0.01 % that is enough; up to `most` the toxic calls are the same ones",
            "initial_variable_borrow_index": str(10**27),
            "borrow_rate": str(found.rates.crv),
            "least": str(found.crv_least),
            "most": str(found.crv_most),
        },
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _row(regime: Regime) -> dict[str, Any]:
    bonus = Fraction(BONUS, BPS)
    low, high = regime.ratio.low * bonus, regime.ratio.high * bonus
    return {
        "first": regime.first,
        "calls": regime.calls,
        "crv": str(regime.crv),
        "crv_least": str(regime.crv_range[0]),
        "crv_most": str(regime.crv_range[1]),
        "ratio_least": f"{low.numerator}/{low.denominator}",
        "ratio_below": f"{high.numerator}/{high.denominator}",
        "ratio": decimal(low, DIGITS),
    }


def decimal(value: Fraction, digits: int) -> str:
    """A fraction cut off after `digits` decimals."""
    whole, rest = divmod(value.numerator * 10**digits // value.denominator, 10**digits)
    return f"{whole}.{rest:0{digits}}"


def _regime(row: dict[str, Any], usdc: int) -> Regime:
    bonus = Fraction(BPS, BONUS)
    ratio = Interval(Fraction(row["ratio_least"]) * bonus, Fraction(row["ratio_below"]) * bonus)
    crv_range = int(row["crv_least"]), int(row["crv_most"])
    return Regime(row["first"], row["calls"], ratio, usdc, int(row["crv"]), crv_range)

"""The scenario file: TOML read into typed, tagged unions, validated, with every default visible.

One file a section of the format; `scenario` holds the whole, `checks` and `changes` what no section can know alone,
`load` reads a file, `defaults` writes one, `edit` changes values, `ledger` lists every input. (A package: the format is
a dozen ideas, not one.)

Amounts are texts with their unit (`"12.5 CRV"`, exact) or raw integers; USD prices are decimal texts held as integers
with 8 decimals; rays and other wide integers may be texts of digits. `kind` tells the variants of a union apart.
"""

from protocol_sim.numeric.units import amount_text, parse_amount, parse_usd, usd_text
from protocol_sim.scenario.accounts import Account
from protocol_sim.scenario.agents import Arbitrageur, Liquidator
from protocol_sim.scenario.assets import Asset, Correlation, Impact
from protocol_sim.scenario.books import FileBook, GeneratedBook, Looper
from protocol_sim.scenario.defaults import to_toml
from protocol_sim.scenario.feeds import ChainlinkFeed, FixedFeed, RoundsFeed
from protocol_sim.scenario.ledger import ledger
from protocol_sim.scenario.load import load_scenario, parse_scenario
from protocol_sim.scenario.pools import ConcentratedPool, ConstantProductPool, Range
from protocol_sim.scenario.prices import (
    BootstrapPrice,
    BridgePrice,
    ConstantPrice,
    CsvPrice,
    GarchPrice,
    GbmPrice,
    GjrPrice,
    KouPrice,
    MertonPrice,
    OuPrice,
    PointsPrice,
    StakedPrice,
)
from protocol_sim.scenario.protocols import (
    AaveV2,
    AaveV2Rate,
    AaveV2Reserve,
    AaveV3,
    AaveV3EMode,
    AaveV3Rate,
    AaveV3Reserve,
)
from protocol_sim.scenario.scenario import Clock, InputSource, Scenario
from protocol_sim.scenario.shocks import Crash, Depeg, Gap, Vee
from protocol_sim.scenario.timeline import FeedOutage, Freeze, Pause, SetCloseFactor, SetParameter, SwapFeed

__all__ = [
    "AaveV2",
    "AaveV2Rate",
    "AaveV2Reserve",
    "AaveV3",
    "AaveV3EMode",
    "AaveV3Rate",
    "AaveV3Reserve",
    "Account",
    "Arbitrageur",
    "Asset",
    "BootstrapPrice",
    "BridgePrice",
    "ChainlinkFeed",
    "Clock",
    "ConcentratedPool",
    "ConstantPrice",
    "ConstantProductPool",
    "Correlation",
    "Crash",
    "CsvPrice",
    "Depeg",
    "FeedOutage",
    "FileBook",
    "FixedFeed",
    "Freeze",
    "Gap",
    "GarchPrice",
    "GbmPrice",
    "GeneratedBook",
    "GjrPrice",
    "Impact",
    "InputSource",
    "KouPrice",
    "Liquidator",
    "Looper",
    "MertonPrice",
    "OuPrice",
    "Pause",
    "PointsPrice",
    "Range",
    "RoundsFeed",
    "Scenario",
    "SetCloseFactor",
    "SetParameter",
    "StakedPrice",
    "SwapFeed",
    "Vee",
    "amount_text",
    "ledger",
    "load_scenario",
    "parse_amount",
    "parse_scenario",
    "parse_usd",
    "to_toml",
    "usd_text",
]

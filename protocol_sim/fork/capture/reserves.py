"""Addresses, settings, reserves and eModes of an Aave V3 market, read from its own views."""

from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from protocol_sim.errors import BadInput
from protocol_sim.fork.capture.pinned import Call, Pinned
from protocol_sim.fork.snapshot.records import Listed, Round
from protocol_sim.protocols.aave_v3.versions import VERSIONS

NOBODY = "0x" + "00" * 20
REVISIONS = {1: "3.0.2", 2: "3.0.2", 3: "3.0.2", 7: "3.3", 8: "3.4", 9: "3.5", 10: "3.6"}
"""POOL_REVISION -> version: 1 as in npm @aave/core-v3 1.19.3 (2 and 3: its later deployments), the others as in git
tags v3.3.0 to v3.6.0. 4 to 6 (3.1, 3.2) and 11 (3.7) are not modelled."""
UMBRELLA = b"UMBRELLA".ljust(32, b"\0")
SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"  # EIP-1967: where the code is
FLASH_BORROWER = keccak(text="FLASH_BORROWER")
ISOLATED_SUPPLIER = keccak(text="ISOLATED_COLLATERAL_SUPPLIER")
BPS_TO_RAY = 10**23
MODES = range(1, 256)


@dataclass(frozen=True)
class Core:
    """The contracts of a market."""

    version: str
    provider: str
    pool: str
    configurator: str
    oracle: str
    sentinel: str  # "" for none
    acl: str
    umbrella: str  # "" for none
    assets: tuple[str, ...]


def core(pinned: Pinned, address: str, version: str | None) -> Core:
    """The market behind a pool or its addresses provider. BadInput for anything else, and for a version that is not
    modelled."""
    where = f"{address} at {pinned.block}"
    if not isinstance(address, str) or len(address) != 42 or not address.startswith("0x"):
        raise BadInput("capture", "address", "of the pool or its addresses provider, 0x and 40 digits", address)
    address = address.lower()
    provider, pool = pinned.read([(address, "ADDRESSES_PROVIDER", ()), (address, "getPool", ())])
    if provider is None and pool is None:
        raise BadInput("capture", "address", "an Aave V3 pool or its addresses provider", where)
    pool, provider = (address, provider) if provider is not None else (pool, address)
    names = ("getPoolConfigurator", "getPriceOracle", "getPriceOracleSentinel", "getACLManager")
    configurator, oracle, sentinel, acl = pinned.read([(provider, name, ()) for name in names])
    umbrella, revision, assets = pinned.read(
        [(provider, "getAddress", (UMBRELLA,)), (pool, "POOL_REVISION", ()), (pool, "getReservesList", ())])
    if oracle is None or acl is None or assets is None:
        raise BadInput("capture", "address", "an Aave V3 pool or its addresses provider", where)
    chosen = version or REVISIONS.get(revision)
    if chosen not in VERSIONS:
        known = "one of " + ", ".join(VERSIONS)
        raise BadInput("capture", "version", known, version or f"POOL_REVISION {revision} at {where}")
    return Core(chosen, provider, pool, configurator, oracle, _real(sentinel), acl, _real(umbrella), tuple(assets))


def _real(address: str | None) -> str:
    return "" if address in (None, NOBODY) else str(address)


# ---- reserves -------------------------------------------------------------------------------------------------------
def reserves(pinned: Pinned, at: Core) -> tuple[Listed, ...]:
    """All reserves in the order of their ids."""
    data = [pinned.one(at.pool, "getReserveData", asset) for asset in at.assets]
    feeds = _feeds(pinned, at)
    return tuple(_listed(pinned, at, asset, row, feed) for asset, row, feed in zip(at.assets, data, feeds, strict=True))


def _listed(pinned: Pinned, at: Core, asset: str, data: tuple[Any, ...], feed: Round | None) -> Listed:
    (bits,), _, _, _, _, _, _, _, a_token, stable, variable, strategy, *_ = data
    first = at.version == "3.0.2"
    stable = _real(stable) if first else ""
    calls: list[Call] = [(asset, "symbol", ()), (a_token, "scaledTotalSupply", ()), (variable, "scaledTotalSupply", ()),
                         (at.oracle, "getAssetPrice", (asset,))]
    calls += _extra_calls(at, asset, a_token, stable)
    symbol, supply, debt, price, *extra = pinned.read(calls)
    if not price:
        raise BadInput("capture", "price", f"of {symbol or asset} above 0", "none" if price is None else price)
    if None in (supply, debt, *extra):
        raise BadInput("capture", "version", f"the version of the contracts of {symbol or asset}", at.version)
    state = _configuration(bits) | {
        "liquidity_index": data[1], "liquidity_rate": data[2], "variable_borrow_index": data[3],
        "variable_rate": data[4], "stable_rate": data[5], "last_updated": data[6], "accrued_to_treasury": data[12],
        "isolation_debt": data[14], "scaled_supply": supply, "scaled_debt": debt, "price": price,
    }  # fmt: skip
    state |= _extra(first, extra)
    state |= _curve_v1(pinned, strategy) if first else _curve_v2(pinned, strategy, asset)
    return Listed(symbol or asset[:10], asset, a_token, variable, stable, strategy, feed, state)


def _extra_calls(at: Core, asset: str, a_token: str, stable: str) -> list[Call]:
    if at.version == "3.0.2":
        return [(asset, "balanceOf", (a_token,)), *([(stable, "getSupplyData", ())] if stable else [])]
    views = ("getVirtualUnderlyingBalance", "getReserveDeficit", "getLiquidationGracePeriod")
    return [*((at.pool, view, (asset,)) for view in views), (at.configurator, "getPendingLtv", (asset,))]


def _extra(first: bool, values: list[Any]) -> dict[str, int]:
    found = dict.fromkeys(("stable_principal", "average_stable_rate", "stable_updated", "deficit", "grace_until",
                           "pending_ltv"), 0)  # fmt: skip
    found["available_liquidity"] = values[0]
    if first:
        principal, _, average, updated = values[1] if len(values) > 1 and values[1] else (0, 0, 0, 0)
        return found | {"stable_principal": principal, "average_stable_rate": average, "stable_updated": updated}
    return found | {"deficit": values[1], "grace_until": values[2], "pending_ltv": values[3] or 0}


def _configuration(bits: int) -> dict[str, int]:
    """The bitmap of `ReserveConfiguration.sol`."""
    def field(at: int, width: int) -> int:
        return bits >> at & (1 << width) - 1

    widths = {"ltv": (0, 16), "threshold": (16, 16), "bonus": (32, 16), "decimals": (48, 8), "active": (56, 1),
              "frozen": (57, 1), "borrowing": (58, 1), "stable_borrowing": (59, 1), "paused": (60, 1),
              "borrowable_in_isolation": (61, 1), "siloed": (62, 1), "flash_loans": (63, 1),
              "reserve_factor": (64, 16), "borrow_cap": (80, 36), "supply_cap": (116, 36), "liquidation_fee": (152, 16),
              "emode": (168, 8), "debt_ceiling": (212, 40)}  # fmt: skip
    return {name: field(*place) for name, place in widths.items()}


def _curve_v1(pinned: Pinned, strategy: str) -> dict[str, int]:
    views = {"optimal": "OPTIMAL_USAGE_RATIO", "optimal_stable": "OPTIMAL_STABLE_TO_TOTAL_DEBT_RATIO",
             "base_rate": "getBaseVariableBorrowRate", "variable_slope1": "getVariableRateSlope1",
             "variable_slope2": "getVariableRateSlope2", "stable_slope1": "getStableRateSlope1",
             "stable_slope2": "getStableRateSlope2", "base_stable_offset": "getBaseStableBorrowRate",
             "stable_excess_offset": "getStableRateExcessOffset"}  # fmt: skip
    values = pinned.read([(strategy, view, ()) for view in views.values()])
    found = dict(zip(views, values, strict=True))
    found["base_stable_offset"] -= found["variable_slope1"]  # the view adds it
    return found


def _curve_v2(pinned: Pinned, strategy: str, asset: str) -> dict[str, int]:
    rates = pinned.one(strategy, "getInterestRateDataBps", asset)
    names = ("optimal", "base_rate", "variable_slope1", "variable_slope2")
    nothing = dict.fromkeys(("stable_slope1", "stable_slope2", "base_stable_offset", "stable_excess_offset"), 0)
    return dict(zip(names, (rate * BPS_TO_RAY for rate in rates), strict=True)) | nothing | {
        "optimal_stable": 2_000 * BPS_TO_RAY}  # no stable debt: what a scenario takes where nothing is said


# ---- feeds ----------------------------------------------------------------------------------------------------------
def _feeds(pinned: Pinned, at: Core) -> list[Round | None]:
    """The price source of every reserve; None where the oracle has none."""
    sources = pinned.read([(at.oracle, "getSourceOfAsset", (asset,)) for asset in at.assets])
    return [feed(pinned, source) if _real(source) else None for source in sources]


def feed(pinned: Pinned, source: str) -> Round | None:
    """A source and its last round; None where it answers like no aggregator."""
    views = ("latestRoundData", "decimals", "description", "aggregator")
    last, decimals, description, aggregator = pinned.read([(source, view, ()) for view in views])
    if last is None:
        return None
    return Round(source, _real(aggregator) or source, description or "", decimals if decimals is not None else 8,
                 last[0], last[1], last[3])


# ---- market-wide ----------------------------------------------------------------------------------------------------
def settings(pinned: Pinned, at: Core) -> dict[str, int]:
    """Fields of `state.Settings`."""
    views = ("FLASHLOAN_PREMIUM_TOTAL", "FLASHLOAN_PREMIUM_TO_PROTOCOL", "MAX_STABLE_RATE_BORROW_SIZE_PERCENT")
    premium, to_protocol, largest = pinned.read([(at.pool, view, ()) for view in views])
    early = at.version in ("3.0.2", "3.3")
    found = {"flash_premium": premium, "flash_premium_to_protocol": (to_protocol or 0) if early else 0,
             "max_stable_loan": largest if largest is not None else 2500}
    return found | _sentinel(pinned, at)


def _sentinel(pinned: Pinned, at: Core) -> dict[str, int]:
    found = dict.fromkeys(("sentinel", "sequencer_down", "sequencer_since", "sentinel_grace"), 0)
    if not at.sentinel:
        return found
    sequencer = pinned.one(at.sentinel, "getSequencerOracle")
    grace = pinned.one(at.sentinel, "getGracePeriod")
    _, down, started, updated, _ = pinned.one(sequencer, "latestRoundData")
    since = updated if at.version == "3.0.2" else started
    return {"sentinel": 1, "sequencer_down": int(down != 0), "sequencer_since": since, "sentinel_grace": grace}


def categories(pinned: Pinned, at: Core) -> tuple[dict[str, int], ...]:
    """eModes that have a threshold: fields of `state.Category` and `id`."""
    if at.version == "3.0.2":
        rows = pinned.read([(at.pool, "getEModeCategoryData", (n,)) for n in MODES])
        found = []
        for n, (ltv, threshold, bonus, source, _label) in zip(MODES, rows, strict=True):
            if threshold:
                price = pinned.one(at.oracle, "getAssetPrice", source) if _real(source) else 0
                found.append({"id": n, "ltv": ltv, "threshold": threshold, "bonus": bonus, "price": price})
        return tuple(found)
    rows = pinned.read([(at.pool, "getEModeCategoryCollateralConfig", (n,)) for n in MODES])
    used = {n: row for n, row in zip(MODES, rows, strict=True) if row and row[1]}
    kinds = {"collateral": "Collateral", "borrowable": "Borrowable"} | (
        {"zero_ltv": "Ltvzero"} if at.version == "3.6" else {})
    bits = pinned.read([(at.pool, f"getEModeCategory{kind}Bitmap", (n,)) for n in used for kind in kinds.values()])
    each = iter(bits)
    return tuple({"id": n, "ltv": row[0], "threshold": row[1], "bonus": row[2], "price": 0,
                  **{name: next(each) for name in kinds}} for n, row in used.items())


def implementations(pinned: Pinned, at: Core, listed: tuple[Listed, ...]) -> dict[str, str]:
    """The code behind each proxy, from its EIP-1967 slot; what is no such proxy is left out."""
    proxies = {"pool": at.pool, "configurator": at.configurator}
    for x in listed:
        proxies |= {f"a{x.symbol}": x.a_token, f"variable debt {x.symbol}": x.variable_debt}
        if x.stable_debt:
            proxies[f"stable debt {x.symbol}"] = x.stable_debt
    words = pinned.slots([(address, SLOT) for address in proxies.values()])
    found = {name: "0x" + word[-40:].lower() for name, word in zip(proxies, words, strict=True)}
    return {name: address for name, address in found.items() if address != NOBODY}

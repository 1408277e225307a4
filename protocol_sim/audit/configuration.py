"""A configuration snapshot of an Aave market (JSON, as Aave's own proposals publish them), read exactly.

```
{"chainId": 1, "poolConfig": {…addresses…},
 "eModes": {"1": {"eModeCategory": 1, "label": "…", "ltv": bps, "liquidationThreshold": bps,
                  "liquidationBonus": bps (10100 = 1 %), "priceSource": address}},               V3 only
 "strategies": {address: {"optimalUsageRatio": ray, "baseVariableBorrowRate": ray, "variableRateSlope1": ray,
                          "variableRateSlope2": ray, …}},
 "reserves": {address: {"symbol", "decimals", "ltv", "liquidationThreshold", "liquidationBonus", "reserveFactor": bps,
    "isActive", "isFrozen", "borrowingEnabled", "usageAsCollateralEnabled": bool, "interestRateStrategy": address,
    "oracleLatestAnswer": raw, "oracleDecimals": of it,
    V3: "supplyCap", "borrowCap": whole tokens (0: none), "debtCeiling": USD with 2 decimals, "eModeCategory",
        "liquidationProtocolFee": bps, "isPaused", "isSiloed", "isBorrowableInIsolation", "isFlashloanable": bool}}}
```
No `eModes` and no `supplyCap`: Aave V2, whose oracle answers in ETH with 18 decimals; else V3, in USD with 8. A symbol
that stands twice (bridged and native USDC) gets the first digits of its address. Other keys that such files are known
to hold (names, addresses, stable rates) are read over; a key that is not known is an error, as is a value of another
type or wider than the contract stores it.
"""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from protocol_sim.audit.market import Market, Mode, Rates, Terms
from protocol_sim.errors import BadInput
from protocol_sim.results import LedgerEntry
from protocol_sim.shallow import shallow_json

TOP = {"chainId", "eModes", "poolConfig", "reserves", "strategies"}
# Of a reserve: name -> bits of the field on chain (`ReserveConfiguration.sol`), or bool.
NUMBERS = {"decimals": 8, "ltv": 16, "liquidationThreshold": 16, "liquidationBonus": 16, "reserveFactor": 16,
           "oracleLatestAnswer": 255}
FLAGS = ("isActive", "isFrozen", "borrowingEnabled", "usageAsCollateralEnabled")
V3_NUMBERS = {"supplyCap": 36, "borrowCap": 36, "debtCeiling": 40, "eModeCategory": 8, "liquidationProtocolFee": 16}
V3_FLAGS = ("isPaused", "isSiloed", "isBorrowableInIsolation", "isFlashloanable")
TEXTS = ("symbol", "interestRateStrategy")
READ_OVER = {
    "aToken", "aTokenImpl", "aTokenName", "aTokenSymbol", "baseStableBorrowRate", "oracle", "oracleDecimals",
    "oracleDescription", "oracleName", "stableBorrowRateEnabled", "stableDebtToken", "stableDebtTokenImpl",
    "stableDebtTokenName", "stableDebtTokenSymbol", "underlying", "variableDebtToken", "variableDebtTokenImpl",
    "variableDebtTokenName", "variableDebtTokenSymbol",
}
RATES = ("optimalUsageRatio", "baseVariableBorrowRate", "variableRateSlope1", "variableRateSlope2")
RATES_READ_OVER = {
    "baseStableBorrowRate", "maxExcessStableToTotalDebtRatio", "maxExcessUsageRatio", "optimalStableToTotalDebtRatio",
    "stableRateSlope1", "stableRateSlope2",
}
EMODE = {"eModeCategory": 8, "ltv": 16, "liquidationThreshold": 16, "liquidationBonus": 16}
NOBODY = "0x" + "00" * 20


def read_configuration(path: Path) -> Market:
    """The market of a snapshot file. BadInput names the key, what was expected and what was found."""
    where = str(path)
    data = _object(where, "file", _json(path))
    _known(where, "", data, TOP)
    reserves, strategies = (_object(where, key, _given(where, "", data, key)) for key in ("reserves", "strategies"))
    v3 = "eModes" in data or any("supplyCap" in r for r in reserves.values() if isinstance(r, dict))
    rows = {address: _reserve(where, f"reserves.{address}", row, v3) for address, row in reserves.items()}
    symbols = [row["symbol"] for row in rows.values()]
    names = {a: r["symbol"] if symbols.count(r["symbol"]) == 1 else f"{r['symbol']}-{a[2:6].lower()}"
             for a, r in rows.items()}
    if not rows:
        raise BadInput(where, "reserves", "at least one reserve", "none")
    terms = tuple(_terms(where, names[a], row, v3, _rates(where, strategies, row)) for a, row in rows.items())
    emodes = _emodes(where, data.get("eModes", {}), {names[a]: row for a, row in rows.items()})
    chain = data.get("chainId")
    if chain is not None:
        _integer(where, "chainId", chain, 64)
    return Market(
        name=path.stem, where=where, kind="aave-v3" if v3 else "aave-v2", version="3.0.2" if v3 else "1.0.1",
        reserves=terms, emodes=emodes, in_usd=v3, chain=chain, sentinel=_sentinel(data), ledger=_ledger(path, terms),
    )


def _json(path: Path) -> Any:
    try:
        return shallow_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a configuration snapshot", "no such file") from None
    except json.JSONDecodeError as error:
        raise BadInput(str(path), f"line {error.lineno}", "JSON", f"{error.msg} at column {error.colno}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "file", "a readable file", error) from None


def _reserve(where: str, key: str, found: Any, v3: bool) -> dict[str, Any]:
    row = _object(where, key, found)
    flags: tuple[str, ...]
    numbers, flags = (NUMBERS | V3_NUMBERS, (*FLAGS, *V3_FLAGS)) if v3 else (NUMBERS, FLAGS)
    _known(where, key, row, {*numbers, *flags, *TEXTS, *READ_OVER})
    for name, bits in numbers.items():
        _integer(where, f"{key}.{name}", _given(where, key, row, name), bits)
    for name in flags:
        if not isinstance(_given(where, key, row, name), bool):
            raise BadInput(where, f"{key}.{name}", "true or false", repr(row[name]))
    for name in TEXTS:
        if not isinstance(_given(where, key, row, name), str):
            raise BadInput(where, f"{key}.{name}", "text", repr(row[name]))
    decimals = 8 if v3 else 18
    if row.get("oracleDecimals", decimals) != decimals:
        expected = f"{decimals}, the decimals that the market's oracle counts in"
        raise BadInput(where, f"{key}.oracleDecimals", expected, row["oracleDecimals"])
    if row["oracleLatestAnswer"] == 0:
        raise BadInput(where, f"{key}.oracleLatestAnswer", "a price", 0)
    if row["decimals"] > 38:
        raise BadInput(where, f"{key}.decimals", "at most 38", row["decimals"])
    return row


def _rates(where: str, strategies: dict[str, Any], row: dict[str, Any]) -> Rates:
    address = row["interestRateStrategy"]
    if address not in strategies:
        raise BadInput(where, f"strategies.{address}", f"the rate strategy of {row['symbol']}", "nothing")
    key = f"strategies.{address}"
    found = _object(where, key, strategies[address])
    _known(where, key, found, {*RATES, *RATES_READ_OVER})
    return Rates(*(_integer(where, f"{key}.{name}", _given(where, key, found, name), 256) for name in RATES))


def _terms(where: str, name: str, row: dict[str, Any], v3: bool, rates: Rates) -> Terms:
    collateral = row["usageAsCollateralEnabled"]
    if collateral != bool(row["liquidationThreshold"]):
        expected = "true with a liquidation threshold and false without"
        raise BadInput(where, f"reserves.{name}.usageAsCollateralEnabled", expected, str(collateral).lower())
    return Terms(
        asset=name, decimals=row["decimals"], answer=row["oracleLatestAnswer"],
        price=Fraction(row["oracleLatestAnswer"], 10 ** (8 if v3 else 18)), ltv=row["ltv"],
        threshold=row["liquidationThreshold"], bonus=row["liquidationBonus"],
        fee=row.get("liquidationProtocolFee", 0), factor=row["reserveFactor"], supply_cap=row.get("supplyCap", 0),
        borrow_cap=row.get("borrowCap", 0), ceiling=row.get("debtCeiling", 0), borrowing=row["borrowingEnabled"],
        active=row["isActive"], frozen=row["isFrozen"], paused=row.get("isPaused", False), rates=rates,
    )


def _emodes(where: str, found: Any, rows: dict[str, dict[str, Any]]) -> tuple[Mode, ...]:
    emodes = []
    for number, row in _object(where, "eModes", found).items():
        key = f"eModes.{number}"
        row = _object(where, key, row)
        _known(where, key, row, {*EMODE, "label", "priceSource"})
        for name, bits in EMODE.items():
            _integer(where, f"{key}.{name}", _given(where, key, row, name), bits)
        if str(row["eModeCategory"]) != number:
            raise BadInput(where, f"{key}.eModeCategory", number, row["eModeCategory"])
        assets = tuple(name for name, r in rows.items() if r["eModeCategory"] == row["eModeCategory"])
        collateral = tuple(name for name in assets if rows[name]["liquidationThreshold"])
        emodes.append(Mode(row["eModeCategory"], str(row.get("label", "")), row["ltv"], row["liquidationThreshold"],
                           row["liquidationBonus"], collateral, assets))
    known = {0, *(emode.id for emode in emodes)}
    for name, r in rows.items():
        if r.get("eModeCategory", 0) not in known:
            raise BadInput(where, f"reserves.{name}.eModeCategory", "an eMode of the file", r["eModeCategory"])
    return tuple(emodes)


def _sentinel(data: dict[str, Any]) -> bool | None:
    found = data.get("poolConfig", {})
    address = found.get("priceOracleSentinel") if isinstance(found, dict) else None
    return None if address is None else address != NOBODY


def _ledger(path: Path, reserves: tuple[Terms, ...]) -> tuple[LedgerEntry, ...]:
    source = f"configuration snapshot {path.name}"
    names = ("decimals", "answer", "ltv", "threshold", "bonus", "fee", "supply_cap", "borrow_cap",
             "ceiling", "borrowing", "active", "frozen", "paused")
    return tuple(
        LedgerEntry(f"reserves.{terms.asset}.{name}", str(getattr(terms, name)).lower(), "observed", source)
        for terms in reserves for name in names
    )


def _object(where: str, key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(where, key, "a JSON object", type(value).__name__)
    return value


def _given(where: str, key: str, row: dict[str, Any], name: str) -> Any:
    if name not in row:
        raise BadInput(where, f"{key}.{name}".lstrip("."), "a value", "nothing")
    return row[name]


def _known(where: str, key: str, row: dict[str, Any], names: set[str]) -> None:
    for name in row:
        if name not in names:
            raise BadInput(where, f"{key}.{name}".lstrip("."), "a key of the format", f"the unknown key {name!r}")


def _integer(where: str, key: str, value: Any, bits: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput(where, key, "an integer", repr(value))
    if not 0 <= value < 2**bits:
        raise BadInput(where, key, f"an integer of at most {bits} bits, not negative", value)
    return value

"""A snapshot as a scenario: the same integers at the first block, constant prices to put a process in place of.

Observed: reserves, accounts, pools, prices, block time. Assumed, and said so in `[[inputs]]`: that feeds report at a
deviation of 50 bps and every hour, that prices stay, how long a run is, and the agents. A scenario cannot say stable
debt, a price oracle sentinel or an eMode's own price: a snapshot with one of those has no scenario, by name. Credit
delegations and roles are left out, since no agent of a scenario uses them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from protocol_sim.books import Book, write_book
from protocol_sim.books.words import positive, to_words
from protocol_sim.errors import BadInput
from protocol_sim.fork.snapshot.records import HOLDING, Listed, Snapshot, Venue
from protocol_sim.numeric.units import usd_text
from protocol_sim.scenario import Scenario, load_scenario, to_toml
from protocol_sim.scenario.load import validated

NAME, SCENARIO, BOOK = "aave", "scenario.toml", "book.parquet"
STEPS, BLOCKS_PER_STEP = 240, 5
WHOLE = 10**8
BPS_OF = {"ltv_bps": "ltv", "liquidation_threshold_bps": "threshold", "liquidation_bonus_bps": "bonus",
          "reserve_factor_bps": "reserve_factor", "liquidation_protocol_fee_bps": "liquidation_fee"}  # fmt: skip
SAME = ("supply_cap", "borrow_cap", "debt_ceiling", "isolation_debt", "grace_until", "liquidity_index",
        "variable_borrow_index", "scaled_supply", "accrued_to_treasury", "deficit")  # fmt: skip
RENAMED = {"current_liquidity_rate": "liquidity_rate", "current_variable_borrow_rate": "variable_rate",
           "current_stable_borrow_rate": "stable_rate", "last_update": "last_updated",
           "scaled_variable_debt": "scaled_debt"}  # fmt: skip
FLAGS = {"borrowing_enabled": "borrowing", "stable_borrowing_enabled": "stable_borrowing", "siloed": "siloed",
         "borrowable_in_isolation": "borrowable_in_isolation", "flash_loans_enabled": "flash_loans",
         "active": "active", "frozen": "frozen", "paused": "paused"}  # fmt: skip
RATE = {"optimal_utilization_ray": "optimal", "base": "base_rate", "slope1": "variable_slope1",
        "slope2": "variable_slope2"}  # fmt: skip
STABLE_RATE = {"stable_slope1": "stable_slope1", "stable_slope2": "stable_slope2",
               "base_stable_offset": "base_stable_offset", "stable_excess_offset": "stable_excess_offset",
               "optimal_stable_ray": "optimal_stable"}  # fmt: skip


class Unsayable(BadInput):
    """Something of a snapshot that a scenario has no words for."""


def scenario(snapshot: Snapshot) -> Scenario:
    """The saved scenario where there is one, else one with the accounts in it; `Unsayable` names what it cannot say."""
    if snapshot.directory is not None and (snapshot.directory / SCENARIO).is_file():
        return load_scenario(snapshot.directory / SCENARIO)
    modes = _modes(snapshot)
    inner = tables(snapshot)
    for emode in inner["protocols"][0]["emodes"]:
        emode["accounts"] = [name for name, mode in modes if mode == emode["id"]]
    return validated(inner | {"accounts": list(accounts(snapshot))}, f"snapshot of {snapshot.block}")


def write_scenario(snapshot: Snapshot, directory: Path) -> str:
    """Write `scenario.toml` and `book.parquet`; the answer is "" or, where a scenario cannot say the snapshot, why."""
    try:
        made = tables(snapshot)
    except Unsayable as error:
        return f"none: {error}"
    if snapshot.people.owner:
        write_book(book(snapshot), directory / BOOK)
        made["books"] = [{"name": "captured", "kind": "file", "protocol": NAME, "file": BOOK}]
    text = to_toml(validated(made, str(directory / SCENARIO), directory))
    (directory / SCENARIO).write_text(text, encoding="utf-8")
    return ""


def book(snapshot: Snapshot) -> Book:
    """The accounts as a book: scaled balances, collateral flags, eModes."""
    people, count = snapshot.people, len(snapshot.people.owner)
    holders = sorted(set(people.owner))
    place = np.full(len(people.addresses), -1, np.int64)
    place[holders] = np.arange(len(holders))
    owner, asset = np.array(people.owner, np.int64), np.array(people.reserve, np.int64)
    flags = [people.collateral[i] >> k & 1 for i, k in zip(people.owner, people.reserve, strict=True)]
    supply, debt = (to_words(people.values[HOLDING.index(f)]) for f in ("scaled_supply", "scaled_debt"))
    return Book(
        assets=tuple(asset_names(snapshot)),
        names=[people.addresses[i] for i in holders],
        emode=np.array([people.emode[i] for i in holders], np.int64),
        account=place[owner],
        asset=asset,
        supplied=supply,
        supplied_scaled=positive(supply),
        borrowed=debt,
        borrowed_scaled=positive(debt),
        collateral=np.array(flags, np.int64).reshape(count),
        where=f"snapshot of {snapshot.block}",
    )


def tables(snapshot: Snapshot) -> dict[str, Any]:
    """Everything but the accounts and their eModes, as the tables of a TOML file."""
    _refuse(snapshot)
    block, names = snapshot.block, asset_names(snapshot)
    return {
        "name": f"{snapshot.protocol}-{block.chain_id}-{block.number}",
        "description": f"Aave V{snapshot.version}, {block}",
        "clock": {"start": block.time, "block_time": snapshot.block_time, "steps": STEPS,
                  "blocks_per_step": BLOCKS_PER_STEP},
        "assets": [_asset(name, listed) for name, listed in zip(names, snapshot.listed, strict=True)],
        "feeds": [{"name": f"{name}-USD", "kind": "chainlink", "base": name} for name in names],
        "protocols": [_protocol(snapshot, names)],
        "pools": [_pool(venue) for venue in snapshot.pools],
        "agents": list(_agents(snapshot)),
        "inputs": _inputs(snapshot),
    }  # fmt: skip


def asset_names(snapshot: Snapshot) -> list[str]:
    """Symbols as a scenario may name them, each once."""
    found: list[str] = []
    for listed in snapshot.listed:
        plain = re.sub(r"[^A-Za-z0-9_+-]", "_", listed.symbol).lstrip("_+-") or "asset"
        found.append(plain if plain not in found else f"{plain}-{listed.address[2:8]}")
    return found


def accounts(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """One account of a scenario for everybody who holds anything; eModes are the protocol's to list."""
    people, names = snapshot.people, asset_names(snapshot)
    supply, debt = (people.values[HOLDING.index(f)] for f in ("scaled_supply", "scaled_debt"))
    rows: dict[int, list[int]] = {}
    for n, i in enumerate(people.owner):
        rows.setdefault(i, []).append(n)
    for i in sorted(rows):
        yield {
            "name": people.addresses[i],
            "protocol": NAME,
            "scaled_supplied": {names[people.reserve[n]]: supply[n] for n in rows[i] if supply[n]},
            "scaled_borrowed": {names[people.reserve[n]]: debt[n] for n in rows[i] if debt[n]},
            "collateral": [name for k, name in enumerate(names) if people.collateral[i] >> k & 1],
        }


def _refuse(snapshot: Snapshot) -> None:
    where = f"snapshot of {snapshot.block}"
    if any(snapshot.people.values[HOLDING.index("stable_principal")]):
        raise Unsayable(where, "accounts", "no stable debt, which a scenario cannot say", "some")
    if snapshot.settings["sentinel"]:
        raise Unsayable(where, "sentinel", "no price oracle sentinel, which a scenario cannot say", "one")
    if any(c.get("price", 0) for c in snapshot.categories):
        raise Unsayable(where, "eModes", "no price source of an eMode, which a scenario cannot say", "one")


def _asset(name: str, listed: Listed) -> dict[str, Any]:
    price = {"kind": "constant", "usd": usd_text(listed.state["price"])}
    return {"name": name, "decimals": listed.state["decimals"], "price": price}


def _protocol(snapshot: Snapshot, names: list[str]) -> dict[str, Any]:
    return {
        "name": NAME,
        "kind": "aave-v3",
        "version": snapshot.version,
        "flash_loan_premium_bps": snapshot.settings["flash_premium"],
        "reserves": [_reserve(name, x.state, snapshot.version) for name, x in zip(names, snapshot.listed, strict=True)],
        "emodes": [_emode(snapshot, names, c) for c in snapshot.categories if c["threshold"]],
    }


def _reserve(name: str, state: dict[str, int], version: str) -> dict[str, Any]:
    rates = RATE | (STABLE_RATE if version == "3.0.2" else {})
    found: dict[str, Any] = {"asset": name, "feed": f"{name}-USD"}
    found |= {key: state[field] for key, field in BPS_OF.items()}
    found |= {key: state[key] for key in SAME} | {key: state[field] for key, field in RENAMED.items()}
    found |= {key: bool(state[field]) for key, field in FLAGS.items()}
    if state["frozen"] and state["pending_ltv"]:  # freezing parks the ltv again
        found["ltv_bps"] = state["pending_ltv"]
    return found | {"available_liquidity": str(state["available_liquidity"]),
                    "rate": {key: state[field] for key, field in rates.items()}}


def _emode(snapshot: Snapshot, names: list[str], c: dict[str, int]) -> dict[str, Any]:
    def assets(bits: int) -> list[str]:
        return [name for k, name in enumerate(names) if bits >> k & 1]

    own = [name for name, x in zip(names, snapshot.listed, strict=True) if x.state["emode"] == c["id"]]
    lists = {"collateral": own} if snapshot.version == "3.0.2" else {
        "collateral": assets(c["collateral"]), "borrowable": assets(c["borrowable"])}
    if snapshot.version == "3.6":
        lists["zero_ltv"] = assets(c["zero_ltv"])
    return {"id": c["id"], "ltv_bps": c["ltv"], "liquidation_threshold_bps": c["threshold"],
            "liquidation_bonus_bps": c["bonus"], **lists}


def _modes(snapshot: Snapshot) -> list[tuple[str, int]]:
    """Everybody who holds anything, and the eMode."""
    people = snapshot.people
    return [(people.addresses[i], people.emode[i]) for i in sorted(set(people.owner))]


def _pool(venue: Venue) -> dict[str, Any]:
    state = venue.state
    if venue.kind == "constant-product":
        return {"name": venue.name, "kind": venue.kind, "tokens": venue.tokens,
                "reserves": [str(state["reserve0"]), str(state["reserve1"])]}
    return {"name": venue.name, "kind": venue.kind, "tokens": venue.tokens, "fee_pips": state["fee"],
            "tick_spacing": state["tick_spacing"], "sqrt_price_x96": state["sqrt_price"],
            "fee_protocol": [state["fee_protocol0"], state["fee_protocol1"]],
            "positions": [{"lower_tick": a, "upper_tick": b, "liquidity": x} for a, b, x in venue.ranges]}


def _agents(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """With pools: a liquidator that counts in the token that most of them trade (of those the nearest to a dollar), and
    an arbitrageur."""
    if not snapshot.pools:
        return
    prices = {x.symbol: x.state["price"] for x in snapshot.listed}
    tokens = [token for venue in snapshot.pools for token in venue.tokens]
    numeraire = min(dict.fromkeys(tokens), key=lambda t: (-tokens.count(t), abs(prices[t] - WHOLE)))
    yield {"name": "liquidator", "kind": "liquidator", "numeraire": numeraire, "close": "optimal"}
    yield {"name": "arbitrageur", "kind": "arbitrageur"}


def _inputs(snapshot: Snapshot) -> list[dict[str, str]]:
    assumed = [("clock.*steps*", "how long to run"), ("clock.blocks_per_step", "how long to run"),
               ("feeds*", "deviation and heartbeat of a common Chainlink feed"),
               ("assets.*.price*", "the price at the block, which stays")]
    if snapshot.pools:
        assumed.append(("agents*", "who acts, at no cost of gas"))
    return [{"key": "*", "status": "observed", "source": str(snapshot.block)},
            *({"key": key, "status": "assumed", "source": source} for key, source in assumed)]

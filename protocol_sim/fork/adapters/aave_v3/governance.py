"""Random configuration: sound values, limits, values beyond them; and the repair of what blocks a reserve."""

import random
from typing import Any

from protocol_sim.fork.adapters.aave_v3.configuration import functions
from protocol_sim.fork.adapters.aave_v3.model import Model
from protocol_sim.fork.adapters.aave_v3.people import ALL
from protocol_sim.fork.deploy.aave_v3 import CURVES, LISTINGS, MODES

Draw = tuple[str, dict[str, Any]]


def draw(model: Model, rng: random.Random) -> Draw:
    """Any function of the configurator."""
    function, k = rng.choice(functions(model.last)), rng.choice(ALL)
    r, on = model.market.reserves[k], int(rng.random() < 0.5)
    supplied = r.scaled_supply // r.unit
    values = {
        "setReserveFactor": (0, 1, 1000, 2000, 9999, 10000, 10001),
        "setLiquidationProtocolFee": (0, 1, 1000, 5000, 10000, 10001),
        "setSupplyCap": (0, 0, 1, supplied + 10, supplied * 2, 68_719_476_735, 68_719_476_736),
        "setBorrowCap": (0, 0, 1, r.scaled_debt // r.unit + 10, 68_719_476_735, 68_719_476_736),
        "setDebtCeiling": (0, 1, 500_000_00, r.isolation_debt, 1_099_511_627_775, 1_099_511_627_776),
    }
    found: dict[str, Any] = {"k": k, "value": on}
    if function in values:
        found["value"] = rng.choice(values[function])
    elif function.startswith("updateFlashloanPremium"):
        found = {"value": rng.choice((0, 5, 9, 30, 10_000, 10_001))}
    elif function == "setPoolPause":
        found = {"value": int(rng.random() < 0.3)}
    elif function == "setReservePause":
        found = {"k": k, "value": int(rng.random() < 0.5), "grace": rng.choice((0, 60, 3600, 14_400, 14_401))}
        if not model.last:
            found["grace"] = 0
    elif function == "configureReserveAsCollateral":
        found = {"k": k, **collateral(rng)}
    elif function == "setEModeCategory":
        found = mode(model, rng)
    elif "EMode" in function:
        found["category"] = rng.choice((0, 1, 1, 2, 2) if function == "setAssetEModeCategory" else (1, 2))
    elif function == "setReserveInterestRateStrategyAddress":
        found = {"k": k, "curve": rng.randrange(len(CURVES))}
    elif function == "setReserveInterestRateData":
        found = {"k": k, "rates": rates(rng)}
    elif function == "disableLiquidationGracePeriod":
        found = {"k": k}
    return f"configurator.{function}", found


def repair(model: Model, rng: random.Random) -> Draw | None:
    """What lifts a setting that blocks a reserve, if there is one."""
    lame: list[Draw] = []
    for k in ALL:
        r, x = model.market.reserves[k], LISTINGS[k]
        undo = {"setReserveFreeze": (r.frozen, 0), "setReserveActive": (not r.active, 1),
                "setReserveBorrowing": (not r.borrowing, 1), "setReserveFlashLoaning": (not r.flash_loans, 1),
                "setSupplyCap": (r.supply_cap, 0), "setBorrowCap": (r.borrow_cap, 0),
                "setSiloedBorrowing": (r.siloed, 0),
                "setReserveLtvzero": (r.pending_ltv and not r.frozen and not r.ltv, 0)}
        lame += [(f"configurator.{name}", {"k": k, "value": value}) for name, (bad, value) in undo.items() if bad]
        if r.paused:
            lame.append(("configurator.setReservePause", {"k": k, "value": 0, "grace": 0}))
        if r.threshold < x.threshold // 2 or (r.ltv == 0 and not r.pending_ltv):
            lame.append(("configurator.configureReserveAsCollateral",
                         {"k": k, "ltv": x.ltv, "threshold": x.threshold, "bonus": x.bonus}))
        if model.last:
            lame += [("configurator.setAssetLtvzeroInEMode", {"k": k, "category": c, "value": 0})
                     for c in range(1, 1 + len(MODES)) if model.market.categories[c].zero_ltv >> k & 1 and not r.frozen]
    for category, listed in enumerate(MODES, 1):
        for k in listed.assets if model.last else ():
            c = model.market.categories[category]
            for bits, what in ((c.collateral, "Collateral"), (c.borrowable, "Borrowable")):
                if not bits >> k & 1:
                    lame.append((f"configurator.setAsset{what}InEMode", {"k": k, "category": category, "value": 1}))
        for k in () if model.last else listed.assets:
            if model.market.reserves[k].emode != category:
                lame.append(("configurator.setAssetEModeCategory", {"k": k, "category": category}))
    s = model.market.settings[0]
    if s.sentinel:
        lame.append(("provider.setPriceOracleSentinel", {"on": 0}))
    return rng.choice(lame) if lame else None


def collateral(rng: random.Random) -> dict[str, int]:
    """Sound parameters, now and then not."""
    threshold = rng.randrange(5000, 8800)
    bonus = rng.randrange(10_001, min(11_500, 10_000 * 10_000 // threshold))
    if rng.random() < 0.3:
        bonus = 10_000 * 10_000 // threshold + rng.randrange(-2, 3)
    ltv = rng.choice((0, threshold, rng.randrange(threshold), rng.randrange(threshold)))
    if rng.random() < 0.2:
        return rng.choice(({"ltv": threshold + 1, "threshold": threshold, "bonus": bonus},
                           {"ltv": ltv, "threshold": threshold, "bonus": 10_000},
                           {"ltv": 0, "threshold": 0, "bonus": 0},
                           {"ltv": 0, "threshold": 0, "bonus": bonus},
                           {"ltv": ltv, "threshold": threshold, "bonus": 20_000}))
    return {"ltv": ltv, "threshold": threshold, "bonus": bonus}


def mode(model: Model, rng: random.Random) -> dict[str, Any]:
    """An eMode's parameters; category 0 is reserved."""
    threshold = rng.randrange(8500, 9600)
    found = {"category": rng.choice((1, 2, 1, 2, 0)), "ltv": threshold - rng.randrange(0, 400), "threshold": threshold,
             "bonus": rng.randrange(10_001, 10_000 * 10_000 // threshold), "source": int(rng.random() < 0.5)}
    if rng.random() < 0.2:
        found |= rng.choice(({"ltv": 0}, {"threshold": 0}, {"bonus": 10_000}, {"bonus": 20_000}, {"ltv": 9999}))
    if model.last or found["category"] == 0:
        found["source"] = 0
    return found


def rates(rng: random.Random) -> tuple[int, int, int, int]:
    """Strategy V2 in bps, at its limits now and then."""
    wrong = ((99, 0, 1, 1), (9901, 0, 1, 1), (8000, 0, 2, 1), (8000, 1, 0, 100_000))
    return rng.choice((*CURVES, *CURVES, *wrong))

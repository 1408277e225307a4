"""Switches that contradict each other: collateral that nobody can take, loans against what is being wound down.

A paused reserve (V3) refuses liquidationCall as collateral and as debt, while its price moves on and every other
reserve goes on lending: `validateLiquidationCall` asks both reserves, `validateBorrow` only the one that is borrowed.
A frozen reserve still counts as collateral at its ltv: who holds it goes on borrowing against an asset that
governance has given up. A reserve that is not active refuses liquidations too, but the configurator lets nobody
deactivate one that has suppliers. Source: ValidationLogic.sol and PoolConfigurator.sol (V2, V3.0.2).
Findings: HIGH for collateral that is paused while something else can be borrowed, MEDIUM for a paused debt asset that
is no collateral (it cannot be repaid), LOW for frozen collateral with an ltv, INFO for borrowing left on in a frozen
reserve and for a threshold left in one that is not active.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from protocol_sim.audit import cases
from protocol_sim.audit.case import Case
from protocol_sim.audit.finding import Finding, NotChecked, Number, Severity
from protocol_sim.audit.market import BPS, Market, Mode, Terms

NAME = "locked"
SOURCE = "ValidationLogic.sol: validateLiquidationCall, validateBorrow"


def check(market: Market) -> Iterator[Finding | NotChecked]:
    """Every reserve."""
    for terms in market.reserves:
        debt = next((other.asset for other in market.reserves if other.open and other.asset != terms.asset), "")
        numbers = (Number("ltv", Fraction(terms.ltv, BPS), "%"),
                   Number("liquidation threshold", Fraction(terms.threshold, BPS), "%"))
        if terms.paused and terms.threshold and debt:
            mode = Mode(0, "", terms.ltv, terms.threshold, terms.bonus, (terms.asset,), (debt,))
            yield Finding(
                NAME, Severity.HIGH, terms.asset, numbers,
                f"it is paused: no account with it can be liquidated, while {debt} and others go on lending", SOURCE,
                "freeze instead of pausing, or pause the whole pool", _case(market, terms, mode, debt),
            )
        elif terms.paused and terms.borrowing and not terms.threshold:
            yield Finding(NAME, Severity.MEDIUM, terms.asset, numbers,
                          "debts in it can neither be repaid nor liquidated while it is paused", SOURCE,
                          "freeze it, which leaves repayment open")
        elif not terms.active and terms.threshold:
            yield Finding(NAME, Severity.INFO, terms.asset, numbers,
                          "it is not active and keeps a threshold: activating it makes it collateral at once", SOURCE,
                          "a threshold of 0")
        elif terms.frozen and terms.ltv:
            yield Finding(NAME, Severity.LOW, terms.asset, numbers,
                          "it is frozen and still lends: who holds it goes on borrowing against it", SOURCE,
                          "an ltv of 0")
        elif terms.frozen and terms.borrowing and terms.active:
            yield Finding(NAME, Severity.INFO, terms.asset, numbers,
                          "borrowing is enabled in a frozen reserve: thawing it opens it at once", SOURCE,
                          "disable borrowing")


def _case(market: Market, terms: Terms, mode: Mode, debt: str) -> Case:
    return cases.locked(market, terms, replace(mode, ltv=mode.ltv or mode.threshold), debt)

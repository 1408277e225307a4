"""A book of accounts for a market that comes without one."""

from pathlib import Path

from protocol_sim.audit.market import Market
from protocol_sim.audit.scenarios import of_scenario
from protocol_sim.errors import BadInput
from protocol_sim.scenario import load_scenario


def with_book(market: Market, path: Path) -> Market:
    """The market with the accounts of a scenario (or of a directory with one); assets go by name.

    BadInput if it has no accounts, or one whose asset is no reserve of the market or has other decimals.
    """
    file = path / "scenario.toml" if path.is_dir() else path
    found = of_scenario(load_scenario(file))
    if len(found) != 1 or found[0].accounts is None:
        expected = "a scenario of one market with accounts"
        raise BadInput(str(file), "accounts", expected, f"{len(found)} markets" if len(found) != 1 else "none")
    other = found[0]
    known = {terms.asset: terms.decimals for terms in market.reserves}
    for holder in other.accounts or ():
        for asset in (*holder.supplied, *holder.borrowed):
            if asset not in known:
                raise BadInput(str(file), f"accounts.{holder.name}", f"reserves of {market.name}", repr(asset))
            if known[asset] != other.of(asset).decimals:
                expected = f"{asset} with {known[asset]} decimals"
                raise BadInput(str(file), f"assets.{asset}.decimals", expected, other.of(asset).decimals)
    return market.replaced(accounts=other.accounts)

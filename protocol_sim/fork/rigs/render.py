"""What a rig says of itself."""

from collections import Counter

from protocol_sim.fork.deploy.aave_v3_contracts import contract
from protocol_sim.fork.rigs.start import LocalChain


def render(chain: LocalChain, copy: str) -> str:
    """Addresses, blocks and counts, as text; `copy`: the URL of a node B at the last block."""
    story = chain.story
    lines = [
        f"node A   {chain.node.url}   the history, up to block {story.last}",
        f"node B   {copy}   a fork of A at block {story.last}, to write on",
        "",
        f"blocks   {story.first} people arrive, {story.configured} configuration changes, {story.upgraded} the pools' "
        f"code is upgraded, {story.last} the last",
    ]
    for version, market in chain.scene.markets.items():
        counts = events(chain, version)
        told = ", ".join(f"{counts[name]:,} {name}" for name in ("Supply", "Withdraw", "Borrow", "Repay",
                                                                 "LiquidationCall", "DeficitCreated") if counts[name])
        lines += ["", f"Aave V{version}", f"  addresses provider  {market.provider}",
                  f"  pool                {market.pool}", f"  events              {told}"]
    lines += ["", "tokens and their feeds (anybody may mint, and set an answer)"]
    lines += [f"  {name:5} {token}   {chain.scene.feeds[name]}" for name, token in chain.scene.tokens.items()]
    lines += ["", "pools"]
    lines += [f"  {v.name:13} {v.address}" for v in chain.scene.venues]
    lines += ["", "Any address may send without a signature (eth_sendTransaction, gasPrice 0). Ctrl-C ends it."]
    return "\n".join(lines)


def events(chain: LocalChain, version: str) -> Counter[str]:
    """How often the pool of a market logged what."""
    known, market = contract(version, "Pool").events(), chain.scene.markets[version]
    logs = chain.node.call("eth_getLogs", {"fromBlock": hex(chain.story.first), "toBlock": hex(chain.story.last),
                                           "address": market.pool})
    return Counter(known[log["topics"][0]].name for log in logs if log["topics"][0] in known)

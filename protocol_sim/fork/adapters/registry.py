"""Protocols that can be verified against their contracts, one line each."""

from collections.abc import Callable

from protocol_sim.fork.adapters.aave_v2.rig import AaveV2
from protocol_sim.fork.adapters.uniswap_v2.rig import UniswapV2
from protocol_sim.fork.adapters.uniswap_v3.rig import UniswapV3
from protocol_sim.fork.rig import Rig

RIGS: dict[str, Callable[[], Rig]] = {
    "aave-v2": AaveV2,
    "uniswap-v2": UniswapV2,
    "uniswap-v3": UniswapV3,
}

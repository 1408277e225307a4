"""Protocols that can be verified against their contracts, by version; the first version is the default."""

from collections.abc import Callable
from functools import partial

from protocol_sim.fork.adapters.aave_v2.rig import AaveV2
from protocol_sim.fork.adapters.aave_v3.rig import AaveV3
from protocol_sim.fork.adapters.uniswap_v2.rig import UniswapV2
from protocol_sim.fork.adapters.uniswap_v3.rig import UniswapV3
from protocol_sim.fork.rig import Rig

RIGS: dict[str, dict[str, Callable[[], Rig]]] = {
    "aave-v2": {AaveV2.version: AaveV2},
    "aave-v3": {version: partial(AaveV3, version) for version in ("3.0.2", "3.6")},
    "uniswap-v2": {UniswapV2.version: UniswapV2},
    "uniswap-v3": {UniswapV3.version: UniswapV3},
}

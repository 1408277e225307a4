// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IRangePool {
    function mint(address recipient, int24 lower, int24 upper, uint128 amount, bytes calldata data) external;
    function swap(address recipient, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data) external;
    function flash(address recipient, uint256 amount0, uint256 amount1, bytes calldata data) external;
    function observe(uint32[] calldata secondsAgos) external view returns (int56[] memory, uint160[] memory);
    function snapshotCumulativesInside(int24 lower, int24 upper) external view returns (int56, uint160, uint32);
    function token0() external view returns (address);
    function token1() external view returns (address);
}

interface IPaid {
    function transfer(address to, uint256 amount) external returns (bool);
}

/// Calls a Uniswap V3 pool and pays, in the callback, what it was told to: raw amounts, or the maximum of uint256 for
/// exactly what the pool asks (after a flash: what it lent and the fee). Views are answered as events.
contract RangePayer {
    event Observed(int56 tickCumulative, uint160 secondsPerLiquidity);
    event Inside(int56 tickCumulative, uint160 secondsPerLiquidity, uint32 secondsInside);

    function mint(IRangePool pool, address recipient, int24 lower, int24 upper, uint128 amount, uint256 pay0, uint256 pay1)
        external
    {
        pool.mint(recipient, lower, upper, amount, abi.encode(pay0, pay1));
    }

    function swap(IRangePool pool, address recipient, bool zeroForOne, int256 amount, uint160 limit, uint256 pay) external {
        pool.swap(recipient, zeroForOne, amount, limit, abi.encode(zeroForOne, pay));
    }

    function flash(IRangePool pool, uint256 amount0, uint256 amount1, uint256 pay0, uint256 pay1) external {
        pool.flash(address(this), amount0, amount1, abi.encode(amount0, amount1, pay0, pay1));
    }

    function observe(IRangePool pool, uint32[] calldata secondsAgos) external {
        (int56[] memory ticks, uint160[] memory perLiquidity) = pool.observe(secondsAgos);
        for (uint256 i = 0; i < ticks.length; i++) emit Observed(ticks[i], perLiquidity[i]);
    }

    function inside(IRangePool pool, int24 lower, int24 upper) external {
        (int56 tick, uint160 perLiquidity, uint32 secondsInside) = pool.snapshotCumulativesInside(lower, upper);
        emit Inside(tick, perLiquidity, secondsInside);
    }

    function uniswapV3MintCallback(uint256 owed0, uint256 owed1, bytes calldata data) external {
        (uint256 pay0, uint256 pay1) = abi.decode(data, (uint256, uint256));
        _pay(pay0, owed0, pay1, owed1);
    }

    function uniswapV3SwapCallback(int256 owed0, int256 owed1, bytes calldata data) external {
        (bool zeroForOne, uint256 pay) = abi.decode(data, (bool, uint256));
        if (zeroForOne) _pay(pay, uint256(owed0), 0, 0);
        else _pay(0, 0, pay, uint256(owed1));
    }

    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external {
        (uint256 amount0, uint256 amount1, uint256 pay0, uint256 pay1) =
            abi.decode(data, (uint256, uint256, uint256, uint256));
        _pay(pay0, amount0 + fee0, pay1, amount1 + fee1);
    }

    function _pay(uint256 pay0, uint256 owed0, uint256 pay1, uint256 owed1) private {
        if (pay0 == type(uint256).max) pay0 = owed0;
        if (pay1 == type(uint256).max) pay1 = owed1;
        if (pay0 > 0) IPaid(IRangePool(msg.sender).token0()).transfer(msg.sender, pay0);
        if (pay1 > 0) IPaid(IRangePool(msg.sender).token1()).transfer(msg.sender, pay1);
    }
}

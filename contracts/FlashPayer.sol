// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IPair {
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
    function token0() external view returns (address);
    function token1() external view returns (address);
}

interface IToken {
    function transfer(address to, uint256 amount) external returns (bool);
}

/// Takes a Uniswap V2 flash swap and pays back, in the callback, exactly what it was told to.
contract FlashPayer {
    function flash(IPair pair, uint256 out0, uint256 out1, uint256 pay0, uint256 pay1) external {
        pair.swap(out0, out1, address(this), abi.encode(pay0, pay1));
    }

    function uniswapV2Call(address, uint256, uint256, bytes calldata data) external {
        (uint256 pay0, uint256 pay1) = abi.decode(data, (uint256, uint256));
        if (pay0 > 0) IToken(IPair(msg.sender).token0()).transfer(msg.sender, pay0);
        if (pay1 > 0) IToken(IPair(msg.sender).token1()).transfer(msg.sender, pay1);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IERC20 {
    function balanceOf(address owner) external view returns (uint256);
    function approve(address spender, uint256 amount) external returns (bool);
    function transfer(address to, uint256 amount) external returns (bool);
}

interface ILendingPool {
    function flashLoanSimple(address receiver, address asset, uint256 amount, bytes calldata params, uint16 referral)
        external;
    function liquidationCall(address collateral, address debt, address user, uint256 debtToCover, bool receiveAToken)
        external;
}

interface IPair {
    function token0() external view returns (address);
    function getReserves() external view returns (uint112 reserve0, uint112 reserve1, uint32 timestamp);
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

interface IConcentratedPool {
    function token0() external view returns (address);
    function swap(address recipient, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data)
        external
        returns (int256 amount0, int256 amount1);
}

/// Liquidates with borrowed money: a flash loan of the debt asset, the liquidation, the seized collateral sold on one
/// Uniswap pool, the loan and its premium repaid. What is left goes to the owner; a loss reverts.
contract FlashLiquidator {
    uint160 private constant LOWEST = 4295128739 + 1;
    uint160 private constant HIGHEST = 1461446703485210103287273052203988822378723970342 - 1;

    address public immutable owner;

    struct Job {
        address pool; // of Aave V3
        address collateral;
        address debt;
        address user;
        uint256 cover; // raw debt asset to borrow: what the liquidation is going to pull
        address venue; // a Uniswap pool of the two tokens; not used where they are the same
        bool concentrated; // V3, else V2
        uint256 least; // raw profit below which the owner would rather not
    }

    constructor() {
        owner = msg.sender;
    }

    function liquidate(Job calldata job) external returns (uint256 profit) {
        require(msg.sender == owner, "not the owner");
        IERC20 token = IERC20(job.debt);
        uint256 before = token.balanceOf(address(this));
        ILendingPool(job.pool).flashLoanSimple(address(this), job.debt, job.cover, abi.encode(job), 0);
        profit = token.balanceOf(address(this)) - before;
        require(profit >= job.least, "too little profit");
        require(token.transfer(owner, profit), "transfer failed");
    }

    /// Called by the lending pool, which then pulls amount and premium.
    function executeOperation(address asset, uint256 amount, uint256 premium, address initiator, bytes calldata params)
        external
        returns (bool)
    {
        require(initiator == address(this), "not my loan");
        Job memory job = abi.decode(params, (Job));
        require(msg.sender == job.pool, "not the pool");
        require(IERC20(asset).approve(job.pool, job.cover + amount + premium), "approve failed");
        uint256 before = IERC20(job.collateral).balanceOf(address(this));
        ILendingPool(job.pool).liquidationCall(job.collateral, job.debt, job.user, type(uint256).max, false);
        if (job.collateral != job.debt) {
            _sell(job, IERC20(job.collateral).balanceOf(address(this)) - before);
        }
        return true;
    }

    /// Called by a V3 pool for what it is owed.
    function uniswapV3SwapCallback(int256 owed0, int256 owed1, bytes calldata data) external {
        (address venue, address token) = abi.decode(data, (address, address));
        require(msg.sender == venue, "not the venue");
        require(IERC20(token).transfer(msg.sender, uint256(owed0 > 0 ? owed0 : owed1)), "transfer failed");
    }

    function _sell(Job memory job, uint256 amount) private {
        bool zeroForOne = IPair(job.venue).token0() == job.collateral;
        if (job.concentrated) {
            IConcentratedPool(job.venue).swap(
                address(this), zeroForOne, int256(amount), zeroForOne ? LOWEST : HIGHEST, abi.encode(job.venue, job.collateral)
            );
            return;
        }
        (uint256 reserveIn, uint256 reserveOut,) = IPair(job.venue).getReserves();
        if (!zeroForOne) (reserveIn, reserveOut) = (reserveOut, reserveIn);
        uint256 withFee = amount * 997;
        uint256 out = withFee * reserveOut / (reserveIn * 1000 + withFee);
        require(IERC20(job.collateral).transfer(job.venue, amount), "transfer failed");
        IPair(job.venue).swap(zeroForOne ? 0 : out, zeroForOne ? out : 0, address(this), "");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IAccounts {
    function getUserAccountData(address user)
        external
        view
        returns (uint256 collateral, uint256 debt, uint256 available, uint256 threshold, uint256 ltv, uint256 healthFactor);
}

interface IMarket {
    function getUserConfiguration(address user) external view returns (uint256);
    function getUserEMode(address user) external view returns (uint256);
}

interface IScaled {
    function scaledBalanceOf(address user) external view returns (uint256);
    function getPreviousIndex(address user) external view returns (uint256);
}

/// Reads many accounts, or the answers of many views, in one `eth_call`.
/// It has no storage and no constructor, so its runtime code also works at any address through a state override.
contract PositionReader {
    /// The time at which the views are evaluated, in seconds.
    function time() external view returns (uint256) {
        return block.timestamp;
    }

    /// `getUserAccountData` of each user, in order (units are the pool's own).
    function accounts(IAccounts pool, address[] calldata users) external view returns (uint256[6][] memory data) {
        data = new uint256[6][](users.length);
        for (uint256 i = 0; i < users.length; i++) {
            (data[i][0], data[i][1], data[i][2], data[i][3], data[i][4], data[i][5]) = pool.getUserAccountData(users[i]);
        }
    }

    /// The returned bytes of each call, one after the other without padding. Reverts when a call does.
    function answers(address[] calldata targets, bytes[] calldata calls) external view returns (bytes memory joined) {
        uint256 length;
        bytes[] memory parts = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; i++) {
            bool ok;
            (ok, parts[i]) = targets[i].staticcall(calls[i]);
            require(ok, "a view reverted");
            length += parts[i].length;
        }
        joined = new bytes(length);
        uint256 at;
        for (uint256 i = 0; i < parts.length; i++) {
            bytes memory part = parts[i];
            for (uint256 j = 0; j < part.length; j += 32) {
                assembly {
                    mstore(add(add(joined, 32), at), mload(add(add(part, 32), j)))
                }
                at += 32;
            }
        }
    }

    /// The answer of each call, and whether it went well.
    function tried(address[] calldata targets, bytes[] calldata calls)
        external
        view
        returns (bool[] memory well, bytes[] memory parts)
    {
        well = new bool[](calls.length);
        parts = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; i++) {
            (well[i], parts[i]) = targets[i].staticcall(calls[i]);
        }
    }

    /// What the pool and its tokens store of each user, in order: the user's configuration, then its eMode in the lowest
    /// byte and above it a bit for each token with a balance, then for each of those the scaled balance (upper half)
    /// and the index that the token has seen last (lower half).
    function holdings(IMarket pool, IScaled[] calldata tokens, address[] calldata users)
        external
        view
        returns (uint256[] memory words)
    {
        words = new uint256[](users.length * (2 + tokens.length));
        uint256 at;
        for (uint256 i = 0; i < users.length; i++) {
            words[at] = pool.getUserConfiguration(users[i]);
            uint256 head = at + 1;
            uint256 marks = uint8(pool.getUserEMode(users[i]));
            at += 2;
            for (uint256 t = 0; t < tokens.length; t++) {
                uint256 scaled = tokens[t].scaledBalanceOf(users[i]);
                if (scaled == 0) continue;
                marks |= uint256(1) << (8 + t);
                words[at++] = (scaled << 128) | tokens[t].getPreviousIndex(users[i]);
            }
            words[head] = marks;
        }
        assembly {
            mstore(words, at)
        }
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IAnswer {
    function latestAnswer() external view returns (int256);
    function decimals() external view returns (uint8);
}

/// A price source that answers the smaller of another source's answer and a cap, like the adapters before LST feeds.
contract CappedFeed {
    event CapUpdated(int256 cap);

    IAnswer public immutable source;
    uint8 public immutable decimals;
    int256 public cap; // in the source's decimals

    constructor(IAnswer source_, int256 cap_) {
        source = source_;
        decimals = source_.decimals();
        _set(cap_);
    }

    function setCap(int256 cap_) external {
        _set(cap_);
    }

    function latestAnswer() external view returns (int256) {
        int256 answer = source.latestAnswer();
        return answer < cap ? answer : cap;
    }

    function _set(int256 cap_) private {
        cap = cap_;
        emit CapUpdated(cap_);
    }
}

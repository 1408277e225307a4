// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A price feed with Chainlink's reading functions and its `AnswerUpdated` event, whose answer anybody may set.
contract SettableFeed {
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);
    event NewRound(uint256 indexed roundId, address indexed startedBy, uint256 startedAt);

    struct Round {
        int256 answer;
        uint256 updatedAt; // seconds
    }

    uint8 public immutable decimals;
    string public description;
    uint80 public latestRound;
    mapping(uint80 => Round) private _rounds;

    constructor(uint8 decimals_, string memory description_, int256 answer) {
        decimals = decimals_;
        description = description_;
        _report(answer);
    }

    function version() external pure returns (uint256) {
        return 4;
    }

    /// Starts a round with this answer, in the units of `decimals`. Zero and negative answers are allowed: readers must cope.
    function setAnswer(int256 answer) external {
        _report(answer);
    }

    function latestAnswer() external view returns (int256) {
        return _rounds[latestRound].answer;
    }

    function latestTimestamp() external view returns (uint256) {
        return _rounds[latestRound].updatedAt;
    }

    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return getRoundData(latestRound);
    }

    function getRoundData(uint80 id)
        public
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        Round memory round = _rounds[id];
        require(round.updatedAt != 0, "No data present");
        return (id, round.answer, round.updatedAt, round.updatedAt, id);
    }

    function _report(int256 answer) private {
        latestRound += 1;
        _rounds[latestRound] = Round(answer, block.timestamp);
        emit NewRound(latestRound, msg.sender, block.timestamp);
        emit AnswerUpdated(answer, latestRound, block.timestamp);
    }
}

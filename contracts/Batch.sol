// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Makes calls one after the other in one transaction, in its own name; reverts with the reason of the first that fails.
contract Batch {
    function run(address[] calldata targets, bytes[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; i++) {
            (bool ok, bytes memory answer) = targets[i].call(calls[i]);
            if (!ok) {
                assembly {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
    }
}

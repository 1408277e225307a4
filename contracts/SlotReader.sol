// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Answers with the storage words whose slots it is asked for, 32 bytes each. Made to stand in for another contract's
/// code in one `eth_call` (state override), so that its raw storage can be read in bulk.
contract SlotReader {
    fallback() external {
        assembly {
            for { let i := 0 } lt(i, calldatasize()) { i := add(i, 32) } {
                mstore(i, sload(calldataload(i)))
            }
            return(0, calldatasize())
        }
    }
}

"""What `MockFlashLoanReceiver.sol` keeps: its switches, its tokens, and what it lets the pool pull."""

from dataclasses import dataclass, field
from typing import Any

from protocol_sim.fork.deploy.aave_v2 import LISTINGS


@dataclass
class Receiver:
    """One receiver; lists are by reserve, raw token units."""

    fail: bool = False  # it neither mints the premium nor approves
    lie: bool = False  # with `fail`: it answers false
    approve: int = 0  # raw; 0: amount and premium
    balances: list[int] = field(default_factory=lambda: [0] * len(LISTINGS))
    allowances: list[int] = field(default_factory=lambda: [0] * len(LISTINGS))

    @property
    def spoiled(self) -> bool:
        """Whether a plain flash loan would fail."""
        return self.fail or self.approve != 0

    def repair(self) -> tuple[str, dict[str, Any]]:
        """The operation that undoes a switch."""
        if self.fail:
            return "receiver.setFailExecutionTransfer", {"value": False}
        return "receiver.setAmountToApprove", {"value": 0}

    def switch(self, function: str, value: Any) -> None:
        """`setFailExecutionTransfer`, `setSimulateEOA`, `setAmountToApprove`."""
        if function == "setFailExecutionTransfer":
            self.fail = value
        elif function == "setSimulateEOA":
            self.lie = value
        else:
            self.approve = value

    def execute(self, assets: list[int], amounts: list[int], premiums: list[int]) -> bool:
        """`executeOperation`, the amounts having arrived; whether it answers true."""
        for k, amount in zip(assets, amounts, strict=True):
            self.balances[k] += amount
        if self.fail:
            return not self.lie
        for k, amount, premium in zip(assets, amounts, premiums, strict=True):
            self.balances[k] += premium
            self.allowances[k] = self.approve or amount + premium
        return True

    def can_pay(self, k: int) -> int:
        """Raw amount that the pool can pull."""
        return min(self.balances[k], self.allowances[k])

    def pay(self, k: int, amount: int) -> None:
        """The pool pulls `amount`."""
        self.balances[k] -= amount
        self.allowances[k] -= amount

"""Exceptions of the package.

ProtocolSimError
├── BadInput        a file, key or argument is wrong: one line, exit status 2
├── MissingTool     a program that a command needs is absent: one line that says how to get it, exit status 2
└── Revert          arithmetic that the chain refuses; `reason` says which (raised by `numeric` only)
"""


class ProtocolSimError(Exception):
    """Anything that the package raises on purpose."""


class BadInput(ProtocolSimError):
    """Wrong input: where it stands, which key, what was expected and what was found."""

    def __init__(self, where: str, key: str, expected: str, found: object) -> None:
        super().__init__(where, key, expected, found)
        self.where, self.key, self.expected, self.found = where, key, expected, found

    def __str__(self) -> str:
        return " ".join(f"{self.where}: {self.key}: expected {self.expected}, found {self.found}".split())


class MissingTool(ProtocolSimError):
    """A program outside the package is needed and absent."""


class Revert(ProtocolSimError):
    """Checked arithmetic that Solidity would refuse."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

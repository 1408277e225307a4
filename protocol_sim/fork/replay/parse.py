"""Which logs of a transaction belong together, told from their order alone.

Every operation's logs stand together and its last one says what it was, but for aToken transfers (flags may follow),
rates (the reserve's new data follows) and flash loans (other operations stand between taking and paying back).
"""

from collections.abc import Callable, Sequence

from protocol_sim.fork.adapters.aave_v3.people import POOL
from protocol_sim.fork.replay.logs import CONFIGURATOR, Log, Take
from protocol_sim.fork.replay.operations import ENDS, FLAGS
from protocol_sim.fork.replay.replica import Replica


def ends(model: Replica, alone: Callable[[Log], bool], logs: Sequence[Log], start: int, i: int) -> bool:
    """Whether log i ends what begins at `start`; `alone`: whether a log of governance's ends something."""
    log = logs[i]
    if log.emitter == POOL:
        if log.name == "Borrow":
            return not _becomes_debt(logs, i)
        if log.name in FLAGS:
            return i == start and not _opens(logs, i)
        return log.name in ENDS or alone(log)
    if log.name == "BalanceTransfer":
        return all(x.emitter == log.emitter or (x.name in FLAGS and "a" + x.args[0] == log.emitter)
                   for x in logs[start:i])
    if log.name == "BorrowAllowanceDelegated":
        following = logs[i + 1] if i + 1 < len(logs) else None
        return model.last or following is None or (following.emitter, following.name) != (log.emitter, "Transfer")
    if log.emitter == CONFIGURATOR and log.name not in ("Upgraded", "Initialized"):
        return _configuration_ends(model, alone, logs, i)
    return alone(log)


def _becomes_debt(logs: Sequence[Log], i: int) -> bool:
    """A `Borrow` that a flash loan ends with."""
    if i + 1 == len(logs) or logs[i + 1].name != "FlashLoan":
        return False
    reserve, _, _, amount, mode, *_ = logs[i].args
    _, _, asset, lent, kind, *_ = logs[i + 1].args
    return bool(kind) and (asset, lent, kind) == (reserve, amount, mode)


def _opens(logs: Sequence[Log], i: int) -> bool:
    """A flag that falls at the beginning of a liquidation or of a covered deficit."""
    reserve, who = logs[i].args
    following = next((x for x in logs[i + 1 :] if x.emitter == POOL and x.name in ENDS), None)
    if following is None or logs[i].name != FLAGS[1]:
        return False
    if following.name == "LiquidationCall":
        return (following.args[0], following.args[2]) == (reserve, who)
    return following.name == "DeficitCovered" and following.args[:2] == (reserve, who)


def _configuration_ends(model: Replica, alone: Callable[[Log], bool], logs: Sequence[Log], i: int) -> bool:
    """Some events of the configurator open others."""
    log = logs[i]
    if log.name in ("PendingLtvChanged", "LiquidationGracePeriodChanged"):
        return False
    if log.name not in ("AssetLtvzeroInEModeChanged", "CollateralConfigurationChanged"):
        return alone(log)
    rest = [x for x in logs[i + 1 :] if x.name != "AssetLtvzeroInEModeChanged"]
    freezes = bool(rest) and rest[0].name == "ReserveFrozen" and rest[0].args == (log.args[0], True) and model.last
    if log.name == "AssetLtvzeroInEModeChanged":
        following = logs[i + 1] if i + 1 < len(logs) else None
        leaves = following is not None and following.name == "AssetCollateralInEModeChanged" and (
            following.args == (log.args[0], log.args[1], False)) and log.args[2] is False
        return not (freezes or leaves)
    r = model.market.reserves[model.names.index(log.args[0])]
    return not (freezes and r.ltv != 0 and log.args[1:] == (0, r.threshold, r.bonus))


def takes(model: Replica, logs: Sequence[Log], moves: Sequence[Take]) -> list[Take]:
    """The moves by which flash loans were taken, each with what is lent in `amount`.

    A loan's underlying leaves for its receiver before the loan's event, and not as the end of a burn (withdrawals,
    liquidations) nor of a `Borrow`.
    """
    found: list[Take] = []
    spent: set[tuple[int, int]] = set()
    for at, log in enumerate(logs):
        if log.name != "FlashLoan" or log.emitter != POOL:
            continue
        k, receiver = model.names.index(log.args[2]), model.decoder.addresses.get(log.args[0], log.args[0])
        for move in moves:
            same = (move.k, move.party, move.amount) == (k, receiver, -log.args[3])
            if not same or move.place > logs[at].place or (move.place, k) in spent:
                continue
            if _owned(model, logs, move):
                continue
            spent.add((move.place, k))
            found.append(move._replace(amount=log.args[3]))
            break
    return sorted(found)


def _owned(model: Replica, logs: Sequence[Log], move: Take) -> bool:
    """Whether underlying left as part of another operation."""
    before = [x for x in logs if x.place < move.place]
    after = [x for x in logs if x.place > move.place]
    a_token = f"a{model.names[move.k]}"
    if before and before[-1].emitter == a_token and before[-1].name in ("Burn", "Mint"):
        return True
    return bool(after) and after[0].name == "Borrow" and after[0].args[0] == model.names[move.k] and (
        after[0].args[3] == -move.amount)

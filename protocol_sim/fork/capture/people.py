"""What the pool and its tokens store of each account: the hot part of a capture.

With the reader contract one call answers for hundreds of accounts, packed (`PositionReader.holdings`): some 40 bytes an
account and balance. Without it the same views go out as raw JSON-RPC batches, previous indices only where there is a
balance. Either way an account is kept on disk as soon as it is read.
"""

from collections.abc import Callable, Sequence
from typing import Any

from protocol_sim.fork.capture.logs import DELEGATED, GRANTED, TOLD, born, scan
from protocol_sim.fork.capture.pinned import Call, Pinned
from protocol_sim.fork.capture.reserves import FLASH_BORROWER, ISOLATED_SUPPLIER, Core
from protocol_sim.fork.client import NodeError
from protocol_sim.fork.snapshot.records import HOLDING, Listed, People

Tell = Callable[[int, int], None]
LOW = (1 << 128) - 1
DEBTS = sum(1 << t for t in range(1, 248, 2))  # marks of the debt tokens
BATCH = 1_000  # accounts in one go without the reader
Packed = list[int]  # configuration, eMode and marks, then scaled << 128 | index for each marked token


def found_in_logs(
    pinned: Pinned, at: Core, listed: Sequence[Listed], complete: bool, tell: Tell
) -> tuple[list[str], list[tuple[str, str, str]], list[tuple[bytes, str]]]:
    """Accounts in the order of their addresses, delegations (debt token, delegator, delegatee), roles that somebody
    was given (role, account)."""
    first = int(pinned.store.get("born") or born(pinned, at.provider))
    pinned.store.set("born", str(first))
    kinds = list(TOLD) if complete else [next(iter(TOLD))]
    tokens = [x.a_token for x in listed] if complete else []
    debts = [t for x in listed for t in (x.variable_debt, x.stable_debt) if t]
    told = scan(pinned, [at.pool, at.acl, *tokens, *debts], [*kinds, DELEGATED, GRANTED], first, tell)
    people = sorted(item[0] for item in told if len(item) == 1)
    delegated = [(item[1], item[2], item[3]) for item in told if item[0] == "delegated"]
    granted = [(bytes.fromhex(item[1][2:]), item[2]) for item in told if item[0] == "granted"]
    return people, delegated, granted


def read(pinned: Pinned, at: Core, listed: Sequence[Listed], addresses: Sequence[str], tell: Tell) -> list[Packed]:
    """The packed words of each account."""
    tokens = [token for x in listed for token in (x.a_token, x.variable_debt)]
    scope = f"{at.pool} {len(tokens)}"
    known = {a: _words(value) for a, value in pinned.store.people(scope, addresses).items()}
    missing = [a for a in addresses if a not in known]
    if missing:
        pinned.probe()

    def ask(part: Sequence[str], how: Callable[[Sequence[str]], list[Packed]]) -> list[str]:
        words = how(part)
        pinned.store.keep_people(scope, [(a, b"".join(w.to_bytes(32) for w in row)) for a, row in zip(part, words,
                                                                                                       strict=True)])
        known.update(zip(part, words, strict=True))
        tell(len(known), len(addresses))
        return list(part)

    pinned.asked += len(missing)
    if pinned.reader:
        pinned.chunked(missing, lambda part: ask(part, lambda p: _by_reader(pinned, at, tokens, p)))
    missing = [a for a in missing if a not in known]
    for start in range(0, len(missing), BATCH):
        ask(missing[start : start + BATCH], lambda p: _by_batch(pinned, at, tokens, p))
    return [known[a] for a in addresses]


def _words(raw: bytes) -> Packed:
    return [int.from_bytes(raw[n : n + 32]) for n in range(0, len(raw), 32)]


def _by_reader(pinned: Pinned, at: Core, tokens: list[str], part: Sequence[str]) -> list[Packed]:
    raw = pinned.by_reader("holdings", at.pool, tokens, list(part))[64:]
    found, n = [], 0
    for _ in part:
        length = 2 + (int.from_bytes(raw[n + 32 : n + 64]) >> 8).bit_count()
        found.append(_words(raw[n : n + 32 * length]))
        n += 32 * length
    if n != len(raw):
        raise NodeError(f"{pinned.client.name}: the reader's answer has a wrong length")
    return found


def _by_batch(pinned: Pinned, at: Core, tokens: list[str], part: Sequence[str]) -> list[Packed]:
    """Configuration and eMode first: without its borrowing bit nobody has variable debt in a reserve."""
    views = ("getUserConfiguration", "getUserEMode")
    heads = _asked(pinned, [(at.pool, view, (a,)) for a in part for view in views])
    bits = [configuration for (configuration,) in heads[::2]]
    asked = [(n, t) for n, b in enumerate(bits) for t in range(len(tokens)) if t % 2 == 0 or b >> (t - 1) & 1]
    scaled = _asked(pinned, [(tokens[t], "scaledBalanceOf", (part[n],)) for n, t in asked])
    held = [(n, t, amount) for (n, t), amount in zip(asked, scaled, strict=True) if amount]
    indices = _asked(pinned, [(tokens[t], "getPreviousIndex", (part[n],)) for n, t, _ in held])
    found: list[Packed] = [[b, emode] for b, emode in zip(bits, heads[1::2], strict=True)]
    for (n, t, amount), index in zip(held, indices, strict=True):
        found[n][1] |= 1 << 8 + t
        found[n].append(amount << 128 | index)
    return found


def _asked(pinned: Pinned, calls: list[Call]) -> list[Any]:
    found = pinned.uncached(calls)
    if None in found:
        target, view, _ = calls[found.index(None)]
        raise NodeError(f"{pinned.client.name}: {target} does not answer {view}() at {pinned.block}")
    return found


# ---- put together ---------------------------------------------------------------------------------------------------
def people(
    pinned: Pinned, at: Core, listed: Sequence[Listed], addresses: Sequence[str], kept: Sequence[str],
    roles: Sequence[tuple[bytes, str]], complete: bool, tell: Tell,
) -> People:  # fmt: skip
    """Everybody who owes something, or who has anything if `complete`; and `kept` in any case."""
    packed = read(pinned, at, listed, addresses, tell)
    stable = _stable(pinned, listed, addresses)
    held = _roles(pinned, at, roles)
    made, always = People(), set(kept)
    for n, (address, row) in enumerate(zip(addresses, packed, strict=True)):
        marks = row[1] >> 8
        wanted = (marks or row[0]) if complete else marks & DEBTS
        if not wanted and n not in stable and address not in always:
            continue
        i = len(made.addresses)
        made.addresses.append(address)
        made.collateral.append(_bits(row[0], 1, len(listed)))
        made.borrowing.append(_bits(row[0], 0, len(listed)))
        made.emode.append(row[1] & 0xFF)
        made.flash_borrower.append(int((FLASH_BORROWER, address) in held))
        made.isolated_supplier.append(int((ISOLATED_SUPPLIER, address) in held))
        _hold(made, i, marks, row[2:], stable.get(n, {}))
    return made


def _bits(configuration: int, offset: int, count: int) -> int:
    """Every second bit of `UserConfigurationMap`: offset 0 borrowing, 1 collateral."""
    return sum((configuration >> 2 * k + offset & 1) << k for k in range(count))


def _hold(made: People, i: int, marks: int, words: Packed, stable: dict[int, tuple[int, int, int]]) -> None:
    """Append the rows of one account."""
    rows: dict[int, list[int]] = {}
    each = iter(words)
    for t in range(marks.bit_length()):
        if marks >> t & 1:
            word = next(each)
            row = rows.setdefault(t // 2, [0] * len(HOLDING))
            row[t % 2], row[2 + t % 2] = word >> 128, word & LOW
    for k, values in stable.items():
        rows.setdefault(k, [0] * len(HOLDING))[4:] = values
    for k in sorted(rows):
        made.owner.append(i)
        made.reserve.append(k)
        for column, value in zip(made.values, rows[k], strict=True):
            column.append(value)


def _stable(pinned: Pinned, listed: Sequence[Listed], addresses: Sequence[str]) -> dict[int, dict[int, Any]]:
    """Stable debt: account's place -> reserve -> principal, rate, time. Asked only where a reserve has any."""
    found: dict[int, dict[int, Any]] = {}
    for k, x in enumerate(listed):
        if not x.state["stable_principal"]:
            continue
        principals = pinned.read([(x.stable_debt, "principalBalanceOf", (a,)) for a in addresses])
        owing = [n for n, principal in enumerate(principals) if principal]
        for n in owing:
            views = ("getUserStableRate", "getUserLastUpdated")
            rate, updated = pinned.read([(x.stable_debt, view, (addresses[n],)) for view in views])
            found.setdefault(n, {})[k] = (principals[n], rate, updated)
    return found


def _roles(pinned: Pinned, at: Core, granted: Sequence[tuple[bytes, str]]) -> set[tuple[bytes, str]]:
    """Who still has the two roles that the model knows."""
    asked = [g for g in granted if g[0] in (FLASH_BORROWER, ISOLATED_SUPPLIER)]
    answers = pinned.read([(at.acl, "hasRole", g) for g in asked])
    return {g for g, yes in zip(asked, answers, strict=True) if yes}


def allowances(
    pinned: Pinned, listed: Sequence[Listed], delegated: Sequence[tuple[str, str, str]]
) -> tuple[dict[str, Any], ...]:
    """Credit delegations with something left."""
    tokens = {x.variable_debt: (k, 2) for k, x in enumerate(listed)} | {x.stable_debt: (k, 1) for k, x in
                                                                        enumerate(listed) if x.stable_debt}
    asked = sorted(d for d in delegated if d[0] in tokens)
    left = pinned.read([(token, "borrowAllowance", (giver, taker)) for token, giver, taker in asked])
    return tuple({"delegator": giver, "delegatee": taker, "reserve": tokens[token][0], "mode": tokens[token][1],
                  "amount": amount} for (token, giver, taker), amount in zip(asked, left, strict=True) if amount)

"""Our own Solidity: the settable feed speaks Chainlink; the reader gives many answers at once, deployed or not."""

import pytest

from protocol_sim.fork.anvil import Node
from protocol_sim.fork.artifacts import reason
from protocol_sim.fork.deploy import aave_v2
from protocol_sim.fork.solc import artifact, compiled

pytestmark = pytest.mark.anvil

ETHER = 10**18


def test_feed_keeps_rounds_and_emits_answer_updated(node: Node) -> None:
    code = compiled("SettableFeed")
    feed = node.create(code.creation(8, "ETH / USD", 1500 * 10**8))
    node.next_timestamp(1_700_000_000)
    receipt = node.send(node.accounts[1], feed, code.call("setAnswer", -7))

    logs = [(code.events()[log["topics"][0]], log) for log in receipt["logs"]]
    told = {abi.name: abi.arguments(log["topics"], bytes.fromhex(log["data"][2:])) for abi, log in logs}
    assert told == {"NewRound": (2, node.accounts[1], 1_700_000_000), "AnswerUpdated": (-7, 2, 1_700_000_000)}

    def view(name: str, *args: object) -> tuple[object, ...]:
        return code.answer(name, node.read(feed, code.call(name, *args)))

    assert view("latestAnswer") == (-7,)
    assert view("latestRoundData") == (2, -7, 1_700_000_000, 1_700_000_000, 2)
    assert view("getRoundData", 1)[1] == 1500 * 10**8
    assert view("decimals") == (8,)
    refused = node.send(node.accounts[0], feed, code.call("getRoundData", 3))
    assert reason(node.refusal(refused)) == "No data present"


def test_reader_gives_many_accounts_in_one_call(node: Node) -> None:
    chain = aave_v2.deploy(node, node.accounts[9])
    pool, token, reader = aave_v2.contract("LendingPool"), aave_v2.contract("MintableERC20"), compiled("PositionReader")
    users, weth = node.accounts[1:6], chain.tokens[0].underlying
    for n, user in enumerate(users):
        node.execute(weth, token.call("mint", n * ETHER), user)
        node.execute(weth, token.call("approve", chain.pool, n * ETHER), user)
        if n:
            node.execute(chain.pool, pool.call("deposit", weth, n * ETHER, user, 0), user)
    node.execute(chain.pool, pool.call("borrow", weth, ETHER, 2, 0, users[4]), users[4])

    asked = reader.call("accounts", chain.pool, users)
    (rows,) = reader.answer("accounts", node.read(chain.reader, asked))
    singly = [node.read(chain.pool, pool.call("getUserAccountData", user)) for user in users]
    assert [tuple(row) for row in rows] == [pool.answer("getUserAccountData", data) for data in singly]
    assert [row[0] for row in rows] == [n * ETHER for n in range(5)]
    assert rows[4][1:] == (ETHER, 4 * ETHER * 8000 // 10_000 - ETHER, 8250, 8000, 33 * ETHER // 10)

    anywhere = "0x" + "be" * 20
    override = {anywhere: {"code": "0x" + artifact("PositionReader")["evm"]["deployedBytecode"]["object"]}}
    answer = node.call("eth_call", {"to": anywhere, "data": asked}, "latest", override)
    assert reader.answer("accounts", bytes.fromhex(answer[2:])) == (rows,)


def test_reader_joins_answers_of_any_views(node: Node) -> None:
    feed_code, reader_code = compiled("SettableFeed"), compiled("PositionReader")
    feed, reader = node.create(feed_code.creation(8, "x", 42)), node.create(reader_code.creation())
    calls = [bytes.fromhex(feed_code.call(name)[2:]) for name in ("latestAnswer", "latestRound", "decimals")]
    joined = node.read(reader, reader_code.call("answers", [feed] * 3, calls))[64:]
    assert [int.from_bytes(joined[32 * i : 32 * i + 32]) for i in range(3)] == [42, 1, 8]

"""The shell around a pool: whatever is called in whatever order, tokens and LP units are conserved."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from protocol_sim.amms.constant_product import MINIMUM_LIQUIDITY
from protocol_sim.amms.pair import PAIR, Pair

WHO = st.sampled_from(["ann", "bob"])
SHARE = st.integers(0, 10_000)
WEALTH = 10**24


class AnyPair(RuleBasedStateMachine):
    """Two holders, every function of the pair and the router."""

    def __init__(self) -> None:
        super().__init__()
        self.pair, self.now, self.square = Pair(), 1_000, (0, 1)
        self.pair.give("ann", WEALTH, WEALTH)
        self.pair.give("bob", WEALTH, 7)

    @initialize(a=st.integers(10**4, 10**20), b=st.integers(10**4, 10**20), fee=st.integers(0, 1))
    def start(self, a: int, b: int, fee: int) -> None:
        self.pair.pool.fee_on = fee
        self.pair.deposit("ann", a, b)
        assert self.pair.mint("ann", "ann", self.now).error is None
        assert self.pair.lp[""] == MINIMUM_LIQUIDITY

    def share(self, book: dict[str, int], who: str, bps: int) -> int:
        return book.get(who, 0) * bps // 10_000

    @rule(seconds=st.integers(0, 10**6))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(who=WHO, x=SHARE, side=st.integers(0, 1))
    def sell(self, who: str, x: int, side: int) -> None:
        book = self.pair.wallet0 if side else self.pair.wallet1
        self.pair.swap_in(who, side, self.share(book, who, x) // 100, 0, who, self.now)

    @rule(who=WHO, y=st.integers(0, 10**18), side=st.integers(0, 1))
    def buy(self, who: str, y: int, side: int) -> None:
        self.pair.swap_out(who, side, y, 2**256 - 1, who, self.now)

    @rule(who=WHO, out0=SHARE, out1=SHARE, paid0=SHARE, paid1=SHARE)
    def flash(self, who: str, out0: int, out1: int, paid0: int, paid1: int) -> None:
        pool = self.pair.pool
        outs = pool.reserve0 * out0 // 10_000, pool.reserve1 * out1 // 10_000
        paid = self.share(self.pair.wallet0, who, paid0), self.share(self.pair.wallet1, who, paid1)
        self.pair.swap(who, *outs, who, self.now, *paid)

    @rule(who=WHO, a=SHARE, b=SHARE)
    def add(self, who: str, a: int, b: int) -> None:
        self.pair.deposit(who, self.share(self.pair.wallet0, who, a), self.share(self.pair.wallet1, who, b))
        self.pair.mint(who, who, self.now)

    @rule(who=WHO, share=SHARE)
    def remove(self, who: str, share: int) -> None:
        self.pair.transfer_lp(who, PAIR, self.share(self.pair.lp, who, share))
        self.pair.burn(who, who, self.now)

    @rule(who=WHO)
    def skim(self, who: str) -> None:
        assert self.pair.skim(who).error is None

    @rule()
    def sync(self) -> None:
        assert self.pair.sync(self.now).error is None

    @rule(on=st.integers(0, 1))
    def set_fee(self, on: int) -> None:
        self.pair.pool.fee_on = on

    @invariant()
    def tokens_are_conserved(self) -> None:
        pool = self.pair.pool
        assert sum(self.pair.wallet0.values()) + pool.balance0 == 2 * WEALTH
        assert sum(self.pair.wallet1.values()) + pool.balance1 == WEALTH + 7
        assert min(*self.pair.wallet0.values(), *self.pair.wallet1.values(), *self.pair.lp.values(), 0) == 0

    @invariant()
    def lp_units_are_conserved(self) -> None:
        assert sum(self.pair.lp.values()) == self.pair.pool.total_supply

    @invariant()
    def the_pair_holds_its_reserves(self) -> None:
        pool = self.pair.pool
        assert pool.balance0 >= pool.reserve0
        assert pool.balance1 >= pool.reserve1

    @invariant()
    def without_the_fee_k_per_lp_unit_squared_never_falls(self) -> None:
        pool = self.pair.pool
        if pool.fee_on or not pool.total_supply:
            self.square = (0, 1)  # feeTo's share of the growth dilutes the others
            return
        k, square = pool.reserve0 * pool.reserve1, pool.total_supply**2
        assert k * self.square[1] >= self.square[0] * square
        self.square = (k, square)


TestAnyPair = AnyPair.TestCase


def test_events_come_in_the_contracts_order() -> None:
    pair = Pair()
    pair.give("ann", 10**7, 10**7)
    pair.pool.fee_on = 1
    pair.deposit("ann", 10**6, 10**6)
    first = pair.mint("ann", "bob", 1)
    assert [(name, args.get("to")) for name, args in first.events] == [
        ("Transfer", ""), ("Transfer", "bob"), ("Sync", None), ("Mint", None)
    ]
    swapped = pair.swap_in("ann", 1, 10**6, 0, "ann", 2)
    assert [name for name, _ in swapped.events] == ["Sync", "Swap"]
    pair.transfer_lp("bob", PAIR, 10**5)
    burned = pair.burn("bob", "ann", 3)
    assert [(name, args.get("to")) for name, args in burned.events] == [
        ("Transfer", "fee_to"), ("Transfer", ""), ("Sync", None), ("Burn", "ann")
    ]


def test_an_arithmetic_revert_leaves_everything_as_it_was() -> None:
    pair = Pair()
    pair.give("ann", 10**7, 10**7)
    pair.deposit("ann", 10**6, 10**6)
    pair.mint("ann", "ann", 1)
    before = (repr(pair.pool), dict(pair.wallet0), dict(pair.lp))
    assert pair.swap_in("ann", 1, 2**255, 0, "ann", 2).error == "ds-math-mul-overflow"
    assert (repr(pair.pool), dict(pair.wallet0), dict(pair.lp)) == before


def test_the_router_needs_the_callers_tokens() -> None:
    pair = Pair()
    pair.give("ann", 10**6, 10**6)
    pair.deposit("ann", 10**6, 10**6)
    pair.mint("ann", "ann", 1)
    before = repr(pair.pool)
    assert pair.swap_in("ann", 1, 5_000, 0, "ann", 2).error == "TransferHelper: TRANSFER_FROM_FAILED"
    assert repr(pair.pool) == before

"""Who is who: users, treasury, admin, and what they start with."""

from protocol_sim.fork.deploy.aave_v3 import LISTINGS

USERS = ("alice", "bob", "carol", "dave")
TREASURY, ADMIN, RECEIVER, SIMPLE, POOL = "treasury", "admin", "receiver", "simple receiver", "pool"
ACCOUNTS = (*USERS, TREASURY)  # by account index of the model
NAMES = tuple(x.name for x in LISTINGS)
ALL, EVERYBODY = range(len(NAMES)), range(len(USERS))
DELEGATIONS = ((0, 1), (2, 0))  # delegator, delegatee: the pairs that draw on credit
ISOLATED_SUPPLIER, FLASH_BORROWER, UMBRELLA = 0, 2, 3  # users with a role
WALLETS = (10**10, 10**10, 10**10, 10**6)  # whole tokens; dave's runs dry
MAX = 2**256 - 1

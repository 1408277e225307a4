# protocol-sim: `make demo` and `make test` set up what they need.
#
# stage            needs                      first time   again    budget   what takes the time
# ---------------  -------------------------  -----------  -------  -------  ---------------------------------
# make demo        Python >= 3.11             40 s         5 s      10 s     wheels from the lock, then the demo
# make lint        the same                   50 s         1 s      30 s     the tools' wheels, then mypy
# make test        and Node >= 18 with npm    10 min       8 min    15 min   Anvil, random scenarios, compiling the rules
# (2 processors; budget: of a second run)
#
# within make test, first time (budget of the whole: 30 min):  Python wheels 60 s · npm 10 s · solc, Aave V3.6 and our
# own contracts, 40 s (cached in the user's cache) · compiling the rules for five shapes of world 1.5 min (cached
# likewise) · Anvil suites, rigs, replays 3 min · random scenarios of all engines 1.5 min · prices, risk, tuning, reports
# 2 min · state machines and edge cases 1 min. Longer fuzzing: make fuzz (2,000 scenarios take 15 min).
#
# PYTHON=… picks the interpreter, SEED=… and CASES=… the fuzzing, PYTEST_ARGS=… goes to pytest.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo test lint fuzz bench rig clean setup setup-dev setup-contracts lock

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
SEED ?= $(shell date +%s)
CASES ?= 500
SCENARIOS ?= 2000
PYTEST_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
RIGS := $(patsubst %/package.json,%,$(wildcard contracts/package.json contracts/*/package.json))

help:
	@echo "make demo    the CRV cascade of 22 November 2022, end to end, with a report in out/demo"
	@echo "make test    all tests, those against the real contracts on a local Anvil included"
	@echo "make lint    ruff, mypy --strict, import contracts"
	@echo "make fuzz    random operations, model and real contract side by side (CASES=$(CASES), SEED=…), and"
	@echo "             random scenarios, all engines side by side (SCENARIOS=$(SCENARIOS))"
	@echo "make bench   speed, as a table and as JSON in out/bench"
	@echo "make rig     a local chain with real Aave V3 and Uniswap and a history, to play with until Ctrl-C"
	@echo "make clean   remove what these commands made"

demo: setup
	$(BIN)/protocol-sim demo --out out/demo

test: setup-dev setup-contracts
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fuzz: setup-dev setup-contracts
	$(BIN)/protocol-sim verify anvil aave-v2 --cases $(CASES) --seed $(SEED)
	$(BIN)/protocol-sim verify anvil aave-v3 --version 3.0.2 --cases $(CASES) --seed $(SEED)
	$(BIN)/protocol-sim verify anvil aave-v3 --version 3.6 --cases $(CASES) --seed $(SEED)
	$(BIN)/protocol-sim verify anvil uniswap-v2 --cases $(CASES) --seed $(SEED)
	$(BIN)/protocol-sim verify anvil uniswap-v3 --cases $(CASES) --seed $(SEED)
	PARITY_SCENARIOS=$(SCENARIOS) $(BIN)/python -m pytest -q tests/engine/test_parity.py tests/engine/test_parity_v3.py

bench: setup-dev setup-contracts
	$(BIN)/python -m tests.benchmarks --out out/bench

rig: setup setup-contracts
	$(BIN)/protocol-sim rig

clean:
	rm -rf $(VENV) out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .numba_cache
	rm -rf $(addsuffix /node_modules,$(RIGS))
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- what the commands need; a stamp per lock file, so that a second run installs nothing ------------------------
setup: $(VENV)/.stamp-run
setup-dev: $(VENV)/.stamp-dev
setup-contracts: $(addsuffix /node_modules/.stamp,$(RIGS))

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "Python >= 3.11 with venv is needed; none found on PATH (set PYTHON=…)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.stamp-run: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install -q --require-hashes -r requirements.lock
	$(PIP) install -q --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.stamp-dev: requirements-dev.lock $(VENV)/.stamp-run
	$(PIP) install -q --require-hashes -r requirements-dev.lock
	touch $@

%/node_modules/.stamp: %/package.json %/package-lock.json
	@command -v npm >/dev/null || { echo "Node >= 18 with npm is needed for the tests against the real contracts" >&2; exit 2; }
	npm ci --prefix $* --no-audit --no-fund --loglevel=error
	touch $@

# ---- for maintainers: resolve the lock files anew (no index, host or path is written into them) -------------------
COMPILE := $(BIN)/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	--strip-extras --allow-unsafe
lock: setup-dev
	$(COMPILE) --all-build-deps -o requirements.lock pyproject.toml
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

# Needs Python 3.11 or newer, and make. Everything is installed into .venv, once: a second run of
# any target uses no network until pyproject.toml changes.
#
#   make demo                      make PYTHON=python3.12 test
#   make test                      make test ARGS="-k softmax -x"

PYTHON ?= python3
ARGS ?=
# What bench-peers installs of PyTorch where there is none.  Without CUDA it is much smaller:
#   make bench-peers TORCH='torch --index-url https://download.pytorch.org/whl/cpu'
TORCH ?= torch==2.13.0

VENV := .venv
BIN := $(VENV)/bin
DEMO := $(VENV)/.installed-demo
TEST := $(VENV)/.installed-test
PEERS := $(VENV)/.installed-peers
BENCH := $(VENV)/.installed-bench
BROWSER := $(VENV)/.installed-browser
PROGRAMS := tests/browser/node_modules/.installed
DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format bench bench-peers soak peers browser dev clean FORCE

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

demo: $(DEMO) ## explain and solve an example
	$(BIN)/chainrule explain examples/000-C.chain --wrt W1
	$(BIN)/chainrule solve examples/000-C.chain

# Each worker has a core: threads of NumPy's linear algebra would only wait for one, busily, and
# that counts as time of the processor.
test soak: export OPENBLAS_NUM_THREADS := 1

test: $(TEST) ## run the tests (without the slow groups), on every core
	$(BIN)/python -m pytest --numprocesses auto $(ARGS)

soak: $(TEST) ## run the slow group on every core: hostile input, long random runs
	$(BIN)/python -m pytest -m soak --hypothesis-profile=soak --numprocesses auto --dist worksteal $(ARGS)

peers: $(PEERS) ## compare with JAX, and with PyTorch where it is installed
	$(BIN)/python -m pytest -m peers tests/peers $(ARGS)

browser: $(BROWSER) $(PROGRAMS) ## open every page in Chromium, compile LaTeX (installs both)
	$(BIN)/python -m pytest -m browser tests/browser $(ARGS)

lint: $(DEV) ## check style, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(DEV) ## put the code into the house format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(TEST) ## run the benchmarks
	$(BIN)/python -m benchmarks $(ARGS)

bench-peers: $(BENCH) ## time it beside JAX, PyTorch … into benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.peers $(or $(ARGS),--write benchmarks/RESULTS.md)

dev: $(DEV) ## install everything that a contributor needs

clean: ## remove .venv, caches and build products
	rm -rf $(VENV) tests/browser/node_modules build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests benchmarks -type d -name __pycache__ -prune -exec rm -rf {} +

# --- installation -------------------------------------------------------------------------------

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
FIRST := true

# Each set contains the ones before it, so installing a larger one also marks the smaller ones.
$(DEMO): WANTED := .
$(DEMO): MARKS := $(DEMO)
$(TEST): WANTED := .[test]
$(TEST): MARKS := $(DEMO) $(TEST)
$(PEERS): WANTED := .[peers]
$(PEERS): MARKS := $(DEMO) $(TEST) $(PEERS)
$(BENCH): WANTED := .[bench]
$(BENCH): MARKS := $(DEMO) $(BENCH)
$(BENCH): FIRST = $(BIN)/python -c 'import torch' 2>/dev/null || $(PIP) $(TORCH)
$(BROWSER): WANTED := .[browser]
$(BROWSER): MARKS := $(DEMO) $(TEST) $(BROWSER)
$(DEV): WANTED := .[dev]
$(DEV): MARKS := $(DEMO) $(TEST) $(DEV)

$(DEMO) $(TEST) $(PEERS) $(BENCH) $(BROWSER) $(DEV): pyproject.toml $(VENV)/.made-for
	@echo "Installing '$(WANTED)' into $(VENV) (once; needs the network) ..."
	@$(FIRST)
	@$(PIP) --editable '$(WANTED)'
	@$(BIN)/python -m compileall -q src
	@touch $(MARKS)

# Programs that pip does not install: Chromium, TeX, and two packages from npm.
$(PROGRAMS): tests/browser/install tests/browser/package.json
	@tests/browser/install
	@touch $@

# A virtual environment holds absolute paths. One that was copied or moved with the tree, was made
# by another PYTHON, or no longer starts is made afresh; otherwise this leaves it untouched.
$(VENV)/.made-for: FORCE
	@made_for="$$(pwd -P) $(PYTHON)"; \
	if [ "$$(cat $@ 2>/dev/null)" = "$$made_for" ] && $(BIN)/python -c '' 2>/dev/null; then exit 0; fi; \
	"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "chainrule needs Python 3.11 or newer, and '$(PYTHON)' is not: try make PYTHON=python3.12 ..." >&2; \
	  exit 1; }; \
	echo "Creating $(VENV) with $(PYTHON) ..."; \
	rm -rf $(VENV) && "$(PYTHON)" -m venv $(VENV) && echo "$$made_for" > $@

FORCE:

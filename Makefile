# Every target sets up what it needs in .venv, from nothing but Python 3.11 or newer, and
# does so again only when pyproject.toml or constraints.txt have changed.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory --no-builtin-rules

PYTHON ?= python3
WORKERS ?= 2
# Tests of whole servers wait twice as long as they work: this many keep the cores busy.
WITH_WAITING := $(shell expr $(WORKERS) \* 2 + 1)

# Else each worker, and each of the hundreds of commands that tests start, compiles it all anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := $(PIP) install --constraint constraints.txt
PYTEST := $(BIN)/python -m pytest --numprocesses=$(WORKERS)

.PHONY: help
help: ## what can be made
	@echo "make TARGET [PYTHON=python3.12] [WORKERS=2]"; echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: serve
serve: .venv/.runtime ## the demo: two simulated modems, a phone, three ready-to-paste curl lines
	@$(BIN)/smscore demo

.PHONY: test
test: .venv/.dev ## all tests that need nothing but PyPI (ARGS=--nightly: ten times the cases)
	$(PYTEST) --numprocesses=$(WITH_WAITING) -m "not peers" $(ARGS)

.PHONY: test-unit
test-unit: .venv/.dev ## the fast ones: no files, no sockets
	$(PYTEST) tests/unit $(ARGS)

.PHONY: test-peers
test-peers: .venv/.dev ## tests against programs written by others (ARGS=--nightly: many more texts)
	@PYTHON=$(BIN)/python .ci/install-peers .peers
	@# 5: nothing was selected
	SMSCORE_PEERS=$(CURDIR)/.peers $(PYTEST) -m peers $(if $(CI),--no-skips) $(ARGS) \
		|| { status=$$?; [ $$status -eq 5 ] && echo "no test is marked peers"; }

.PHONY: crash
crash: .venv/.dev ## kill the server 200 times and at every kill point, 8 minutes (ARGS="--kills 50 --store postgresql")
	PYTHONPATH=tests $(BIN)/python tests/integration/crash $(ARGS)

.PHONY: soak
soak: .venv/.dev ## half of the most load for 20 minutes: does anything grow? (ARGS="--minutes 3")
	@$(BIN)/python tests/integration/soak $(ARGS)

.PHONY: lint
lint: .venv/.dev ## format, lint, types, import contracts
	@# all four, whatever the first ones say
	@failed=; \
	for check in "ruff format --check ." "ruff check --output-format=concise ." mypy "lint-imports --no-logo"; do \
		echo "== $$check"; $(BIN)/$$check || failed="$$failed [$$check]"; \
	done; \
	[ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

.PHONY: format
format: .venv/.dev ## let ruff do what it can do by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: docs
docs: .venv/.dev ## build the site of the documentation into build/site, warnings as errors
	$(BIN)/python -m properdocs --quiet build --strict

.PHONY: wheel
wheel: .venv/.dev ## build the wheel, install it elsewhere, test what is installed
	@.ci/test-wheel $(WORKERS)

.PHONY: test-image
test-image: wheel ## test that wheel in what the image is made of: Debian 13, Python 3.13 (as root)
	@.ci/test-image $(WORKERS)

.PHONY: check
check: lint docs wheel test-image test-peers test ## lint, docs, wheel, test-image, test-peers and test

.PHONY: bench
bench: .venv/.dev ## measure what the documentation claims about speed (ARGS="--only codec")
	@{ command -v wrk && command -v npm; } >/dev/null || { [ "$$(id -u)" -eq 0 ] \
		&& command -v apt-get >/dev/null && apt-get update -qq \
		&& apt-get install -qq --no-install-recommends wrk nodejs npm >/dev/null; } || true
	$(BIN)/python benchmarks $(ARGS)

.PHONY: bench-large
bench-large: .venv/.dev ## that nothing slows down up to ten million messages, on both stores (25 GB of disk, 30 minutes)
	$(BIN)/python benchmarks --only large $(ARGS)

.PHONY: public-names
public-names: .venv/.dev ## write down the public names anew, after a change that was meant
	@mkdir -p build
	@$(BIN)/python tests/integration/packaging/public_names.py \
		> build/public_names.txt
	@mv build/public_names.txt tests/integration/packaging/public_names.txt

.PHONY: life
life: .venv/.dev ## draw the life of a delivery anew, after a change of its moves
	@$(BIN)/python tools/draw_life.py

.PHONY: constraints
constraints: .venv/.dev ## write constraints.txt anew from what .venv holds
	@$(PIP) list --format=freeze --exclude-editable --exclude pip --exclude setuptools > constraints.new
	@mv constraints.new constraints.txt && touch .venv/.runtime .venv/.dev

.PHONY: clean
clean: ## remove what was built, but neither .venv nor the demo's data
	rm -rf build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests tools benchmarks -name __pycache__ -prune -exec rm -rf {} +

# The environment, in three steps; each leaves a stamp.

.venv/.python:
	@command -v $(PYTHON) >/dev/null \
		|| { echo "there is no $(PYTHON) here: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "smscore needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1): make PYTHON=python3.11" >&2; \
		exit 1; }
	@echo "setting up .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

# Building without isolation keeps the build tools pinned as well.
.venv/.runtime: pyproject.toml constraints.txt | .venv/.python
	@$(INSTALL) hatchling editables
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime
	@echo "installing the tools for development"
	@$(INSTALL) --no-build-isolation --editable '.[dev]'
	@touch $@

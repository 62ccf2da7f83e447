# `make run` and `make test` need only make and Python 3.11+; everything else is installed into .venv.
SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin
CODE := ledger audit graphql_api migrations benchmarks tests
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
# One process more than two cores, because a seventh of the time a test only waits.
TESTS := $(BIN)/pytest -q -n 3 --dist worksteal
export PYTHON
# Without compiled modules every start would compile the libraries again, which takes longer than the start itself.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install run test check bench lint fmt types imports schema lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

install: ## .venv from the hash-locked lists; nothing to do when it matches them
	@requirements/install.sh

run: install ## everything in one terminal: PostgreSQL, API, worker, demo data; Ctrl-C stops it all
	@exec $(BIN)/scrip run

test: install ## the tests, without the audits by foreign code (Node), the benchmarks and the longest
	@$(TESTS)
	@echo "make test: the audits by foreign code (Node), the benchmarks and the demo under campaigns were skipped; make check runs them."

check: install ## all that must hold before a merge; needs Node
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "make check: Node and npm are needed for the audits by foreign code; install them, or run make test." >&2; exit 2; }
	@$(BIN)/ruff format --check --quiet . || { echo "make check: run make fmt." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache
	@$(BIN)/mypy & types=$$!; \
	for audits in http_audits log_audits; do (cd tests/$$audits && npm ci --silent --no-audit --no-fund) || { kill $$types; exit 1; }; done; \
	wait $$types
	@$(TESTS) --everything

bench: install ## measure against the baselines; ONLY=NAME runs one
	@$(BIN)/python -m benchmarks $(ONLY)
	@test -n "$(ONLY)" || SCRIP_TIMING=1 $(BIN)/pytest -q --everything tests/integration/graphql/test_code_timing.py \
		tests/e2e/demo/test_programme.py::test_the_year_equals_the_rules_told_by_hand

lint: install ## ruff and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports

fmt: install ## format and fix what can be fixed safely
	@$(BIN)/ruff check --quiet --fix-only . ; $(BIN)/ruff format .

types: install ## mypy, strict
	@$(BIN)/mypy

schema: install ## write the snapshots and reference pages that tests compare
	@$(BIN)/python -m tests.contracts.snapshots

lock: install ## resolve pyproject.toml again into requirements/*.txt
	@$(LOCK) requirements/bootstrap.in -o requirements/bootstrap.txt
	@$(LOCK) requirements/build.in -o requirements/build.txt
	@$(LOCK) pyproject.toml -o requirements/runtime.txt
	@$(LOCK) --all-extras --override requirements/overrides.txt -c requirements/runtime.txt pyproject.toml -o requirements/dev.txt

clean: ## remove the environment, caches and the databases of the tests; ./var, the book and its keys, stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info var/test /dev/shm/scrip-test-$$(id -u)

# Two commands do everything on a fresh machine with git, make and Python 3.11 or newer: `make demo` and `make test`.
# What is installed is remembered by stamp files in .venv, so a second run starts at once. Written for GNU make 3.81.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell sh tools/find_python.sh)
UV := $(BIN)/uv
UV_INSTALL := sh tools/uv_install.sh
CONFIG ?= config/leadrelay.yaml
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 $(UPGRADE)
TESTS ?= tests
WORKERS ?= auto
ARGS ?=
# Where this is set, every start of a command compiles all of leadrelay again, which the tests do hundreds of times.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test check run bench quality crash docs connector lock format clean \
	check-format check-lint check-types check-imports check-repository

help: ## what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.dev ## install everything for development into .venv

demo: $(VENV)/.run ## forms, mails and a file into simulators of both CRMs; no account needed
	$(BIN)/leadrelay demo $(ARGS)

test: $(VENV)/.dev ## all tests (TESTS=tests/core for some, ARGS=... for pytest's options)
	@sh tools/system_packages.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS) $(TESTS)

check: check-format check-lint check-types check-imports check-repository ## format, lint, types, import contracts, lock files

check-format: $(VENV)/.dev
	$(BIN)/ruff format --check .

check-lint: $(VENV)/.dev
	$(BIN)/ruff check .

check-types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/mypy --config-file tools/mypy-shell.ini -p leadrelay

check-imports: $(VENV)/.dev
	$(BIN)/lint-imports --no-cache

check-repository: $(VENV)/.dev
	$(BIN)/python tools/check_repository.py

format: $(VENV)/.dev ## rewrite the code as `make check` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

run: $(VENV)/.run ## web and worker with CONFIG (default config/leadrelay.yaml)
	$(BIN)/leadrelay run --config $(CONFIG) $(ARGS)

bench: $(VENV)/.dev ## measure throughput beside its floors on this machine
	$(BIN)/python -m benchmarks $(ARGS)

quality: $(VENV)/.dev ## how well labelled mails and tables are understood (needs the labelled data)
	$(BIN)/python -m benchmarks.quality $(ARGS)

crash: $(VENV)/.dev ## the whole crash test: real processes killed while leads pass (about as long as it takes)
	LEADRELAY_CRASH=whole $(BIN)/python -m pytest -m crash --timeout 3600 -s $(ARGS) tests/crash

docs: $(VENV)/.dev ## write docs/reference/ from the code
	$(BIN)/python tools/reference_docs.py $(ARGS)

connector: $(VENV)/.dev ## start a connector: make connector NAME=acme KIND=sink (or source)
	$(BIN)/python tools/new_connector.py "$(NAME)" "$(KIND)"

lock: $(VENV)/.bootstrap ## resolve the requirements again (UPGRADE=--upgrade for newer versions)
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) -c requirements/run.txt --group dev pyproject.toml -o requirements/dev.txt
	$(COMPILE) -c requirements/dev.txt requirements/tools.in -o requirements/tools.txt

clean: ## remove .venv and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# uv and the build tools come through pip, pinned by hash; uv then installs the rest many times faster than pip would.
$(VENV)/.bootstrap: requirements/tools.txt tools/find_python.sh
	@test -n "$(PYTHON)" || { echo "leadrelay needs Python 3.11 or newer with the venv module (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tools.txt
	@touch $@

# The project itself is linked without network: its build tools are in .venv already.
$(VENV)/.run: $(VENV)/.bootstrap requirements/run.txt pyproject.toml
	$(UV_INSTALL) --require-hashes -r requirements/run.txt
	$(UV_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(UV_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

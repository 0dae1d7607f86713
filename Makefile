# Everything runs from a virtual environment that this file makes; Python 3.11 or later is all it needs.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Only from make's own command line: a shell may well export ENV for itself.
given = $(if $(filter command line,$(origin $(1))),$(2) "$($(1))")
SELECTION = $(call given,PROJECT_ID,--project-id) $(call given,ENV,--env)

.PHONY: help synth test e2e check lint types format bench policy docs golden lock clean

help:
	@echo "make synth [PROJECT_ID=x] [ENV=y]   Terraform of ecsforge.yaml, in cdktf.out/"
	@echo "make test                           the quick tests"
	@echo "make e2e                            the tests with the real Terraform and AWS provider"
	@echo "make lint types policy              style, types, and a security scan of what is generated"
	@echo "make bench                          ecsforge beside its peers, measured in one run"
	@echo "make docs golden lock               write again what is generated"

synth: $(VENV)/runtime
	$(BIN)/ecsforge $(SELECTION) synth

test: $(VENV)/dev
	$(BIN)/pytest -m "not terraform and not npm" -n 2 -q

e2e: $(VENV)/dev
	$(BIN)/pytest -m "terraform or npm" -n 3 --dist loadfile -q -rs --durations=15

check: lint types test

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/dev
	$(BIN)/mypy

format: $(VENV)/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev
	$(BIN)/python -m benchmarks

policy: $(VENV)/dev $(VENV)/policy
	$(BIN)/python -m tests.policy --checkov $(VENV)/checkov/bin/checkov

docs: $(VENV)/dev
	$(BIN)/python -m stacks.project.reference > docs/project-file.md
	$(BIN)/python -m cli.reference > docs/commands.md

golden: $(VENV)/dev
	ECSFORGE_WRITE_GOLDEN=1 $(BIN)/pytest -q tests/stacks/test_golden.py

# What CI installs, with hashes; `make lock` after a change of pyproject.toml.
lock: $(VENV)/dev
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 pyproject.toml requirements/build.in \
		-o requirements/runtime.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 pyproject.toml requirements/build.in \
		--all-extras --group dev -c requirements/runtime.txt -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 requirements/policy.in \
		-o requirements/policy.txt

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "ecsforge needs Python 3.11 or later; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: $(BIN)/python requirements/runtime.txt pyproject.toml
	@echo "Installing ecsforge into $(VENV) ..." >&2
	$(INSTALL) --require-hashes -r requirements/runtime.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: $(VENV)/runtime requirements/dev.txt
	$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

# The scanner has pinned dependencies of its own, so it gets an environment of its own.
$(VENV)/policy: $(BIN)/python requirements/policy.txt
	$(PYTHON) -m venv $(VENV)/checkov
	$(VENV)/checkov/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/policy.txt
	@touch $@

clean:
	rm -rf $(VENV) cdktf.out

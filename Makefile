# Every target runs in a virtual environment that this file creates. The only requirement is Python 3.11 or later.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Read PROJECT_ID and ENV only from make's command line, because a shell may export ENV for other programs.
given = $(if $(filter command line,$(origin $(1))),$(2) "$($(1))")
SELECTION = $(call given,PROJECT_ID,--project-id) $(call given,ENV,--env)

.PHONY: help synth test e2e e2e-aws images check lint types format bench policy docs golden lock clean

help:
	@echo "make synth [PROJECT_ID=x] [ENV=y]   Generate the Terraform of ecsforge.yaml in cdktf.out/"
	@echo "make test                           Run the quick tests"
	@echo "make check                          Check style and types, and run the quick tests"
	@echo "make e2e                            Run the tests with the real Terraform and AWS provider"
	@echo "make e2e-aws ACCOUNT=123456789012   Deploy tests/specs to a real account and destroy them; this costs money"
	@echo "make images                         Run the tests with real container engines"
	@echo "make lint types                     Check style and types"
	@echo "make format                         Format the code"
	@echo "make policy                         Scan the generated Terraform with checkov"
	@echo "make bench [JSON=file]              Measure speed and memory beside cdktf, AWS CDK and bare Terraform"
	@echo "make docs golden                    Regenerate the reference pages and the golden files"
	@echo "make lock                           Update the lock files in requirements/"
	@echo "make clean                          Remove .venv and cdktf.out"

synth: $(VENV)/runtime
	$(BIN)/ecsforge $(SELECTION) synth

test: $(VENV)/dev
	$(BIN)/pytest -m "not terraform and not npm and not slow and not images" -n 3 -q

e2e: $(VENV)/dev
	$(BIN)/pytest -m "(terraform or npm or slow) and not images" -n 6 --dist loadfile -q -rs --durations=15

# SPECS, ENVS, ZONE, ENDPOINT, PARALLEL, TIMEOUT (minutes) and DESTROY (the id of a run): see CONTRIBUTING.md.
e2e-aws: $(VENV)/dev
	@test -n "$(ACCOUNT)" || { echo "name the account: make e2e-aws ACCOUNT=123456789012" >&2; exit 2; }
	$(BIN)/python -m tests.aws --account "$(ACCOUNT)" \
		$(call given,SPECS,--specs) $(call given,ENVS,--envs) $(call given,ZONE,--zone) \
		$(call given,ENDPOINT,--endpoint) $(call given,PARALLEL,--parallel) $(call given,TIMEOUT,--timeout) \
		$(call given,DESTROY,--destroy)

# .ci/engines installs the engines. Tests whose engine is missing are skipped, and say so at the end.
images: $(VENV)/dev
	$(BIN)/pytest -m images -n 2 --dist loadfile -q -rs --durations=5

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

# JSON=FILE writes the results to a file, too. The peers are installed into $(VENV)/peers.
bench: $(VENV)/dev
	$(BIN)/python -m benchmarks $(call given,JSON,--json)

policy: $(VENV)/dev $(VENV)/policy
	$(BIN)/python -m tests.policy --checkov $(VENV)/checkov/bin/checkov

docs: $(VENV)/dev
	$(BIN)/python -m stacks.project.reference > docs/project-file.md
	$(BIN)/python -m cli.reference > docs/commands.md

golden: $(VENV)/dev
	ECSFORGE_WRITE_GOLDEN=1 $(BIN)/pytest -q tests/stacks/test_golden.py tests/operations/ci/github/test_workflow.py

# Run `make lock` after changing dependencies in pyproject.toml. CI installs from these files.
lock: $(VENV)/dev
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 pyproject.toml requirements/build.in \
		-o requirements/runtime.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 pyproject.toml requirements/build.in \
		--all-extras --group dev -c requirements/runtime.txt -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 requirements/policy.in \
		-o requirements/policy.txt
	for peer in cdk cdktf cdktn; do \
		$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 \
			benchmarks/programs/$$peer/requirements.in -o benchmarks/programs/$$peer/requirements.txt || exit 1; \
	done

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "ecsforge needs Python 3.11 or later; set it with: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: $(BIN)/python requirements/runtime.txt pyproject.toml
	@echo "Installing ecsforge into $(VENV) ..." >&2
	$(INSTALL) --require-hashes -r requirements/runtime.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: $(VENV)/runtime requirements/dev.txt
	$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

# checkov pins its dependencies, so it is installed into a separate environment.
$(VENV)/policy: $(BIN)/python requirements/policy.txt
	$(PYTHON) -m venv $(VENV)/checkov
	$(VENV)/checkov/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/policy.txt
	@touch $@

clean:
	rm -rf $(VENV) cdktf.out

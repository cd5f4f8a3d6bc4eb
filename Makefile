# Two commands set everything up: `make quickstart` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
ENCODER := data/pretrained/minilm/model.safetensors
.DEFAULT_GOAL := help
.PHONY: help setup quickstart test test-all lint lab notebooks tensorboard doctor bench fuzz clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) $(ENCODER)  ## Install everything into .venv and fetch the encoder

quickstart: $(READY) $(ENCODER)  ## Fine-tune an encoder, compare it with five others
	@$(BIN)/python -m sftkeras quickstart

test: $(READY) $(ENCODER) lint  ## Check the style and run the tests
	@$(BIN)/python -m pytest

test-all: $(READY) $(ENCODER)  ## Run the tests on each Python that is here
	@rm -rf .tox/digests
	@$(BIN)/tox run

lint: $(READY)  ## Check the style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

lab: $(READY) $(ENCODER)  ## Open JupyterLab at the notebooks' contents
	@$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/en/00_index.ipynb

notebooks: $(READY) $(ENCODER)  ## Run and build the notebooks (NAME=04_mathematics)
	@$(BIN)/python notebooks/build.py $(NAME)

tensorboard: $(READY)  ## Show the training curves of all runs
	@$(BIN)/tensorboard --logdir runs

doctor: $(READY)  ## Say what is installed, missing, and slow here
	@$(BIN)/python -m sftkeras doctor

bench: $(READY) $(ENCODER) .venv-bench/.ready  ## Measure against the peers (ARGS="--help")
	@$(BIN)/python benchmarks/run.py $(ARGS)

fuzz: $(READY)  ## Try damaged input against all readers (SECONDS=60)
	@$(BIN)/python benchmarks/fuzz.py --seconds $(or $(SECONDS),60)

clean:  ## Remove the environments, the encoder and caches; runs/ stays, it is yours
	@$(PYTHON) data/get_minilm.py --remove
	@for each in .venv .venv-bench; do \
	  test ! -e $$each/.ready || { echo "Removing $$each"; rm -rf $$each; }; done
	rm -rf .pytest_cache .ruff_cache
	find sftkeras tests data notebooks benchmarks -name __pycache__ -type d -prune \
	  -exec rm -rf {} +
	@test ! -d runs || echo "runs/ stays: it holds your results."

$(READY): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed." \
	  "Name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Installing into .venv (once; about 3 GB) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt
	@touch $@

$(ENCODER): | $(READY)
	@$(BIN)/python data/get_minilm.py

.venv-bench/.ready: benchmarks/requirements.txt
	@echo "Installing the peers into .venv-bench (once) ..."
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --disable-pip-version-check -q -r $<
	@touch $@

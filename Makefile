# Two commands set everything up: `make quickstart` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
MINILM := data/pretrained/minilm/model.safetensors
E5 := data/pretrained/e5-small/model.safetensors
LITE0 := data/pretrained/efficientnet-lite0/model.safetensors
SPEECH := data/pretrained/speech-embedding/model.safetensors
SMOLLM2 := data/pretrained/smollm2/model.safetensors
GEMMA := data/pretrained/gemma3-270m/model.safetensors
STRINGS := data/pretrained/interface-strings/train.tsv
ENCODERS := $(MINILM) $(E5)
# What the tests and all notebooks but chapter 10 want; that one wants SMOLLM2 too.
NETWORKS := $(ENCODERS) $(LITE0) $(SPEECH) $(STRINGS)
.DEFAULT_GOAL := help
.PHONY: help setup pretrained smollm2 gemma quickstart test test-all browser-test lint \
  lab notebooks class slides tensorboard doctor bench fuzz clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) $(NETWORKS)  ## Install everything into .venv, fetch the networks

pretrained: $(READY) $(NETWORKS) $(SMOLLM2)  ## Fetch all networks, smollm2 too

smollm2: $(READY) $(SMOLLM2)  ## Fetch the chat model (93 MB)

# The terms come first: nothing is installed for who has not accepted them.
gemma:  ## Show Gemma's terms; fetch it with ACCEPT_GEMMA_TERMS=yes (238 MB)
	@test -f $(GEMMA) || $(PYTHON) data/gemma_terms.py "$(ACCEPT_GEMMA_TERMS)"
ifeq ($(ACCEPT_GEMMA_TERMS),yes)
	@$(MAKE) --no-print-directory $(READY)
	@test -f $(GEMMA) || $(BIN)/python data/get_gemma3.py --accept-terms
endif
	@! test -f $(GEMMA) || echo "Gemma 3 270M is there, in $(dir $(GEMMA))"

quickstart: $(READY) $(ENCODERS)  ## Compare eight classifiers, pretrained and not
	@$(BIN)/python -m sftkeras quickstart

test: $(READY) $(NETWORKS) lint  ## Check the style and run the tests
	@$(BIN)/python -m pytest

test-all: $(READY) $(NETWORKS)  ## Run the tests on each Python that is here
	@rm -rf .tox/digests
	@$(BIN)/tox run

browser-test: $(READY) $(NETWORKS)  ## Open the notebooks in Chromium, keep screenshots
	@$(BIN)/python tests/browser.py $(ARGS)

lint: $(READY)  ## Check the style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

lab: $(READY) $(NETWORKS) $(SMOLLM2)  ## Open JupyterLab at the contents (NOTEBOOK_LANG=zh)
	@test -f notebooks/$(or $(NOTEBOOK_LANG),en)/00_index.ipynb || { \
	  echo "NOTEBOOK_LANG is en or zh, not $(NOTEBOOK_LANG)."; exit 1; }
	@$(BIN)/jupyter lab \
	  --LabApp.default_url=/lab/tree/notebooks/$(or $(NOTEBOOK_LANG),en)/00_index.ipynb

notebooks: $(READY) $(NETWORKS) $(SMOLLM2)  ## Run and build the notebooks (NAME=04_mathematics)
	@$(BIN)/python notebooks/build.py $(NAME)

class: $(READY)  ## Write notebooks without outputs for a class (TO=class)
	@$(BIN)/python notebooks/kit.py class --to "$(or $(TO),class)"

slides: $(READY)  ## Write the chapters' slides, one HTML file each (TO=class)
	@$(BIN)/python notebooks/kit.py slides --to "$(or $(TO),class)"

tensorboard: $(READY)  ## Show the training curves of all runs
	@$(BIN)/tensorboard --logdir runs

doctor: $(READY)  ## Say what is installed, missing, and slow here
	@$(BIN)/python -m sftkeras doctor

bench: $(READY) $(ENCODERS) .venv-bench/.ready  ## Measure against the peers (ARGS="--help")
	@$(BIN)/python benchmarks/run.py $(ARGS)

fuzz: $(READY)  ## Try damaged input against all readers (SECONDS=60)
	@$(BIN)/python benchmarks/fuzz.py --seconds $(or $(SECONDS),60)

clean:  ## Remove the environments, the encoders and caches; runs/ stays, it is yours
	@$(PYTHON) data/fetching.py --remove
	@rm -f $(dir $(STRINGS))train.tsv $(dir $(STRINGS))dev.tsv $(dir $(STRINGS))test.tsv
	@rmdir $(dir $(STRINGS)) 2>/dev/null || true
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

$(MINILM): | $(READY)
	@$(BIN)/python data/get_minilm.py

$(E5): | $(READY) $(MINILM)
	@$(BIN)/python data/get_e5_small.py

$(LITE0): | $(READY)
	@$(BIN)/python data/get_efficientnet_lite0.py

$(SPEECH): | $(READY)
	@$(BIN)/python data/get_speech_embedding.py

$(SMOLLM2): | $(READY)
	@$(BIN)/python data/get_smollm2.py

$(STRINGS): | $(READY)  # chapter 6.4 measures forgetting on them
	@$(BIN)/python data/make_translator.py strings

.venv-bench/.ready: benchmarks/requirements.txt
	@echo "Installing the peers into .venv-bench (once) ..."
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --disable-pip-version-check -q -r $<
	@touch $@

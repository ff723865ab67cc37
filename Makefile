# Everything a person runs. `make book` and `make test` set up what they need first.
SHELL := bash
.DEFAULT_GOAL := help
PROFILE ?= quick
MOMENTS ?= 20
SEED ?= 1
BOOK ?= _build/html
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup book test browser faults lint bench verify release links clean

help:  ## Show these lines
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(READY)  ## Build .venv with the pinned versions

book: $(READY)  ## Run the experiments and build the book (PROFILE=quick)
	@$(BIN)/alutils book --profile $(PROFILE)

test: $(READY)  ## Run the tests
	@$(BIN)/python -m pytest -n auto

browser: $(READY)  ## Visit every page of a book that is built (BOOK=_build/html; minutes)
	@BROWSER_BOOK=$(BOOK) $(BIN)/python -m pytest -n auto tests/browser

faults: $(READY)  ## Kill, fill and damage a study at random (MOMENTS=20 SEED=1; an hour)
	@FAULTS_MOMENTS=$(MOMENTS) FAULTS_SEED=$(SEED) $(BIN)/python -m pytest tests/faults -s

lint: $(READY)  ## Check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: $(READY)  ## Measure speed beside peers (a few minutes)
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks

verify: PROFILE = offline
verify: $(READY)  ## Check the claims, compute a sample of the archived cells again (PROFILE=offline)
	@$(BIN)/alutils verify --profile $(PROFILE)

release: $(READY)  ## Pack the built book, results and checksums into dist/ (TAG=v0.1.0 is checked)
	@$(BIN)/alutils release $(if $(TAG),--tag '$(TAG)')

links: $(READY)  ## Ask every address that the built book links to whether it is there
	@test -d _build/source || { echo "There is no book yet: make book first." >&2; exit 2; }
	@$(BIN)/jupyter-book build _build/source --builder linkcheck --path-output _build/links

clean:  ## Remove what was built here (what was computed stays in the store)
	rm -rf _build dist $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	@echo "Downloads, embeddings and results stay in $${ALUTILS_HOME:-$${XDG_CACHE_HOME:-~/.cache}/alutils}; delete that folder to forget them."

$(READY): pyproject.toml constraints.txt
	@python=; \
	for candidate in "$$PYTHON" python3.11 python3.12 python3.13 python3 python; do \
	  if [ -n "$$candidate" ] && "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "This needs Python 3.11 or newer with its venv module, and none was found: install it, or name it with 'make PYTHON=/path/to/python3.11'." >&2; exit 2; \
	fi; \
	echo "Installing the pinned packages into $(VENV) (a few minutes the first time) ..."; \
	"$$python" -m venv $(VENV) && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]' || \
	{ echo "The packages could not be installed: see pip's message above; 'make setup' tries again." >&2; exit 2; }
	@touch $@

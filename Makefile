# Two commands stand alone on a fresh machine with Python 3.11 (venv, headers), make and g++: `make demo` and `make test`.
# Everything is installed into .venv; PYTHON=... chooses the interpreter it is made with.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CORE := build/core
SANITIZED := build/sanitized
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --constraint constraints.txt

# Ninja sees what changed in csrc/; CMake itself runs once, and again when the environment was made anew.
CONFIGURED = test $(CORE)/build.ninja -nt $(READY)
CONFIGURE = PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cmake --fresh -G Ninja -S . -B $(CORE) \
	-D Python_EXECUTABLE="$(CURDIR)/$(BIN)/python" > /dev/null

.DEFAULT_GOAL := help
.PHONY: help demo test core sanitize fuzz check format lint types floors docs-fresh docs fix wheel clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: core  ## train the demo's networks on data made on the spot, and show what they learned
	@$(BIN)/weft demo

test: core  ## run every test, on all cores
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile

core: $(READY)  ## build the C++ core into src/, again where csrc/ changed
	@if $(CONFIGURED) || $(CONFIGURE); then $(BIN)/cmake --build $(CORE) -- --quiet; \
	else echo "the C++ core cannot be built here: weft goes without it and runs slower"; fi

# SEED is the first of the random cases, FOR how many seconds they go on; a failure says how it is repeated.
SEED := 1
FOR := 8
FUZZ = for each in fuzz fuzz_decoder fuzz_attention; do OMP_NUM_THREADS=3 OMP_WAIT_POLICY=passive \
	$(1)/csrc/tests/weft_$$each --seed $(SEED) --seconds $(FOR) || exit 1; done

sanitize: $(READY)  ## random cases through the C++ core under the sanitizers for addresses and undefined behaviour
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cmake -G Ninja -S . -B $(SANITIZED) -D WEFT_SANITIZE=ON \
		-D CMAKE_BUILD_TYPE=Debug > /dev/null
	@$(BIN)/cmake --build $(SANITIZED) --target weft_checks -- --quiet
	@$(SANITIZED)/csrc/tests/weft_check_memory
	@$(call FUZZ,$(SANITIZED))

fuzz: core  ## random cases through the C++ core as it is built, larger ones
	@$(BIN)/cmake --build $(CORE) --target weft_checks -- --quiet
	@$(call FUZZ,$(CORE))

check: format lint types floors docs-fresh test  ## everything that must hold before a change is merged

format: $(READY)  ## is every file formatted
	@$(BIN)/ruff format --check --quiet . || { echo "run 'make fix' to format them"; exit 1; }

lint: $(READY)  ## ruff's rules
	@$(BIN)/ruff check --quiet .

types: $(READY)  ## mypy, strict
	@$(BIN)/mypy

floors: $(READY)  ## does every module import from lower floors only
	@$(BIN)/python -m pytest --quiet --durations=0 tests/house/test_floors.py

docs-fresh: $(READY)  ## do the generated pages match the code
	@$(BIN)/python -m pytest --quiet --durations=0 tests/house/test_docs.py -k 'not blocks'

docs: $(READY)  ## write the generated pages again
	@$(BIN)/python docs/make_cli.py

fix: $(READY)  ## format, and mend what ruff can mend
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

wheel: $(READY)  ## build the wheel into dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:  ## remove caches and built files (.venv stays)
	rm -rf build dist src/weft/kernels/_core.*.so .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python 3.11 to 3.13 is needed, $(PYTHON) is {sys.version.split()[0]}; choose another with: make PYTHON=python3.11")'
	@test -x $(BIN)/python || { echo "making $(VENV) with $(PYTHON)"; $(PYTHON) -m venv $(VENV); }
	@echo "installing the pinned dependencies into $(VENV) (torch is about 200 MB; some minutes the first time)"
	@$(PIP) scikit-build-core
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@
	@echo "ready: $$($(BIN)/weft --version)"

# Two set-up-and-go commands from nothing but python3 (3.11 or newer) and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check lock clean

# Builds the bundled six-city graph if needed and serves it on http://127.0.0.1:8000
demo: $(VENV)/run.stamp
	$(BIN)/verkosto demo $(DEMO_OPTIONS)

# Everything CI runs on the code: style, types, tests.
test: check
	$(BIN)/pytest -q

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The editable install is made with the build backend that the lock pins, so nothing unpinned is fetched.
$(VENV)/run.stamp: requirements.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Verkosto needs Python 3.11 or newer: make demo PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This Python has no venv module; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Pins everything anew, with hashes and without registry addresses. Needs uv (pip install uv).
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --upgrade \
	  pyproject.toml --group build -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --upgrade \
	  pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) data dist .mypy_cache .pytest_cache .ruff_cache

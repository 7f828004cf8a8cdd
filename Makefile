# Two commands are all a newcomer needs: `make demo` and `make test`. Each installs what it lacks.
#
#   make demo      watch a simulated site being monitored (ARGS="--seconds 90 --json" is handed on)
#   make test      check, then all tests, quick ones first
#   make screens   the README's pictures of the pages anew, from the browser tests (docs/pages)
#   make check     format, lint, types, import arrows
#   make install   the virtual environment in .venv with the locked dependencies
#   make lock      choose dependency versions anew (needs uv)
#   make clean     remove everything that was made here

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
# tests wait a lot: three files at a time on two cores, in the order of tests/conftest.py (SPREAD= runs one after the other)
SPREAD ?= -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: demo test screens check install install-dev lock clean debian-demo debian-test

demo: install
	$(BIN)/siteward demo $(ARGS)

test: debian-test check
	$(BIN)/pytest -m "not real" -q $(SPREAD)
	$(BIN)/pytest -m "real and not alone" -q $(SPREAD)
	$(BIN)/pytest -m alone -q tests/real tests/collectors/stream

screens: debian-test install-dev
	SITEWARD_SCREENS=docs/pages $(BIN)/pytest -m real -q tests/real/test_web.py -k pictures_of_the_readme

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --num-workers 2
	$(BIN)/lint-imports

install: debian-demo $(VENV)/.run
install-dev: debian-demo $(VENV)/.dev

debian-demo:
	@tools/debian-packages demo

debian-test:
	@tools/debian-packages test

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Siteward needs Python 3.11 or newer; $(PYTHON) is older. Set PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# onvif-zeep has no wheel: --use-pep517 keeps its WSDL files where the library looks for them. Compiling all there is
# takes as long as installing it: Python compiles what is loaded.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 --no-compile

$(VENV)/.run: requirements.lock pyproject.toml $(VENV)/bin/python
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml $(VENV)/bin/python
	$(PIP) --require-hashes -r requirements-dev.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

lock:
	uv pip compile pyproject.toml --group dev --generate-hashes --no-header --python-version 3.11 -q -o requirements-dev.lock
	uv pip compile pyproject.toml --generate-hashes --no-header --python-version 3.11 -q -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

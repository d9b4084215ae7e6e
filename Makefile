# make run    install what is missing, start Vigie            PORT=8000  HOST=127.0.0.1
# make test   install what is missing, run all tests          DATABASE_URL=…  ARGS="-k clock"
# make faults break everything for a quarter of an hour and count what is lost    ARGS="--seed 7"
# make lint   format, lint, types, import layers
# For maintainers: make messages (translation catalogues), make lock (pinned versions; needs uv), make bench, make clean

PORT ?= 8000
HOST ?= 127.0.0.1
PYTHON ?= python3
ARGS ?=

PY := .venv/bin/python
PIP = $(PYTHON) -m pip --python $(PY) --disable-pip-version-check install -q --root-user-action=ignore \
      --require-hashes --only-binary :all:
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard vigie/locale/*/LC_MESSAGES/django.po))
KEYWORDS := -k gettext_lazy -k ngettext_lazy:1,2 -k pgettext_lazy:1c,2 -k npgettext_lazy:1c,2,3 -k p:1c,2

.PHONY: run test lint types bench faults lock messages machine clean
.DELETE_ON_ERROR:

run: .venv/run.stamp $(CATALOGUES)
	@exec $(PY) -m vigie up --host $(HOST) --port $(PORT) $(ARGS)

test: .venv/test.stamp machine $(CATALOGUES)
	@exec $(PY) -m pytest -p vigie.runtime.testing -n 2 --dist worksteal $(ARGS)

lint: .venv/test.stamp
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports

bench: .venv/test.stamp $(CATALOGUES)
	@test -d bench || { echo "There is no bench yet." >&2; exit 1; }
	$(PY) -m bench $(ARGS)

faults: .venv/test.stamp machine $(CATALOGUES)
	@exec $(PY) -m faults $(ARGS)

# A virtual environment without pip in it, filled by the system's pip: python3-venv is not needed.
.venv/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Vigie needs Python 3.11 or later: install it, or give its name in PYTHON=." >&2; exit 1; }
	@$(PYTHON) -m pip --version > /dev/null 2>&1 \
	  || { echo "pip is missing: install it (apt-get install python3-pip) and start again." >&2; exit 1; }
	@$(PY) -c '' 2> /dev/null || $(PYTHON) -m venv --without-pip --clear .venv
	@touch $@

.venv/run.stamp: requirements/run.txt .venv/python.stamp
	@echo "Installing what Vigie needs (once)…"
	@$(PIP) -r requirements/run.txt
	@touch $@

.venv/test.stamp: requirements/test.txt .venv/run.stamp
	@echo "Installing what the tests need (once)…"
	@$(PIP) -r requirements/test.txt
	@touch $@

%.mo: %.po | .venv/run.stamp
	@.venv/bin/pybabel -q compile -i $< -o $@ -l $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))

# What the tests need of the machine: Chromium (libatomic1 is for the driver of playwright; a font, so that text has a
# width) and Dovecot, the IMAP server that mailboxes are tested against. Its package starts a server on the usual ports:
# that one is stopped, the tests start their own.
machine:
	@if command -v chromium > /dev/null 2>&1 && ldconfig -p 2> /dev/null | grep -q libatomic.so.1 \
	  && PATH="$$PATH:/usr/sbin" command -v dovecot > /dev/null 2>&1; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then \
	  echo "Installing Chromium and Dovecot for the tests (once)…"; \
	  had=$$(PATH="$$PATH:/usr/sbin" command -v dovecot); \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
	    chromium libatomic1 fonts-dejavu-core dovecot-imapd; } > /dev/null 2> .venv/machine.log \
	  || echo "Chromium or Dovecot could not be installed (.venv/machine.log says why): tests that need them are skipped." >&2; \
	  [ -n "$$had" ] || { systemctl disable --now dovecot || service dovecot stop; } > /dev/null 2>&1 || true; \
	else \
	  echo "Some tests need Chromium and Dovecot: as root, apt-get install chromium libatomic1 fonts-dejavu-core dovecot-imapd." >&2; \
	fi

# Names, versions and hashes only; no address of a registry is written.
lock:
	cd requirements && for part in run test; do \
	  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-emit-find-links $$part.in -o $$part.txt || exit 1; done

messages: .venv/test.stamp
	.venv/bin/pybabel -q extract -F tools/babel.cfg $(KEYWORDS) --no-location --sort-output --no-wrap \
	  --project Vigie --version "" --copyright-holder "Vigie contributors" -o vigie/locale/django.pot vigie
	@test -f vigie/locale/fr/LC_MESSAGES/django.po \
	  || .venv/bin/pybabel -q init -D django -i vigie/locale/django.pot -d vigie/locale -l fr

	.venv/bin/pybabel -q update -D django -N --no-wrap --ignore-obsolete --ignore-pot-creation-date -i vigie/locale/django.pot -d vigie/locale -l fr
	@rm -f vigie/locale/django.pot
	.venv/bin/pybabel -q compile -D django -d vigie/locale
	$(PY) tools/check_translations.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache var/test var/test-pg
	find . -name __pycache__ -prune -exec rm -rf {} +
	find vigie -name '*.mo' -delete

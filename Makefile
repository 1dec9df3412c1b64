# make timeline [IMAGE=path] [PASSCODES=path]   a timeline of an image
# make test                                     the tests
#
# Needs Python 3.10 to 3.13 and make, nothing else. PYTHON=python3.12 chooses another.

PYTHON ?= python3
VENV ?= .venv
OUT ?= out
IMAGE ?= test_data/windows_telegram.E01
ifeq ($(IMAGE),test_data/windows_telegram.E01)
PASSCODES ?= test_data/passcodes.txt
endif
WORKERS ?= 0
TESTS ?= tests
BIN := $(VENV)/bin
STAMP := $(shell date +%Y%m%dT%H%M%S)
RUN := $(OUT)/$(notdir $(IMAGE))-$(STAMP)

.PHONY: help timeline test lint benchmark clean

help:
	@sed -n '1,4s/^# \{0,1\}//p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if (3, 10) <= v < (3, 14) else "Python 3.10 to 3.13 is needed, this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(VENV) || { echo "No virtual environment: install the venv module of Python (Debian: apt-get install python3-venv)."; rm -rf $(VENV); exit 1; }

$(VENV)/.installed: $(BIN)/python setup.cfg pyproject.toml build_backend/backend.py
	@echo "Installing telegram_forensics and plaso into $(VENV) (a few minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . || { echo "pip could not install: is a package index reachable? Try: $(BIN)/python -m pip install -e ."; exit 1; }
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@# pyaff4's own pins cannot be resolved beside plaso; one of its dependencies has no wheel.
	@{ $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[pyaff4]' && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps pyaff4==0.34; } \
	  || echo "pyaff4 could not be installed (a C++ compiler is needed): comparisons with it are skipped."
	@# It wants another build of tgcrypto than the one that is there.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps tgartifacts==0.2.0 \
	  || echo "tgartifacts could not be installed: comparisons with it are skipped."
	@touch $@

timeline: $(VENV)/.installed
	@test -e "$(IMAGE)" || { echo "There is no image $(IMAGE)."; exit 1; }
	@mkdir -p "$(RUN)"
	@echo "Reading $(IMAGE) with log2timeline ..."
	@$(BIN)/log2timeline --quiet --unattended --status_view linear \
	  --logfile "$(RUN)/log2timeline.log.gz" --workers $(WORKERS) \
	  $(if $(PASSCODES),--telegram_passcodes "$(PASSCODES)") \
	  --storage-file "$(RUN)/case.plaso" "$(IMAGE)" > "$(RUN)/log2timeline.txt" 2>&1 \
	  || { cat "$(RUN)/log2timeline.txt"; exit 1; }
	@$(BIN)/psort --quiet --unattended --status_view none --logfile "$(RUN)/psort.log.gz" \
	  -o dynamic -w "$(RUN)/timeline.csv" "$(RUN)/case.plaso" > /dev/null
	@$(BIN)/psort --quiet --unattended --status_view none --logfile "$(RUN)/psort.log.gz" \
	  -o dynamic --fields datetime,data_type,account_identifier,account_name,session_identifier,session_data_center,record_state,passcode_state,client_version,display_name -w "$(RUN)/telegram.csv" "$(RUN)/case.plaso" \
	  "data_type is 'telegram:session' or passcode_state is 'locked'" > /dev/null
	@echo
	@echo "Telegram sessions and locked accounts:"
	@$(BIN)/telegram-forensics show "$(RUN)/telegram.csv"
	@echo
	@echo "Whole timeline:     $(RUN)/timeline.csv"
	@echo "Only the above:     $(RUN)/telegram.csv"
	@echo "plaso storage file: $(RUN)/case.plaso"

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -n 2 $(TESTS)

lint: $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lint]'
	$(BIN)/ruff check .
	$(BIN)/mypy

benchmark: $(VENV)/.installed-test
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/parser_overhead.py
	$(BIN)/python benchmarks/passcodes.py
	$(BIN)/python benchmarks/aff4.py
	$(BIN)/python benchmarks/export.py

clean:
	rm -rf $(VENV) build *.egg-info

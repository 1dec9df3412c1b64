# make timeline                                 timeline and report of the model case
# make timeline IMAGE=path [PASSCODES=path] [CASE=case.yaml]   of an image of yours
# make test                                     the tests
# make fuzz [SECONDS=n]                         damaged inputs for all decoders, for n seconds
# make bench [BENCH=--quick]                    all benchmarks, one table
# make validation                               measured recall of all readers, out/validation
# make guide                                    the commands of the examiner's guide, as a test
# make docs                                     this documentation as web pages, out/site
#
# Needs Python 3.10 to 3.13 and make, nothing else. PYTHON=python3.12 chooses another.

PYTHON ?= python3
VENV ?= .venv
OUT ?= out
ifdef IMAGE
IMAGES := "$(IMAGE)"
else
IMAGES := test_data/case/telephone.aff4 test_data/case/office.E01
CASE ?= test_data/case/case.yaml
endif
WORKERS ?= 0
TESTS ?= tests
SECONDS ?= 600
BIN := $(VENV)/bin
STAMP := $(shell date +%Y%m%dT%H%M%S)
RUN := $(OUT)/$(STAMP)

.PHONY: help timeline test lint fuzz validation bench docs guide clean

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

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
	@# Its pins are older than what it works with.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps dfindexeddb==20260210 \
	  || echo "dfindexeddb could not be installed: comparisons with it are skipped."
	@# It wants another build of tgcrypto than the one that is there.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps tgartifacts==0.2.0 \
	  || echo "tgartifacts could not be installed: comparisons with it are skipped."
	@touch $@

timeline: $(VENV)/.installed
	@for image in $(IMAGES); do test -e "$$image" || { echo "There is no image $$image."; exit 1; }; done
	@mkdir -p "$(RUN)"
	@for image in $(IMAGES); do \
	  name=$$(basename "$$image"); \
	  echo "Reading $$image with log2timeline ..."; \
	  $(BIN)/log2timeline --quiet --unattended --status_view linear \
	    --logfile "$(RUN)/log2timeline-$$name.log.gz" --workers $(WORKERS) \
	    $(if $(PASSCODES),--telegram_passcodes "$(PASSCODES)") \
	    --storage-file "$(RUN)/$$name.plaso" "$$image" > "$(RUN)/log2timeline-$$name.txt" 2>&1 \
	    || { cat "$(RUN)/log2timeline-$$name.txt"; exit 1; }; \
	  $(BIN)/psort --quiet --unattended --status_view none --logfile "$(RUN)/psort.log.gz" \
	    -o dynamic -w "$(RUN)/$$name.csv" "$(RUN)/$$name.plaso" > /dev/null || exit 1; \
	  $(BIN)/psort --quiet --unattended --status_view none --logfile "$(RUN)/psort.log.gz" \
	    -o dynamic --fields datetime,data_type,account_identifier,account_name,session_identifier,session_data_center,record_state,passcode_state,client_version,display_name -w "$(RUN)/$$name-telegram.csv" "$(RUN)/$$name.plaso" \
	    "data_type is 'telegram:session' or passcode_state is 'locked'" > /dev/null || exit 1; \
	  echo; \
	  echo "Telegram sessions and locked accounts in $$name:"; \
	  $(BIN)/telegram-forensics show "$(RUN)/$$name-telegram.csv" || exit 1; \
	  echo; \
	done
	@$(BIN)/telegram-forensics report "$(RUN)"/*.plaso $(if $(CASE),--case "$(CASE)") \
	  -o "$(RUN)/report.html" --json "$(RUN)/report.json"
	@echo
	@echo "Report:              $(RUN)/report.html"
	@echo "Timelines:           $(RUN)/*.csv"
	@echo "plaso storage files: $(RUN)/*.plaso"

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q -n 2 --dist worksteal $(TESTS)

# It ends with status 1 if there is a finding; inputs are in out/fuzz.
fuzz: $(VENV)/.installed-test
	nice $(BIN)/python -m tests.fuzz --seconds $(SECONDS) --failures "$(OUT)/fuzz"

# It ends with status 1 if something that must never be was found; the report has it.
validation: $(VENV)/.installed-test
	nice $(BIN)/python -m tests.validation -o "$(OUT)/validation"

$(VENV)/.installed-docs: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

# Needs no network once mkdocs is installed; strict: a broken link is an error.
docs: $(VENV)/.installed-docs
	@$(BIN)/mkdocs build --strict --site-dir "$(OUT)/site"
	@echo "Documentation:       $(OUT)/site/index.html"

# Runs every command of the examiner's guide and compares what it prints.
guide: $(VENV)/.installed-test
	TELEGRAM_FORENSICS_GUIDE=1 $(BIN)/python -m pytest -q tests/end_to_end/test_guide.py

lint: $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lint]'
	$(BIN)/ruff check .
	$(BIN)/mypy

# Hours of processor time. BENCH="--quick", or names of benchmarks, for less.
bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/run_all.py -o "$(OUT)/bench-$(STAMP)" $(BENCH)

clean:
	rm -rf $(VENV) build *.egg-info

# Two commands do everything on a machine with Python and make:
#   make verify   make an environment, install, run the main job, write report/index.html
#   make test     install the test tools and run the tests
# a third is for while you work:
#   make quick    the tests of tests/quick.txt, a part of every folder: under a minute on two cores
# and one checks the theorems of proofs/rocq with the proof kernel, where it is installed:
#   make kernel   about four minutes of one core on two free cores

PYTHON ?= python3
ENV ?= .venv
OUT ?= report
BIN = $(ENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: verify test quick long browser kernel docs lint bench findings clean

verify: $(ENV)/.installed
	$(BIN)/slt verify --quick --out $(OUT)

test: $(ENV)/.test
	$(BIN)/python -m pytest -n auto

quick: $(ENV)/.test
	$(BIN)/python -m pytest -n 2 @tests/quick.txt

long: $(ENV)/.test
	$(BIN)/python -m pytest -n auto -m long --timeout=1200

# Reads the report in $(OUT) in a headless Chromium.
browser: $(ENV)/.test
	$(PIP) playwright
	SLT_REPORT=$(OUT) $(BIN)/python -m pytest -m browser tests/report

# Tables and claims are written afresh; compiled files stay in build/kernel.
kernel: $(ENV)/.installed
	@command -v coqc >/dev/null || \
	  { echo "make kernel needs coqc (Rocq/Coq 8.16 or newer): apt-get install coq"; exit 4; }
	$(BIN)/slt prove --kernel --out build/kernel

# The documentation site, in site/; a warning is an error.
docs: $(ENV)/.installed
	$(PIP) --editable '.[docs]'
	$(BIN)/mkdocs build --strict --quiet

lint: $(ENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(ENV)/.test
	$(BIN)/python benchmarks/run.py all

# Behaviour of other tools, each in an environment of its own: an hour, most of it installing torch.
findings:
	@failed=0; for script in findings/*.sh; do \
	  log=$$(mktemp); \
	  if bash $$script >$$log 2>&1; then echo "as described: $$script"; \
	  else echo "changed: $$script"; tail -n 5 $$log; failed=1; fi; rm -f $$log; \
	done; exit $$failed

# The stamps make a second run quick: they are older than pyproject.toml only if it changed.
$(ENV)/bin/python:
	$(PYTHON) -m venv $(ENV)
	$(PIP) --upgrade pip

$(ENV)/.installed: pyproject.toml | $(ENV)/bin/python
	$(PIP) --editable '.[data,report]'
	touch $@

# The pinned build of torch is the small one for CPUs.
$(ENV)/.test: pyproject.toml | $(ENV)/.installed
	$(PIP) torch==2.13.0
	$(PIP) --editable '.[data,report,torch,cluster,tables,onnx,test]'
	touch $@

clean:
	rm -rf $(ENV) $(OUT) build site *.egg-info

# Each target makes what it needs by itself: a .venv with the pinned versions, then the work.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: demo test test-all lint bench clean

demo: $(VENV)/.installed  ## six minutes on two cores: segmentor, pre-training, evaluation, report in runs/demo
	$(RUN) examples/demo.py

test: $(VENV)/.installed  ## the quick suite
	$(RUN) -m pytest -q -m "not slow"

test-all: $(VENV)/.installed  ## everything; slow tests start real processes
	$(RUN) -m pytest -q

lint: $(VENV)/.installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

bench: $(VENV)/.installed  ## each speed claim as a ratio, side by side with the published way
	$(RUN) benchmarks/vessel_map.py
	$(RUN) benchmarks/guided_mask.py
	$(RUN) benchmarks/training_sample.py
	$(RUN) benchmarks/phantom.py

clean:
	rm -rf $(VENV) runs build *.egg-info

$(VENV)/.installed: setup.cfg constraints.txt
	$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

# Each target makes what it needs by itself: a .venv with the pinned versions, then the work.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
DEMO := $(CURDIR)/runs/demo
DEMO_SEGMENTOR_EPOCHS := 60
DEMO_EPOCHS := 220
BUNDLE := cd bundles/vasomim_pretrain && $(CURDIR)/$(RUN) -m monai.bundle run --config_file
SEGMENT := cd bundles/vasomim_seg && $(CURDIR)/$(RUN) -m monai.bundle run --config_file
VESSELS := --position_grid 6 --output_dir $(DEMO)/vessels --weights_file $(DEMO)/vessels/model.pt

.PHONY: demo test test-all lint bench clean

demo: $(VENV)/.installed  ## seven to eight minutes on two cores: segmentor, pre-training, vessels from its weights, reports in runs/demo
	rm -rf runs/demo
	$(BUNDLE) "['configs/train_segmentor.json','configs/smoke.json']" --epochs $(DEMO_SEGMENTOR_EPOCHS) --batch_size 8 \
		--output_dir $(DEMO)/segmentor --segmentor_file $(DEMO)/segmentor.safetensors
	$(BUNDLE) "['configs/train.json','configs/smoke.json']" --epochs $(DEMO_EPOCHS) --segmentor $(DEMO)/segmentor.safetensors \
		--output_dir $(DEMO) --encoder_file $(DEMO)/encoder.pt
	$(BUNDLE) "['configs/evaluate.json','configs/smoke.json']" --segmentor $(DEMO)/segmentor.safetensors --output_dir $(DEMO)
	$(SEGMENT) "['configs/train.json','configs/smoke.json']" --initial_weights $(DEMO)/encoder.pt $(VESSELS)
	$(SEGMENT) "['configs/train.json','configs/evaluate.json','configs/smoke.json']" --split test $(VESSELS)
	@echo "done: open runs/demo/report.html and runs/demo/vessels/report.html"

test: $(VENV)/.installed  ## the quick suite, several files at a time
	OMP_NUM_THREADS=1 $(RUN) -m pytest -q -m "not slow" -n auto --maxprocesses 4 --dist loadfile

test-all: test  ## everything; slow tests start real processes, one after the other
	$(RUN) -m pytest -q -m slow

lint: $(VENV)/.installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

bench: $(VENV)/.installed  ## each speed claim as a ratio, side by side with the published way
	$(RUN) benchmarks/vessel_map.py
	$(RUN) benchmarks/guided_mask.py
	$(RUN) benchmarks/training_sample.py
	$(RUN) benchmarks/corpus_loader.py
	$(RUN) benchmarks/phantom.py

clean:
	rm -rf $(VENV) runs build *.egg-info

$(VENV)/.installed: setup.cfg constraints.txt
	$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

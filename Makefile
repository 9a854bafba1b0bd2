# Each target makes what it needs by itself: a .venv with the pinned versions, then the work.
PYTHON ?= python3
VENV := .venv
LABEL := .venv-label
RUN := $(VENV)/bin/python
DEMO := $(CURDIR)/runs/demo
DEMO_SEGMENTOR_EPOCHS := 60
DEMO_EPOCHS := 220
BUNDLE := cd bundles/vasomim_pretrain && $(CURDIR)/$(RUN) -m monai.bundle run --config_file
SEGMENT := cd bundles/vasomim_seg && $(CURDIR)/$(RUN) -m monai.bundle run --config_file
VESSELS := --position_grid 6 --output_dir $(DEMO)/vessels --weights_file $(DEMO)/vessels/model.pt

.PHONY: demo test test-all test-label zoo lint bench clean

demo: $(VENV)/.installed  ## eight to nine minutes on two cores: segmentor, pre-training, vessels from its weights, a cine to play, reports in runs/demo
	rm -rf runs/demo
	$(BUNDLE) "['configs/train_segmentor.json','configs/smoke.json']" --epochs $(DEMO_SEGMENTOR_EPOCHS) --batch_size 8 \
		--output_dir $(DEMO)/segmentor --segmentor_file $(DEMO)/segmentor.safetensors
	$(BUNDLE) "['configs/train.json','configs/smoke.json']" --epochs $(DEMO_EPOCHS) --segmentor $(DEMO)/segmentor.safetensors \
		--output_dir $(DEMO) --encoder_file $(DEMO)/encoder.pt
	$(BUNDLE) "['configs/evaluate.json','configs/smoke.json']" --segmentor $(DEMO)/segmentor.safetensors --output_dir $(DEMO)
	$(SEGMENT) "['configs/train.json','configs/smoke.json']" --initial_weights $(DEMO)/encoder.pt $(VESSELS)
	$(SEGMENT) "['configs/train.json','configs/evaluate.json','configs/smoke.json']" --split test $(VESSELS)
	$(RUN) -m monai_ext.cli phantom --count 1 --format cine --size 384 --out $(DEMO)/cine
	$(RUN) -m monai_ext.cli predict $(DEMO)/cine/00000.dcm --bundle bundles/vasomim_seg --format png,csv,seg,sr,mp4 --out $(DEMO)/found
	@echo "done: open runs/demo/report.html, runs/demo/vessels/report.html and runs/demo/found/00000.html"

test: $(VENV)/.installed  ## the quick suite, several files at a time
	OMP_NUM_THREADS=1 $(RUN) -m pytest -q -m "not slow" -n auto --maxprocesses 4 --dist loadfile

test-all: test  ## everything; slow tests start real processes, one after the other
	$(RUN) -m pytest -q -m slow

test-label:  ## MONAI Label: starts the real server in an environment of its own, six to ten minutes
	$(PYTHON) deploy/monailabel/start --install --venv $(LABEL)
	$(LABEL)/bin/python -m pip install --quiet -c constraints.txt pytest
	OMP_NUM_THREADS=1 $(LABEL)/bin/python -m pytest -q tests/deploy/label

zoo: $(VENV)/.installed  ## what MONAI's model zoo checks before it takes a bundle, offline; two to five minutes
	$(RUN) deploy/model_zoo/check_bundles.py

lint: $(VENV)/.installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

bench: $(VENV)/.installed  ## each speed claim as a ratio, side by side with the published way
	$(RUN) benchmarks/vessel_map.py
	$(RUN) benchmarks/guided_mask.py
	$(RUN) benchmarks/training_sample.py
	$(RUN) benchmarks/corpus_loader.py
	$(RUN) benchmarks/phantom.py
	OMP_NUM_THREADS=1 $(RUN) benchmarks/train_step.py
	$(RUN) benchmarks/inference.py --models unext tiny --ways torch onnx onnx_int8 --seconds 240
	$(RUN) benchmarks/scaling.py measure --out runs/bench/scaling.json --processes 2 4
	$(RUN) benchmarks/scaling.py table runs/bench/scaling.json
	$(RUN) benchmarks/long_run.py --steps 400 --frames 20

clean:
	rm -rf $(VENV) $(LABEL) runs build *.egg-info

$(VENV)/.installed: setup.cfg constraints.txt
	$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet -c constraints.txt -e ".[dev]"
	touch $@

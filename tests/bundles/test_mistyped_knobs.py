# SPDX-License-Identifier: Apache-2.0
"""Options of the command line that MONAI would add to the configuration and nobody would look at."""

from __future__ import annotations

import sys

import pytest
from small_detection import run_detection
from small_run import run_bundle
from small_segmentation import run_segmentation

CONFIGS = [
    (run_bundle, ["train.json"], {"epoch": 3}, "--epochs"),
    (run_bundle, ["train.json", "methods/mae.json", "smoke.json"], {"mask_ration": 0.6}, "--mask_ratio"),
    (run_bundle, ["train_segmentor.json"], {"learningrate": 0.1}, "--learning_rate"),
    (run_bundle, ["evaluate.json"], {"checkpoint": "a.pt"}, "--checkpoint_file"),
    (run_bundle, ["inference.json"], {"out_dir": "a"}, "--output_dir"),
    (run_segmentation, ["train.json", "stenosis.json"], {"dataset": "a"}, "--dataset_dir"),
    (run_segmentation, ["train.json", "segment.json", "evaluate.json"], {"splits": "test"}, "--split"),
    (run_segmentation, ["inference.json", "segment.json"], {"overlay": True}, "--overlays"),
    (run_detection, ["train.json", "smoke.json"], {"batchsize": 3}, "--batch_size"),
    (run_detection, ["train.json", "evaluate.json"], {"score_treshold": 0.1}, "--score_threshold"),
    (run_detection, ["inference.json"], {"min_frame": 2}, "--min_frames"),
]


@pytest.mark.parametrize(("run", "configs", "option", "nearest"), CONFIGS, ids=[next(iter(o)) for *_, o, _ in CONFIGS])
def test_a_mistyped_option_is_refused_with_the_nearest_knob(run, configs, option, nearest, tmp_path, monkeypatch):
    ((name, value),) = option.items()
    monkeypatch.setattr(sys, "argv", ["monai.bundle", "run", f"--{name}", str(value)])
    with pytest.raises(RuntimeError) as error:
        run(*configs, **{"output_dir": str(tmp_path)} | option)
    cause = error.value
    while cause.__cause__ is not None:
        cause = cause.__cause__
    assert str(cause).startswith(f"options must be knobs of this configuration, got '--{name}'")
    assert str(cause).endswith(f"did you mean '{nearest}'?")
    assert not list(tmp_path.iterdir())

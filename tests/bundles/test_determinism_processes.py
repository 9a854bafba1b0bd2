# SPDX-License-Identifier: Apache-2.0
"""The same command twice, each in a process of its own: with `deterministic` the two runs end in equal bits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from bundle_processes import ENVIRONMENT, bundle_command, flat, saved
from small_detection import DETECTION
from small_detection import SMALL_TRAINING as SMALL_DETECTION
from small_run import BUNDLE, SMALL_DATA, SMALL_RUN
from small_segmentation import SEGMENTATION
from small_segmentation import SMALL_TRAINING as SMALL_SEGMENTATION

pytestmark = pytest.mark.slow

RUNS = {
    "segmentor": (BUNDLE, ["train_segmentor.json"], "segmentor_file", SMALL_DATA | {"epochs": 2, "batch_size": 3}),
    "pre-training": (BUNDLE, ["train.json"], "encoder_file", SMALL_RUN | {"workers": 2}),
    "vessels": (SEGMENTATION, ["train.json"], "weights_file", SMALL_SEGMENTATION),
    "segments": (SEGMENTATION, ["train.json", "segment.json"], "weights_file", SMALL_SEGMENTATION),
    "detection": (DETECTION, ["train.json"], "weights_file", SMALL_DETECTION),
}


def start(task: str, folder: Path, *, gpu: bool = False, threads: int = 1, **more) -> subprocess.Popen:
    root, configs, weights, knobs = RUNS[task]
    knobs = knobs | {"output_dir": folder, weights: folder / "model.pt", "deterministic": True} | more
    return subprocess.Popen(
        [sys.executable, *bundle_command(*configs, **knobs)], cwd=root, stderr=subprocess.PIPE, text=True,
        env=ENVIRONMENT | {"OMP_NUM_THREADS": str(threads)} | ({} if gpu else {"CUDA_VISIBLE_DEVICES": ""}),
    )  # fmt: skip


def ended(process: subprocess.Popen, folder: Path) -> tuple[list, bytes]:
    """State of network, average, optimiser and schedule, and the kept weights, after a run that has ended well."""
    said = process.communicate(timeout=400)[1]
    assert process.returncode == 0, said[-3000:]
    state = {name: part for name, part in saved(folder)["objects"].items() if name != "curves"}
    return flat(state), (folder / "model.pt").read_bytes()


def run_twice(tmp_path, cache, segmentor, task: str, **more) -> tuple:
    """Both at once; frames are read by two processes ahead, where the bundle has the knob for it."""
    more |= {"cache_dir": cache} | ({"segmentor": segmentor} if task == "pre-training" else {})
    folders = [tmp_path / "one", tmp_path / "other"]
    processes = [start(task, folder, **more) for folder in folders]
    return tuple(ended(*pair) for pair in zip(processes, folders, strict=True))


@pytest.mark.parametrize(
    ("task", "threads"),
    [("segmentor", 1), ("segmentor", 2), ("pre-training", 1), ("vessels", 1), ("detection", 1)],
)
def test_two_runs_end_in_equal_bits(tmp_path, cache, segmentor, task, threads):
    one, other = run_twice(tmp_path, cache, segmentor, task, threads=threads)
    assert one == other


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("task", RUNS)
def test_two_runs_on_a_gpu_end_in_equal_bits(tmp_path, cache, segmentor, task):
    """In bf16, where it is the default."""
    one, other = run_twice(tmp_path, cache, segmentor, task, gpu=True)
    assert one == other


def test_another_seed_ends_elsewhere(tmp_path, cache, segmentor):
    """The comparison can fail."""
    shared = {"cache_dir": cache, "segmentor": segmentor}
    folders = [tmp_path / "0", tmp_path / "1"]
    processes = [start("pre-training", folder, seed=folder.name, **shared) for folder in folders]
    one, other = (ended(*pair) for pair in zip(processes, folders, strict=True))
    assert one[0] != other[0] and one[1] != other[1]

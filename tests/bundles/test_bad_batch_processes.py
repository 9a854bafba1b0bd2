# SPDX-License-Identifier: Apache-2.0
"""A batch whose gradient is NaN, in real runs of the bundle: of one process, and of two of which one has it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import torch
from bundle_processes import ENVIRONMENT, bundle_command, curves, finish, launcher, saved
from small_run import BUNDLE, SMALL_RUN

pytestmark = pytest.mark.slow

POISON = "$lambda pred, target, calls=iter(range(1, 99)): @loss(pred, target) * (float('nan') if next(calls) == 3 and @rank == {} else 1)"
"""The loss of the third step of a rank is NaN."""


def command(folder: Path, cache: str, *configs: str, run: str | None = None, **knobs) -> list[str]:
    """Epochs of two steps."""
    shared = {"output_dir": folder, "encoder_file": folder / "model.pt", "cache_dir": cache, "epochs": 3}
    knobs = SMALL_RUN | shared | knobs
    module, name, verb, *words = bundle_command("train.json", "methods/mae.json", *configs, **knobs)
    return [module, name, verb, *([run] if run else []), *words]


def fails(arguments: list[str]) -> str:
    done = subprocess.run(arguments, cwd=BUNDLE, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    return done.stdout + done.stderr


def records(folder: Path) -> list[dict]:
    return json.loads((folder / "bad_batches.json").read_text())


def test_a_rate_that_is_far_too_high_stops_the_run_which_is_replayed(tmp_path, cache):
    """Nothing is made up: the first step takes the weights to where no loss is finite."""
    said = fails([*launcher(1), *command(tmp_path, cache, base_rate=1e33, warmup_epochs=0)])
    assert "RuntimeError: gradient must be finite, got nan or inf in iteration" in said.splitlines()[-1]
    (record,) = records(tmp_path)
    assert len(record["images"][0]) == len(record["files"][0]) == 3
    said = finish([*launcher(1), *command(tmp_path, cache, run="replay")], BUNDLE)
    assert f"iteration {record['iteration']}, epoch {record['epoch']}, each image alone:" in said
    assert all(
        f"image {n} {file}: loss" in said for n, file in zip(record["images"][0], record["files"][0], strict=True)
    )
    assert "<- this one" in said


@pytest.mark.parametrize("on_nan", ["skip", "stop"])
def test_two_ranks_leave_out_the_same_step_whichever_has_the_nan(tmp_path, cache, on_nan):
    poison = {"train#trainer#loss_function": POISON.format(1), "on_nan": on_nan, "batch_size": 2, "phantom_count": 4}
    arguments = [*launcher(2), *command(tmp_path, cache, "multi_gpu_train.json", **poison)]
    said = finish(arguments, BUNDLE) if on_nan == "skip" else fails(arguments)
    assert said.count("gradient must be finite, got nan or inf in iteration 3, epoch 2, of ") >= 1
    (record,) = records(tmp_path)
    assert (record["epoch"], record["iteration"]) == (2, 3)
    (first,), (second,) = record["images"]
    assert first != second
    assert len(curves(tmp_path)) == (3 if on_nan == "skip" else 1)
    weights = saved(tmp_path)["objects"]["network"].values()
    assert all(torch.isfinite(weight).all() for weight in weights)
    assert (tmp_path / "bad_weights.pt").exists() == (on_nan == "stop")

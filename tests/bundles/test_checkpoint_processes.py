# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of the pre-training bundle, run as a user runs it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from monai.bundle import ConfigParser
from small_disk import small_disk
from small_run import BUNDLE, SMALL_RUN

pytestmark = pytest.mark.slow


def run(folder: Path, cache: str, **knobs) -> tuple[int, str]:
    """Exit code and all that was said."""
    knobs = SMALL_RUN | {"output_dir": folder, "encoder_file": folder / "model.pt", "cache_dir": cache, "picture_every": 100, "checkpoint_every": 1} | knobs  # fmt: skip
    options = [str(word) for name, value in knobs.items() for word in (f"--{name}", value)]
    files = "['configs/train.json','configs/smoke.json','configs/methods/mae.json']"
    done = subprocess.run(
        [sys.executable, "-m", "monai.bundle", "run", "--config_file", files, "--segmentor=", *options],
        cwd=BUNDLE, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def saved(path: Path) -> dict:
    return torch.load(path, weights_only=True)


def epochs(folder: Path) -> list[str]:
    return [row["epoch"] for row in csv.DictReader((folder / "curves.csv").open())]


def test_auto_goes_on_past_a_corrupt_newest_one_and_tells_of_other_knobs(tmp_path, cache):
    code, said = run(tmp_path, cache, resume="auto")
    assert code == 0, said
    run_ = saved(tmp_path / "checkpoint.pt")["run"]
    knobs, entries = run_["config"]["knobs"], run_["config"]["entries"]
    assert knobs["model"] == "tiny" and knobs["warmup_epochs"] == 0.1 and knobs["consistency_weight"] == 0
    assert ConfigParser(entries).get_parsed_content("checkpoint_file") == str(tmp_path / "checkpoint.pt")
    content = (tmp_path / "checkpoint.pt").read_bytes()
    (tmp_path / "checkpoint.pt").write_bytes(content[: len(content) // 2])
    code, said = run(tmp_path, cache, resume="auto", epochs=3, workers=1)
    assert code == 0, said
    assert "checkpoint.pt' is cut or corrupt" in said and "checkpoint_before.pt', is read in its place" in said
    assert "other knobs: epochs 2 -> 3; warmup_epochs 0.1 -> 0.15. From here on" in said
    assert "1 epochs are done" in said and epochs(tmp_path) == ["1", "2", "3"]


def test_a_full_disk_costs_a_warning_then_the_last_save_an_error_and_no_more_than_that(tmp_path, cache):
    """Room for the newest checkpoint and the one before it, but not for a third beside them."""
    with small_disk(tmp_path / "disk", 180_000) as folder:
        code, said = run(folder, cache, epochs=4)
        assert code == 1, said
        assert said.count("; the one before stays, and the next turn tries again") == 1
        assert said.rstrip().splitlines()[-1].startswith("OSError: ") and "it was the last of this run" in said
        assert not list(folder.glob("*.tmp")) and saved(folder / "checkpoint.pt")["engine"]["epoch"] == 2
        (folder / "checkpoint_before.pt").unlink()
        code, said = run(folder, cache, epochs=3, resume="true")
        assert code == 0 and "2 epochs are done" in said, said
        assert epochs(folder) == ["1", "2", "3"] and (folder / "model.pt").exists()


def test_a_mistyped_option_ends_with_the_nearest_knob_on_the_last_line(tmp_path, cache):
    code, said = run(tmp_path, cache, epoch=3)
    assert code == 1 and said.rstrip().endswith("got '--epoch', which nothing uses; did you mean '--epochs'?")

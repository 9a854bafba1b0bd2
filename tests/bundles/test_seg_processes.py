# SPDX-License-Identifier: Apache-2.0
"""The segmentation bundle in two processes under torchrun, over gloo."""

import csv
import json

import pytest
from bundle_processes import bundle_command, finish, launcher, saved
from small_segmentation import SEGMENTATION, SMALL, SMALL_TRAINING

pytestmark = pytest.mark.slow


def run(processes: int, configs: list[str], **knobs) -> None:
    finish([*launcher(processes), *bundle_command(*configs, **knobs)], SEGMENTATION)


def test_two_processes_train_and_judge_as_one_does(tmp_path, cache):
    """Five images in two processes: shares differ by one, rows come out in the order of the data."""
    shared = {"weights_file": tmp_path / "model.pt", "cache_dir": cache}
    run(
        2,
        ["train.json", "multi_gpu_train.json"],
        output_dir=tmp_path / "run",
        **shared,
        **SMALL_TRAINING | {"batch_size": 4},
    )
    assert saved(tmp_path / "run")["engine"]["epoch"] == 2 and len(saved(tmp_path / "run")["ranks"]) == 2
    small = SMALL | {"phantom_count": 20}  # 5 to judge
    judge = ["train.json", "evaluate.json"]
    run(1, judge, output_dir=tmp_path / "one", split="test", **shared, **small)
    run(2, [*judge, "multi_gpu_evaluate.json"], output_dir=tmp_path / "two", split="test", **shared, **small)
    one, two = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("one", "two"))
    assert one == two and one["dice"]["n"] == 5
    rows = [list(csv.DictReader((tmp_path / name / "metrics.csv").open())) for name in ("one", "two")]
    assert rows[0] == rows[1] and len(rows[0]) == 5
    assert (tmp_path / "two" / "overlays.png").read_bytes() == (tmp_path / "one" / "overlays.png").read_bytes()

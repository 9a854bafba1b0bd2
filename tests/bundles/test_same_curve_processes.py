# SPDX-License-Identifier: Apache-2.0
"""The same batch gives the same losses: in 1, 2 and 4 processes, in 1, 2 and 4 micro-batches, on two nodes, with data that cannot be shared evenly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from bundle_processes import ENVIRONMENT, bundle_command, curves, finish, launcher
from small_run import BUNDLE, SMALL_RUN, run_bundle
from small_segmentation import SEGMENTATION, SMALL_TRAINING, run_segmentation
from two_nodes import two_nodes

pytestmark = pytest.mark.slow

SEVEN = SMALL_RUN | {"phantom_count": 7, "batch_size": 4, "epochs": 3, "picture_every": 100}
"""Seven images, four a step: three wait, whoever shares them."""
LOSSES = ("loss", "reconstruction", "consistency", "hidden_vessel_share")


@pytest.fixture(scope="module")
def knobs(segmentor, cache) -> dict:
    return SEVEN | {"segmentor": str(segmentor), "cache_dir": cache}


@pytest.fixture(scope="module")
def alone(tmp_path_factory, knobs) -> list[dict[str, str]]:
    """One process, one batch a step."""
    folder = tmp_path_factory.mktemp("alone")
    run_bundle("train.json", **written_to(folder), **knobs)
    return curves(folder)


def written_to(folder: Path) -> dict[str, str]:
    return {"output_dir": str(folder), "encoder_file": str(folder / "model.pt")}


def assert_same_curve(ours: list[dict[str, str]], theirs: list[dict[str, str]], columns=LOSSES) -> None:
    """Every loss of every epoch to 1e-5 of its size; the rate is the same."""
    assert len(ours) == len(theirs) > 1
    for one, other in zip(ours, theirs, strict=True):
        for name in columns:
            assert float(one[name]) == pytest.approx(float(other[name]), rel=1e-5), (name, one["epoch"])
        assert one["learning_rate"] == other["learning_rate"]
    assert len({row["loss"] for row in ours}) == len(ours), "the loss must move, or nothing is compared"


@pytest.mark.parametrize("micro_batch", [1, 2])
def test_micro_batches_give_the_curve_of_the_whole_batch(tmp_path, knobs, alone, micro_batch):
    run_bundle("train.json", device_batch_size=micro_batch, **written_to(tmp_path), **knobs)
    assert_same_curve(curves(tmp_path), alone)


@pytest.mark.parametrize(("processes", "micro_batch"), [(2, 1), (4, 1)])
def test_processes_give_the_curve_of_one(tmp_path, knobs, alone, processes, micro_batch):
    """Two in two micro-batches each; four with an image each."""
    many = knobs | written_to(tmp_path) | {"device_batch_size": micro_batch}
    finish([*launcher(processes), *bundle_command("train.json", "multi_gpu_train.json", **many)], BUNDLE)
    assert_same_curve(curves(tmp_path), alone)


def test_two_nodes_give_the_curve_of_one_process(tmp_path, knobs, alone):
    """They meet at the first one's address, by the names that they have."""
    options = ["--nnodes", "2", "--nproc_per_node", "1", "--rdzv_backend", "c10d", "--rdzv_endpoint", "node1:29400"]
    command = [sys.executable, "-m", "torch.distributed.run", *options]
    command += bundle_command("train.json", "multi_gpu_train.json", **knobs, **written_to(tmp_path))
    with two_nodes(tmp_path) as nodes:
        started = [
            subprocess.Popen([*node, *command], cwd=BUNDLE, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for node in nodes
        ]  # fmt: skip
        said = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], said[0][-3000:] + said[1][-3000:]
    assert "Epoch[3] Complete" in said[0] + said[1] and "10.77.0.1" not in (tmp_path / "report.html").read_text()
    assert_same_curve(curves(tmp_path), alone)


UNEVEN = SMALL_TRAINING | {"phantom_count": 20, "batch_size": 4, "epochs": 2, "mask_threshold": 0.1}
"""Ten images to train on, two of them wait; five to judge, three for one process and two for the other."""


def test_fine_tuning_in_two_processes_gives_the_curve_of_one(tmp_path, cache):
    """With Dice by image and no drawn paths; Dice over a process's share of the batch, the default, is another loss than over the batch."""
    knobs = UNEVEN | {"cache_dir": cache, "drop_path": 0.0, "loss#batch": False}
    where = [
        {"output_dir": str(tmp_path / name), "weights_file": str(tmp_path / name / "model.pt")}
        for name in ("one", "two")
    ]
    run_segmentation("train.json", **knobs, **where[0])
    finish([*launcher(2), *bundle_command("train.json", "multi_gpu_train.json", **knobs, **where[1])], SEGMENTATION)
    one, two = curves(tmp_path / "one"), curves(tmp_path / "two")
    assert_same_curve(one, two, ["loss", "validation_dice"])
    assert all(float(row["validation_dice"]) > 0 for row in one)


def test_running_statistics_do_not_hold_up_a_validation_that_is_shared_unevenly(tmp_path, cache):
    """UNeXt has batch norm: a wrapped network would wait for the other process at each image."""
    knobs = UNEVEN | {
        "cache_dir": cache,
        "model": "unext",
        "output_dir": tmp_path,
        "weights_file": tmp_path / "model.pt",
    }
    finish([*launcher(2), *bundle_command("train.json", "multi_gpu_train.json", **knobs)], SEGMENTATION)
    assert len(curves(tmp_path)) == 2


def test_fewer_images_to_judge_than_processes_end_all_of_them(tmp_path, cache):
    """One image for two: both say so before anything is trained, neither waits for the other."""
    knobs = SMALL_TRAINING | {
        "phantom_count": 4,
        "batch_size": 2,
        "cache_dir": cache,
        "output_dir": tmp_path,
        "weights_file": tmp_path / "model.pt",
    }
    command = [*launcher(2), *bundle_command("train.json", "multi_gpu_train.json", **knobs)]
    done = subprocess.run(command, cwd=SEGMENTATION, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode and "got 1 images and 2 processes; start fewer processes" in done.stderr
    assert not (tmp_path / "curves.csv").exists()

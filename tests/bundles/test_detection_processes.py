# SPDX-License-Identifier: Apache-2.0
"""The detection bundle in real processes: two under torchrun, one killed, and one that learns eight images by heart."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import time

import pytest
import torch
from bundle_processes import ENVIRONMENT, bundle_command, finish, launcher, saved
from small_detection import DETECTION, SMALL, SMALL_TRAINING

from monai_ext.networks import stenosis_retinanet

pytestmark = pytest.mark.slow


def command(processes: int, configs: list[str], **knobs) -> list[str]:
    return [*launcher(processes), *bundle_command(*configs, **knobs)]


def run(processes: int, configs: list[str], **knobs) -> None:
    finish(command(processes, configs, **knobs), DETECTION)


def test_two_processes_train_and_judge_as_one_does(tmp_path, cache):
    """Five images in two processes: shares differ by one, rows come out in the order of the data."""
    shared = {"weights_file": tmp_path / "model.pt", "cache_dir": cache}
    training = SMALL_TRAINING | {"batch_size": 4}
    run(2, ["train.json", "multi_gpu_train.json"], output_dir=tmp_path / "run", **shared, **training)
    assert saved(tmp_path / "run")["engine"]["epoch"] == 2 and len(saved(tmp_path / "run")["ranks"]) == 2
    small = SMALL | {"phantom_count": 28}  # a quarter of it to judge, five of which show a stenosis
    judge = ["train.json", "evaluate.json"]
    run(1, judge, output_dir=tmp_path / "one", split="test", **shared, **small)
    run(2, [*judge, "multi_gpu_evaluate.json"], output_dir=tmp_path / "two", split="test", **shared, **small)
    one, two = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("one", "two"))
    assert one == two
    rows = [list(csv.DictReader((tmp_path / name / "metrics.csv").open())) for name in ("one", "two")]
    assert rows[0] == rows[1] and len(rows[0]) == 5
    assert (tmp_path / "two" / "detections.png").read_bytes() == (tmp_path / "one" / "detections.png").read_bytes()


def test_killed_and_resumed_equals_straight_to_the_bit(tmp_path, cache):
    """Weights, moving average and what is kept as best."""
    folders = {name: tmp_path / name for name in ("straight", "killed")}
    knobs = {
        name: SMALL_TRAINING
        | {"epochs": 4, "cache_dir": cache, "output_dir": folder, "weights_file": folder / "model.pt"}
        for name, folder in folders.items()
    }
    run(1, ["train.json"], **knobs["straight"])
    process = subprocess.Popen(
        command(1, ["train.json"], **knobs["killed"]), cwd=DETECTION, env=ENVIRONMENT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while not ((folders["killed"] / "checkpoint.pt").exists() and saved(folders["killed"])["engine"]["epoch"] >= 2):
        assert process.poll() is None and time.monotonic() < deadline, "the run ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert saved(folders["killed"])["engine"]["epoch"] < 4
    run(1, ["train.json"], resume=True, **knobs["killed"])
    one, two = (saved(folder)["objects"] for folder in folders.values())
    for name in ("network", "average"):
        assert all(torch.equal(one[name][key], two[name][key]) for key in one[name])
    weights = [torch.load(folder / "model.pt", weights_only=True) for folder in folders.values()]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


STEP = """
import torch
from monai_ext.losses import DetectionLoss
from monai_ext.networks import StenosisDetector, stenosis_retinanet

torch.distributed.init_process_group("gloo")
rank = torch.distributed.get_rank()
detector = torch.nn.parallel.DistributedDataParallel(StenosisDetector(stenosis_retinanet("tiny", seed=0)))
boxes = torch.tensor([[10.0, 10, 40, 30]])[rank:]
loss = DetectionLoss()(detector(torch.randn(1, 1, 64, 64), [{"boxes": boxes, "labels": torch.zeros(1 - rank, dtype=torch.int64)}]))
loss.backward()
gradients = torch.cat([parameter.grad.flatten() for parameter in detector.parameters()])
sums = [torch.zeros(2) for _ in range(2)]
torch.distributed.all_gather(sums, torch.stack([gradients.sum(), gradients.abs().max()]))
assert torch.equal(sums[0], sums[1]) and sums[0][1] > 0
torch.distributed.destroy_process_group()
"""


def test_a_process_without_a_lesion_steps_with_the_others(tmp_path):
    (tmp_path / "step.py").write_text(STEP)
    finish([*launcher(2), str(tmp_path / "step.py")], tmp_path)


def test_compiled_training_keeps_the_names_of_the_weights(tmp_path, cache):
    knobs = SMALL_TRAINING | {"epochs": 1, "output_dir": tmp_path, "weights_file": tmp_path / "model.pt"}
    run(1, ["train.json"], compile=True, cache_dir=cache, **knobs)
    stenosis_retinanet("tiny").load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))


def test_the_smoke_run_learns_eight_phantoms_by_heart(tmp_path, cache):
    """mAP50 >= 0.9 on the images of the training: nothing in the chain of data, boxes, loss and metric is off."""
    shared = {"weights_file": tmp_path / "model.pt", "output_dir": tmp_path, "cache_dir": cache}
    run(1, ["train.json", "smoke.json"], **shared)
    run(1, ["train.json", "evaluate.json", "smoke.json"], **shared)
    quality = json.loads((tmp_path / "metrics.json").read_text())["mAP50"]
    assert quality["n"] == 8 and quality["mean"] >= 0.9

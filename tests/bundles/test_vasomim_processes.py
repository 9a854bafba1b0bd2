# SPDX-License-Identifier: Apache-2.0
"""The bundle in real processes: killed and resumed, and two at a time under torchrun."""

import csv
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from conftest import BUNDLE, SMALL_RUN

pytestmark = pytest.mark.slow


def command(folder: Path, segmentor: Path, cache: str, *configs: str, **knobs) -> list[str]:
    files = str([f"configs/{name}" for name in ("train.json", *configs)])
    knobs = SMALL_RUN | {"epochs": 4, "output_dir": folder, "encoder_file": folder / "model.pt", "segmentor": segmentor,
                         "cache_dir": cache, "picture_every": 100} | knobs  # fmt: skip
    return [
        "-m",
        "monai.bundle",
        "run",
        "--config_file",
        files,
        *(str(w) for k, v in knobs.items() for w in (f"--{k}", v)),
    ]


def environment() -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def run(arguments: list[str]) -> str:
    done = subprocess.run(arguments, cwd=BUNDLE, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def saved(folder: Path) -> dict:
    return torch.load(folder / "checkpoint.pt", weights_only=True)


def test_killed_and_resumed_equals_straight_to_the_bit(tmp_path, segmentor, cache):
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    run([sys.executable, *command(straight, segmentor, cache)])
    process = subprocess.Popen(
        [sys.executable, *command(killed, segmentor, cache)], cwd=BUNDLE, env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while not ((killed / "checkpoint.pt").exists() and saved(killed)["engine"]["epoch"] >= 2):
        assert process.poll() is None and time.monotonic() < deadline, "the run ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert saved(killed)["engine"]["epoch"] < 4 and not (killed / "model.pt").exists()
    run([sys.executable, *command(killed, segmentor, cache, resume=True)])
    ours, theirs = saved(killed), saved(straight)
    for name in ("network", "optimizer"):
        assert flat(ours["objects"][name]) == flat(theirs["objects"][name]), name
    first, second = (torch.load(folder / "model.pt", weights_only=True) for folder in (killed, straight))
    assert first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)
    rows = [list(csv.DictReader((folder / "curves.csv").open())) for folder in (killed, straight)]
    for ours, theirs in zip(*rows, strict=True):
        assert {k: v for k, v in ours.items() if "second" not in k} == {
            k: v for k, v in theirs.items() if "second" not in k
        }


def flat(state) -> list:
    if isinstance(state, dict):
        return [x for key in sorted(state, key=str) for x in (str(key), *flat(state[key]))]
    if isinstance(state, (list, tuple)):
        return [x for item in state for x in flat(item)]
    return [state.tolist() if isinstance(state, torch.Tensor) else state]


def torchrun() -> list[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc_per_node",
        "2",
        "--master_addr",
        "127.0.0.1",
        "--master_port",
        str(port),
    ]


def test_two_processes_train_one_model_and_log_once(tmp_path, segmentor, cache):
    said = run([*torchrun(), *command(tmp_path, segmentor, cache, "multi_gpu_train.json", batch_size=4, epochs=2)])
    assert said.count("Epoch[2] Complete") == 1
    assert said.count("epoch 2/2") == 1 and said.count("angiograms") == 1
    assert len(list(csv.DictReader((tmp_path / "curves.csv").open()))) == 2
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 1
    assert (tmp_path / "report.html").exists()
    state = saved(tmp_path)
    assert len(state["ranks"]) == 2 and not any(key.startswith("module.") for key in state["objects"]["network"])
    encoder = torch.load(tmp_path / "model.pt", weights_only=True)
    network = state["objects"]["network"]
    assert all(torch.equal(value, network[f"encoder.{key}"]) for key, value in encoder.items())


GRADIENTS = """
import sys, torch, torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from monai_ext.losses import VasoMIMLoss
from monai_ext.networks import MaskedAutoencoder, UNeXt
from monai_ext.ops import random_mask

def gradients(network, rows):
    draw = torch.Generator().manual_seed(5)
    image = torch.randn(4, 1, 32, 64, generator=draw)
    hidden = random_mask(4, 8, mask_ratio=0.5, generator=draw)
    probability = torch.rand(4, 1, 32, 64, generator=draw)
    loss = VasoMIMLoss(16, UNeXt(in_channels=1, seed=1))
    targets = {"image": image[rows], "hidden": hidden[rows], "probability": probability[rows]}
    loss(network(image[rows], hidden[rows]), targets).backward()

def network():
    return MaskedAutoencoder(hidden_size=16, num_layers=2, num_heads=2, decoder_hidden_size=16, decoder_num_layers=1,
                             decoder_num_heads=2, seed=3)

dist.init_process_group("gloo")
rank = dist.get_rank()
shared = DistributedDataParallel(network())
gradients(shared, slice(2 * rank, 2 * rank + 2))
alone = network()
gradients(alone, slice(0, 4))
for (name, a), b in zip(alone.named_parameters(), shared.module.parameters(), strict=True):
    assert torch.allclose(a.grad, b.grad, rtol=1e-4, atol=1e-7), (name, (a.grad - b.grad).abs().max())
print("gradients agree", flush=True)
dist.destroy_process_group()
"""


def test_averaged_gradients_of_two_processes_equal_one_with_the_double_batch(tmp_path):
    (tmp_path / "gradients.py").write_text(GRADIENTS)
    assert run([*torchrun(), str(tmp_path / "gradients.py")]).count("gradients agree") == 2

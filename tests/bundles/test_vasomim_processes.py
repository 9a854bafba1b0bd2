# SPDX-License-Identifier: Apache-2.0
"""The bundle in real processes: killed and resumed, and two at a time under torchrun."""

import csv
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from bundle_processes import (
    ENVIRONMENT,
    assert_same_run,
    bundle_command,
    finish,
    free_port,
    launcher,
    saved,
)
from small_run import BUNDLE, SMALL_RUN

pytestmark = pytest.mark.slow


def command(folder: Path, segmentor: Path, cache: str, *configs: str, **knobs) -> list[str]:
    shared = {"output_dir": folder, "encoder_file": folder / "model.pt", "segmentor": segmentor, "cache_dir": cache}
    knobs = SMALL_RUN | {"epochs": 4, "picture_every": 100} | shared | knobs
    return bundle_command("train.json", *configs, **knobs)


def run(arguments: list[str]) -> str:
    return finish(arguments, BUNDLE)


def test_killed_and_resumed_equals_straight_to_the_bit(tmp_path, segmentor, cache):
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    run([sys.executable, *command(straight, segmentor, cache)])
    process = subprocess.Popen(
        [sys.executable, *command(killed, segmentor, cache)], cwd=BUNDLE, env=ENVIRONMENT,
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
    assert_same_run(killed, straight)


@pytest.mark.parametrize("processes", [1, 2])
def test_killed_inside_an_epoch_and_resumed_equals_straight_to_the_bit(tmp_path, segmentor, cache, processes):
    """Micro-batches of one image in each process, two a step, six an epoch; a worker reads ahead."""
    knobs = {"phantom_count": 6 * processes, "batch_size": 2 * processes, "device_batch_size": 1, "epochs": 3}
    knobs |= {"checkpoint_every": 0.3, "workers": 1}
    configs = ["multi_gpu_train.json"] if processes > 1 else []
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    run([*launcher(processes), *command(straight, segmentor, cache, *configs, **knobs)])
    kill_inside_an_epoch(start(processes, command(killed, segmentor, cache, *configs, **knobs)), killed)
    said = run([*launcher(processes), *command(killed, segmentor, cache, *configs, resume=True, **knobs)])
    assert re.search(r"1 epochs and [24] batches of the next are done", said)
    assert_same_run(killed, straight)


def start(processes: int, arguments: list[str]) -> list[subprocess.Popen]:
    """As torchrun does, whose own processes a signal to torchrun does not reach."""
    shared = ENVIRONMENT | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "WORLD_SIZE": str(processes)}
    return [
        subprocess.Popen(
            [sys.executable, *arguments], cwd=BUNDLE, env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for rank in range(processes)
    ]  # fmt: skip


def kill_inside_an_epoch(processes: list[subprocess.Popen], folder: Path) -> None:
    """Stops the processes to look where they are, and kills them if it is inside epoch 2."""
    deadline = time.monotonic() + 240
    while True:
        assert all(p.poll() is None for p in processes) and time.monotonic() < deadline, "ended before it was killed"
        time.sleep(0.01)
        if not (folder / "checkpoint.pt").exists():
            continue
        send(processes, signal.SIGSTOP)
        state = saved(folder)
        if state["engine"]["epoch"] == 1 and state["open_epoch"]:
            break
        send(processes, signal.SIGCONT)
    send(processes, signal.SIGKILL)
    for process in processes:
        process.wait()


def send(processes: list[subprocess.Popen], what: signal.Signals) -> None:
    for process in processes:
        process.send_signal(what)


def test_two_processes_train_one_model_and_log_once(tmp_path, segmentor, cache):
    said = run([*launcher(2), *command(tmp_path, segmentor, cache, "multi_gpu_train.json", batch_size=4, epochs=2)])
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
from monai_ext.ops import ImageDraws, random_mask

def gradients(network, rows):
    draw = torch.Generator().manual_seed(5)
    image = torch.randn(4, 1, 32, 64, generator=draw)
    hidden = random_mask(8, 4, ImageDraws(0, 0, torch.arange(4)))
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
    assert run([*launcher(2), str(tmp_path / "gradients.py")]).count("gradients agree") == 2

# SPDX-License-Identifier: Apache-2.0
"""Real signals in one process; several processes, and whole runs of bundles, are in tests/bundles/test_signal_processes.py."""

from __future__ import annotations

import os
import signal
import time

import pytest
import torch
from ignite.engine import Engine, Events
from monai.engines import SupervisedTrainer
from torch import nn

from monai_ext.data.device_data_loader import DeviceDataLoader
from monai_ext.data.frame_sampler import FrameSampler
from monai_ext.handlers.curve_recorder import CurveRecorder
from monai_ext.handlers.stop_on_signal import StopOnSignal
from monai_ext.handlers.training_checkpoint import TrainingCheckpoint

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1]


class Dropped(nn.Linear):
    """Draws from torch itself, so equal bits need every state."""

    def forward(self, values):
        return super().forward(nn.functional.dropout(values, 0.5))


def build(folder, *, epochs=3, every=1, accumulation=1, grace=20):
    """Three epochs of six batches."""
    torch.manual_seed(0)
    data = [{"image": image} for image in torch.randn(12, 3, generator=torch.Generator().manual_seed(1))]
    network = Dropped(3, 1)
    optimizer, curves = torch.optim.AdamW(network.parameters(), lr=0.1), CurveRecorder(None)
    checkpoint = TrainingCheckpoint(
        folder / "checkpoint.pt", {"network": network, "optimizer": optimizer, "curves": curves}, every=every
    )
    trainer = SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=DeviceDataLoader(
            data, batch_size=2, sampler=FrameSampler(data, num_replicas=1, rank=0, seed=3)
        ),
        network=network,
        optimizer=optimizer,
        loss_function=nn.MSELoss(),
        prepare_batch=lambda batch, *_, **__: (batch["image"], batch["image"].sum(1, keepdim=True)),
        accumulation_steps=accumulation,
        decollate=False,
        train_handlers=[curves, checkpoint, StopOnSignal(checkpoint, grace=grace)],
    )
    return trainer, checkpoint


def send_at(trainer, event, number=signal.SIGTERM):
    trainer.add_event_handler(event, lambda _: os.kill(os.getpid(), number))


def stopped(trainer) -> int:
    with pytest.raises(SystemExit) as leave:
        trainer.run()
    return leave.value.code


@pytest.fixture(autouse=True)
def handlers_are_given_back():
    before = [signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)]
    yield
    assert [signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)] == before
    assert signal.alarm(0) == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_the_code_says_which_signal_it_was(tmp_path, capsys, number):
    trainer, checkpoint = build(tmp_path)
    send_at(trainer, Events.ITERATION_STARTED(once=3), number)
    assert stopped(trainer) == 128 + number
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith(number.name)]
    assert "stopped after iteration 3, epoch 1" in line and str(checkpoint.path) in line


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Weights of runs that nobody disturbed, by their accumulation; six batches are two steps of four and two."""
    weights = {}
    for accumulation in (1, 4):
        trainer, _ = build(tmp_path_factory.mktemp("straight"), accumulation=accumulation, every=3)
        trainer.run()
        weights[accumulation] = list(trainer.network.parameters())
    return weights


@pytest.mark.parametrize("accumulation", [1, 4])
@pytest.mark.parametrize(
    "event", [Events.GET_BATCH_STARTED(once=8), Events.ITERATION_STARTED(once=10), Events.ITERATION_COMPLETED(once=12),
              Events.EPOCH_COMPLETED(once=2), Events.EPOCH_STARTED(once=3)]
)  # fmt: skip
def test_stopped_at_any_place_and_resumed_equals_straight_to_the_bit(tmp_path, straight, event, accumulation):
    first, _ = build(tmp_path, accumulation=accumulation, every=3)
    send_at(first, event)
    assert stopped(first) == 143
    second, checkpoint = build(tmp_path, accumulation=accumulation, every=3)
    checkpoint.restore(second)
    second.run()
    assert second.state.iteration == 18
    for ours, theirs in zip(second.network.parameters(), straight[accumulation], strict=True):
        assert torch.equal(ours, theirs)


def test_what_takes_longer_than_the_grace_is_broken_off(tmp_path, capsys):
    """A validation that hangs: the checkpoint of before stays."""
    trainer, checkpoint = build(tmp_path, grace=1)
    validation = Engine(lambda *_: time.sleep(60))
    trainer.add_event_handler(Events.EPOCH_COMPLETED(once=2), lambda _: validation.run([0]))
    validation.add_event_handler(Events.STARTED, lambda _: os.kill(os.getpid(), signal.SIGTERM))
    before = time.monotonic()
    assert stopped(trainer) == 143 and time.monotonic() - before < 30
    assert "SIGTERM: broken off" in capsys.readouterr().err
    assert torch.load(checkpoint.path, weights_only=True)["engine"]["epoch"] == 2


def test_a_second_ctrl_c_breaks_off_at_once(tmp_path, capsys):
    trainer, checkpoint = build(tmp_path)
    send_at(trainer, Events.ITERATION_STARTED(once=2), signal.SIGINT)
    send_at(trainer, Events.ITERATION_STARTED(once=2), signal.SIGINT)
    assert stopped(trainer) == 130
    assert "SIGINT: broken off" in capsys.readouterr().err and not checkpoint.path.exists()


def test_a_second_sigterm_does_not(tmp_path):
    """Who pre-empts machines may send it to the process and to its group."""
    trainer, checkpoint = build(tmp_path)
    send_at(trainer, Events.ITERATION_STARTED(once=2))
    send_at(trainer, Events.ITERATION_STARTED(once=2))
    assert stopped(trainer) == 143 and checkpoint.path.exists()


def test_an_error_of_the_run_gives_the_signals_back(tmp_path):
    trainer, _ = build(tmp_path)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        trainer.run()


def test_no_grace_is_refused(tmp_path):
    with pytest.raises(ValueError, match="grace must be >= 1 second, got 0"):
        build(tmp_path, grace=0)

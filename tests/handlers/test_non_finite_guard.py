# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging

import pytest
import torch
from ignite.engine import Events
from monai.engines import SupervisedTrainer
from torch import nn
from torch.utils.data import DataLoader, Dataset

from monai_ext.handlers.clip_gradients import ClipGradients
from monai_ext.handlers.curve_recorder import CurveRecorder
from monai_ext.handlers.non_finite_guard import NonFiniteGuard

IMAGES = 8


class Numbers(Dataset):
    """Eight images, some of which make the loss what no weights can bear."""

    def __init__(self, bad=(), value=float("nan"), images=IMAGES):
        self.values = torch.randn(images, 3, generator=torch.Generator().manual_seed(0))
        self.values[list(bad)] = value
        self.files = [f"{number}.png" for number in range(images)]

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return {"image": self.values[index], "index": torch.tensor(index)}


class Prepare:
    seed = 7

    def __call__(self, batch, device, *_, **__):
        return batch["image"].to(device), torch.zeros(len(batch["image"]), 1, device=device)


def build(folder, data, guards, *, optimizer=torch.optim.AdamW, batch=2, epochs=1, network=None, device="cpu", **knobs):
    torch.manual_seed(0)
    network = (network or nn.Linear(3, 1)).to(device)
    options = {"fused": True} if optimizer is torch.optim.AdamW else {"momentum": 0.9}
    return SupervisedTrainer(
        device=device,
        max_epochs=epochs,
        train_data_loader=DataLoader(data, batch_size=batch),
        network=network,
        optimizer=optimizer(network.parameters(), lr=0.1, weight_decay=0.1, **options),
        loss_function=nn.MSELoss(),
        prepare_batch=Prepare(),
        train_handlers=[*guards, CurveRecorder(None)],
        decollate=False,
        **knobs,
    )


def weights(trainer):
    return [value.tolist() for value in trainer.network.state_dict().values()]


@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, torch.optim.SGD])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_skipped_step_is_as_if_the_batch_had_not_been_there(tmp_path, optimizer, value):
    """Neither weights nor moments nor their decay know of it: the same as training on the other images alone."""
    data = Numbers(bad=[3], value=value)
    with_bad = build(tmp_path, data, [NonFiniteGuard(tmp_path, on_nan="skip")], optimizer=optimizer)
    with_bad.run()
    without = build(tmp_path, torch.utils.data.Subset(data, [0, 1, 4, 5, 6, 7]), [], optimizer=optimizer)
    without.run()
    assert weights(with_bad) == weights(without)
    ours, theirs = with_bad.optimizer.state_dict()["state"], without.optimizer.state_dict()["state"]
    assert all(torch.equal(ours[k][name], theirs[k][name]) for k in ours for name in ours[k])
    assert with_bad.state.metrics["loss"] == without.state.metrics["loss"]


def test_a_stop_names_the_images_and_leaves_the_weights_as_they_were(tmp_path):
    trainer = build(tmp_path, Numbers(bad=[5]), [NonFiniteGuard(tmp_path)])
    before = []
    trainer.add_event_handler(Events.ITERATION_STARTED, lambda engine: before.append(weights(engine)))
    with pytest.raises(
        RuntimeError, match=r"finite, got nan or inf in iteration 3, epoch 1, of 4\.png, 5\.png\. .*`run replay`"
    ):
        trainer.run()
    (record,) = json.loads((tmp_path / "bad_batches.json").read_text())
    assert record.pop("time").startswith("20")
    assert record == {
        "epoch": 1, "iteration": 3, "images": [[4, 5]], "files": [["4.png", "5.png"]], "seed": 7, "weights": "bad_weights.pt"
    }  # fmt: skip
    saved = torch.load(tmp_path / "bad_weights.pt", weights_only=True)
    assert [value.tolist() for value in saved.values()] == before[-1] == weights(trainer)


def test_the_images_of_all_micro_batches_of_a_step_are_named(tmp_path):
    """Steps of two batches of two images; the bad one is in the first of the second step."""
    trainer = build(tmp_path, Numbers(bad=[4]), [NonFiniteGuard(tmp_path)], accumulation_steps=2)
    with pytest.raises(RuntimeError, match=r"iteration 4, epoch 1, of 4\.png, 5\.png, 6\.png and 1 more"):
        trainer.run()


def test_skipping_warns_once_and_lists_every_batch(tmp_path, caplog):
    guard = NonFiniteGuard(tmp_path, on_nan="skip")
    trainer = build(tmp_path, Numbers(bad=[0, 7]), [guard], epochs=2)
    with caplog.at_level(logging.WARNING):
        trainer.run()
    first, last = (r.getMessage() for r in caplog.records)
    assert first.startswith("gradient must be finite, got nan or inf in iteration 1") and last.startswith(
        "4 steps were left out"
    )
    records = json.loads((tmp_path / "bad_batches.json").read_text())
    assert [(r["epoch"], r["iteration"]) for r in records] == [(1, 1), (1, 4), (2, 5), (2, 8)]
    assert guard.left_out == 4 and not (tmp_path / "bad_weights.pt").exists()


def test_too_many_in_a_row_stop_though_told_to_skip(tmp_path):
    """Batches 1 and 4 of the first epoch, 1 of the second: the last two come one after the other."""
    trainer = build(tmp_path, Numbers(bad=[0, 7]), [NonFiniteGuard(tmp_path, on_nan="skip", limit=2)], epochs=2)
    with pytest.raises(RuntimeError, match=r"iteration 5, epoch 2, bad for 2 steps in a row"):
        trainer.run()


def test_batch_norms_are_set_back(tmp_path):
    def normed():
        return nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1))

    data = Numbers(bad=[3])
    torch.manual_seed(0)
    with_bad = build(tmp_path, data, [NonFiniteGuard(tmp_path, on_nan="skip")], network=normed())
    with_bad.run()
    torch.manual_seed(0)
    without = build(tmp_path, torch.utils.data.Subset(data, [0, 1, 4, 5, 6, 7]), [], network=normed())
    without.run()
    for name in ("running_mean", "running_var"):
        assert torch.equal(getattr(with_bad.network[0], name), getattr(without.network[0], name))


@pytest.mark.filterwarnings("ignore:CUDA is not available", "ignore:torch.cuda.amp.GradScaler is enabled")
def test_an_overflow_that_a_gradient_scaler_mends_is_ordinary(tmp_path):
    """The scale 2**127 overflows in the first step and is halved until it does not, step by step."""
    trainer = build(tmp_path, Numbers(), [ClipGradients(), NonFiniteGuard(tmp_path)], optimizer=torch.optim.SGD)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    trainer.amp = True
    trainer.add_event_handler(Events.STARTED, lambda engine: setattr(engine, "scaler", scaler))
    before = weights(trainer)
    trainer.run()
    assert scaler.get_scale() < 2.0**127 and weights(trainer) != before
    assert not (tmp_path / "bad_batches.json").exists()


def test_without_faults_a_guarded_run_is_the_same_to_the_bit(tmp_path):
    guarded, plain = build(tmp_path, Numbers(), [NonFiniteGuard(tmp_path)]), build(tmp_path, Numbers(), [])
    guarded.run(), plain.run()
    assert weights(guarded) == weights(plain) and not list(tmp_path.iterdir())


def test_policies_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(ValueError, match="on_nan must be stop or skip, got 'ignore'"):
        NonFiniteGuard(tmp_path, on_nan="ignore")
    with pytest.raises(ValueError, match="limit must be >= 1 step in a row, got 0"):
        NonFiniteGuard(tmp_path, limit=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("images", [IMAGES, 40])
def test_on_a_gpu_the_verdict_comes_late_and_the_weights_stay_good(tmp_path, images):
    """Some steps later, or at the end of a short epoch; the batch that it names is still the right one."""
    trainer = build(tmp_path, Numbers(bad=[3], images=images), [NonFiniteGuard(tmp_path)], device="cuda")
    with pytest.raises(RuntimeError, match=r"iteration 2, epoch 1, of 2\.png, 3\.png"):
        trainer.run()
    assert trainer.state.iteration == (4 if images == IMAGES else 10)
    assert all(torch.isfinite(p).all() for p in trainer.network.parameters())

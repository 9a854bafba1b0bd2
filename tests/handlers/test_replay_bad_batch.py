# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import pytest
import torch
from monai.engines import SupervisedTrainer
from torch import nn
from torch.utils.data import DataLoader, Dataset

from monai_ext.handlers.non_finite_guard import NonFiniteGuard
from monai_ext.handlers.replay_bad_batch import replay_bad_batch
from monai_ext.handlers.training_checkpoint import TrainingCheckpoint


class Numbers(Dataset):
    """Eight images, of which the sixth is bad in epoch 2."""

    files = [f"{number}.png" for number in range(8)]  # noqa: RUF012

    def __len__(self):
        return 8

    def __getitems__(self, indices):
        values = torch.arange(24.0).reshape(8, 3)
        return {"image": values[indices], "index": torch.tensor(indices)}


def prepare(batch, device, non_blocking=False, *, epoch=1, **_):
    bad = (batch["index"] == 5) & torch.tensor(epoch == 2)
    return batch["image"], torch.where(bad, math.nan, 0.0)[:, None]


def build(folder, **knobs):
    torch.manual_seed(0)
    network = nn.Linear(3, 1)
    guard = NonFiniteGuard(folder, **knobs)
    checkpoint = TrainingCheckpoint(folder / "checkpoint.pt", {"network": network})
    trainer = SupervisedTrainer(
        device="cpu",
        max_epochs=3,
        train_data_loader=DataLoader(Numbers(), batch_size=4, collate_fn=lambda batch: batch),
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=1e-5),
        loss_function=nn.MSELoss(),
        prepare_batch=lambda *a, **k: prepare(*a, **{"epoch": trainer.state.epoch} | k),
        train_handlers=[guard, checkpoint],
        decollate=False,
    )
    return trainer, checkpoint


def test_the_image_that_did_it_is_named_with_the_weights_of_that_step(tmp_path, capsys):
    stopped, _ = build(tmp_path)
    with pytest.raises(RuntimeError, match="iteration 4, epoch 2"):
        stopped.run()
    trainer, checkpoint = build(tmp_path)
    found = replay_bad_batch(trainer, tmp_path, checkpoint)
    assert [(each["image"], each["file"]) for each in found] == [(n, f"{n}.png") for n in (4, 5, 6, 7)]
    assert [math.isfinite(each["gradient"]) for each in found] == [True, False, True, True]
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "iteration 4, epoch 2, each image alone:" and [line for line in said if "this one" in line] == [
        said[2]
    ]
    for ours, theirs in zip(trainer.network.parameters(), stopped.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_of_a_run_that_went_on_the_newest_checkpoint_is_looked_at(tmp_path):
    gone_on, _ = build(tmp_path, on_nan="skip")
    gone_on.run()
    trainer, checkpoint = build(tmp_path)
    assert not math.isfinite(replay_bad_batch(trainer, tmp_path, checkpoint)[1]["loss"])
    assert torch.equal(trainer.network.weight, gone_on.network.weight)


def test_without_a_bad_batch_it_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no '.*bad_batches\.json': no step of a run in this folder was bad"):
        replay_bad_batch(*build(tmp_path)[:1], tmp_path, None)

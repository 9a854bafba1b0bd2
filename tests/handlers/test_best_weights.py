# SPDX-License-Identifier: Apache-2.0
import json
import math

import pytest
import torch
from ignite.engine import Events
from ignite.metrics import Metric
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import ValidationHandler
from torch import nn
from torch.utils.data import DataLoader

from monai_ext.handlers import BestWeights, TrainingCheckpoint

DATA = [{"image": torch.ones(1), "label": torch.ones(1)}]


class Told(Metric):
    """Has the values that it is told, one a run."""

    def __init__(self, values):
        self.values = iter(values)
        super().__init__(lambda output: output)

    def reset(self):
        pass

    def update(self, output):
        pass

    def compute(self):
        return next(self.values)


def validation(path, values, **knobs):
    """A real evaluator whose `dice` takes the values; the network's weight is the number of the epoch."""
    network = nn.Linear(1, 1)
    best = BestWeights(path, network, **knobs)
    evaluator = SupervisedEvaluator(
        device="cpu",
        val_data_loader=DataLoader(DATA),
        network=network,
        key_val_metric={"dice": Told(values)},
        val_handlers=[best],
    )

    def run(epoch):
        nn.init.constant_(network.weight, epoch)
        evaluator.run(epoch)

    return best, run


def kept(path):
    told = json.loads(path.with_suffix(".json").read_text())
    return torch.load(path, weights_only=True)["weight"].item(), told["epoch"], told["dice"]


@pytest.mark.parametrize(
    ("values", "epoch"),
    [([0.3, 0.7, 0.5], 2), ([0.1, 0.2, 0.3], 3), ([0.5, 0.5, 0.4], 1), ([0.0, 0.0, 0.0], 1), ([-7.0, -5.0, -6.0], 2)],
)
def test_weights_of_the_best_epoch_are_kept(tmp_path, values, epoch):
    """Of equal ones the first; larger is better, whatever the sign."""
    best, run = validation(tmp_path / "models" / "model.pt", values)
    for number in (1, 2, 3):
        run(number)
    assert (
        kept(tmp_path / "models" / "model.pt") == (epoch, epoch, values[epoch - 1]) and best.best == values[epoch - 1]
    )
    assert sorted(file.name for file in (tmp_path / "models").iterdir()) == ["model.json", "model.pt"]


@pytest.mark.parametrize("values", [[math.nan, 0.2, math.nan], [0.2, math.nan, 0.1]])
def test_nan_is_never_the_best(tmp_path, values, caplog):
    _, run = validation(tmp_path / "model.pt", values)
    for number in (1, 2, 3):
        run(number)
    assert kept(tmp_path / "model.pt")[2] == 0.2
    assert "dice of epoch" in caplog.text and "is nan: these weights are not kept" in caplog.text


def test_facts_are_read_when_the_weights_are_written(tmp_path):
    facts = {"threshold": 0.5}
    _, run = validation(tmp_path / "model.pt", [0.1, 0.2, 0.1], facts=lambda: facts)
    for number, facts["threshold"] in enumerate((0.3, 0.4, 0.6), 1):
        run(number)
    assert json.loads((tmp_path / "model.json").read_text()) == {"epoch": 2, "dice": 0.2, "threshold": 0.4}


def test_every_value_is_recorded(tmp_path):
    rows = []
    _, run = validation(tmp_path / "model.pt", [0.5, 0.2], record=rows.append)
    run(1), run(2)
    assert rows == [{"validation_dice": 0.5}, {"validation_dice": 0.2}]


def test_facts_that_are_no_json_leave_the_older_pair_whole(tmp_path):
    facts = {}
    _, run = validation(tmp_path / "model.pt", [0.1, 0.2], facts=lambda: facts)
    run(1)
    facts["device"] = torch.device("cpu")
    with pytest.raises(TypeError, match="not JSON serializable"):
        run(2)
    assert kept(tmp_path / "model.pt") == (1, 1, 0.1)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.json", "model.pt"]


def test_weights_that_cannot_be_written_leave_the_older_pair_whole(tmp_path, monkeypatch):
    _, run = validation(tmp_path / "model.pt", [0.1, 0.2])
    run(1)
    save = torch.save

    def full(weights, file):
        save(weights, file)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        run(2)
    assert kept(tmp_path / "model.pt") == (1, 1, 0.1)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.json", "model.pt"]


def test_a_metric_that_is_not_there_is_told(tmp_path):
    _, run = validation(tmp_path / "model.pt", [0.1], metric="cldice")
    with pytest.raises(ValueError, match=r"metric must be one of the evaluator's \(dice\), got 'cldice'"):
        run(1)


def test_the_best_value_is_part_of_the_training_checkpoint(tmp_path):
    """A run that goes on does not overwrite better weights of before."""

    def trainer(values, epochs):
        best, _ = validation(tmp_path / "model.pt", [])
        network = best.network
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        checkpoint = TrainingCheckpoint(
            tmp_path / "checkpoint.pt", {"network": network, "optimizer": optimizer, "best": best}
        )
        evaluator = SupervisedEvaluator(
            device="cpu",
            val_data_loader=DataLoader(DATA),
            network=network,
            key_val_metric={"dice": Told(values)},
            val_handlers=[best],
        )
        engine = SupervisedTrainer(
            device="cpu",
            max_epochs=epochs,
            train_data_loader=DataLoader(DATA),
            network=network,
            optimizer=optimizer,
            loss_function=nn.MSELoss(),
            decollate=False,
            train_handlers=[ValidationHandler(1, evaluator), checkpoint],
        )
        return engine, checkpoint

    trainer([0.4, 0.6], 2)[0].run()
    engine, checkpoint = trainer([0.5, 0.7], 4)
    checkpoint.restore(engine)
    before = (tmp_path / "model.json").read_text()
    engine.add_event_handler(
        Events.EPOCH_COMPLETED, lambda _: seen.append((tmp_path / "model.json").read_text() == before)
    )
    seen = []
    engine.run()
    assert seen == [True, False]
    told = json.loads((tmp_path / "model.json").read_text())
    assert (told["epoch"], told["dice"]) == (4, 0.7)

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import math

import pytest
import torch
from ignite.engine import Engine, Events
from monai.utils import CommonKeys

from monai_ext.handlers.curve_recorder import CurveRecorder


class PrepareBatch:
    guided_share = 0.25


def engine_over(step):
    """An Ignite engine that gives what a MONAI trainer gives; `step` maps the iteration to an output."""
    engine = Engine(lambda engine, batch: step(batch))
    engine.prepare_batch = PrepareBatch()
    engine.optimizer = torch.optim.SGD(
        [{"params": [torch.zeros(1)], "lr": 0.1}, {"params": [torch.zeros(1)], "lr": 0.3}], lr=1.0
    )
    return engine


def output(loss, **more):
    image = torch.zeros(3, 1, 8, 16)
    return {CommonKeys.IMAGE: image, CommonKeys.LABEL: image > 0, CommonKeys.LOSS: torch.as_tensor(loss)} | more


def test_row_holds_the_means_of_the_epoch(tmp_path):
    losses = iter([1.0, 2.0, 6.0, 5.0, 5.0, 5.0])
    parts = {}

    def step(_):
        parts["consistency"] = torch.tensor(2.0)
        return output(next(losses))

    recorder = CurveRecorder(tmp_path, lambda: parts)
    engine = engine_over(step)
    recorder.attach(engine)
    engine.run([0, 1, 2], max_epochs=2)
    assert [row["loss"] for row in recorder.rows] == pytest.approx([3.0, 5.0])
    row = recorder.rows[0]
    assert list(row)[:3] == ["epoch", "loss", "consistency"]
    assert (row["consistency"], row["guided_share"], row["learning_rate"]) == pytest.approx((2.0, 0.25, 0.3))
    assert row["images_per_second"] * row["seconds"] == pytest.approx(9)
    assert engine.state.metrics["loss"] == pytest.approx(5.0) and "epoch" not in engine.state.metrics
    with open(tmp_path / "curves.csv", newline="") as file:
        assert [(line["epoch"], float(line["loss"])) for line in csv.DictReader(file)] == [("1", 3.0), ("2", 5.0)]


def pretraining_output():
    """An 8x16 image of 4 px patches (2 rows, 4 columns): vessel in patches 1 and 6, patches 1, 2, 3 hidden."""
    image = torch.randn(1, 1, 8, 16, generator=torch.Generator().manual_seed(0))
    vessels = torch.zeros(1, 1, 8, 16, dtype=torch.bool)
    vessels[0, 0, 0, 4] = vessels[0, 0, 7, 11] = True
    hidden = torch.zeros(1, 8, dtype=torch.bool)
    hidden[0, 1:4] = True
    targets = {"image": image, "vessels": vessels, "hidden": hidden}
    return {
        CommonKeys.IMAGE: image,
        CommonKeys.LABEL: targets,
        CommonKeys.PRED: torch.zeros(1, 8, 16),
        CommonKeys.LOSS: torch.ones(()),
    }


def test_vessel_share_on_a_non_square_image(global_rng_untouched):
    recorder = CurveRecorder(None)
    engine = engine_over(lambda _: pretraining_output())
    recorder.attach(engine)
    engine.run([0, 1])
    row = recorder.rows[0]
    assert row["hidden_vessel_share"] == pytest.approx(1 / 3)
    assert row["vessel_patch_share"] == pytest.approx(2 / 8)


@pytest.mark.parametrize("steps", [1, 4])
def test_values_are_read_once_an_epoch(monkeypatch, steps):
    """A read of a device tensor makes the host wait; an epoch of four steps reads as often as one of one step."""
    reads = []
    for name in ("item", "tolist", "__float__", "__bool__", "cpu", "numpy"):
        original = getattr(torch.Tensor, name)
        monkeypatch.setattr(torch.Tensor, name, lambda *a, o=original, n=name, **k: reads.append(n) or o(*a, **k))
    recorder = CurveRecorder(None)
    engine = engine_over(lambda _: pretraining_output())
    recorder.attach(engine)
    engine.run([0] * steps)
    assert len(reads) == 1


def test_resumed_rows_go_on(tmp_path):
    recorder = CurveRecorder(tmp_path)
    recorder.load_state_dict({"rows": [{"epoch": 1, "loss": 9.0}]})
    engine = engine_over(lambda _: output(1.0))
    recorder.attach(engine)
    engine.load_state_dict({"epoch": 1, "max_epochs": 2, "epoch_length": 1})
    engine.run([0], max_epochs=2)
    assert [row["epoch"] for row in recorder.state_dict()["rows"]] == [1, 2]
    lines = (tmp_path / "curves.csv").read_text().splitlines()
    assert len(lines) == 3 and lines[1].startswith("1,9.0")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_an_epoch_without_a_finite_loss_has_none_and_the_run_goes_on(tmp_path, bad):
    """The guard leaves out its steps; as long as the weights are good that is no reason to stop, or not to save."""
    recorder, saved = CurveRecorder(tmp_path), []
    engine = engine_over(lambda step: output(bad if step < 2 else 4.0))
    recorder.attach(engine)
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda _: saved.append(recorder.rank_state_dict()))
    engine.run([0, 1], max_epochs=1)
    engine.run([2, 3], max_epochs=2)
    assert math.isnan(recorder.rows[0]["loss"]) and recorder.rows[1]["loss"] == 4.0
    assert len(saved) == 4 and (tmp_path / "curves.csv").read_text().splitlines()[1].startswith("1,nan")


def test_large_weights_are_no_bad_ones():
    recorder, engine = CurveRecorder(None), engine_over(lambda _: output(1.0))
    engine.optimizer.param_groups[0]["params"][0].fill_(1e30)
    recorder.attach(engine)
    engine.run([0])
    assert recorder.rows[0]["loss"] == 1.0


def test_row_of_an_epoch_that_was_broken_off_is_complete():
    losses = [1.0, 2.0, 6.0, 5.0]
    first, second = CurveRecorder(None), CurveRecorder(None)
    broken = engine_over(lambda step: output(losses[step]))
    first.attach(broken)
    broken.add_event_handler(Events.ITERATION_COMPLETED(once=3), lambda engine: engine.terminate())
    broken.run(range(4))
    saved = first.rank_state_dict()
    second.load_rank_state_dict(saved | {"seconds": saved["seconds"] + 100})
    resumed = engine_over(lambda step: output(losses[step + 3]))
    second.attach(resumed)
    resumed.load_state_dict({"iteration": 3, "max_epochs": 1, "epoch_length": 4})
    resumed.run(range(4))
    (row,) = second.rows
    assert row["loss"] == 3.5 and 100 < row["seconds"] < 110
    assert row["images_per_second"] * row["seconds"] == pytest.approx(4 * 3)


def test_sums_of_a_broken_epoch_are_left_when_it_starts_anew():
    recorder = CurveRecorder(None)
    recorder.load_rank_state_dict({"means": {"loss": torch.tensor(9.0)}, "steps": 3, "images": 9, "seconds": 50.0})
    engine = engine_over(lambda _: output(1.0))
    recorder.attach(engine)
    engine.run(range(4))
    assert recorder.rows[0]["loss"] == 1.0 and recorder.rows[0]["seconds"] < 50


def test_a_step_that_was_left_out_does_not_spoil_the_means():
    """Losses 1, nan, 3 and 5: the mean of three; sums saved after the nan are those of the first."""
    losses, saved = [1.0, float("nan"), 3.0, 5.0], []
    recorder = CurveRecorder(None)
    engine = engine_over(lambda step: output(losses[step]))
    recorder.attach(engine)
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda _: saved.append(recorder.rank_state_dict()))
    engine.run(range(4))
    assert recorder.rows[0]["loss"] == 3.0
    assert [(float(state["steps"]), float(state["means"]["loss"])) for state in saved[:3]] == [(1, 1), (1, 1), (2, 2)]


@pytest.mark.parametrize("inside", [True, False])
def test_an_epoch_whose_weights_are_not_finite_is_not_saved(inside):
    recorder = CurveRecorder(None)
    engine = engine_over(lambda _: output(1.0))
    recorder.attach(engine)
    weight = engine.optimizer.param_groups[1]["params"][0]
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda _: weight.fill_(float("nan")))
    if inside:
        engine.add_event_handler(Events.ITERATION_COMPLETED, lambda _: recorder.rank_state_dict())
    with pytest.raises(RuntimeError, match="finite, got nan or inf in epoch 1"):
        engine.run(range(4))
    assert engine.state.iteration == (2 if inside else 4) and not recorder.rows

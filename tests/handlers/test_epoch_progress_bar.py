# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import time
from functools import partial

import pytest
import torch
from ignite.engine import Engine, Events
from monai.utils import CommonKeys
from tqdm import tqdm

from monai_ext.handlers.epoch_progress_bar import EpochProgressBar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(bar, steps=6, epochs=2, metrics=None, loss=0.5):
    engine = Engine(lambda engine, batch: {CommonKeys.LOSS: torch.tensor(loss)})
    if metrics:
        engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: engine.state.metrics.update(metrics))
    bar.attach(engine)
    engine.run(range(steps), max_epochs=epochs)


def test_log_file_gets_one_line_an_epoch():
    stream = io.StringIO()
    run(EpochProgressBar(stream=stream), metrics={"loss": 0.51251, "seconds": 12.34, "images_per_second": 520.6})
    assert stream.getvalue().splitlines() == [f"epoch {n}/2  loss 0.5125  12.3 s  521 images/s" for n in (1, 2)]


def test_line_shows_the_latest_loss_where_nothing_recorded_a_mean():
    stream = io.StringIO()
    run(EpochProgressBar(stream=stream), epochs=1)
    assert stream.getvalue() == "epoch 1/1  loss 0.5\n"


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_decollated_output_has_no_loss_to_show(kind):
    stream, engine = kind(), Engine(lambda engine, batch: [{CommonKeys.PRED: batch}])
    EpochProgressBar(stream=stream).attach(engine)
    engine.run(range(12))
    assert stream.getvalue().endswith("epoch 1/1\n")


def test_terminal_gets_a_bar_with_the_losses():
    stream = Terminal()
    parts = {"consistency": torch.tensor(0.125)}

    def slow_parts():
        time.sleep(0.12)  # tqdm draws at most each 0.1 s
        return parts

    run(EpochProgressBar(slow_parts, every=2, stream=stream))
    assert "epoch 2/2: 100%" in stream.getvalue() and "6/6" in stream.getvalue()
    assert "loss=0.5000, consistency=0.1250" in stream.getvalue()


def test_losses_are_read_every_so_many_steps_only(monkeypatch):
    monkeypatch.setattr("monai_ext.handlers.epoch_progress_bar.tqdm", partial(tqdm, mininterval=0))  # draws each step
    asked, stream = [], Terminal()

    def parts():
        asked.append(1)
        return {"part": torch.tensor(0.125)}

    run(EpochProgressBar(parts, every=4, stream=stream), steps=8, epochs=1, metrics={"loss": 1.0})
    assert len(asked) == 2 and "loss=0.5000, part=0.1250" in stream.getvalue()


def test_bad_interval_is_named():
    with pytest.raises(ValueError, match="every must be >= 1 step, got 0"):
        EpochProgressBar(every=0)


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_an_evaluator_without_a_loss_shows_its_metrics(stream):
    engine = Engine(lambda engine, batch: {CommonKeys.PRED: torch.zeros(1)})
    engine.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: engine.state.metrics.update(masked_error=0.5))
    EpochProgressBar(stream=stream).attach(engine)
    engine.run(range(3))
    assert stream.getvalue().endswith("epoch 1/1  masked_error 0.5\n")


def test_bar_of_a_run_that_goes_on_inside_an_epoch_begins_there():
    stream, seen = Terminal(), []
    bar = EpochProgressBar(stream=stream)
    engine = Engine(lambda engine, batch: {CommonKeys.LOSS: torch.tensor(0.5)})
    bar.attach(engine)
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: seen.append((bar._bar.n, bar._bar.total)))
    engine.load_state_dict({"iteration": 9, "max_epochs": 3, "epoch_length": 6})
    engine.run(range(6))
    assert seen == [(n, 6) for n in (4, 5, 6, 1, 2, 3, 4, 5, 6)]

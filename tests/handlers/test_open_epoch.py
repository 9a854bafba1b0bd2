# SPDX-License-Identifier: Apache-2.0
"""Checkpoints inside an epoch. Run as a script it is the process that a test kills, or one of two that train together."""

from __future__ import annotations

import csv
import gc
import os
import signal
import socket
import subprocess
import sys
import warnings

import ignite.distributed as idist
import pytest
import torch
from ignite.engine import Events
from test_training_checkpoint import BATCH, PLANNED, SAMPLES, assert_same, build, states
from torch import nn
from torch.utils.data import DistributedSampler

from monai_ext.handlers.open_epoch import OpenEpoch

STEPS = SAMPLES // BATCH
EACH = 1 / STEPS
"""Of an epoch: saves after every step."""


def stop_at(trainer, iteration):
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=iteration), lambda engine: engine.terminate())


def seen_batches(trainer):
    batches = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: batches.append(engine.state.batch))
    return batches


def rows_of(folder):
    with open(folder / "curves.csv", newline="") as file:
        return [{k: v for k, v in row.items() if "second" not in k} for row in csv.DictReader(file)]


def saved_in(checkpoint):
    return torch.load(checkpoint.path, weights_only=True)


@pytest.mark.parametrize(
    ("stop", "batches", "knobs"),
    [
        (2, 2, {}),
        (7, 1, {}),
        (11, 5, {}),
        (9, 3, {"workers": 1}),
        (9, 2, {"accumulation": 2}),
        (11, 4, {"accumulation": 4}),
        (10, 4, {"accumulation": 2, "workers": 1}),
        (3, 3, {"batch": 5}),
    ],
    ids=str,
)
def test_broken_off_inside_an_epoch_is_bit_equal_to_straight(tmp_path, stop, batches, knobs):
    straight, expected = build(tmp_path / "straight", PLANNED, **knobs)
    all_batches = seen_batches(straight)
    straight.run()
    first, checkpoint = build(tmp_path, PLANNED, every=EACH, **knobs)
    stop_at(first, stop)
    first.run()
    saved = saved_in(checkpoint)
    assert saved["open_epoch"]["batches"] == batches
    second, checkpoint = build(tmp_path, PLANNED, every=EACH, seed=99, **knobs)
    rest = seen_batches(second)
    checkpoint.restore(second)
    torch.manual_seed(5)  # whatever is drawn between restore and run does not matter
    second.run()
    assert_same(rest, all_batches[saved["engine"]["iteration"] :])
    assert_same(states(checkpoint), states(expected))
    assert_same(second.prepare_batch.state_dict(), straight.prepare_batch.state_dict())
    assert rows_of(tmp_path) == rows_of(tmp_path / "straight")


def test_broken_off_three_times_is_bit_equal_to_straight(tmp_path):
    straight, expected = build(tmp_path / "straight", 2)
    straight.run()
    for seed, stop in enumerate((2, 4, 9, 99)):
        trainer, checkpoint = build(tmp_path, 2, every=EACH, seed=seed)
        if seed > 0:
            checkpoint.restore(trainer)
        stop_at(trainer, stop)
        trainer.run()
    assert_same(states(checkpoint), states(expected))
    assert rows_of(tmp_path) == rows_of(tmp_path / "straight")


@pytest.mark.parametrize(
    ("every", "accumulation", "expected"),
    [
        (0.5, 1, [3, 6, 9, 12]),
        (1 / 3, 1, [2, 4, 6, 8, 10, 12]),
        (0.01, 1, list(range(1, 13))),
        (0.01, 4, [4, 6, 10, 12]),
        (0.5, 2, [4, 6, 10, 12]),
        (0.9, 1, [6, 12]),
        (1, 1, [6, 12]),
        (2.0, 1, [12]),
    ],
)
def test_saves_evenly_after_complete_steps_and_at_the_end(tmp_path, every, accumulation, expected):
    trainer, checkpoint = build(tmp_path, 2, every=every, accumulation=accumulation)
    saved = set()

    def look(engine):
        if checkpoint.path.exists():
            engine_state = saved_in(checkpoint)["engine"]
            saved.add(engine_state["iteration"])
            assert engine_state["epoch"] == engine_state["iteration"] // STEPS

    for event in (Events.ITERATION_COMPLETED, Events.EPOCH_COMPLETED):
        trainer.add_event_handler(event, look)
    trainer.run()
    assert sorted(saved) == expected
    assert not list(tmp_path.glob("*.tmp"))


def broken_off(folder, stop=STEPS + 2, **knobs):
    trainer, checkpoint = build(folder, PLANNED, every=EACH, **knobs)
    stop_at(trainer, stop)
    trainer.run()
    return checkpoint


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"batch": 3}, "batch_size 4 in the file and 3 here; epoch_length 6 in the file and 8 here"),
        ({"accumulation": 2}, "accumulation_steps 1 in the file and 2 here"),
        ({"sampler": DistributedSampler, "every": 1}, "seed 3 in the file and nothing here"),
    ],
)
def test_under_another_plan_the_epoch_starts_anew_and_says_so(tmp_path, knobs, message):
    broken_off(tmp_path)
    trainer, checkpoint = build(tmp_path, 2, **knobs)
    with pytest.warns(UserWarning, match=f"saved inside epoch 2 with .*{message}.*: that epoch starts anew"):
        checkpoint.restore(trainer)
    batches = seen_batches(trainer)
    trainer.run()
    assert sum(map(len, batches)) == SAMPLES
    assert checkpoint.objects["lr_scheduler"].last_epoch == 2 * trainer.state.epoch_length
    row = checkpoint.objects["curves"].rows[1]
    assert row["epoch"] == 2 and row["images_per_second"] * row["seconds"] == pytest.approx(SAMPLES)


def test_another_number_of_processes_starts_the_epoch_anew(tmp_path):
    checkpoint = broken_off(tmp_path)
    saved = saved_in(checkpoint)
    saved["open_epoch"]["plan"]["processes"] = 2
    torch.save(saved | {"ranks": saved["ranks"] * 2}, checkpoint.path)
    trainer, checkpoint = build(tmp_path, 2)
    with pytest.warns(UserWarning) as warned:
        checkpoint.restore(trainer)
    said = " ".join(str(warning.message) for warning in warned)
    assert "processes 2 in the file and 1 here" in said and "written by 2 processes and is resumed by 1" in said
    assert trainer.state.iteration == STEPS


def test_more_epochs_a_new_rate_and_another_interval_do_not_break_it_off(tmp_path):
    broken_off(tmp_path)
    trainer, checkpoint = build(tmp_path, 6, rate=1e-3, every=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint.restore(trainer)
    assert trainer.state.iteration == STEPS + 2
    schedule = checkpoint.objects["lr_scheduler"]
    assert trainer.optimizer.param_groups[0]["lr"] == pytest.approx(1e-3 * schedule.lr_lambdas[0](STEPS + 2))


def test_fewer_epochs_than_begun_are_refused(tmp_path):
    broken_off(tmp_path)
    trainer, checkpoint = build(tmp_path, 1)
    with pytest.raises(ValueError, match=r"at least the 2 that .* has begun, got 1"):
        checkpoint.restore(trainer)


def test_a_loss_that_is_not_finite_does_not_cost_the_last_checkpoint(tmp_path):
    trainer, checkpoint = build(tmp_path, 2, every=EACH)
    trainer.add_event_handler(
        Events.ITERATION_STARTED(once=4), lambda engine: nn.init.constant_(engine.network[0].weight, float("nan"))
    )
    with pytest.raises(RuntimeError, match="weights must be finite, got nan or inf in epoch 1"):
        trainer.run()
    saved = saved_in(checkpoint)
    assert saved["engine"]["iteration"] == 3
    assert all(value.isfinite().all() for value in saved["objects"]["network"].values())


def test_an_order_that_cannot_be_started_inside_an_epoch_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"every 0\.5 needs .* got DistributedSampler; give it monai_ext\.data\.Frame"):
        build(tmp_path, 1, every=0.5, sampler=DistributedSampler)
    trainer, _ = build(tmp_path, 1, sampler=DistributedSampler)
    assert not OpenEpoch(trainer).can_go_on


def run_process(*arguments):
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=120).returncode


@pytest.mark.slow
@pytest.mark.parametrize(("kill", "batches"), [("in epoch 3", 3), ("while writing in epoch 3", 2)])
def test_killed_process_goes_on_inside_the_epoch_bit_equal(tmp_path, kill, batches):
    straight, expected = build(tmp_path / "straight", PLANNED)
    straight.run()
    assert run_process(tmp_path, kill) == -signal.SIGKILL
    trainer, checkpoint = build(tmp_path, PLANNED, seed=99)
    assert saved_in(checkpoint)["open_epoch"]["batches"] == batches
    checkpoint.restore(trainer)
    trainer.run()
    assert_same(states(checkpoint), states(expected))
    assert rows_of(tmp_path) == rows_of(tmp_path / "straight")
    assert not list(tmp_path.glob("*.tmp"))


def _die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def _victim(folder, kill):
    trainer, _ = build(folder, PLANNED, every=EACH)
    third = 2 * STEPS + 3
    if kill == "in epoch 3":
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=third), _die)
    else:
        trainer.add_event_handler(Events.ITERATION_STARTED(once=third), lambda: setattr(os, "fsync", _die))
    trainer.run()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1])
def test_two_processes_go_on_inside_the_epoch_bit_equal(tmp_path, workers):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = os.environ | {"OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    command = [sys.executable, __file__, str(tmp_path), str(workers), "of two"]
    processes = [
        subprocess.Popen(command, env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    assert rows_of(tmp_path / "resumed") == rows_of(tmp_path / "straight")


def _one_of_two(folder, workers):
    torch.distributed.init_process_group("gloo")
    knobs = {"rank": idist.get_rank(), "ranks": idist.get_world_size(), "workers": int(workers), "batch": 2}
    knobs |= {"accumulation": 2, "every": EACH}
    straight, expected = build(f"{folder}/straight", PLANNED, **knobs)
    straight.run()
    first, checkpoint = build(f"{folder}/resumed", PLANNED, **knobs)
    stop_at(first, STEPS + 5)
    first.run()
    torch.distributed.barrier()
    assert saved_in(checkpoint)["open_epoch"]["batches"] == 4
    second, checkpoint = build(f"{folder}/resumed", PLANNED, seed=99, **knobs)
    checkpoint.restore(second)
    second.run()
    assert_same(states(checkpoint), states(expected))
    assert_same(second.prepare_batch.state_dict(), straight.prepare_batch.state_dict())
    torch.distributed.barrier()  # rank 0 holds the store: it must not leave first
    del straight, expected, first, second, checkpoint
    gc.collect()  # networks keep gloo's threads alive, which must end before the interpreter does
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    _one_of_two(*sys.argv[1:3]) if "of two" in sys.argv else _victim(*sys.argv[1:])

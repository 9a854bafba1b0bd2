# SPDX-License-Identifier: Apache-2.0
"""Run as a script it is the process that a test kills (`FOLDER KILL`), or one of two that train together (`FOLDER`)."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import warnings
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import ignite.distributed as idist
import numpy as np
import pytest
import torch
from ignite.engine import Events
from monai.engines import SupervisedTrainer
from monai.handlers import LrScheduleHandler
from monai.optimizers import WarmupCosineSchedule
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler

from monai_ext.data.frame_sampler import FrameSampler
from monai_ext.handlers.curve_recorder import CurveRecorder
from monai_ext.handlers.training_checkpoint import TrainingCheckpoint

SAMPLES, BATCH, PLANNED = 24, 4, 4


class NoisyBatch:
    """A prepare_batch with a generator of its own, as the real one has."""

    def __init__(self, seed=0):
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, batch, device, non_blocking, **kwargs):
        image = batch + 0.1 * torch.randn(batch.shape, generator=self.generator)
        return image, batch.sum(-1, keepdim=True)

    def state_dict(self):
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state):
        self.generator.set_state(state["generator"])


def build(
    folder,
    epochs,
    *,
    seed=0,
    width=5,
    planned=PLANNED,
    every=1,
    rank=0,
    ranks=1,
    rate=1e-2,
    decay=1e-2,
    batch=BATCH,
    accumulation=1,
    workers=0,
    sampler=FrameSampler,
):
    """A trainer, and its checkpoint, whose result depends on every state there is: dropout draws from torch itself."""
    torch.manual_seed(seed + 1000 * rank)
    data = torch.randn(SAMPLES, 3, generator=torch.Generator().manual_seed(1))
    network = nn.Sequential(nn.Linear(3, width), nn.Dropout(0.5), nn.Linear(width, 1))
    network = DistributedDataParallel(network) if ranks > 1 else network
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay)
    steps = SAMPLES // batch // ranks
    schedule = WarmupCosineSchedule(optimizer, warmup_steps=3, t_total=planned * steps)
    curves = CurveRecorder(folder)
    objects = {"network": network, "optimizer": optimizer, "lr_scheduler": schedule, "curves": curves}
    checkpoint = TrainingCheckpoint(Path(folder) / "training.pt", objects, every=every)
    sampler = sampler(data, num_replicas=ranks, rank=rank, seed=3)
    trainer = SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=DataLoader(data, batch_size=batch, sampler=sampler, num_workers=workers),
        network=network,
        optimizer=optimizer,
        loss_function=nn.MSELoss(),
        prepare_batch=NoisyBatch(seed + 1000 * rank),
        decollate=False,
        accumulation_steps=accumulation,
        train_handlers=[LrScheduleHandler(schedule, epoch_level=False, print_lr=False), curves, checkpoint],
    )
    return trainer, checkpoint


def stop_after(trainer, epoch):
    trainer.add_event_handler(Events.EPOCH_COMPLETED(once=epoch), lambda engine: engine.terminate())


def assert_same(one, other, *, but=("seconds", "images_per_second")):
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one.keys() - set(but):
            assert_same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    else:
        assert torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def states(checkpoint):
    return {name: thing.state_dict() for name, thing in checkpoint.objects.items()}


@pytest.fixture
def straight(tmp_path):
    trainer, checkpoint = build(tmp_path / "straight", PLANNED)
    trainer.run()
    return states(checkpoint)


def test_two_and_two_epochs_are_bit_equal_to_four(tmp_path, straight):
    first, _ = build(tmp_path, PLANNED)
    stop_after(first, 2)
    first.run()
    second, checkpoint = build(tmp_path, PLANNED, seed=99)
    checkpoint.restore(second)
    torch.manual_seed(5)  # whatever is drawn between restore and run does not matter
    second.run()
    assert second.state.epoch == 4 and [row["epoch"] for row in states(checkpoint)["curves"]["rows"]] == [1, 2, 3, 4]
    assert_same(states(checkpoint), straight)


def test_a_file_of_before_open_epochs_goes_on(tmp_path, straight):
    first, checkpoint = build(tmp_path, PLANNED)
    stop_after(first, 2)
    first.run()
    saved = torch.load(checkpoint.path, weights_only=True)
    del saved["open_epoch"], saved["ranks"][0]["objects"]
    torch.save(saved, checkpoint.path)
    second, checkpoint = build(tmp_path, PLANNED, seed=99)
    checkpoint.restore(second)
    second.run()
    assert_same(states(checkpoint), straight)


def test_a_file_whose_preparation_had_a_generator_goes_on_without_it(tmp_path):
    """As those of before draws followed from the image alone; its curves counted steps as a number."""
    first, checkpoint = build(tmp_path, PLANNED)
    stop_after(first, 2)
    first.run()
    saved = torch.load(checkpoint.path, weights_only=True)
    saved["ranks"][0]["objects"] = {"curves": {"means": {}, "steps": 3, "images": 9, "seconds": 1.0}}
    torch.save(saved, checkpoint.path)
    second, checkpoint = build(tmp_path, PLANNED)
    second.prepare_batch = partial(type(second.prepare_batch).__call__, second.prepare_batch)  # without a state
    checkpoint.restore(second)
    second.run()
    assert second.state.epoch == PLANNED


def test_a_finished_run_goes_on_when_max_epochs_grows(tmp_path, straight):
    first, _ = build(tmp_path, 2)
    first.run()
    second, checkpoint = build(tmp_path, PLANNED, seed=99)
    checkpoint.restore(second)
    second.run()
    assert_same(states(checkpoint), straight)


def test_learning_rate_follows_the_new_plan(tmp_path):
    build(tmp_path, 2, planned=2)[0].run()
    longer, checkpoint = build(tmp_path, 8, planned=8)
    checkpoint.restore(longer)
    reference, _ = build(tmp_path / "reference", 8, planned=8)
    rates = [[], []]
    for trainer, rate in zip((longer, reference), rates, strict=True):
        trainer.add_event_handler(
            Events.ITERATION_COMPLETED, lambda engine, rate=rate: rate.append(engine.optimizer.param_groups[0]["lr"])
        )
        trainer.run()
    assert rates[0] == pytest.approx(rates[1][2 * SAMPLES // BATCH :])


def test_settings_are_those_of_the_run_that_goes_on(tmp_path):
    build(tmp_path, 2)[0].run()
    trainer, checkpoint = build(tmp_path, PLANNED, rate=1e-3, decay=0.5)
    checkpoint.restore(trainer)
    group, schedule = trainer.optimizer.param_groups[0], checkpoint.objects["lr_scheduler"]
    done = 2 * SAMPLES // BATCH
    assert group["lr"] == schedule.get_last_lr()[0] == pytest.approx(1e-3 * schedule.lr_lambdas[0](done))
    assert group["weight_decay"] == 0.5 and trainer.optimizer.state


def test_a_schedule_whose_rate_does_not_follow_from_the_step_is_refused(tmp_path):
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.PolynomialLR(optimizer, 5)
    with pytest.raises(TypeError, match=r"objects\['lr_scheduler'\] must be a LambdaLR.* got PolynomialLR"):
        TrainingCheckpoint(tmp_path / "training.pt", {"lr_scheduler": schedule})


def test_a_finished_run_does_not_train_again(tmp_path, straight):
    build(tmp_path, PLANNED)[0].run()
    trainer, checkpoint = build(tmp_path, PLANNED, seed=99)
    checkpoint.restore(trainer)
    ended = []
    trainer.add_event_handler(Events.ITERATION_STARTED, lambda: pytest.fail("trained"))
    trainer.add_event_handler(Events.COMPLETED, lambda engine: ended.append(engine.state.epoch))
    trainer.run()
    assert ended == [PLANNED]
    assert_same(states(checkpoint), straight)


def test_saves_every_second_epoch_and_the_last(tmp_path):
    trainer, checkpoint = build(tmp_path, 5, every=2)
    saved = []

    def look(engine):
        if checkpoint.path.exists():
            saved.append(torch.load(checkpoint.path, weights_only=True)["engine"]["epoch"])

    trainer.add_event_handler(Events.EPOCH_COMPLETED, look)
    trainer.run()
    assert saved == [2, 2, 4, 5]
    assert not list(tmp_path.glob("*.tmp"))


def test_scaler_is_restored_although_run_makes_a_new_one(tmp_path):
    trainer, checkpoint = build(tmp_path, PLANNED)
    stop_after(trainer, 1)
    trainer.run()
    saved = torch.load(checkpoint.path, weights_only=True)
    torch.save(saved | {"scaler": {"scale": 128.0}}, checkpoint.path)

    class Scaler:
        loaded = None

        def load_state_dict(self, state):
            self.loaded = state

        def state_dict(self):
            return {"scale": 1.0}

    second, checkpoint = build(tmp_path, 1)
    second.state.max_epochs = PLANNED
    checkpoint.restore(second)
    scaler = Scaler()
    stop_after(second, 2)
    # As Trainer.run does with amp: the scaler is there just before STARTED is fired.
    second._event_handlers[Events.STARTED].insert(0, (lambda: setattr(second, "scaler", scaler), (), {}))
    second.run()
    assert scaler.loaded == {"scale": 128.0}


def test_networks_are_taken_out_of_compile():
    network = nn.Linear(2, 2)
    checkpoint = TrainingCheckpoint("a.pt", {"network": torch.compile(network)})
    assert checkpoint.objects["network"] is network


def test_a_new_run_keeps_the_checkpoint_of_an_earlier_one(tmp_path):
    first, _ = build(tmp_path, 1)
    first.run()
    kept = torch.load(tmp_path / "training.pt", weights_only=True)["objects"]["network"]
    second, _ = build(tmp_path, 2, seed=5)
    second.run()
    previous = torch.load(tmp_path / "previous_training.pt", weights_only=True)["objects"]["network"]
    assert all(torch.equal(kept[name], previous[name]) for name in kept)
    assert torch.load(tmp_path / "training.pt", weights_only=True)["engine"]["epoch"] == 2


def test_objects_alone_are_loaded_for_an_evaluation(tmp_path):
    trainer, _ = build(tmp_path, 1)
    trainer.run()
    network = build(tmp_path, 1, seed=9)[0].network
    TrainingCheckpoint(tmp_path / "training.pt", {"network": network}).load_objects()
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), trainer.network.parameters(), strict=True))
    with pytest.raises(ValueError, match="must be of the same network"):
        TrainingCheckpoint(tmp_path / "training.pt", {"network": nn.Linear(2, 2)}).load_objects()


def test_missing_file_says_to_run_without_resume(tmp_path):
    trainer, checkpoint = build(tmp_path, 2)
    with pytest.raises(FileNotFoundError, match=r"training\.pt'.*run without `--resume true`"):
        checkpoint.restore(trainer)
    with pytest.raises(FileNotFoundError, match="to resume from"):
        checkpoint.check()


def test_another_network_size_is_named_and_nothing_is_loaded(tmp_path):
    build(tmp_path, 1)[0].run()
    trainer, checkpoint = build(tmp_path, 2, width=7, seed=4)
    before = {name: tensor.clone() for name, tensor in trainer.network.state_dict().items()}
    with pytest.raises(ValueError, match=r"training\.pt.*'0\.bias' \(5,\) in the file and \(7,\) here; .*'0\.weight'"):
        checkpoint.restore(trainer)
    with pytest.raises(ValueError, match=r"training\.pt.*'0\.bias' \(5,\) in the file and \(7,\) here"):
        checkpoint.check()
    assert_same(dict(trainer.network.state_dict()), before)


def test_torn_and_foreign_files_are_refused(tmp_path):
    trainer, checkpoint = build(tmp_path, 2)
    checkpoint.path.write_bytes(b"PK torn")
    with pytest.raises(ValueError, match="cannot be read"):
        checkpoint.restore(trainer)
    torch.save({"weight": torch.zeros(2)}, checkpoint.path)
    with pytest.raises(ValueError, match="must be a training checkpoint"):
        checkpoint.restore(trainer)


def test_fewer_epochs_than_finished_are_refused(tmp_path):
    build(tmp_path, 3)[0].run()
    trainer, checkpoint = build(tmp_path, 2)
    with pytest.raises(ValueError, match=r"at least the 3 that .* got 2"):
        checkpoint.restore(trainer)


def test_another_number_of_processes_warns_and_keeps_the_seeds_of_the_ranks(tmp_path):
    trainer, checkpoint = build(tmp_path, 2)
    trainer.run()
    saved = torch.load(checkpoint.path, weights_only=True)
    torch.save(saved | {"ranks": saved["ranks"] * 2}, checkpoint.path)
    trainer, checkpoint = build(tmp_path, 3, seed=7)
    with pytest.warns(UserWarning, match="written by 2 processes and is resumed by 1"):
        checkpoint.restore(trainer)
    assert torch.equal(trainer.prepare_batch.generator.get_state(), torch.Generator().manual_seed(7).get_state())


def test_what_could_not_be_read_again_is_refused_when_written(tmp_path):
    trainer, checkpoint = build(tmp_path, 1)
    checkpoint.objects["curves"].rows.append({"loss": np.float32(1)})
    with pytest.raises(TypeError, match=r"checkpoint\.objects\.curves\.rows\.0\.loss must be .* got float32"):
        checkpoint(trainer)
    assert not list(tmp_path.iterdir())


def test_a_corrupt_newest_one_goes_on_from_the_one_before_to_the_same_bits(tmp_path, straight):
    first, checkpoint = build(tmp_path, PLANNED)
    stop_after(first, 3)
    first.run()
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:-5000])
    second, checkpoint = build(tmp_path, PLANNED, seed=99)
    with pytest.warns(
        UserWarning, match=r"training\.pt' is cut or corrupt .*training_before\.pt', is read in its place"
    ):
        checkpoint.restore(second)
    assert second.state.epoch == 2
    second.run()
    assert_same(states(checkpoint), straight)


def test_it_tells_where_it_comes_from(tmp_path):
    trainer, checkpoint = build(tmp_path, 1)
    checkpoint.config = lambda: {"knobs": {"epochs": 1}}
    trainer.run()
    run = torch.load(checkpoint.path, weights_only=True)["run"]
    assert run["config"] == {"knobs": {"epochs": 1}} and run["environment"]["torch"] == torch.__version__
    assert run["environment"]["processes"] == 1 and run["environment"]["revision"]
    assert datetime.fromisoformat(run["date"]).utcoffset().total_seconds() == 0


def test_other_knobs_than_those_of_the_checkpoint_are_told_once(tmp_path):
    trainer, checkpoint = build(tmp_path, 1)
    checkpoint.config = lambda: {"knobs": {"epochs": 1, "rate": 0.1, "workers": 0}}
    trainer.run()
    second, checkpoint = build(tmp_path, 2)
    checkpoint.config = lambda: {"knobs": {"epochs": 2, "rate": 0.2, "workers": 4}}
    with pytest.warns(UserWarning) as told:
        checkpoint.restore(second)
    (told,) = [str(warning.message) for warning in told]
    assert "training.pt' was trained with other knobs: epochs 1 -> 2; rate 0.1 -> 0.2. From here" in told
    checkpoint.config = lambda: {"knobs": {"epochs": 1, "rate": 0.1, "workers": 8}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint.restore(second)


def test_a_disk_that_is_full_for_a_while_costs_a_warning_and_no_epoch(tmp_path, straight, file_limit):
    trainer, checkpoint = build(tmp_path, PLANNED)
    full = ExitStack()
    trainer.add_event_handler(Events.EPOCH_STARTED(once=2), lambda: full.enter_context(file_limit(2)))
    trainer.add_event_handler(Events.EPOCH_STARTED(once=3), full.close)
    with full, pytest.warns(UserWarning) as told:
        trainer.run()
    (told,) = [str(warning.message) for warning in told if "checkpoint" in str(warning.message)]
    assert re.search(
        r"training\.pt' could not be .* MB are free and .*; the one before stays, and the next turn tries again", told
    )
    assert_same(states(checkpoint), straight)
    assert torch.load(tmp_path / "training_before.pt", weights_only=True)["engine"]["epoch"] == 3
    assert not list(tmp_path.glob("*.tmp"))


def test_a_full_disk_at_the_last_save_of_a_run_is_an_error(tmp_path, file_limit):
    trainer, checkpoint = build(tmp_path, 2)
    full = ExitStack()
    trainer.add_event_handler(Events.EPOCH_STARTED(once=2), lambda: full.enter_context(file_limit(2)))
    with (
        full,
        pytest.raises(
            OSError, match=r"training\.pt' could not be written .* it was the last .* room and go on .* `--resume true`"
        ),
    ):
        trainer.run()
    trainer, checkpoint = build(tmp_path, 2)
    checkpoint.restore(trainer)
    assert trainer.state.epoch == 1


def stop_when_saved(trainer, checkpoint, iteration):
    """As a handler of a signal does: asks at every event from there on, until the run can end."""
    answers = []

    def stop(engine):
        if engine.state.iteration >= iteration and True not in answers:
            answers.append(checkpoint.save_now(engine))
            if answers[-1]:
                engine.terminate()

    trainer.add_event_handler(Events.ITERATION_COMPLETED, stop)
    trainer.add_event_handler(Events.EPOCH_COMPLETED, stop)
    return answers


@pytest.mark.parametrize(
    ("iteration", "answers"), [(8, [True]), (9, [False, True]), (11, [False, False, True]), (12, [False, True])]
)
def test_saved_at_once_and_gone_on_with_is_bit_equal_to_straight(tmp_path, iteration, answers):
    """Six batches an epoch, two a step; not even the end of an epoch is this checkpoint's turn."""
    settings = {"every": 10, "accumulation": 2}
    trainer, expected = build(tmp_path / "straight", PLANNED, **settings)
    trainer.run()
    first, checkpoint = build(tmp_path, PLANNED, **settings)
    asked = stop_when_saved(first, checkpoint, iteration)
    first.run()
    assert asked == answers
    second, checkpoint = build(tmp_path, PLANNED, seed=99, **settings)
    checkpoint.restore(second)
    second.run()
    assert second.state.epoch == PLANNED
    assert_same(states(checkpoint), states(expected))


def test_a_loader_that_cannot_be_started_inside_an_epoch_saves_nothing_and_may_end(tmp_path, caplog):
    trainer, checkpoint = build(tmp_path, 2, sampler=DistributedSampler)
    asked = stop_when_saved(trainer, checkpoint, 2)
    trainer.run()
    assert asked == [True] and not checkpoint.path.exists() and "since the last epoch is not saved" in caplog.text


def test_a_full_disk_is_an_error_when_a_run_is_saved_to_end(tmp_path, file_limit):
    trainer, checkpoint = build(tmp_path, 2)
    stop_when_saved(trainer, checkpoint, 2)
    with file_limit(1), pytest.raises(OSError, match="could not be written"):
        trainer.run()


def test_bad_arguments_are_named():
    for every in (0, -0.5, 1.5, float("inf"), float("nan")):
        with pytest.raises(ValueError, match=f"every must be >= 1 and whole, or a fraction .* got {every}"):
            TrainingCheckpoint("a.pt", {}, every=every)
    with pytest.raises(TypeError, match=r"objects\['network'\] must have state_dict"):
        TrainingCheckpoint("a.pt", {"network": 3})


def run_process(folder, kill):
    command = [sys.executable, __file__, str(folder), kill]
    return subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=120).returncode


@pytest.mark.slow
@pytest.mark.parametrize("kill", ["in epoch 3", "while writing epoch 3"])
def test_killed_process_goes_on_bit_equal(tmp_path, straight, kill):
    assert run_process(tmp_path, kill) == -signal.SIGKILL
    trainer, checkpoint = build(tmp_path, PLANNED, seed=99)
    assert torch.load(checkpoint.path, weights_only=True)["engine"]["epoch"] == 2
    checkpoint.restore(trainer)
    trainer.run()
    assert_same(states(checkpoint), straight)
    assert not list(tmp_path.glob("*.tmp"))


def _die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def _victim(folder, kill):
    trainer, _ = build(folder, PLANNED)
    if kill == "in epoch 3":
        trainer.add_event_handler(Events.ITERATION_COMPLETED(once=2 * SAMPLES // BATCH + 3), _die)
    else:
        trainer.add_event_handler(Events.EPOCH_STARTED(once=3), lambda: setattr(os, "fsync", _die))
    trainer.run()


@pytest.mark.slow
def test_two_processes_go_on_bit_equal_each_with_its_own_generators(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = os.environ | {"OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    command = [sys.executable, __file__, str(tmp_path)]
    processes = [
        subprocess.Popen(command, env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    assert len((tmp_path / "resumed" / "curves.csv").read_text().splitlines()) == 1 + PLANNED


def _one_of_two(folder):
    torch.distributed.init_process_group("gloo")
    ranks = {"rank": idist.get_rank(), "ranks": idist.get_world_size()}
    straight, expected = build(f"{folder}/straight", PLANNED, **ranks)
    straight.run()
    first, _ = build(f"{folder}/resumed", PLANNED, **ranks)
    stop_after(first, 2)
    first.run()
    torch.distributed.barrier()
    if idist.get_rank():
        shutil.copytree(f"{folder}/resumed", f"{folder}/apart")
    torch.distributed.barrier()
    second, checkpoint = build(f"{folder}/resumed", PLANNED, seed=99, **ranks)
    checkpoint.restore(second)
    second.run()
    assert_same(states(checkpoint), states(expected))
    assert_same(second.prepare_batch.state_dict(), straight.prepare_batch.state_dict())
    generators = idist.all_gather(second.prepare_batch.state_dict()["generator"][None])
    assert not torch.equal(*generators)
    curves = idist.all_gather(states(checkpoint)["curves"])
    assert_same(*curves)
    apart, checkpoint = build(f"{folder}/{('resumed', 'apart')[idist.get_rank()]}", PLANNED, **ranks)
    with pytest.raises(
        RuntimeError, match=r"all processes must read the same checkpoint .* got epoch 2, .* and epoch 4, "
    ):
        checkpoint.restore(apart)
    torch.distributed.barrier()  # rank 0 holds the store: it must not leave first
    del straight, expected, first, second, apart, checkpoint
    gc.collect()  # networks keep gloo's threads alive, which must end before the interpreter does
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    _victim(*sys.argv[1:]) if len(sys.argv) > 2 else _one_of_two(*sys.argv[1:])

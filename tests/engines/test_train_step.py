# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
import torch.distributed as dist
from ignite.engine import Events
from monai.engines import SupervisedTrainer
from monai.engines.utils import IterationEvents, default_prepare_batch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from monai_ext.engines import TrainStep

BATCHES = 5


def network() -> nn.Module:
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.arange(6).view(2, 3) / 10)
        layer.bias.zero_()
    return layer


def prepare(batch, device, non_blocking=False, *, epoch=0, **_):
    return default_prepare_batch(batch, device, non_blocking)


def trainer(step=None, *, wrapped=None, prepare_batch=prepare, **options) -> SupervisedTrainer:
    draw = torch.Generator().manual_seed(0)
    data = [
        {"image": torch.randn(3, generator=draw), "label": torch.randn(2, generator=draw)} for _ in range(2 * BATCHES)
    ]
    learner = wrapped or network()
    return SupervisedTrainer(
        device="cpu", max_epochs=2, train_data_loader=DataLoader(data, batch_size=2), network=learner,
        optimizer=torch.optim.AdamW(learner.parameters(), 0.1), loss_function=nn.MSELoss(reduction="none"),
        iteration_update=step, prepare_batch=prepare_batch, decollate=False, **options,
    )  # fmt: skip


@pytest.mark.parametrize("accumulation", [1, 2, 3])
@pytest.mark.parametrize("set_to_none", [True, False])
def test_in_fp32_it_is_monais_own_step(accumulation, set_to_none):
    """Also where the last step of an epoch has fewer micro-batches."""
    options = {"accumulation_steps": accumulation, "optim_set_to_none": set_to_none}
    ours, theirs = trainer(TrainStep(), **options), trainer(prepare_batch=default_prepare_batch, **options)
    losses = ([], [])
    for engine, seen in zip((ours, theirs), losses, strict=True):
        engine.add_event_handler(Events.ITERATION_COMPLETED, lambda e, s=seen: s.append(e.state.output["loss"].item()))
        engine.run()
    assert losses[0] == losses[1] and len(losses[0]) == 2 * BATCHES
    assert torch.equal(ours.network.weight, theirs.network.weight)
    assert not torch.equal(ours.network.weight, network().weight)


def test_events_are_fired_in_order_and_the_output_is_there_when_they_are():
    engine, seen = trainer(TrainStep()), []
    wanted = {
        IterationEvents.FORWARD_COMPLETED: {"image", "label", "pred"},
        IterationEvents.LOSS_COMPLETED: {"image", "label", "pred", "loss"},
        IterationEvents.BACKWARD_COMPLETED: {"image", "label", "pred", "loss"},
        IterationEvents.MODEL_COMPLETED: {"image", "label", "pred", "loss"},
    }
    for event in wanted:
        engine.add_event_handler(event, lambda e, name=event: seen.append((name, set(e.state.output))))
    engine.run()
    assert seen == list(wanted.items()) * 2 * BATCHES


def test_the_preparation_is_told_the_epoch():
    epochs = []

    def told(batch, device, non_blocking=False, *, epoch, **_):
        epochs.append(epoch)
        return default_prepare_batch(batch, device, non_blocking)

    trainer(TrainStep(), prepare_batch=told).run()
    assert epochs == [1] * BATCHES + [2] * BATCHES


def test_half_precision_reaches_preparation_network_and_loss():
    types, table = [], torch.eye(2)

    def halved(batch, device, non_blocking=False, **_):
        types.append(torch.mm(table, table).dtype)
        return default_prepare_batch(batch, device, non_blocking)

    engine = trainer(TrainStep(torch.bfloat16), prepare_batch=halved)
    engine.add_event_handler(IterationEvents.LOSS_COMPLETED, lambda: types.append(torch.mm(table, table).dtype))
    engine.add_event_handler(IterationEvents.BACKWARD_COMPLETED, lambda: types.append(torch.mm(table, table).dtype))
    engine.run()
    assert types[:3] == [torch.bfloat16, torch.bfloat16, torch.float32]
    assert engine.network.weight.dtype == torch.float32


def test_a_scaler_skips_a_step_that_overflows_and_goes_on():
    engine = trainer(TrainStep())

    def overflow(engine):
        engine.scaler = engine.scaler or torch.amp.GradScaler("cpu", init_scale=8.0)
        if engine.state.iteration == 2:
            engine.network.weight.grad[0, 0] = float("inf")

    weights = []
    engine.add_event_handler(Events.STARTED, overflow)
    engine.add_event_handler(IterationEvents.BACKWARD_COMPLETED, overflow)
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda e: weights.append(e.network.weight.detach().clone()))
    engine.run()
    assert torch.equal(weights[1], weights[0]) and not torch.equal(weights[2], weights[1])
    assert all(weight.isfinite().all() for weight in weights) and engine.scaler.get_scale() == 4.0


def test_processes_exchange_gradients_once_a_step(tmp_path):
    """A group of one process, whose exchanges are counted."""
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    try:
        shared, exchanges = DistributedDataParallel(network()), []

        def count(state, bucket):
            exchanges.append(1)
            future = torch.futures.Future()
            future.set_result(bucket.buffer())
            return future

        shared.register_comm_hook(None, count)
        engine = trainer(TrainStep(), wrapped=shared, accumulation_steps=2)
        engine.run()
    finally:
        dist.destroy_process_group()
    alone = trainer(TrainStep(), accumulation_steps=2)
    alone.run()
    assert len(exchanges) == 2 * 3  # steps of 2, 2 and 1 micro-batches
    assert torch.equal(shared.module.weight, alone.network.weight)

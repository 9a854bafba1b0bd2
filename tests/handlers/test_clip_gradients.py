# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from ignite.engine import Events
from monai.engines import SupervisedTrainer
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from monai_ext.handlers import ClipGradients

DATA = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))


class Steps(torch.optim.SGD):
    """Remembers the gradient of each step."""

    def __init__(self, *args, **knobs):
        super().__init__(*args, **knobs)
        self.gradients = []

    def step(self, closure=None):
        self.gradients.append(torch.cat([p.grad.flatten() for group in self.param_groups for p in group["params"]]))
        return super().step(closure)


def run(max_norm=None, *, data=DATA, batch=2, scale=100.0, scaler=None, epochs=1, **knobs):
    """The gradients of the steps of a real trainer, whose loss is `scale` times a squared error."""
    network = torch.nn.utils.skip_init(nn.Linear, 3, 1)
    nn.init.ones_(network.weight), nn.init.zeros_(network.bias)
    optimizer = Steps(network.parameters(), lr=1e-9)
    trainer = SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=DataLoader(data, batch_size=batch),
        network=network,
        optimizer=optimizer,
        loss_function=lambda pred, target: scale * (pred - target).square().mean(),
        prepare_batch=lambda batch, *_, **__: (batch, batch.sum(1, keepdim=True) + 1),
        train_handlers=[ClipGradients(max_norm)] if max_norm else [],
        decollate=False,
        **knobs,
    )
    if scaler is not None:  # MONAI makes one for CUDA when the run starts, which does nothing here
        trainer.amp = True
        trainer.add_event_handler(Events.STARTED, lambda engine: setattr(engine, "scaler", scaler))
    trainer.run()
    return optimizer.gradients


def test_long_gradients_are_shortened_and_keep_their_direction():
    plain, clipped = run(), run(0.5)
    assert len(clipped) == 3
    for before, after in zip(plain, clipped, strict=True):
        assert before.norm() > 10
        torch.testing.assert_close(after, before / before.norm() * 0.5, atol=1e-4, rtol=1e-3)


def test_short_gradients_are_left_alone():
    for before, after in zip(run(scale=1e-3), run(0.5, scale=1e-3), strict=True):
        assert torch.equal(before, after)


@pytest.mark.parametrize("epochs", [1, 2])
def test_accumulated_gradients_are_shortened_when_they_are_complete(epochs):
    """Steps after batches 1-2 and 3, the flush at the end of an epoch; the first is that of one batch of four images."""
    plain, clipped = run(accumulation_steps=2, epochs=epochs), run(0.5, accumulation_steps=2, epochs=epochs)
    assert len(plain) == len(clipped) == 2 * epochs
    for before, after in zip(plain, clipped, strict=True):
        torch.testing.assert_close(after, before / before.norm() * 0.5, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(clipped[0], run(0.5, batch=4)[0], atol=1e-4, rtol=1e-3)


class Endless(IterableDataset):
    def __iter__(self):
        return iter(DATA)


def test_a_loader_of_unknown_length_is_clipped_too():
    """Before its first epoch ends, nobody knows whether a batch is the last one: as MONAI's trainer, it counts batches alone."""
    gradients = run(0.5, data=Endless(), accumulation_steps=3)
    assert [gradient.norm().item() for gradient in gradients] == pytest.approx([0.5], abs=1e-4)


@pytest.mark.filterwarnings("ignore:CUDA is not available", "ignore:torch.cuda.amp.GradScaler is enabled")
@pytest.mark.parametrize("accumulation", [1, 2])
def test_with_a_gradient_scaler_the_true_gradient_is_shortened(accumulation):
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    clipped = run(0.5, scaler=scaler, accumulation_steps=accumulation)
    assert scaler.get_scale() == 1024 and len(clipped) == 3 // accumulation + (accumulation == 2)
    for before, after in zip(run(accumulation_steps=accumulation), clipped, strict=True):
        torch.testing.assert_close(after, before / before.norm() * 0.5, atol=1e-4, rtol=1e-3)


@pytest.mark.filterwarnings("ignore:CUDA is not available", "ignore:torch.cuda.amp.GradScaler is enabled")
def test_an_overflow_is_still_seen_by_the_scaler():
    """A step whose scaled gradient is infinite is left out, and the scale halved."""
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    assert run(0.5, scaler=scaler, batch=6) == [] and scaler.get_scale() == 2.0**126


def test_a_norm_that_is_not_positive_is_refused():
    for norm in (0, -1, float("nan")):
        with pytest.raises(ValueError, match=f"max_norm must be positive, got {norm}"):
            ClipGradients(norm)

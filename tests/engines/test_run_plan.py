# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from monai_ext.engines import PrepareFrames, PrepareMaskedBatch, RunPlan


def plan(**changes) -> RunPlan:
    knobs = {"images": 171_478, "epochs": 800, "batch_size": 2048, "base_rate": 1.5e-4, "warmup_epochs": 40}
    return RunPlan(**(knobs | changes))


def test_published_recipe():
    """arXiv 2508.10794: batch 2048 at base rate 1.5e-4 is a rate of 1.2e-3."""
    published = plan()
    assert (published.micro_batch, published.accumulation, published.total_batch) == (256, 8, 2048)
    assert published.learning_rate == pytest.approx(1.2e-3)
    assert published.steps == 171_478 // 2048 and published.iterations == 8 * published.steps
    assert published.warmup_steps == 40 * published.steps


@pytest.mark.parametrize(("world_size", "accumulation"), [(1, 8), (2, 4), (8, 1), (16, 1)])
def test_processes_share_the_batch(world_size, accumulation):
    shared = plan(world_size=world_size)
    assert shared.total_batch == 2048 and shared.accumulation == accumulation
    assert (shared.steps, shared.warmup_steps) == (plan().steps, plan().warmup_steps)


def test_a_small_corpus_makes_a_small_batch_and_says_so():
    small = plan(images=700)
    assert (small.micro_batch, small.accumulation, small.iterations) == (233, 3, 3)
    assert small.learning_rate == pytest.approx(1.5e-4 * 699 / 256)
    assert "batch 699" in small.describe() and "batch_size 2048 was asked" in small.describe()


def test_bad_numbers_are_refused():
    with pytest.raises(ValueError, match="epochs must be positive, got 0"):
        plan(epochs=0)
    with pytest.raises(ValueError, match="every process needs an image a step, got 3 images"):
        plan(images=3, world_size=4)


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, image, hidden, n_hidden):
        return self.weight * image


class Frames:
    def __getitems__(self, indices):
        size = len(indices)
        return {
            "image": torch.zeros(size, 1, 16, 16, dtype=torch.uint8),
            "vessels": torch.zeros(size, 1, 16, 2, dtype=torch.uint8),
            "extent": torch.tensor([[16, 16]] * size),
            "index": torch.tensor(indices),
        }


def test_probe_leaves_no_trace(global_rng_untouched):
    prepare = PrepareMaskedBatch(PrepareFrames(image_size=16, mean=0, std=1), patch_size=8, eta=1)
    network = Scale()
    seconds = plan(images=4, batch_size=4, epochs=2, warmup_epochs=0).seconds(
        network, lambda prediction, targets: prediction.sum(), prepare, Frames(), "cpu"
    )
    assert seconds > 0 and network.weight.grad is None
    fresh = PrepareMaskedBatch(PrepareFrames(image_size=16, mean=0, std=1), patch_size=8, eta=1)
    batch = Frames().__getitems__([0, 1])
    assert torch.equal(prepare(batch, "cpu")[1]["hidden"], fresh(batch, "cpu")[1]["hidden"])


def test_probe_of_a_network_with_dropout_leaves_the_global_generator(global_rng_untouched):
    prepare = PrepareMaskedBatch(PrepareFrames(image_size=16, mean=0, std=1), patch_size=8, eta=1)
    plan(images=4, batch_size=4, epochs=2, warmup_epochs=0).seconds(
        Scale(), lambda prediction, targets: F.dropout(prediction).sum(), prepare, Frames(), "cpu"
    )


def test_a_warm_up_as_long_as_the_run_is_refused():
    with pytest.raises(ValueError, match="below epochs, got 40 of 40"):
        plan(epochs=40)


def test_rate_of_any_batch_without_a_reference():
    assert plan(reference_batch=None, batch_size=32).learning_rate == 1.5e-4

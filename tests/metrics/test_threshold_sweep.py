# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import socket
import subprocess
import sys

import ignite.distributed as idist
import pytest
import torch
from ignite.engine import Engine
from monai.engines import SupervisedEvaluator
from monai.metrics import DiceMetric
from monai.transforms import CopyItemsd
from torch import nn
from torch.utils.data import DataLoader

from monai_ext.metrics import ThresholdSweep
from monai_ext.transforms import LogitsToMaskd


def pairs(count: int, seed: int = 0, shift: float = 0.0) -> list[dict[str, torch.Tensor]]:
    """Logits that know their label a little, of odd and different sizes."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for i in range(count):
        label = torch.rand(1, 7 + i, 12, generator=generator) > 0.7
        made.append(
            {
                "logits": 2.0 * label + torch.randn(label.shape, generator=generator) + shift,
                "label": label.to(torch.uint8),
            }
        )
    return made


def sweep(images: list[dict], **knobs) -> ThresholdSweep:
    """After a real engine's run, one image a batch."""
    engine, metric = Engine(lambda engine, batch: [batch]), ThresholdSweep(**knobs)
    metric.attach(engine, "threshold")
    assert engine.run(images).metrics["threshold"] == metric.threshold
    return metric


def test_mean_dice_by_threshold_is_that_of_monai(global_rng_untouched):
    images = pairs(5)
    metric = sweep(images)
    assert list(metric.dice) == pytest.approx([i / 20 for i in range(1, 20)])
    for threshold, value in metric.dice.items():
        reference = DiceMetric()
        for image in images:
            reference((image["logits"].sigmoid() > threshold)[None].float(), image["label"][None].float())
        assert value == pytest.approx(reference.aggregate().item(), abs=1e-6)
    assert metric.dice[metric.threshold] == max(metric.dice.values())


@pytest.mark.parametrize("shift", [-2.0, 2.0])
def test_the_threshold_follows_a_shift_of_the_logits(shift):
    assert (sweep(pairs(6, shift=shift)).threshold > 0.5) == (shift > 0)


def test_of_equal_thresholds_the_one_nearest_to_a_half_wins():
    label = torch.zeros(1, 4, 6, dtype=torch.uint8)
    label[..., :2] = 1
    perfect = [{"logits": 20.0 * label - 10, "label": label}]
    assert sweep(perfect).threshold == 0.5
    assert sweep(perfect, thresholds=[0.1, 0.3, 0.95]).threshold == 0.3


def test_empty_labels_do_not_count():
    images = pairs(3)
    empty = {"logits": torch.randn(1, 5, 5, generator=torch.Generator().manual_seed(1)), "label": torch.zeros(1, 5, 5)}
    assert sweep([empty, *images, empty]).dice == sweep(images).dice


@pytest.mark.parametrize("channels", [1, 26])
def test_without_an_image_that_counts_it_stays_at_a_half(channels):
    """Several classes are not cut by a threshold."""
    label = torch.full((1, 4, 4), int(channels > 1))
    metric = sweep([{"logits": torch.zeros(channels, 4, 4), "label": label}])
    assert metric.threshold == 0.5 and metric.dice == {}


def test_another_run_starts_anew_and_compute_may_be_called_again():
    metric = ThresholdSweep()
    engine = Engine(lambda engine, batch: [batch])
    metric.attach(engine, "threshold")
    engine.run(pairs(4, shift=3))
    engine.run(pairs(2))
    fresh = sweep(pairs(2))
    assert metric.dice == fresh.dice and metric.threshold == fresh.threshold
    assert metric.compute() == metric.threshold and metric.dice == fresh.dice


def test_beside_the_masks_of_a_real_evaluator():
    data = [{"image": image["logits"].sigmoid(), "label": image["label"]} for image in pairs(3)]
    metric = ThresholdSweep()
    evaluator = SupervisedEvaluator(
        device="cpu",
        val_data_loader=DataLoader(data, batch_size=1),
        network=Logit(),
        postprocessing=lambda data: LogitsToMaskd("pred")(CopyItemsd("pred", names="logits")(data)),
        key_val_metric={"threshold": metric},
    )
    evaluator.run()
    assert evaluator.state.metrics["threshold"] == metric.threshold
    assert metric.dice == pytest.approx(sweep(pairs(3)).dice, abs=1e-6)


class Logit(nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image.logit()


def test_thresholds_out_of_range_are_refused():
    for thresholds in ((), (0.0, 0.5), (1.0,)):
        with pytest.raises(ValueError, match=r"thresholds must be some in \(0, 1\), got"):
            ThresholdSweep(thresholds)


@pytest.mark.slow
def test_two_processes_get_the_threshold_of_one():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = os.environ | {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "OMP_NUM_THREADS": "1",
    }
    processes = [
        subprocess.Popen([sys.executable, __file__], env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]


def _one_of_two() -> None:
    """5 images: rank 0 has one more than rank 1, and asks twice."""
    images = pairs(5)
    alone = sweep(images)
    torch.distributed.init_process_group("gloo")
    metric = sweep(images[idist.get_rank() :: 2])
    metric.compute()
    assert metric.threshold == alone.threshold and metric.dice == pytest.approx(alone.dice)
    torch.distributed.barrier()  # rank 0 holds the store: it must not leave first
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    _one_of_two()

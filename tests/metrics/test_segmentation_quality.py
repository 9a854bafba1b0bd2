# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import os
import socket
import subprocess
import sys

import ignite.distributed as idist
import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.engines import SupervisedEvaluator
from monai.metrics import compute_hausdorff_distance, get_confusion_matrix
from monai.networks import one_hot
from monai.transforms import AsDiscreted
from monai.utils import CommonKeys
from scipy.stats import bootstrap
from torch import nn
from torch.utils.data import DataLoader

from monai_ext.data import FrameSampler
from monai_ext.metrics import SegmentationQuality, compute_cl_dice

ALL = ("dice", "cldice", "hd95", "precision", "recall")


def maps(count: int, classes: int = 1, size: tuple[int, int] = (17, 24), seed: int = 0) -> list[torch.Tensor]:
    """Class maps of random rectangles."""
    generator, made = np.random.default_rng(seed), []
    for _ in range(count):
        image = torch.zeros(1, *size, dtype=torch.uint8)
        for number in range(1, classes + 1):
            row, column = generator.integers(0, size[0] - 6), generator.integers(0, size[1] - 6)
            image[0, row : row + 6, column : column + 6] = number
        made.append(image)
    return made


def measure(metric: SegmentationQuality, pred, label) -> dict[str, float]:
    """By a real engine, one batch."""
    engine = Engine(lambda engine, batch: [{"pred": p, "label": y} for p, y in zip(pred, label, strict=True)])
    metric.attach(engine, "quality")
    return engine.run([0]).metrics["quality"]


def test_measures_of_one_class_are_those_of_monai(global_rng_untouched):
    pred, label = maps(4), maps(4, seed=1)
    metric = SegmentationQuality()
    measure(metric, pred, label)
    for row, p, y in zip(metric.rows, pred, label, strict=True):
        tp, fp, _, fn = get_confusion_matrix(p[None], y[None])[0, 0].tolist()
        hd95 = compute_hausdorff_distance(p[None], y[None], include_background=True, percentile=95).item()
        expected = {"dice": 2 * tp / (2 * tp + fp + fn), "precision": tp / (tp + fp), "recall": tp / (tp + fn)}
        expected |= {"hd95": hd95, "cldice": compute_cl_dice(p[0].numpy() > 0, y[0].numpy() > 0)}
        assert tuple(row) == ALL and row == pytest.approx(expected, abs=1e-6)


def test_distances_are_pixels():
    label, pred = torch.zeros(2, 1, 20, 30, dtype=torch.uint8)
    label[0, 5, 2:28], pred[0, 9, 2:28] = 1, 1
    assert measure(SegmentationQuality(), [pred], [label])["hd95"] == 4


EMPTY, HALF, FULL = torch.zeros(1, 8, 8), torch.cat([torch.ones(1, 4, 8), torch.zeros(1, 4, 8)], 1), torch.ones(1, 8, 8)


@pytest.mark.parametrize(
    ("pred", "label", "expected"),
    [
        (EMPTY, EMPTY, {name: math.nan for name in ALL}),
        (EMPTY, HALF, {"dice": 0, "cldice": 0, "hd95": math.nan, "precision": math.nan, "recall": 0}),
        (HALF, EMPTY, {"dice": 0, "cldice": 0, "hd95": math.nan, "precision": 0, "recall": math.nan}),
        (HALF, HALF, {"dice": 1, "cldice": 1, "hd95": 0, "precision": 1, "recall": 1}),
    ],
)
def test_what_is_empty(pred, label, expected):
    metric = SegmentationQuality()
    assert measure(metric, [pred], [label]) == pytest.approx(expected, nan_ok=True)
    assert metric.rows == [pytest.approx(expected, nan_ok=True)]
    assert set(metric.summary) == {name for name, value in expected.items() if not math.isnan(value)}


def test_images_without_a_measure_do_not_count():
    metric = SegmentationQuality(measures=("dice", "precision", "recall"))
    measure(metric, [EMPTY, EMPTY, HALF], [EMPTY, HALF, FULL])
    assert {name: summary["n"] for name, summary in metric.summary.items()} == {"dice": 2, "precision": 1, "recall": 2}
    means = {name: summary["mean"] for name, summary in metric.summary.items()}
    assert means == pytest.approx({"dice": 1 / 3, "precision": 1, "recall": 1 / 4})
    assert metric.summary["dice"]["std"] == pytest.approx(math.sqrt(2) / 3)


def test_several_classes_are_averaged_by_image_over_those_present():
    """Image 0: class 1 half found (2/3), 2 missed (0), 3 in neither; image 1: class 1 found, 3 false (0)."""
    label, pred = torch.zeros(2, 2, 1, 8, 8, dtype=torch.uint8)
    label[0, 0, :2], pred[0, 0, :1], label[0, 0, 4] = 1, 1, 2
    label[1, 0, :2], pred[1, 0, :2], pred[1, 0, 6] = 1, 1, 3
    metric = SegmentationQuality(3, ("dice", "precision", "recall"), names=("LM", "LAD", "RCA"))
    measure(metric, pred, label)
    assert metric.rows[0] == pytest.approx({"dice": 1 / 3, "precision": 1, "recall": 1 / 4})
    assert metric.rows[1] == pytest.approx({"dice": 1 / 2, "precision": 1 / 2, "recall": 1})
    assert metric.summary_by_class == {
        "LM": {"n": 2, "dice": pytest.approx(5 / 6), "precision": 1, "recall": 3 / 4},
        "LAD": {"n": 1, "dice": 0, "recall": 0},
        "RCA": {"n": 1, "dice": 0, "precision": 0},
    }


def test_a_class_that_is_nowhere_is_in_the_table_without_measures():
    metric = SegmentationQuality(3)
    measure(metric, maps(2, 2), maps(2, 2))
    assert metric.summary_by_class["3"] == {"n": 0}


def test_classes_of_one_image_are_as_measured_alone_and_as_by_monai():
    pred, label = maps(1, 5, (40, 61)), maps(1, 5, (40, 61), seed=3)
    metric = SegmentationQuality(5)
    measure(metric, pred, label)
    for number in range(1, 6):
        alone = measure(SegmentationQuality(), [pred[0] == number], [label[0] == number])
        assert metric.summary_by_class[str(number)] == pytest.approx({"n": 1} | alone)
    onehot = [one_hot(tensor[0][None], 6) for tensor in (pred, label)]
    distances = compute_hausdorff_distance(*onehot, percentile=95)
    assert metric.rows[0]["hd95"] == pytest.approx(distances.nanmean().item())


def test_batches_lists_and_sizes_may_mix():
    small, large = maps(2), maps(1, size=(33, 20))
    metric = SegmentationQuality(measures=("dice",))
    metric.update((torch.stack(small), torch.stack(small).long()))
    metric.update((large, [large[0].float()]))
    assert metric.compute() == {"dice": 1.0} and len(metric.rows) == 3


def test_the_interval_is_a_bootstrap_of_images_the_same_each_time(global_rng_untouched):
    """scipy's percentile bootstrap with other draws; 10,000 resamples agree to about 1 % of the interval's width."""
    pred, label = maps(40), maps(40, seed=1)
    summaries = []
    for _ in range(2):
        metric = SegmentationQuality(measures=("dice", "hd95"))
        measure(metric, pred, label)
        summaries.append(metric.summary)
    assert summaries[0] == summaries[1]
    for name, summary in summaries[0].items():
        values = [row[name] for row in metric.rows if not math.isnan(row[name])]
        interval = bootstrap([values], np.mean, method="percentile", rng=np.random.default_rng(5)).confidence_interval
        width = interval.high - interval.low
        assert summary["ci95"] == pytest.approx([interval.low, interval.high], abs=0.05 * width)
        assert summary["ci95"][0] < summary["mean"] < summary["ci95"][1]


def test_the_interval_does_not_depend_on_the_memory_for_it(monkeypatch):
    made = []
    for block in (2**20, 100):
        monkeypatch.setattr("monai_ext.metrics.segmentation_quality._BLOCK", block)
        metric = SegmentationQuality(measures=("dice",))
        measure(metric, maps(7), maps(7, seed=1))
        made.append(metric.summary)
    assert made[0] == made[1]


class Answer(nn.Module):
    """Logits that are the image."""

    def forward(self, image):
        return image


def evaluator(pred, label, metric, **knobs) -> SupervisedEvaluator:
    """Of MONAI, decollating, over images whose logits are the predictions."""
    data = [{"image": p.float() - 0.5, "label": y} for p, y in zip(pred, label, strict=True)]
    return SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(data, batch_size=1, sampler=knobs.pop("sampler", None)),
        network=Answer(),
        postprocessing=AsDiscreted(keys=CommonKeys.PRED, threshold=0.0),
        key_val_metric={"val_dice": metric["dice"]},
        additional_metrics={"quality": metric},
        decollate=True,
        **knobs,
    )


def test_one_measure_is_the_key_metric_of_an_evaluator():
    metric = SegmentationQuality(measures=("dice", "recall"))
    engine = evaluator(maps(3), maps(3, seed=1), metric)
    engine.run()
    expected = np.mean([row["dice"] for row in metric.rows])
    assert engine.state.best_metric == engine.state.metrics["val_dice"] == pytest.approx(expected)
    assert engine.state.metrics["recall"] == metric.summary["recall"]["mean"] and len(metric.rows) == 3
    engine.run()
    assert len(metric.rows) == 3


@pytest.mark.parametrize(
    ("pred", "label", "message"),
    [
        (FULL, 255 * FULL, r"label must hold the numbers 0\.\.1, got 255; set classes to the highest one"),
        (0.5 * FULL, FULL, r"pred must hold the numbers 0\.\.1, got 0\.5"),
        (math.nan * FULL, FULL, r"pred must hold the numbers 0\.\.1, got nan"),
        (-FULL, FULL, r"pred must hold the numbers 0\.\.1, got -1"),
        (FULL, FULL[:, :7], r"must be of one size, got \(8, 8\) and \(7, 8\)"),
        (FULL.expand(2, 8, 8), FULL, r"pred must be a class map \(1, height, width\), got \(2, 8, 8\)"),
    ],
)
def test_bad_maps_are_named(pred, label, message):
    with pytest.raises(ValueError, match=message):
        SegmentationQuality().update(([pred], [label]))


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"classes": 0}, "classes must be at least 1, got 0"),
        (
            {"measures": ("dice", "iou")},
            "measures must be some of dice, cldice, hd95, precision, recall, got dice, iou",
        ),
        ({"measures": ()}, "got none"),
        ({"classes": 2, "names": ["LM"]}, "names must be one a class, got 1 names and 2 classes"),
    ],
)
def test_bad_arguments_are_named(knobs, message):
    with pytest.raises(ValueError, match=message):
        SegmentationQuality(**knobs)


def test_no_data_is_an_error():
    with pytest.raises(RuntimeError, match="no image was evaluated"):
        SegmentationQuality().compute()


@pytest.mark.slow
def test_two_processes_give_every_rank_the_rows_of_one(tmp_path):
    """7 images: rank 0 has one more than rank 1."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = os.environ | {"OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    processes = [
        subprocess.Popen([sys.executable, __file__], env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]


def _one_of_two():
    pred, label = maps(7), maps(7, seed=1)
    alone, shared = SegmentationQuality(), SegmentationQuality()
    alone.update((pred, label))
    expected = alone.compute()
    torch.distributed.init_process_group("gloo")
    evaluator(pred, label, shared, sampler=FrameSampler(range(7), shuffle=False)).run()
    assert len(shared.rows) == 7 and len({row["hd95"] for row in shared.rows}) > 4
    assert str((shared.compute(), shared.rows, shared.summary)) == str((expected, alone.rows, alone.summary))  # nan
    shared.reset()
    shared.update((pred[:1], label[:1]) if idist.get_rank() == 0 else (pred[:3], label[:3]))
    with pytest.raises(RuntimeError, match=r"must be dealt to the ranks in turns, got \[1, 3\] and not \[2, 2\]"):
        shared.compute()
    torch.distributed.barrier()  # rank 0 holds the store: it must not leave first
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    _one_of_two()

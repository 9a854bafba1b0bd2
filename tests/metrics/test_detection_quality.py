# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch
from faster_coco_eval import COCO, COCOeval_faster
from monai.engines import SupervisedEvaluator
from monai.metrics import compute_froc_curve_data, compute_froc_score
from torch import nn
from torch.utils.data import DataLoader

from monai_ext.data import FrameSampler
from monai_ext.metrics import DetectionQuality

PRECISIONS = ("mAP", "mAP50", "mAP75")
FROC = ("sensitivity_0.5fp", "sensitivity_1fp", "sensitivity_2fp")
AT_THRESHOLD = ("sensitivity", "precision", "f1", "false_positives_per_image")


def place(number: int) -> list[float]:
    """Boxes of 20 by 10 pixels that do not touch."""
    return [40.0 * number, 5.0, 40.0 * number + 20, 15.0]


def image(true: int, found=(), false=()) -> tuple[dict, dict]:
    """An image with true boxes 0, 1, ...; `found` has the score of a prediction by box, `false` those of predictions elsewhere."""
    found = dict(found)
    boxes = [place(number) for number in found] + [place(100 + number) for number in range(len(false))]
    prediction = {
        "boxes": torch.tensor(boxes).reshape(-1, 4),
        "scores": torch.tensor([*found.values(), *false]),
        "labels": torch.zeros(len(boxes), dtype=torch.long),
    }
    truth = torch.tensor([place(number) for number in range(true)]).reshape(-1, 4)
    return prediction, {"boxes": truth, "labels": torch.zeros(true, dtype=torch.long)}


def measure(*images, **knobs) -> DetectionQuality:
    metric = DetectionQuality(**knobs)
    metric.update(tuple(zip(*images, strict=True)))
    metric.compute()
    return metric


def random_images(seed: int, count: int = 25) -> list[tuple[dict, dict]]:
    """Whole pixels in even seeds, where overlaps of exactly 0.7 happen; few different scores; empty images; duplicates; more than 100 predictions."""
    generator = np.random.default_rng(seed)

    def random_boxes(number: int) -> np.ndarray:
        low, side = generator.integers(0, 60, (number, 2)), generator.integers(1, 30, (number, 2))
        return np.concatenate([low, low + side], 1).astype(np.float32)

    images = []
    for index in range(count):
        truth = random_boxes(generator.integers(0, 5))
        truth = np.concatenate([truth, truth[: generator.integers(0, 2)]])
        near = np.concatenate([truth, truth[::2]])
        near += generator.normal(size=near.shape) if seed % 2 else generator.integers(0, 4, near.shape)
        near[:, 2:] = np.maximum(near[:, :2], near[:, 2:])
        other = random_boxes(120 if index == 3 else generator.integers(0, 4))
        boxes = np.concatenate([near, other])[: 0 if index == 5 else None]
        scores = generator.random(len(boxes)).round(2).astype(np.float32)
        images.append(({"boxes": torch.tensor(boxes), "scores": torch.tensor(scores)}, {"boxes": torch.tensor(truth)}))
    return images


def coco(images) -> list[float]:
    """mAP, mAP50 and mAP75 by faster-coco-eval."""
    truths, found = [], []
    for number, (prediction, target) in enumerate(images, 1):
        for x0, y0, x1, y1 in target["boxes"].tolist():
            box = {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "iscrowd": 0}
            truths.append({"id": len(truths) + 1, "image_id": number, "category_id": 1, **box})
        for (x0, y0, x1, y1), score in zip(prediction["boxes"].tolist(), prediction["scores"].tolist(), strict=True):
            box = {"bbox": [x0, y0, x1 - x0, y1 - y0], "score": score}
            found.append({"image_id": number, "category_id": 1, **box})
    files = [{"id": number + 1, "width": 512, "height": 512} for number in range(len(images))]
    truth = COCO({"images": files, "annotations": truths, "categories": [{"id": 1, "name": "stenosis"}]})
    evaluation = COCOeval_faster(truth, truth.loadRes(found), "bbox")
    evaluation.run()
    return list(evaluation.stats[:3])


@pytest.mark.parametrize("seed", range(10))
def test_average_precisions_are_those_of_faster_coco_eval(seed, global_rng_untouched):
    images = random_images(seed)
    values = measure(*images).compute()
    assert [values[name] for name in PRECISIONS] == pytest.approx(coco(images), abs=1e-6)
    assert 0.02 < values["mAP"] < values["mAP50"] < 0.9


@pytest.mark.parametrize("true", [7, 10, 28, 29, 100, 1000])
def test_a_recall_of_exactly_a_hundredth_counts_as_in_coco(true):
    """Found in turn with a false one: precision falls at each step of the recall. Alone MONAI compares it in single precision."""
    scores = 1 - np.arange(2 * true) / (4 * true)
    images = [image(1, {0: found}, [false]) for found, false in scores.reshape(-1, 2).tolist()]
    assert measure(*images).compute()["mAP50"] == pytest.approx(coco(images)[1], abs=1e-6)


def test_by_hand():
    """4 true boxes. By score: 0.9 found, 0.8 false, 0.7 found, 0.6 false, 0.5 false, 0.4 found; the fourth is missed.

    Precision at recall up to 1/4 is 1 (thresholds 0..0.25: 26), to 2/4 2/3 (25), to 3/4 3/6 (25), then 0. Operating points of the FROC (false an image, found):
    (0, 1/4), (1/2, 1/4), (1/2, 2/4), (1, 2/4), (3/2, 2/4), (3/2, 3/4).
    """
    metric = measure(image(3, {0: 0.9, 1: 0.4}, [0.6, 0.5]), image(1, {0: 0.7}, [0.8]), score_threshold=0.6)
    average = (26 + 25 * 2 / 3 + 25 * 3 / 6) / 101
    values = {"mAP": average, "mAP50": average, "mAP75": average}
    values |= {"sensitivity_0.5fp": 2 / 4, "sensitivity_1fp": 2 / 4, "sensitivity_2fp": 3 / 4}
    values |= {"sensitivity": 2 / 4, "precision": 2 / 4, "f1": 2 / 4, "false_positives_per_image": 1}
    assert metric.compute() == pytest.approx(values, abs=1e-6)
    assert metric.rows == [
        {"true": 3, "found": 1, "missed": 2, "false": 1, "f1": pytest.approx(2 / 5), "best_score": pytest.approx(0.9)},
        {"true": 1, "found": 1, "missed": 0, "false": 1, "f1": pytest.approx(2 / 3), "best_score": pytest.approx(0.8)},
    ]
    assert all(type(row[name]) is int for row in metric.rows for name in ("true", "found", "missed", "false"))


def test_between_operating_points_the_froc_is_straight():
    """0 false with 1 of 2 found, 4 / 2 with both."""
    values = measure(image(1, {0: 0.9}), image(1, {0: 0.1}, [0.5, 0.4, 0.3, 0.1])).compute()
    assert [values[name] for name in FROC] == pytest.approx([1 / 2, 1 / 2, 1])
    values = measure(image(1, {0: 0.9}), image(1, {0: 0.1}, [0.1] * 4)).compute()
    assert [values[name] for name in FROC] == pytest.approx([5 / 8, 6 / 8, 1])


def test_predictions_of_equal_score_come_all_or_none():
    """No threshold tells the hit from the two false ones: 1 image, (0, 0) to (2, 1)."""
    values = measure(image(1, {0: 0.5}, [0.5, 0.5])).compute()
    assert [values[name] for name in FROC] == pytest.approx([1 / 4, 1 / 2, 1])


def test_with_fewer_false_ones_than_asked_all_predictions_count():
    """The one with the lowest score, too, which MONAI's curve leaves out."""
    values = measure(image(2, {0: 0.9, 1: 0.2}), image(1)).compute()
    assert [values[name] for name in FROC] == pytest.approx([2 / 3] * 3)


@pytest.mark.parametrize("seed", range(4))
def test_froc_is_that_of_monai_where_some_box_is_missed(seed):
    """MONAI's curve leaves out the lowest score: a missed box has 0 there, as in CAMELYON16."""
    images = random_images(seed)
    metric = measure(*images, score_threshold=0.0)
    hits = [row["found"] for row in metric.rows]
    false, found = [], []
    for part in metric._images:
        hit = part["dtMatches"][0] > 0
        false, found = false + part["dtScores"][~hit].tolist(), found + part["dtScores"][hit].tolist()
    boxes = sum(row["true"] for row in metric.rows)
    assert len(found) == sum(hits) < boxes
    found += [0.0] * (boxes - len(found))
    curve = compute_froc_curve_data(np.array(false), np.array(found), boxes, len(images))
    expected = [compute_froc_score(*curve, (rate,)) for rate in (0.5, 1, 2)]
    assert [metric.compute()[name] for name in FROC] == pytest.approx(expected, abs=1e-9)


def test_a_second_prediction_of_a_box_is_a_false_one():
    prediction, target = image(1, {0: 0.9})
    twice = {"boxes": prediction["boxes"].repeat(2, 1), "scores": torch.tensor([0.8, 0.9])}
    metric = measure((twice, target))
    assert metric.rows[0] | {"best_score": 0} == {
        "true": 1, "found": 1, "missed": 0, "false": 1, "f1": pytest.approx(2 / 3), "best_score": 0,
    }  # fmt: skip
    assert metric.compute()["mAP50"] == pytest.approx(1) and metric.compute()["precision"] == 1 / 2


def test_two_equal_true_boxes_are_two():
    prediction, target = image(1, {0: 0.9})
    metric = measure((prediction, {"boxes": target["boxes"].repeat(2, 1)}))
    assert (metric.rows[0]["found"], metric.rows[0]["missed"]) == (1, 1)


def test_no_prediction_scores_nothing():
    metric = measure(image(2), image(1))
    nothing = {name: 0.0 for name in (*PRECISIONS, *FROC, *AT_THRESHOLD)} | {"precision": math.nan}
    assert metric.compute() == pytest.approx(nothing, nan_ok=True)
    assert metric.rows[0] == pytest.approx(
        {"true": 2, "found": 0, "missed": 2, "false": 0, "f1": 0, "best_score": math.nan}, nan_ok=True
    )
    assert metric.best_threshold == 0.5 and "precision" not in metric.summary


def test_without_a_true_box_it_is_undefined(caplog):
    metric = measure(image(0), image(0, (), [0.7]))
    values = metric.compute()
    assert all(math.isnan(values[name]) for name in (*PRECISIONS, *FROC, "sensitivity"))
    assert (values["precision"], values["f1"], values["false_positives_per_image"]) == (0, 0, 0.5)
    assert math.isnan(metric.rows[0]["f1"]) and metric.rows[1]["f1"] == 0
    assert set(metric.summary) == {"precision", "f1", "false_positives_per_image"} and metric.best_threshold == 0.5
    assert not caplog.messages


def test_images_without_boxes_count_in_the_false_positives_an_image():
    values = measure(image(1, {0: 0.9}, [0.8]), image(0, (), [0.7]), image(0), image(0)).compute()
    assert values["false_positives_per_image"] == 2 / 4
    assert values["precision"] == pytest.approx(1 / 3)


def test_the_overlap_that_hits_is_a_knob_but_not_of_the_average_precisions():
    prediction, target = image(1, {0: 0.9})
    prediction["boxes"] = prediction["boxes"] + torch.tensor([0.0, 0.0, 0.0, -5.0])  # overlap 0.5
    for iou, found in ((0.4, 1), (0.5, 1), (0.501, 0), (1, 0)):
        values = measure((prediction, target), iou=iou).compute()
        assert [values[name] for name in ("sensitivity", "f1", *FROC)] == [found] * 5
        assert [values[name] for name in PRECISIONS] == pytest.approx([1 / 10, 1, 0])


def test_the_best_threshold_has_the_best_f1():
    images = random_images(1)
    best = measure(*images).best_threshold
    scores = torch.cat([prediction["scores"] for prediction, _ in images]).unique().tolist()
    f1 = {threshold: measure(*images, score_threshold=threshold).compute()["f1"] for threshold in [*scores, best]}
    assert f1[best] == max(f1.values()) > min(f1.values())
    assert best not in scores


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ([image(2, {0: 0.9, 1: 0.6}, [0.4])], 0.5),  # between
        ([image(1, {0: 0.75}, [])], 0.375),  # half the lowest
        ([image(2, {0: 0.75}, [0.5, 0.25, 0.25])], 0.625),
        ([image(2, {0: 0.75, 1: 0.25}, [0.5, 0.5])], 0.625),  # of equal ones the highest: F1 2/3 with one, 4/6 with all
        ([image(1, {}, [0.9])], 0.5),
        ([image(0, {}, [0.9])], 0.5),
        ([image(3)], 0.5),
    ],
)
def test_best_threshold_by_hand(images, expected):
    assert measure(*images).best_threshold == pytest.approx(expected, abs=1e-6)


def test_order_of_predictions_does_not_matter_where_scores_differ():
    images, turned = random_images(3), []
    for prediction, target in images:
        prediction["scores"] = (torch.arange(len(prediction["scores"])) + prediction["scores"]) / 1000
        turned.append(({name: value.flip(0) for name, value in prediction.items()}, target))
    assert measure(*images).compute() == measure(*turned).compute()


def test_only_the_hundred_highest_scores_of_an_image_count():
    metric = measure(image(1, {0: 0.1}, [0.9] * 100), score_threshold=0.0)
    assert (metric.rows[0]["found"], metric.rows[0]["false"]) == (0, 100)


def test_summary_tells_value_number_of_images_and_their_spread(global_rng_untouched):
    """Sensitivity of images with one box each, found in half of them: a share, with the binomial's deviation."""
    images = [image(1, {0: 0.9} if index % 2 else ()) for index in range(100)]
    metrics = [measure(*images) for _ in range(2)]
    assert metrics[0].summary == metrics[1].summary
    for name, value in metrics[0].compute().items():
        assert metrics[0].summary[name]["mean"] == value and metrics[0].summary[name]["n"] == 100
    told = metrics[0].summary["sensitivity"]
    assert told["std"] == pytest.approx(0.05, rel=0.15)
    assert told["ci95"] == pytest.approx([0.4, 0.6], abs=0.03)
    assert metrics[0].summary["precision"] == {"mean": 1, "std": 0, "n": 100, "ci95": [1, 1]}


def test_of_one_image_the_interval_is_its_value():
    told = measure(image(2, {0: 0.9})).summary["f1"]
    assert told["n"] == 1 and told["std"] == pytest.approx(0)
    assert [told["mean"], *told["ci95"]] == pytest.approx([2 / 3] * 3)


def test_sets_of_images_without_a_box_have_no_average_precision():
    metric = measure(image(1, {0: 0.9}), image(0))
    assert metric.summary["mAP50"]["ci95"] == pytest.approx([1, 1])


def test_a_new_run_forgets_the_old_one():
    metric = measure(image(1, {0: 0.9}))
    assert metric.summary["f1"]["mean"] == 1 and metric.best_threshold == pytest.approx(0.45)
    metric.update(tuple(zip(image(1), strict=True)))
    assert metric.compute()["f1"] == pytest.approx(2 / 3) == metric.summary["f1"]["mean"]
    metric.reset()
    assert (metric.rows, metric.summary, metric.best_threshold) == ([], {}, 0.5)
    with pytest.raises(RuntimeError, match="no image was evaluated"):
        metric.compute()


class Answer(nn.Module):
    """The predictions that belong to an image, which is its number."""

    def __init__(self, predictions) -> None:
        super().__init__()
        self.predictions = predictions

    def forward(self, image):
        return [self.predictions[int(number)] for number in image.flatten()]


def evaluator(images, metric, **knobs) -> SupervisedEvaluator:
    """Of MONAI, not decollating, whose network answers with dicts of boxes, and whose targets are a list of dicts."""
    predictions, targets = zip(*images, strict=True)
    data = [{"image": torch.full((1, 1, 1), float(index))} for index in range(len(images))]
    return SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(data, batch_size=1, sampler=knobs.pop("sampler", None), generator=torch.Generator()),
        network=Answer(predictions),
        prepare_batch=lambda batch, device, non_blocking, **kwargs: (
            batch["image"],
            [targets[int(number)] for number in batch["image"].flatten()],
        ),
        key_val_metric={"val_mAP50": metric["mAP50"]},
        additional_metrics={"quality": metric},
        decollate=False,
        **knobs,
    )


def test_one_measure_is_the_key_metric_of_an_evaluator():
    images, metric = random_images(0), DetectionQuality()
    engine = evaluator(images, metric)
    engine.run()
    expected = measure(*images).compute()
    assert engine.state.best_metric == engine.state.metrics["val_mAP50"] == expected["mAP50"]
    assert {name: engine.state.metrics[name] for name in expected} == expected
    engine.run()
    assert len(metric.rows) == len(images)


BOX = torch.tensor([[0.0, 0.0, 2.0, 2.0]])


@pytest.mark.parametrize(
    ("boxes", "scores", "truth", "message"),
    [
        (BOX[0], torch.ones(1), BOX, r"boxes of pred must be \(n, 4\), got \(4,\)"),
        (BOX, torch.ones(1), torch.zeros(0), r"boxes of label must be \(n, 4\), got \(0,\); \(0, 4\) for an image"),
        (BOX, torch.ones(1), torch.zeros(1, 6), r"boxes of label must be \(n, 4\), got \(1, 6\)"),
        (BOX * math.nan, torch.ones(1), BOX, "boxes of pred must be finite with x0 <= x1"),
        (BOX, torch.ones(1), BOX.flip(1), r"boxes of label must be .* got \[2\.0, 2\.0, 0\.0, 0\.0\]"),
        (BOX, torch.ones(2), BOX, r"scores must be one a box, got \(2,\) and 1 boxes"),
        (BOX, torch.ones(1, 1), BOX, r"scores must be one a box, got \(1, 1\)"),
        (BOX, torch.tensor([math.nan]), BOX, r"scores must be in \[0, 1\], got nan"),
        (BOX, torch.tensor([1.5]), BOX, r"scores must be in \[0, 1\], got 1\.5; take the sigmoid of logits"),
    ],
)
def test_bad_boxes_and_scores_are_named(boxes, scores, truth, message):
    with pytest.raises(ValueError, match=message):
        DetectionQuality().update(([{"boxes": boxes, "scores": scores}], [{"boxes": truth}]))


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"score_threshold": 1.1}, r"score_threshold must be in \[0, 1\], got 1\.1"),
        ({"iou": 0}, r"iou must be in \(0, 1\], got 0"),
    ],
)
def test_bad_arguments_are_named(knobs, message):
    with pytest.raises(ValueError, match=message):
        DetectionQuality(**knobs)


@pytest.mark.slow
def test_two_processes_give_every_rank_the_result_of_one():
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
    images = random_images(0, count=7)
    alone, shared = measure(*images), DetectionQuality()
    torch.distributed.init_process_group("gloo")
    evaluator(images, shared, sampler=FrameSampler(range(7), shuffle=False)).run()
    assert len(shared.rows) == 7
    results = [
        str((metric.compute(), metric.rows, metric.summary, metric.best_threshold)) for metric in (alone, shared)
    ]  # alone has its values already
    assert results[0] == results[1]
    torch.distributed.barrier()  # rank 0 holds the store: it must not leave first
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    _one_of_two()

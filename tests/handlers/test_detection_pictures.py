# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle
from monai.engines import SupervisedEvaluator
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader

from monai_ext.handlers import DetectionPictures, MetricsFile
from monai_ext.metrics import DetectionQuality

# Two processes: test_overlay_pictures, for what they share

BOX = [3.0, 4.0, 13.0, 8.0]


class Bars(nn.Module):
    """Boxes of bright bars: one a row that holds bright pixels, with a score of 0.9; and one of 0.2 everywhere."""

    def forward(self, image):
        found = []
        for picture in image[:, 0]:
            rows = [int(row) for row in torch.nonzero((picture > 0.5).any(1)).flatten()]
            boxes = [
                [
                    float(torch.nonzero(picture[row] > 0.5)[0]),
                    row,
                    float(torch.nonzero(picture[row] > 0.5)[-1]) + 1,
                    row + 1,
                ]
                for row in rows
            ]
            found.append({"boxes": torch.tensor([*boxes, BOX]), "scores": torch.tensor([0.9] * len(boxes) + [0.2])})
        return found


def cases(count: int, empty: tuple[int, ...] = ()) -> list[dict[str, torch.Tensor]]:
    """Images with one lesion that is found, and i further bars in image i; sizes differ; empty images have neither."""
    made = []
    for index in range(count):
        image, outlines = torch.zeros(1, 40, 50 + index, dtype=torch.uint8), torch.zeros(0, 2, 2)
        if index not in empty:
            for bar in range(index + 1):
                image[0, 10 + 2 * bar, 20:30] = 255
            outlines = torch.tensor([[[20.0, 10.0], [30.0, 11.0]]])
        made.append({"image": image, "outlines": outlines})
    return made


def targets(batch, device, non_blocking, **kwargs):
    """Grey in [0, 1], and boxes as targets."""
    return batch["image"] / 255, [{"boxes": outlines.flatten(1)} for outlines in batch["outlines"]]


def evaluate(folder, data, *, count=3, **knobs) -> DetectionPictures:
    """A run of MONAI's evaluator, attached as a configuration does it."""
    metric = DetectionQuality(**knobs)
    files = [f"/data/images/{index}.png" for index in range(len(data))]
    pictures = DetectionPictures(folder, metric, files=files, count=count)
    engine = SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(data, batch_size=1, generator=torch.Generator()),
        network=Bars(),
        prepare_batch=targets,
        val_handlers=[MetricsFile(metric, folder, files=files), pictures],
        key_val_metric={"val_mAP50": metric["mAP50"]},
        additional_metrics={"quality": metric},
        decollate=False,
    )
    engine.run()
    return pictures


def titles(figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes[::2]]


def test_best_median_and_worst_are_drawn_into_a_file(tmp_path, global_rng_untouched):
    data = cases(9)
    figure = evaluate(tmp_path / "run", data, count=2).draw(data)
    assert [title.split()[0] for title in titles(figure)] == [f"{k}.png" for k in (0, 1, 3, 4, 8, 7)]
    assert titles(figure)[2] == "3.png   1 found · 0 missed · 3 false"
    assert figure.texts[-1].get_text() == "Best, median, worst by F1, of 9 images"
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"metrics.json", "metrics.csv", "detections.png"}
    with Image.open(tmp_path / "run" / "detections.png") as picture:
        assert picture.width > 1500
    rows = list(csv.DictReader((tmp_path / "run" / "metrics.csv").open()))
    assert rows[3] == {
        "image": "/data/images/3.png", "true": "1", "found": "1", "missed": "0", "false": "3", "f1": "0.400000", "best_score": "0.900000",
    }  # fmt: skip


def test_each_image_is_beside_its_own_boxes(tmp_path):
    data = cases(6)
    figure = evaluate(tmp_path, data).draw(data)
    for number, index in enumerate((0, 1, 2, 3, 5, 4)):
        bare, drawn = figure.axes[2 * number : 2 * number + 2]
        assert np.allclose(bare.images[0].get_array()[..., 0], data[index]["image"][0].numpy() / 255)
        boxes = [patch.get_bbox().extents.tolist() for patch in drawn.patches if isinstance(patch, Rectangle)]
        assert boxes == [[20, 10, 30, 11], *([20, 10 + 2 * bar, 30, 11 + 2 * bar] for bar in range(index + 1))]


def test_only_scores_from_the_threshold_on_are_drawn(tmp_path):
    data = cases(1)
    drawn = [
        len(evaluate(tmp_path, data, score_threshold=score).draw(data).axes[1].texts) for score in (0.1, 0.5, 0.95)
    ]
    assert drawn == [2, 1, 0]


def test_what_is_drawn_as_found_is_what_the_metric_counts(tmp_path):
    data = cases(6)
    pictures = evaluate(tmp_path, data, score_threshold=0.1)
    for index, row in enumerate(pictures.metric.rows):
        case = pictures.case("", data[index], pictures._kept[index])
        counted = case.right.sum(), (~case.right).sum(), (~case.hit).sum()
        assert counted == (row["found"], row["false"], row["missed"])


def test_images_without_a_box_and_a_prediction_are_left_out(tmp_path):
    data = cases(4, empty=(1,))
    figure = evaluate(tmp_path, data).draw(data)
    assert [title.split()[0] for title in titles(figure)] == ["0.png", "2.png", "3.png"]
    evaluate(tmp_path / "none", cases(2, empty=(0, 1)))
    assert not (tmp_path / "none" / "detections.png").exists()


def test_bad_arguments_are_named(tmp_path):
    with pytest.raises(ValueError, match="count must be positive, got 0"):
        DetectionPictures(tmp_path, DetectionQuality(), count=0)

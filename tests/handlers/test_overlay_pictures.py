# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from monai.engines import SupervisedEvaluator
from monai.transforms import AsDiscreted
from monai.utils import CommonKeys
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader

from monai_ext.data import FrameSampler
from monai_ext.handlers import MetricsFile, OverlayPictures
from monai_ext.metrics import SegmentationQuality

MEAN, STD = 0.45, 0.18


class Threshold(nn.Module):
    """Logits of what is darker than the mean."""

    def forward(self, image):
        return -image


def cases(count: int, empty: tuple[int, ...] = ()) -> list[dict[str, torch.Tensor]]:
    """Images in which a dark bar is found; the label of image i misses i of its 10 columns; sizes differ."""
    made = []
    for index in range(count):
        image, label = torch.full((1, 16, 20 + index), 0.8), torch.zeros(1, 16, 20 + index, dtype=torch.uint8)
        if index not in empty:
            image[0, 4:8, 3:13], label[0, 4:8, 3 + index : 13] = 0.1, 1
        made.append({"image": (image - MEAN) / STD, "label": label})
    return made


def evaluate(folder, data, *, sampler=None, measures=("dice", "cldice", "hd95"), **knobs) -> OverlayPictures:
    """A run of MONAI's evaluator, attached as a configuration does it."""
    metric = SegmentationQuality(measures=measures)
    files = [f"/data/images/{index}.png" for index in range(len(data))]
    pictures = OverlayPictures(folder, metric, mean=MEAN, std=STD, files=files, **knobs)
    engine = SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(data, batch_size=1, sampler=sampler, generator=torch.Generator()),
        network=Threshold(),
        postprocessing=AsDiscreted(keys=CommonKeys.PRED, threshold=0.0),
        val_handlers=[MetricsFile(metric, folder, files=files), pictures],
        decollate=True,
    )
    metric.attach(engine, "quality")
    engine.run()
    return pictures


def titles(figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes[::2]]


def test_best_median_and_worst_are_drawn_into_a_file(tmp_path, global_rng_untouched):
    data = cases(9)
    figure = evaluate(tmp_path / "run", data, count=2).draw(data)
    assert [title.split()[0] for title in titles(figure)] == [f"{k}.png" for k in (0, 1, 3, 4, 8, 7)]
    assert titles(figure)[2] == "3.png   Dice 0.82 · clDice 0.83"
    assert [text.get_text() for text in figure.texts] == [
        "best",
        "median",
        "worst",
        "Best, median, worst by Dice, of 9 images",
    ]
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"metrics.json", "metrics.csv", "overlays.png"}
    with Image.open(tmp_path / "run" / "overlays.png") as picture:
        assert picture.width > 1500
    rows = list(csv.DictReader((tmp_path / "run" / "metrics.csv").open()))
    assert len(rows) == 9 and rows[3]["image"] == "/data/images/3.png"


def test_each_image_is_beside_its_own_prediction(tmp_path):
    data = cases(6)
    figure = evaluate(tmp_path, data).draw(data)
    for number, index in enumerate((0, 1, 2, 3, 5, 4)):
        bare, painted = (np.asarray(axes.images[0].get_array()) for axes in figure.axes[2 * number : 2 * number + 2])
        assert np.allclose(bare[..., 0], (data[index]["image"][0] * STD + MEAN).numpy(), atol=1e-6)
        false = np.all(np.isclose(painted, (0.93, 0.27, 0.05)), axis=-1)
        assert np.array_equal(np.flatnonzero(false.any(0)), np.arange(3, 3 + index))


def test_low_distances_are_best(tmp_path):
    data = cases(3)
    figure = evaluate(tmp_path, data, measure="hd95").draw(data)
    assert [title.split()[0] for title in titles(figure)] == ["0.png", "1.png", "2.png"]
    assert titles(figure)[1].endswith("HD95 1.0 px")


@pytest.mark.parametrize(("images", "drawn"), [(1, [0]), (2, [0, 1]), (4, [0, 1, 3]), (8, [0, 1, 3, 4, 7, 6])])
def test_few_images_are_drawn_once(tmp_path, images, drawn):
    data = cases(images)
    figure = evaluate(tmp_path, data).draw(data)
    assert [title.split()[0] for title in titles(figure)] == [f"{k}.png" for k in drawn]


def test_images_without_the_measure_are_left_out(tmp_path):
    data = cases(4, empty=(1,))
    figure = evaluate(tmp_path, data).draw(data)
    assert [title.split()[0] for title in titles(figure)] == ["0.png", "2.png", "3.png"]
    assert figure.texts[-1].get_text().endswith("of 3 images")


def test_nothing_is_drawn_where_no_image_has_the_measure(tmp_path):
    evaluate(tmp_path, cases(2, empty=(0, 1)))
    assert not (tmp_path / "overlays.png").exists()


def test_measures_that_were_left_out_are_not_in_the_title(tmp_path):
    data = cases(1)
    assert titles(evaluate(tmp_path, data, measures=("dice",)).draw(data)) == ["0.png   Dice 1.00"]


def test_a_long_name_keeps_its_end(tmp_path):
    data = cases(1)
    pictures = evaluate(tmp_path, data)
    pictures.files = [f"/data/{'a' * 60}_17.png"]
    assert titles(pictures.draw(data))[0].split()[0] == f"…{'a' * 32}_17.png"
    pictures.files = None
    assert titles(pictures.draw(data))[0].split()[0] == "0"


def test_bad_arguments_are_named(tmp_path):
    metric = SegmentationQuality(measures=("dice", "recall"))
    with pytest.raises(ValueError, match="count must be positive, got 0"):
        OverlayPictures(tmp_path, metric, mean=0.5, std=1, count=0)
    with pytest.raises(ValueError, match="std must be positive, got 0"):
        OverlayPictures(tmp_path, metric, mean=0.5, std=0)
    with pytest.raises(ValueError, match="measure must be one of the metric's, dice, recall, got hd95"):
        OverlayPictures(tmp_path, metric, mean=0.5, std=1, measure="hd95")


@pytest.mark.slow
def test_two_processes_draw_and_write_what_one_does(tmp_path):
    """9 images: rank 0 has one more than rank 1."""
    evaluate(tmp_path / "one", cases(9))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = os.environ | {"OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    command = [sys.executable, __file__, str(tmp_path / "two")]
    processes = [
        subprocess.Popen(command, env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    for name in ("metrics.json", "metrics.csv", "overlays.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def _one_of_two(folder: str) -> None:
    torch.distributed.init_process_group("gloo")
    data = cases(9)
    evaluate(Path(folder), data, sampler=FrameSampler(data, shuffle=False))
    torch.distributed.barrier()  # rank 0 holds the store: it must not leave first
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    _one_of_two(sys.argv[1])

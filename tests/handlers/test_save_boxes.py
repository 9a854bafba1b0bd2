# SPDX-License-Identifier: Apache-2.0
import csv
import json

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from PIL import Image

from monai_ext.handlers import SaveBoxes


def found(*boxes_and_scores: tuple[list[float], float]) -> dict[str, torch.Tensor]:
    boxes = torch.tensor([box for box, _ in boxes_and_scores]).reshape(-1, 4)
    scores = torch.tensor([score for _, score in boxes_and_scores])
    return {"boxes": boxes, "scores": scores, "labels": torch.zeros(len(boxes), dtype=torch.int64)}


LEFT, RIGHT, NOTHING = [10.0, 20.0, 30.0, 40.0], [40.004, 20.0, 60.0, 40.126], found()


def item(image: str, frame: int = 0, *, several: bool = False) -> dict:
    stem = image.rsplit(".", 1)[0]
    return {"image": f"/data/{image}", "frame": frame, "name": f"{stem}{f'_{frame:04}' * several}.png", "stem": stem}


def cine(image: str, count: int) -> list[dict]:
    return [item(image, frame, several=True) for frame in range(count)]


def run(folder, items, predictions, batch_size: int = 1, **knobs) -> Engine:
    def step(engine, batch):
        return {"image": torch.full((len(batch), 1, 50, 70), 0.5), "pred": batch}

    engine = Engine(step)
    SaveBoxes(folder, items, **knobs).attach(engine)
    engine.run([predictions[i : i + batch_size] for i in range(0, len(predictions), batch_size)])
    return engine


def read(path) -> dict:
    return json.loads(path.read_text())


def table(folder) -> list[dict]:
    with open(folder / "lesions.csv", newline="") as file:
        return list(csv.DictReader(file))


def files(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_image_has_one_frame_whose_boxes_are_lesions(tmp_path):
    run(tmp_path, [item("a/7.png")], [found((RIGHT, 0.93214), (LEFT, 0.4))], context={"score_threshold": 0.3})
    assert read(tmp_path / "a" / "7.json") == {
        "file": "a/7.png",
        "height": 50,
        "width": 70,
        "units": {
            "box": "x0 y0 x1 y1 in pixels of the image, x along columns; pixel (0, 0) covers 0..1",
            "score": "0..1, 1 is sure",
            "frame": "counted from 0",
            "lesion": "a box linked over frames; box and score are those of its best frame",
        },
        "score_threshold": 0.3,
        "frames": [
            {"frame": 0, "boxes": [{"box": [40.0, 20, 60, 40.13], "score": 0.9321}, {"box": LEFT, "score": 0.4}]}
        ],
        "lesions": [
            {
                "lesion": 1, "first_frame": 0, "last_frame": 0, "frames": [0], "best_frame": 0, "best_score": 0.9321,
                "box": [40.0, 20, 60, 40.13],
            },
            {
                "lesion": 2, "first_frame": 0, "last_frame": 0, "frames": [0], "best_frame": 0, "best_score": 0.4,
                "box": LEFT,
            },
        ],
    }  # fmt: skip
    assert files(tmp_path) == ["a/7.json", "lesions.csv"]


def test_the_frames_of_a_cine_are_in_one_file_with_its_lesions(tmp_path):
    moved = [12.0, 20.0, 32.0, 40.0]
    run(tmp_path, cine("c.dcm", 5), [found((LEFT, 0.5)), NOTHING, found((RIGHT, 0.7), (moved, 0.6)), NOTHING, NOTHING])
    content = read(tmp_path / "c.json")
    assert [frame["frame"] for frame in content["frames"]] == [0, 1, 2, 3, 4]
    assert [len(frame["boxes"]) for frame in content["frames"]] == [1, 0, 2, 0, 0]
    assert [(lesion["frames"], lesion["best_frame"], lesion["best_score"]) for lesion in content["lesions"]] == [
        ([0, 2], 2, 0.6), ([2], 2, 0.7),
    ]  # fmt: skip
    assert content["lesions"][0]["box"] == moved and content["file"] == "c.dcm"


def test_knobs_of_the_lesions_are_heeded(tmp_path):
    predictions = [found((LEFT, 0.5), (RIGHT, 0.4)), NOTHING, found((LEFT, 0.5))]
    for name, knobs, frames in (
        ("usual", {}, [[0, 2], [0]]),
        ("gap", {"max_gap": 0}, [[0], [0], [2]]),
        ("few", {"min_frames": 2}, [[0, 2]]),
        ("iou", {"min_iou": 1.0}, [[0, 2], [0]]),
    ):
        run(tmp_path / name, cine("c.dcm", 3), predictions, **knobs)
        assert [lesion["frames"] for lesion in read(tmp_path / name / "c.json")["lesions"]] == frames, name


def test_a_file_of_few_frames_needs_all_of_them_for_a_lesion(tmp_path):
    items = [item("still.png"), *cine("c.dcm", 2)]
    run(tmp_path, items, [found((LEFT, 0.5)), found((LEFT, 0.5), (RIGHT, 0.3)), found((LEFT, 0.5))], min_frames=3)
    assert [(row["file"], row["frames"]) for row in table(tmp_path)] == [("still.png", "0"), ("c.dcm", "0 1")]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7])
def test_the_table_has_one_row_a_lesion_of_every_file(batch_size, tmp_path):
    items = [item("a.png"), *cine("b.dcm", 3), item("n.png"), item("s.dcm", 31), item("t.dcm", 4)]
    predictions = [
        found((LEFT, 0.5)),
        NOTHING,
        found((LEFT, 0.2)),
        found((LEFT, 0.9)),
        NOTHING,
        found((RIGHT, 0.1)),
        NOTHING,
    ]
    run(tmp_path, items, predictions, batch_size)
    assert files(tmp_path) == ["a.json", "b.json", "lesions.csv", "n.json", "s.json", "t.json"]
    assert [tuple(row.values()) for row in table(tmp_path)] == [
        ("a.png", "1", "0", "0", "0", "0", "0.5", "10.0", "20.0", "30.0", "40.0"),
        ("b.dcm", "1", "1", "2", "1 2", "2", "0.9", "10.0", "20.0", "30.0", "40.0"),
        ("s.dcm", "1", "31", "31", "31", "31", "0.1", "40.0", "20.0", "60.0", "40.13"),
    ]
    assert list(table(tmp_path)[0]) == [
        "file", "lesion", "first_frame", "last_frame", "frames", "best_frame", "best_score", "x0", "y0", "x1", "y1",
    ]  # fmt: skip


def test_no_lesion_at_all_is_a_table_of_its_head(tmp_path):
    run(tmp_path, [item("a.png")], [NOTHING])
    assert table(tmp_path) == [] and (tmp_path / "lesions.csv").read_text().startswith("file,lesion,")
    content = read(tmp_path / "a.json")
    assert content["frames"] == [{"frame": 0, "boxes": []}] and content["lesions"] == []


def test_pictures_are_of_images_and_of_a_cine_s_frames_with_boxes(tmp_path):
    items = [item("a/1.png"), *cine("c.dcm", 3)]
    run(tmp_path, items, [NOTHING, NOTHING, found((LEFT, 0.5)), NOTHING], overlays=True, mean=0.4, std=0.2)
    pictures = [name for name in files(tmp_path) if name.endswith(".png")]
    assert pictures == ["overlays/a/1.png", "overlays/c_0001.png"]
    empty, boxed = (np.asarray(Image.open(tmp_path / name)) for name in pictures)
    assert (empty == 128).all() and empty.shape == (50, 70, 3)  # (0.5 * 0.2 + 0.4) * 255
    assert (boxed[20, 10:30] == (255, 200, 20)).all() and (boxed[30, 20] == 128).all()


def test_a_cine_is_written_when_its_last_frame_has_passed_and_kept_no_longer(tmp_path):
    handler = SaveBoxes(tmp_path, [*cine("c.dcm", 2), item("a.png")])
    there = []

    def step(engine, batch):
        there.append((files(tmp_path), len(handler._seen)))
        return {"image": torch.zeros(1, 1, 50, 70), "pred": [NOTHING]}

    engine = Engine(step)
    handler.attach(engine)
    engine.run([0, 1, 2])
    assert there == [([], 0), ([], 1), (["c.json"], 0)] and files(tmp_path) == ["a.json", "c.json", "lesions.csv"]


def test_a_run_that_breaks_off_leaves_no_half_file(tmp_path):
    def step(engine, batch):
        if batch == 2:
            raise OSError("gone")
        return {"image": torch.zeros(1, 1, 50, 70), "pred": [found((LEFT, 0.5))]}

    engine = Engine(step)
    SaveBoxes(tmp_path, [item("a.png"), *cine("c.dcm", 3)]).attach(engine)
    with pytest.raises(OSError, match="gone"):
        engine.run([0, 1, 2, 3])
    assert files(tmp_path) == ["a.json"]


def test_each_run_starts_with_the_first_item(tmp_path):
    engine = Engine(lambda engine, batch: {"image": torch.zeros(1, 1, 50, 70), "pred": [batch]})
    SaveBoxes(tmp_path, [item("a.png")]).attach(engine)
    engine.run([found((LEFT, 0.5))])
    engine.run([NOTHING])
    assert read(tmp_path / "a.json")["lesions"] == [] and table(tmp_path) == []


BAD = [
    ([], {}, "items must be at least one, .* got 0 files"),
    (["1.png", "2.png", "1.dcm"], {}, "those of a file one after the other, got 3 files, 2 of them different"),
    (["../1.png"], {}, "stems must stay in the folder, .* got '../1'"),
    (["/tmp/1.png"], {}, "stems must stay in the folder, .* got '/tmp/1'"),
    (["overlays/1.png"], {"overlays": True}, "out of 'overlays' if that is written, got 'overlays/1'"),
    (["1.png"], {"min_iou": 0}, "min_iou must lie in"),
    (["1.png"], {"max_gap": -1}, "max_gap must be at least 0"),
]


@pytest.mark.parametrize(("names", "knobs", "message"), BAD)
def test_bad_input_is_refused(names, knobs, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        SaveBoxes(tmp_path, [item(name) for name in names], **knobs)


def test_more_images_than_items_are_refused(tmp_path):
    with pytest.raises(ValueError, match="every image needs an item, got 1 items and more images"):
        run(tmp_path, [item("1.png")], [NOTHING, NOTHING])

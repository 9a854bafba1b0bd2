# SPDX-License-Identifier: Apache-2.0
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from monai_ext.phantom import SEGMENTS, ArcadeWriter, PhantomSettings, Stenosis, draw_angiogram

SETTINGS = PhantomSettings(size=64)
POLYGON = np.array([[10.0, 20], [30, 20], [30, 26], [10, 26]])
STENOSIS = Stenosis("6", 70.0, 8.0, (20.0, 23.0), (10.0, 20.0, 30.0, 26.0), POLYGON)
SPLITS = ("train", "val")


@pytest.fixture(scope="module")
def angiograms():
    """Of which the second alone has a stenosis."""
    drawn = [draw_angiogram(0, index, SETTINGS) for index in range(3)]
    return [replace(item, stenoses=(STENOSIS,) * (index == 1)) for index, item in enumerate(drawn)]


def write(folder, angiograms, **options):
    writer = ArcadeWriter(SETTINGS, 5, **options)
    writer.finish(folder, [writer.write(folder, 40 + i, item) for i, item in enumerate(angiograms)])
    split = options.get("split", "train")
    return [
        json.loads((folder / task / split / "annotations" / f"{split}.json").read_text())
        for task in ("syntax", "stenosis")
    ]


def test_files_lie_as_in_arcade(angiograms, tmp_path):
    write(tmp_path, angiograms, split="val")
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    syntax = ["annotations/val.json", "images/1.png", "images/2.png", "images/3.png"]
    assert files == [f"stenosis/val/{name}" for name in syntax[:2]] + [f"syntax/val/{name}" for name in syntax]


def test_images_are_those_that_the_annotations_name(angiograms, tmp_path):
    syntax, stenosis = write(tmp_path, angiograms)
    assert syntax["info"]["seed"] == 5 and syntax["info"]["indices"] == [40, 41, 42]
    assert stenosis["info"]["indices"] == [41]
    for task, content in (("syntax", syntax), ("stenosis", stenosis)):
        for image, index in zip(content["images"], content["info"]["indices"], strict=True):
            pixels = Image.open(tmp_path / task / "train" / "images" / image["file_name"])
            assert np.array_equal(pixels, angiograms[index - 40].image) and image["width"] == image["height"] == 64


def test_json_has_the_keys_of_arcade(angiograms, tmp_path):
    """As read in ARCADE's own train.json and val.json of both tasks."""
    for content in write(tmp_path, angiograms):
        assert list(content) == ["licenses", "info", "categories", "images", "annotations"]
        assert content["categories"][0] == {"id": 1, "name": "1", "supercategory": ""}
        assert [row["name"] for row in content["categories"]] == [*SEGMENTS, "stenosis"]
        assert [row["id"] for row in content["categories"]] == list(range(1, 27))
        assert list(content["images"][0]) == [
            "id", "width", "height", "file_name", "license", "flickr_url", "coco_url", "date_captured",
        ]  # fmt: skip
        assert list(content["annotations"][0]) == [
            "id", "image_id", "category_id", "segmentation", "area", "bbox", "iscrowd", "attributes",
        ]  # fmt: skip
        assert content["annotations"][0]["attributes"] == {"occluded": False}
        numbers = [row["id"] for row in content["annotations"]]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("split", SPLITS)
def test_json_is_like_that_of_the_real_data_set(xa, split, angiograms, tmp_path):
    for task, ours in zip(("syntax", "stenosis"), write(tmp_path, angiograms), strict=True):
        theirs = json.loads((xa / "arcade" / task / split / "annotations" / f"{split}.json").read_text())
        assert list(ours) == list(theirs) and ours["categories"] == theirs["categories"]
        for part in ("images", "annotations"):
            assert [(k, type(v)) for k, v in ours[part][0].items()] == [
                (k, type(v)) for k, v in theirs[part][0].items()
            ]


@pytest.mark.parametrize("judged_only", [True, False])
def test_judged_segments_or_all_are_outlined(judged_only, angiograms, tmp_path):
    content, _ = write(tmp_path, angiograms, judged_only=judged_only)
    for image, angiogram in enumerate(angiograms, 1):
        seen = {SEGMENTS[number - 1] for number in np.unique(angiogram.segments) if number}
        outlined = {SEGMENTS[row["category_id"] - 1] for row in content["annotations"] if row["image_id"] == image}
        assert outlined == (seen & set(angiogram.judged) if judged_only else seen)


def test_area_and_box_are_those_of_the_mask(angiograms, tmp_path):
    content, _ = write(tmp_path, angiograms, judged_only=False)
    assert content["annotations"]
    for row in content["annotations"]:
        mask = angiograms[row["image_id"] - 1].segments == row["category_id"]
        rows, columns = np.nonzero(mask)
        box = columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1
        assert np.abs(np.subtract(row["bbox"], box)).max() <= 1
        assert abs(row["area"] - mask.sum()) <= 0.15 * mask.sum() + 2
        assert all(len(polygon) >= 6 and len(polygon) % 2 == 0 for polygon in row["segmentation"])


def test_a_stenosis_is_category_26(angiograms, tmp_path):
    _, content = write(tmp_path, angiograms)
    (row,) = content["annotations"]
    assert row["category_id"] == 26 and row["image_id"] == 1
    assert row["segmentation"] == [POLYGON.ravel().tolist()] and row["bbox"] == [10, 20, 20, 6] and row["area"] == 120


def test_a_stenosis_outside_the_image_is_not_annotated(angiograms, tmp_path):
    outside = replace(STENOSIS, polygon=POLYGON - (40, 0))
    _, content = write(tmp_path, [replace(angiograms[0], stenoses=(outside,))])
    assert content["images"] == content["annotations"] == []


def test_more_than_8_bits_are_refused():
    with pytest.raises(ValueError, match="bits must be 8 in ARCADE's layout, got 12; choose another format for more"):
        ArcadeWriter(replace(SETTINGS, bits=12), 0)

# SPDX-License-Identifier: Apache-2.0
import json
import pickle
from collections import Counter

import numpy as np
import pytest

from monai_ext.data.records import arcade_view, read_label, read_records
from monai_ext.phantom import SEGMENTS, ArcadeWriter, PhantomSettings, draw_angiogram

SQUARE = [4, 4, 12, 4, 12, 12, 4, 12]
OTHER = [20, 20, 28, 20, 28, 28, 20, 28]


def coco(images, annotations, **more):
    """images: {id: file name}; annotations: rows of (id, image id, category id, polygons)."""
    return {
        "images": [{"id": key, "file_name": name} for key, name in images.items()],
        "categories": [{"id": i, "name": name} for i, name in enumerate([*SEGMENTS, "stenosis"], 1)],
        "annotations": [
            {"id": key, "image_id": image, "category_id": category, "segmentation": polygons}
            for key, image, category, polygons in annotations
        ],
    } | more


def arcade(draw, write, task, split, content, *names):
    write(f"{task}/{split}/annotations/{split}.json", content if isinstance(content, str) else json.dumps(content))
    return draw(*(f"{task}/{split}/images/{name}" for name in names))


def by_name(listing):
    return {record.path.name: record for record in listing.records}


def reasons(listing):
    return [fault.reason for fault in listing.faults]


def test_segments_by_name_of_the_category_and_split(draw, write):
    content = coco({1: "1.png"}, [(1, 1, 7, [SQUARE]), (2, 1, 8, [OTHER])])
    content["categories"] = [{"id": 7, "name": "16c"}, {"id": 8, "name": "14b"}]
    folder = arcade(draw, write, "syntax", "val", content, "1.png")
    (record,) = read_records(folder).records
    assert (record.source, record.split, record.frame, record.patient) == ("arcade", "val", 0, None)
    assert record.path == folder / "syntax/val/images/1.png"
    (first, polygon), (second, _) = record.labels["segments"]
    assert (SEGMENTS[first - 1], SEGMENTS[second - 1]) == ("16c", "14b") == (SEGMENTS[22], SEGMENTS[24])
    assert polygon == ((4.0, 4.0), (12.0, 4.0), (12.0, 12.0), (4.0, 12.0))


def test_repeated_annotation_ids_hand_out_no_other_images_polygons(draw, write):
    content = coco({1: "1.png", 2: "2.png"}, [(279, 1, 26, [SQUARE]), (279, 2, 26, [OTHER]), (279, 2, 26, [SQUARE])])
    records = by_name(read_records(arcade(draw, write, "stenosis", "train", content, "1.png", "2.png")))
    assert [len(records[name].labels["stenoses"]) for name in ("1.png", "2.png")] == [1, 2]
    assert records["2.png"].labels["stenoses"][0][0] == (20, 20)


def test_an_image_id_of_two_files_hands_out_no_polygons(draw, write):
    content = coco({2: "2.png"}, [(1, 1, 26, [SQUARE]), (2, 2, 26, [SQUARE])])
    content["images"] += [{"id": 1, "file_name": "1.png"}, {"id": 1, "file_name": "3.png"}]
    listing = read_records(arcade(draw, write, "stenosis", "train", content, "1.png", "2.png", "3.png"))
    assert [bool(record.labels) for record in listing.records] == [False, True, False]
    assert "1 image ids of several images, whose annotations are left out" in reasons(listing)


def test_images_without_annotation_have_an_empty_label(draw, write):
    content = coco({1: "1.png", 2: "2.png"}, [(1, 1, 26, [SQUARE])])
    listing = read_records(arcade(draw, write, "stenosis", "train", content, "1.png", "2.png"))
    assert by_name(listing)["2.png"].labels == {"stenoses": ()} and not listing.faults


def test_frames_that_occur_twice_are_two_records(draw, write):
    content = coco({1: "1.png", 2: "2.png"}, [])
    arcade(draw, write, "syntax", "train", content, "1.png")
    assert len(read_records(draw("syntax/train/images/2.png", value=0)).records) == 2


def test_missing_and_unnamed_images_are_faults(draw, write):
    content = coco({1: "1.png", 3: "3.png"}, [(1, 3, 1, [SQUARE])])
    listing = read_records(arcade(draw, write, "syntax", "train", content, "1.png", "2.png"))
    faults = {fault.path.name: fault.reason for fault in listing.faults}
    assert "name an image that is missing" in faults["3.png"] and "do not name the image" in faults["2.png"]
    assert by_name(listing)["2.png"].labels == {} and len(listing.records) == 2


def test_jpeg_in_place_of_png_and_folders_in_file_names(draw, write):
    content = coco({1: "images/1.png", 2: "images\\2.png"}, [(1, 1, 1, [SQUARE]), (2, 2, 2, [SQUARE])])
    listing = read_records(arcade(draw, write, "syntax", "train", content, "1.jpg", "2.jpeg"))
    assert [record.labels["segments"][0][0] for record in listing.records] == [1, 2] and not listing.faults


def test_broken_rows_cost_only_themselves(draw, write):
    rle = {"counts": [1], "size": [32, 32]}
    rows = [(1, 1, 1, [SQUARE]), (2, 1, 2, [SQUARE[:4]]), (3, 1, 2, rle), (4, 1, 2, [[1, 2, None, 4, 5, 6]])]
    rows += [(5, 9, 1, [SQUARE]), (6, [], 1, [SQUARE]), (7, 1, 99, [SQUARE]), (8, 1, 30, [SQUARE])]
    content = coco({1: "1.png"}, rows)
    content["categories"].append({"id": 30, "name": "17"})
    content["annotations"].append("no row")
    content["images"].append({"id": 2})
    listing = read_records(arcade(draw, write, "syntax", "train", content, "1.png"))
    assert len(listing.records[0].labels["segments"]) == 1
    assert reasons(listing) == [
        "1 images without id or file_name",
        "3 annotations that are no polygons of at least 3 points",
        "4 annotations of an image or a category that is not there",
        "1 polygons of the unknown category '17'",
    ]


@pytest.mark.parametrize(
    "row", [(1, 1, 26, [SQUARE[:4]]), (1, 1, 26, {"counts": [1]}), (1, 1, 99, [SQUARE]), (1, 1, 30, [SQUARE])]
)
def test_an_image_of_which_no_annotation_can_be_read_is_not_empty(draw, write, row):
    """Its neighbour, which the annotations only name, is; and with one good annotation it keeps that."""
    content = coco({1: "1.png", 2: "2.png"}, [row])
    content["categories"].append({"id": 30, "name": "Stenosen"})
    listing = read_records(arcade(draw, write, "stenosis", "train", content, "1.png", "2.png"))
    assert [record.labels for record in listing.records] == [{}, {"stenoses": ()}]
    assert {fault.path.name: fault.reason for fault in listing.faults}["1.png"] == (
        "no annotation of the image can be read; it has no label 'stenoses'"
    )
    content["annotations"] += coco({}, [(2, 1, 26, [OTHER])])["annotations"]
    listing = read_records(arcade(draw, write, "stenosis", "train", content, "1.png", "2.png"))
    assert [len(record.labels["stenoses"]) for record in listing.records] == [1, 0] and len(listing.faults) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"images": 1, "categories": [], "annotations": []}', "[" * 100_000]
)
def test_annotations_that_cannot_be_read_leave_images_without_labels(draw, write, text):
    listing = read_records(arcade(draw, write, "syntax", "train", text, "1.png"))
    assert [record.labels for record in listing.records] == [{}]
    assert "train.json' cannot be read as COCO annotations" in listing.faults[0].reason


def test_a_split_without_annotations_has_no_labels(draw, write):
    arcade(draw, write, "syntax", "train", coco({1: "1.png"}, []), "1.png")
    listing = read_records(draw("syntax/test/images/1.png"))
    assert [(record.split, "segments" in record.labels) for record in listing.records] == [
        ("test", False),
        ("train", True),
    ]
    assert reasons(listing) == ["there are no annotations of the images beside"]


def test_stray_files_are_counted(draw, write):
    arcade(draw, write, "syntax", "train", coco({1: "1.png"}, []), "1.png")
    for name in (
        "images/.DS_Store",
        "images/Thumbs.db",
        "desktop.ini",
        "images/._1.png",
        "annotations/old.json",
        "README",
    ):
        write(f"syntax/train/{name}", "x")
    listing = read_records(draw("preview.png"))
    assert listing.left_out == {
        ".DS_Store files": 1,
        ".json files": 1,
        "Thumbs.db files": 1,
        "desktop.ini files": 1,
        "files without extension": 1,
        "hidden files": 1,
        "images outside of folders named 'images'": 1,
    }


def test_every_part_of_the_data_set_can_be_read(draw, write):
    content = coco({1: "1.png"}, [(1, 1, 26, [SQUARE])])
    folder = arcade(draw, write, "stenosis", "train", content, "1.png")
    for part in (".", "stenosis", "stenosis/train", "stenosis/train/images"):
        (record,) = read_records(folder / part).records
        assert record.split == "train" and len(record.labels["stenoses"]) == 1


def test_without_the_name_of_the_task_the_polygons_tell_it(draw, write):
    content = coco({1: "1.png", 2: "2.png"}, [(1, 1, 26, [SQUARE])])
    listing = read_records(arcade(draw, write, "mine", "train", content, "1.png", "2.png"))
    assert [list(record.labels) for record in listing.records] == [["stenoses"], ["stenoses"]]


def test_views(draw, write):
    rows = [(1, 1, 5, [SQUARE]), (2, 1, 6, [OTHER])]
    arcade(draw, write, "syntax", "train", coco({1: "1.png"}, rows), "1.png")
    listing = read_records(
        arcade(draw, write, "stenosis", "train", coco({1: "1.png"}, [(1, 1, 26, [SQUARE])]), "1.png")
    )
    vessels, segments, stenoses = (arcade_view(listing, view).records for view in ("V", "VS", "S"))
    assert [len(records) for records in (vessels, segments, stenoses)] == [1, 1, 1]
    assert read_label(vessels[0], "vessels", (32, 32)).sum() == 128
    assert np.unique(read_label(segments[0], "segments", (32, 32))).tolist() == [0, 5, 6]
    assert read_label(stenoses[0], "stenoses", (32, 32)).sum() == 64 and list(stenoses[0].labels) == ["stenoses"]


def test_views_say_what_they_need(draw, write):
    listing = read_records(arcade(draw, write, "syntax", "train", coco({1: "1.png"}, []), "1.png"))
    with pytest.raises(ValueError, match="view must be one of V, VS, S, got 'X'"):
        arcade_view(listing, "X")
    with pytest.raises(ValueError, match="ARCADE-S must have images with the label 'stenoses', got none among 1"):
        arcade_view(listing, "S")


def test_phantoms_written_as_arcade_are_read_back(tmp_path):
    settings = PhantomSettings(size=128)
    angiogram = draw_angiogram(0, 0, settings)
    writer = ArcadeWriter(settings, 0, judged_only=False)
    writer.finish(tmp_path, [writer.write(tmp_path, 0, angiogram)])
    record = arcade_view(read_records(tmp_path / "syntax"), "VS").records[0]
    drawn = read_label(record, "segments", (128, 128))
    assert (drawn == angiogram.segments).mean() > 0.995
    truth = angiogram.segments > 0
    assert (truth & (drawn > 0)).sum() / (truth | (drawn > 0)).sum() > 0.93


def test_real_arcade(xa):
    listing = read_records(xa / "arcade")
    counts = Counter((record.path.parts[-4], record.split) for record in listing.records)
    assert counts[("syntax", "train")] == 400 and counts[("stenosis", "train")] == 300 and not listing.faults
    assert pickle.loads(pickle.dumps(listing)) == listing
    for record in listing.records[:: len(listing.records) // 10]:
        name = next(iter(record.labels))
        assert 0 < read_label(record, name, (512, 512)).astype(bool).mean() < 0.5


def test_real_annotations_stay_with_their_image(xa):
    """Against rows grouped by image_id here; ids 279 among them."""
    for task, split in (("syntax", "train"), ("stenosis", "train"), ("stenosis", "val")):
        content = json.loads((xa / f"arcade/{task}/{split}/annotations/{split}.json").read_text())
        names = {row["id"]: row["file_name"] for row in content["images"]}
        expected = Counter(names[row["image_id"]] for row in content["annotations"])
        records = by_name(read_records(xa / "arcade" / task / split))
        assert {name: sum(map(len, record.labels.values())) for name, record in records.items()} == {
            name: expected[name] for name in names.values()
        }
        row = next(row for row in content["annotations"] if row["id"] in (1, 279))
        label = records[names[row["image_id"]]].labels["segments" if task == "syntax" else "stenoses"]
        polygon = tuple(zip(row["segmentation"][0][::2], row["segmentation"][0][1::2], strict=True))
        assert polygon in [shape[1] if task == "syntax" else shape for shape in label]

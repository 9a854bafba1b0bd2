# SPDX-License-Identifier: Apache-2.0
import json
import logging
from itertools import chain, pairwise
from pathlib import Path

import pytest

from monai_ext.data import labelled_items
from monai_ext.data.labelled import phantom_arcade
from monai_ext.phantom import SEGMENTS

NAMES = [f"{number}.png" for number in range(10)]


def names(items: list[dict]) -> list[str]:
    return [Path(item["image"]).name for item in items]


def parts(folder, **knobs) -> dict[str, list[str]]:
    return {split: names(labelled_items(folder, split=split, **knobs)) for split in ("train", "val", "test")}


@pytest.fixture
def official(save):
    """ARCADE as published: two tasks of three splits; of the train images of `syntax` one is not annotated."""

    def write(task: str, split: str, count: int, category: int) -> Path:
        content = {
            "images": [{"id": i, "file_name": f"{i}.png"} for i in range(1, count + 1)],
            "categories": [{"id": i, "name": name} for i, name in enumerate([*SEGMENTS, "stenosis"], 1)],
            "annotations": [
                {"id": 1, "image_id": i, "category_id": category, "segmentation": [[4, 4, 12, 4, 12, 12, 4, 12]]}
                for i in range(1, count + 1)
            ],
        }
        for i in range(1, count + 1 + (task == "syntax" and split == "train")):
            save(f"{task}/{split}/images/{i}.png", i)
        path = save(f"{task}/{split}/annotations/note.png", 0).with_name(f"{split}.json")
        path.with_name("note.png").unlink()
        path.write_text(json.dumps(content))
        return path.parents[3]

    for split, count in (("train", 6), ("val", 2), ("test", 3)):
        write("syntax", split, count, 7)
        folder = write("stenosis", split, count - 1, 26)
    return folder


def test_official_splits_of_arcade_are_kept_by_task(official):
    for label, task, counts in (
        ("vessels", "syntax", (6, 2, 3)),
        ("segments", "syntax", (6, 2, 3)),
        ("stenoses", "stenosis", (5, 1, 2)),
        ("boxes", "stenosis", (5, 1, 2)),
    ):
        for split, count in zip(("train", "val", "test"), counts, strict=True):
            items = labelled_items(official, label=label, split=split)
            assert names(items) == [f"{i}.png" for i in range(1, count + 1)]
            assert {Path(item["image"]).parents[2].name for item in items} == {task}
            assert all(item["label"].split == split and item["label"].path == Path(item["image"]) for item in items)
        assert len(labelled_items(official, label=label, split="all")) == sum(counts)


def test_images_of_the_other_task_are_no_fault_and_those_not_annotated_are(official, caplog):
    with caplog.at_level(logging.WARNING):
        labelled_items(official, label="stenoses")
    assert "have no label" not in caplog.text
    assert (
        f"1 faults in '{official}': {official}/syntax/train/images/7.png (the annotations do not name the image"
        in caplog.text
    )


def test_a_part_of_arcade_gives_a_tenth_of_train_to_val(official):
    train, val = (names(labelled_items(official / "syntax" / "train", split=split)) for split in ("train", "val"))
    assert len(val) == 1 and sorted(train + val) == [f"{i}.png" for i in range(1, 7)]
    with pytest.raises(
        ValueError, match=r"split 'test' must have images with the label 'vessels' in .*, got 6 of train; check"
    ):
        labelled_items(official / "syntax" / "train", split="test")


def test_folders_of_images_and_masks_are_split_seven_one_two(folders):
    root = folders(*NAMES)
    found = parts(root)
    assert [len(found[split]) for split in found] == [7, 1, 2] and sorted(chain(*found.values())) == NAMES
    assert parts(root) == found and parts(root, split_seed=1) != found
    assert all(parts(root, label=label) == found for label in ("segments", "stenoses"))  # a mask is what is trained


def test_named_splits_of_folders_are_kept_and_val_is_drawn_from_train(folders):
    folders(*NAMES, within="mine/train")
    folders(*(f"t{name}" for name in NAMES[:4]), within="mine/test")
    root = folders("one.png", within="mine/train").parent
    found = parts(root)
    assert found["test"] == [f"t{name}" for name in NAMES[:4]] and len(found["val"]) == 1
    assert sorted(found["train"] + found["val"]) == [*NAMES, "one.png"]
    folders("v.png", within="mine/val")
    assert parts(root)["val"] == ["v.png"] and sorted(parts(root)["train"]) == [*NAMES, "one.png"]


def test_several_data_sets_count_as_one_and_none_is_forgotten(folders, official):
    """Of ARCADE's splits and ten images without: these are split, too."""
    mine = folders(*(f"m{name}" for name in NAMES), within="mine")
    found, own = parts([official, str(mine)]), parts(mine)
    for split, count in (("train", 6), ("val", 2), ("test", 3)):
        assert found[split] == [f"{i}.png" for i in range(1, count + 1)] + own[split]


def test_patients_are_not_divided(save):
    """XCAV: cases are patients."""
    for case in range(5):
        for frame in range(4):
            for kind in ("images", "ground_truth"):
                save(f"XACV/CVAI-{case}/{kind}/CVAI-{case}RAO/{frame:05}.png", 255)
                folder = save(f"XACV/CVAI-{case}/{kind}/CVAI-{case}LAO/{frame:05}.png", 255).parents[3]
    patients = [
        {item["label"].patient for item in labelled_items(folder, split=split)} for split in ("train", "val", "test")
    ]
    assert sum(map(len, patients)) == len(set.union(*patients)) == 5 and all(patients)


def test_the_labelled_images_of_xcad_are_its_test_split(save, caplog):
    for name in ("train/a.png", "train/b.png", "test/images/c.png", "test/images/d.png", "test/masks/c.png"):
        folder = save(name, 255)
    folder = folder.parents[2]
    with caplog.at_level(logging.WARNING):
        assert names(labelled_items(folder, split="test")) == ["c.png"]
    assert (
        f"1 of 4 images in '{folder}' have no label 'vessels' and are left out: {folder}/test/images/d.png"
        in caplog.text
    )
    assert "faults" not in caplog.text  # d.png is told of once, and images of the train split never have a mask
    with pytest.raises(ValueError, match=r"split 'train' must have images .*, got 1 of test"):
        labelled_items(folder)


def test_images_without_a_mask_are_left_out_and_named(folders, save, caplog):
    root = folders(*NAMES)
    for number in range(5):
        save(f"images/bare{number}.png", 7)
    save("masks/lonely.png", 255)
    with caplog.at_level(logging.WARNING):
        assert sorted(chain(*parts(root).values())) == NAMES
    first = ", ".join(f"{root}/images/bare{number}.png" for number in range(3))
    assert f"5 of 15 images in '{root}' have no label 'vessels' and are left out: {first} and 2 more" in caplog.text
    assert f"1 faults in '{root}': {root}/masks/lonely.png (the image of the mask is missing)" in caplog.text


def test_a_catheter_is_no_vessel(folders, save, caplog):
    root = folders(*NAMES)
    save("images/other.png", 7), save("catheter/other.png", 255)
    with caplog.at_level(logging.WARNING):
        assert names(labelled_items(root, split="all")) == NAMES
    assert "images/other.png" in caplog.text


def test_complete_data_sets_cause_no_warning(folders, arcade, caplog):
    with caplog.at_level(logging.WARNING):
        labelled_items([folders(*NAMES), arcade])
    assert caplog.text == ""


@pytest.mark.parametrize("label", ["vessels", "stenoses"])
def test_a_smaller_fraction_is_a_part_of_a_larger_one(official, label):
    whole = names(labelled_items(official, label=label))
    nested = [
        names(labelled_items(official, label=label, label_fraction=fraction)) for fraction in (0.2, 0.5, 0.8, 1.0)
    ]
    assert [len(part) for part in nested] == [max(1, round(f * len(whole))) for f in (0.2, 0.5, 0.8, 1.0)]
    assert nested[-1] == whole and all(set(a) <= set(b) for a, b in pairwise(nested))
    with pytest.raises(ValueError, match="label_fraction must be above 0 and at most 1, got 0; 1 takes every label"):
        labelled_items(official, label_fraction=0)


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_data_there_are_phantoms(nothing, arcade, phantom_cache):
    """All of them train, and a quarter of their number, others, judge."""
    knobs = {"phantom_count": 4, "phantom_size": 64, "cache_dir": phantom_cache}
    items = labelled_items(nothing, **knobs)
    assert [item["image"] for item in items] == [str(arcade / f"syntax/train/images/{i}.png") for i in range(1, 5)]
    (judged,) = labelled_items(nothing, split="val", **knobs)
    assert judged["image"] == str(
        phantom_arcade(1, "val", size=64, cache_dir=phantom_cache) / "syntax/val/images/1.png"
    )
    with pytest.raises(ValueError, match="one of train, val, test for synthetic angiograms, got 'all'"):
        labelled_items(nothing, split="all", **knobs)


def patients(items: list[dict]) -> set[str]:
    return {item["label"].patient for item in items}


def test_the_official_split_of_danilov_shares_patients_and_by_patient_does_not(danilov):
    """Officially there is no val: one patient of ten of the train images is."""
    official, own = (
        {
            split: labelled_items(danilov, label="boxes", split=split, by_patient=by)
            for split in ("train", "val", "test")
        }
        for by in (False, True)
    )
    assert [len(items) for items in official.values()] == [27, 3, 10]
    assert patients(official["test"]) >= patients(official["train"]) | patients(official["val"])
    assert [len(items) for items in own.values()] == [28, 4, 8]
    assert [len(patients(items)) for items in own.values()] == [7, 1, 2]
    assert len(set.union(*map(patients, own.values()))) == 10
    whole = [names(labelled_items(danilov, label="boxes", split="all", by_patient=by)) for by in (False, True)]
    assert whole[0] == whole[1] and len(whole[0]) == 40


def test_boxes_of_cadica_are_those_drawn_and_the_selected_frames_without_a_lesion(cadica, caplog):
    """Of five frames a patient, two have no label: nobody looked for boxes in them."""
    with caplog.at_level(logging.WARNING):
        items = labelled_items(cadica, label="boxes", split="all")
    assert caplog.text == ""
    boxes = {Path(item["image"]).stem: len(item["label"].labels["boxes"]) for item in items}
    expected = {"v1_00001": 2, "v1_00002": 1, "v2_00000": 0}
    assert boxes == {f"p{number}_{frame}": count for number in range(10) for frame, count in expected.items()}
    found = parts(cadica, label="boxes")
    assert [len(found[split]) for split in found] == [21, 3, 6] and sorted(chain(*found.values())) == sorted(
        names(items)
    )


def test_images_in_no_split_do_not_become_a_val_of_their_own(danilov, caplog):
    """They may be of patients who are in train; val is a tenth of the train patients, as without them."""
    table = danilov / "train_labels.csv"
    rows = table.read_text().splitlines()
    table.write_text("\n".join(rows[:-1]))
    with caplog.at_level(logging.WARNING):
        found = {split: labelled_items(danilov, label="boxes", split=split) for split in ("train", "val", "test")}
    assert sum(map(len, found.values())) == 39 and not patients(found["train"]) & patients(found["val"])
    assert "1 images are in none of the official splits and are left out" in caplog.text


def test_by_patient_keeps_the_official_split_where_no_patient_is_known(official, danilov):
    items = {
        split: labelled_items([official, danilov], label="boxes", split=split, by_patient=True)
        for split in ("train", "val", "test")
    }
    assert sum(map(len, items.values())) == 48
    for split, own in items.items():
        known = [item["label"] for item in own if item["label"].patient]
        assert known and all(item["label"].split == split for item in own if not item["label"].patient)
    with pytest.raises(ValueError, match=r"by_patient must have images whose patient is known, got .* leave it false"):
        labelled_items(official, label="boxes", by_patient=True)


def test_an_image_whose_boxes_are_all_bad_is_left_out_and_named(danilov, caplog):
    path = danilov / "dataset/14_000_1_0001.xml"
    path.write_text(path.read_text().replace("20", "4"))
    with caplog.at_level(logging.WARNING):
        assert len(labelled_items(danilov, label="boxes", split="all")) == 39
    assert f"1 faults in '{danilov}': {path} (the boxes cannot be read (no box of 1 is good" in caplog.text


def test_phantoms_have_boxes_and_are_not_split_by_patient(phantom_cache):
    knobs = {"label": "boxes", "phantom_count": 4, "phantom_size": 64, "cache_dir": phantom_cache}
    items = labelled_items(**knobs)
    assert items and items == labelled_items(**knobs, by_patient=True)
    assert all(item["label"].labels["stenoses"] for item in items)


def test_data_without_boxes_tell_what_there_is(folders, official):
    with pytest.raises(ValueError, match=r"label 'boxes' in .*, got 10 images, 10 with 'vessels'; check folder"):
        labelled_items(folders(*NAMES, within="mine"), label="boxes")
    with pytest.raises(ValueError, match=r"label 'boxes' in .*, got 12 images, 11 with 'segments'; check folder"):
        labelled_items(official / "syntax", label="boxes")


def test_no_label_tells_what_there_is(official, save):
    with pytest.raises(
        ValueError,
        match=r"label 'stenoses' in .*syntax, got 12 images, 11 with 'segments'; check folder, task and split",
    ):
        labelled_items(official / "syntax", label="stenoses")
    folder = save("plain/1.png", 3).parent
    with pytest.raises(
        ValueError,
        match=r"split 'val' must have images with the label 'vessels' in .*plain, got 1 images, none with any label",
    ):
        labelled_items(folder, split="val")


def test_bad_arguments_are_refused(folders, tmp_path):
    with pytest.raises(ValueError, match="label must be one of vessels, segments, stenoses, boxes, got 'vessel'"):
        labelled_items(tmp_path, label="vessel")
    with pytest.raises(ValueError, match="split must be one of train, val, test, all, got 'valid'"):
        labelled_items(tmp_path, split="valid")
    with pytest.raises(FileNotFoundError, match="gone' must be a folder of images"):
        labelled_items(tmp_path / "gone")
    with pytest.raises(
        ValueError,
        match=r"enough to draw one: every part must have a patient, got 2 patients for 3 parts. Put them into",
    ):
        labelled_items(folders("1.png", "2.png"))

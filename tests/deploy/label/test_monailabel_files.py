# SPDX-License-Identifier: Apache-2.0
"""The app's parts that need no server: requests, labels and masks as files."""

import json

import pytest

pytest.importorskip("monailabel", reason="make test-label runs the tests of MONAI Label, in an environment of its own")

import numpy as np
import SimpleITK as sitk
import torch
from label_studies import COLUMNS, FRAMES, ROWS
from PIL import Image
from vasomim_label.checked_request import checked_request, choice, flag, number, whole, word
from vasomim_label.read_boxes import read_boxes
from vasomim_label.read_masks import read_masks
from vasomim_label.slicer_grid import SlicerGrid
from vasomim_label.write_mask import write_mask

from monai_ext.data import read_xa_header
from monai_ext.transforms import BoxesToMarkupsd

MASK = np.zeros((ROWS, COLUMNS), np.uint8)
MASK[5:9, 40:70] = 1


def markups(path, *regions, system="LPS"):
    content = [{"center": list(middle), "size": list(size), "coordinateSystem": system} for middle, size in regions]
    path.write_text(json.dumps({"markups": content}))
    return path


def test_fields_are_checked_and_others_left_out():
    rules = {"a": number(0, 1), "b": whole(2), "c": flag, "d": word, "e": choice(["cpu"]), "f": number(0)}
    request = {"a": "0.25", "b": 3.0, "c": "False", "d": "a_word-1", "e": ["cpu"], "other": "$1 + 1", "f": ""}
    assert checked_request(request, rules) == {"a": 0.25, "b": 3, "c": False, "d": "a_word-1", "e": "cpu"}


@pytest.mark.parametrize(
    ("rule", "value", "must"),
    [
        (number(0, 1), 1.1, "be a number from 0 to 1"),
        (number(0), "nan", "be a number from 0,"),
        (number(0, 1), True, "be a number"),
        (whole(1), 1.5, "be a whole number from 1"),
        (whole(1), float("inf"), "be a whole number"),
        (whole(1), {"_target_": "os.getpid"}, "be a whole number"),
        (flag, "$True", "be true or false"),
        (word, "../up", "be one word"),
        (word, "$1", "be one word"),
        (word, 5, "be one word"),
        (choice(["cpu", "cuda"]), "@device", "be one of cpu, cuda"),
        (choice(["cpu"]), [], "be one of cpu"),
        (choice(["cpu"]), {}, "be one of cpu"),
    ],
)
def test_a_field_that_breaks_its_rule_is_named(rule, value, must):
    with pytest.raises(ValueError, match=rf"^field must {must}.* got "):
        checked_request({"field": value}, {"field": rule})


def test_slicers_grid_has_the_spacing_at_the_detector(studies):
    grid, (row, column) = SlicerGrid.of(studies / "cine.dcm"), read_xa_header(studies / "cine.dcm").imager_pixel_spacing
    assert (grid.columns, grid.rows, grid.frames) == (COLUMNS, ROWS, FRAMES)
    assert grid.spacing[:2] == pytest.approx((column, row)) and row > 1
    assert SlicerGrid.of(studies / "first.png") == SlicerGrid(COLUMNS, ROWS, 1, (1, 1, 1))


def test_what_itk_does_not_read_is_named(tmp_path):
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(ValueError, match=r"text.png' must be a file that 3D Slicer reads"):
        SlicerGrid.of(tmp_path / "text.png")


@pytest.mark.parametrize("ending", [".nrrd", ".nii.gz", ".nii"])
def test_a_mask_written_for_slicer_is_read_as_its_frame(studies, tmp_path, ending):
    write_mask(MASK, str(tmp_path / f"m{ending}"), studies / "cine.dcm", 2)
    ((frame, file),) = read_masks(tmp_path / f"m{ending}", tmp_path).items()
    assert frame == 2 and np.array_equal(np.asarray(Image.open(file)), MASK)
    write_mask(MASK, str(tmp_path / f"one{ending}"), studies / "first.png", 0)
    ((frame, file),) = read_masks(tmp_path / f"one{ending}", tmp_path).items()
    assert frame is None and np.array_equal(np.asarray(Image.open(file)), MASK)


def test_an_image_file_is_the_mask_itself(tmp_path):
    assert read_masks(tmp_path / "mask.png", tmp_path) == {None: tmp_path / "mask.png"}


def test_a_volume_has_a_mask_for_each_slice_that_is_drawn_on(tmp_path):
    volume = np.zeros((5, ROWS, COLUMNS), np.uint8)
    volume[1], volume[4] = MASK, 3 * MASK[::-1]
    sitk.WriteImage(sitk.GetImageFromArray(volume), tmp_path / "label.nii.gz")
    files = read_masks(tmp_path / "label.nii.gz", tmp_path)
    assert sorted(files) == [1, 4] and all(
        np.array_equal(np.asarray(Image.open(file)), volume[frame]) for frame, file in files.items()
    )


def test_labels_that_cannot_be_used_are_named(tmp_path):
    (tmp_path / "broken.nrrd").write_text("no volume")
    with pytest.raises(ValueError, match=r"the label '.*broken.nrrd' cannot be read; store it again"):
        read_masks(tmp_path / "broken.nrrd", tmp_path)
    layers = sitk.GetImageFromArray(np.zeros((1, 8, 8, 2), np.uint8), isVector=True)
    sitk.WriteImage(layers, tmp_path / "layers.seg.nrrd")
    with pytest.raises(ValueError, match=r"layers.seg.nrrd' must be one layer, got 2; store it as .nii.gz"):
        read_masks(tmp_path / "layers.seg.nrrd", tmp_path)


def test_boxes_are_the_way_back_from_regions(studies, tmp_path):
    given = torch.tensor([[10.0, 20.0, 30.0, 60.0], [0.0, 0.0, 1.0, 1.5]])
    found = {"boxes": given, "scores": torch.ones(2), "labels": torch.zeros(2)}
    regions = [(row[:3], row[3:]) for row in BoxesToMarkupsd()(found)["box"].tolist()]
    ((frame, boxes),) = read_boxes(markups(tmp_path / "a.json", *regions), studies / "first.png").items()
    assert frame is None and [[b.x0, b.y0, b.x1, b.y1] for b in boxes] == given.tolist()


def test_regions_of_a_cine_belong_to_their_frames(studies, tmp_path):
    x, y, z = SlicerGrid.of(studies / "cine.dcm").spacing
    regions = [((19.5 * x, 39.5 * y, frame * z), (20 * x, 40 * y, z)) for frame in (0, 2.4, 99)]
    by_frame = read_boxes(markups(tmp_path / "a.json", *regions), studies / "cine.dcm")
    assert sorted(by_frame) == [0, 2, FRAMES - 1]
    for (box,) in by_frame.values():
        assert [box.x0, box.y0, box.x1, box.y1] == pytest.approx([10, 20, 30, 60])


def test_regions_may_be_told_to_the_right_anterior_superior(studies, tmp_path):
    path = markups(tmp_path / "a.json", ((-19.5, -39.5, 0), (20, 40, 1)), system="RAS")
    ((box,),) = read_boxes(path, studies / "first.png").values()
    assert [box.x0, box.y0, box.x1, box.y1] == [10, 20, 30, 60]


def test_no_region_says_that_there_is_no_lesion(studies, tmp_path):
    assert read_boxes(markups(tmp_path / "none.json"), studies / "first.png") == {None: ()}


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "[]",
        "{}",
        '{"markups": [{"center": [1, 2, 3]}]}',
        '{"markups": [{"center": [1, 2], "size": [1, 1, 1]}]}',
        '{"markups": [{"center": [1, 2, NaN], "size": [1, 1, 1]}]}',
        '{"markups": [{"center": [1, 2, 0], "size": [0, 1, 1]}]}',
        '{"markups": [{"center": [1, 2, 0], "size": [1, 1, 1], "coordinateSystem": "XYZ"}]}',
        '{"markups": [{"center": [{"_target_": "os.getpid"}, 2, 3], "size": [1, 1, 1]}]}',
    ],
)
def test_a_file_without_good_regions_is_refused(studies, tmp_path, content):
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(ValueError, match=r"the label '.*bad.json' must hold regions of 3D Slicer, it does not"):
        read_boxes(tmp_path / "bad.json", studies / "first.png")

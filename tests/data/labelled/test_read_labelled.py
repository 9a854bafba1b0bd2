# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image

from monai_ext.data.labelled import read_labelled
from monai_ext.data.records import Record

GREY = np.random.default_rng(0).integers(0, 256, (9, 14), dtype=np.uint8)
CLASSES = np.zeros((9, 14), np.uint8)
CLASSES[2:5, 3:11], CLASSES[6, 1:4] = 25, 1
SQUARE, OTHER = ((1, 1), (5, 1), (5, 4), (1, 4)), ((6, 2), (9, 2), (9, 8), (6, 8))


def items(save, mask, **knobs):
    return {"image": str(save("image.png", GREY)), "label": str(save("mask.png", mask, **knobs))}


def polygons(save, **labels):
    path = save("image.png", GREY)
    return {"image": path, "label": Record(path, "arcade", labels=labels)}


@pytest.mark.parametrize("white", [255, 128, 1, 25])
def test_a_mask_of_one_class_is_what_is_bright(save, white):
    image, label = read_labelled(items(save, (CLASSES > 0) * np.uint8(white)), "vessels", 1)
    assert np.array_equal(image, GREY) and image.dtype == label.dtype == np.uint8
    assert np.array_equal(label, CLASSES > 0)


def test_a_class_map_read_as_one_class_is_its_foreground(save):
    assert np.array_equal(read_labelled(items(save, CLASSES), "vessels", 1)[1], CLASSES > 0)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
def test_a_mask_of_several_classes_holds_their_numbers(save, suffix):
    item = items(save, CLASSES) | {"label": save(f"classes.{suffix}", CLASSES)}
    label = read_labelled(item, "segments", 25)[1]
    assert np.array_equal(label, CLASSES) and label.dtype == np.uint8


def test_palettes_and_sixteen_bits_hold_classes_too(save, tmp_path):
    item = items(save, CLASSES)
    coloured = Image.fromarray(CLASSES, "P")
    coloured.putpalette([0, 0, 0] + [200, 30, 60] * 255)
    coloured.save(tmp_path / "coloured.png")
    for path in (tmp_path / "coloured.png", save("deep.png", CLASSES.astype(np.uint16))):
        assert np.array_equal(read_labelled(item | {"label": path}, "segments", 25)[1], CLASSES)


def test_polygons_of_a_record(save):
    item = polygons(save, segments=((5, SQUARE), (25, OTHER)))
    vessels, segments = (read_labelled(item, name, count)[1] for name, count in (("vessels", 1), ("segments", 25)))
    assert np.array_equal(vessels, segments > 0) and vessels.max() == 1
    assert np.unique(segments).tolist() == [0, 5, 25] and (segments == 5).sum() == 12 and (segments == 25).sum() == 18


@pytest.mark.parametrize("order", [("catheter", "vessels"), ("vessels", "catheter")])
@pytest.mark.parametrize(("label", "classes"), [("vessels", 1), ("segments", 25), ("stenoses", 1)])
def test_the_catheter_beside_is_not_taken_for_the_label(save, order, label, classes):
    masks = {"vessels": save("vessels.png", CLASSES), "catheter": save("catheter.png", np.full_like(CLASSES, 255))}
    path = save("image.png", GREY)
    item = {"image": path, "label": Record(path, "masks", labels={name: masks[name] for name in order})}
    assert np.array_equal(read_labelled(item, label, classes)[1] > 0, CLASSES > 0)


def test_no_stenosis_is_a_label_and_no_vessel_is_a_mistake(save):
    nothing = np.zeros_like(CLASSES)
    assert not read_labelled(items(save, nothing), "stenoses", 1)[1].any()
    assert not read_labelled(polygons(save, stenoses=()), "stenoses", 1)[1].any()
    for label, classes in (("vessels", 1), ("segments", 25)):
        with pytest.raises(ValueError, match=r"the label of '.*image.png' must not be empty; draw it"):
            read_labelled(items(save, nothing), label, classes)


@pytest.mark.parametrize("classes", [1, 25])
def test_a_mask_of_another_size_is_named(save, classes):
    message = r"the mask '.*mask.png' must have the size of its image, got 14x9 and 9x14"
    with pytest.raises(ValueError, match=message):
        read_labelled(items(save, CLASSES.T.copy()), "segments", classes)


def test_classes_out_of_range_are_named(save):
    with pytest.raises(ValueError, match=r"label of '.*image.png' must hold classes from 0 to 24, got 25"):
        read_labelled(items(save, CLASSES), "segments", 24)
    with pytest.raises(ValueError, match=r"classes from 0 to 25, got 255; check its values or the task"):
        read_labelled(items(save, np.uint8(255) * (CLASSES > 0)), "segments", 25)
    with pytest.raises(ValueError, match=r"classes from 0 to 1, got 25"):
        read_labelled(polygons(save, segments=((25, SQUARE),)), "segments", 1)


def test_a_record_without_the_label_is_named(save):
    with pytest.raises(ValueError, match=r"image.png' must have the label 'segments', got 'stenoses'; leave"):
        read_labelled(polygons(save, stenoses=(SQUARE,)), "segments", 25)
    with pytest.raises(ValueError, match=r"image.png' must have the label 'vessels', got none"):
        read_labelled({"image": save("image.png", GREY)}, "vessels", 1)


@pytest.mark.parametrize("classes", [1, 25])
def test_broken_and_missing_files_are_named(save, tmp_path, classes):
    item = items(save, CLASSES)
    broken = tmp_path / "broken.png"
    broken.write_bytes((tmp_path / "mask.png").read_bytes()[:40])
    with pytest.raises(ValueError, match=r"broken.png' cannot be read as a m"):
        read_labelled(item | {"label": broken}, "segments", classes)
    with pytest.raises(ValueError, match=r"broken.png' cannot be read as an image"):
        read_labelled(item | {"image": broken}, "segments", classes)
    for part in ("image", "label"):
        with pytest.raises(FileNotFoundError, match=r"gone\.png"):
            read_labelled(item | {part: tmp_path / "gone.png"}, "segments", classes)

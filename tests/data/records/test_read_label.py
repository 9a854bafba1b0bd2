# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from monai_ext.data.records import Record, draw_polygons, read_label
from monai_ext.phantom import outline_mask

SQUARE = ((1.0, 2.0), (4.0, 2.0), (4.0, 6.0), (1.0, 6.0))


def record(**labels):
    return Record(Path("/x/1.png"), "images", labels=labels)


def mask_file(tmp_path, values, mode=None, suffix="png"):
    image = Image.fromarray(np.asarray(values))
    path = tmp_path / f"mask.{suffix}"
    (image.convert(mode) if mode else image).save(path)
    return path


def test_a_rectangle_covers_its_pixels():
    expected = np.zeros((9, 7), bool)
    expected[2:6, 1:4] = True
    assert np.array_equal(draw_polygons([SQUARE], (9, 7)), expected)
    assert np.array_equal(draw_polygons([SQUARE[::-1]], (9, 7)), expected)


def test_middles_decide():
    assert draw_polygons([((0.6, 0), (2.4, 0), (2.4, 1), (0.6, 1))], (1, 4)).tolist() == [[False, True, False, False]]
    assert draw_polygons([((0.4, 0), (2.6, 0), (2.6, 1), (0.4, 1))], (1, 4)).tolist() == [[True, True, True, False]]


def test_parts_outside_are_cut_off():
    polygon = ((-5, -5), (50, -5), (50, 3), (-5, 3))
    mask = draw_polygons([polygon], (5, 6))
    assert mask[:3].all() and not mask[3:].any()
    assert not draw_polygons([((10, 0), (20, 0), (20, 5))], (5, 6)).any()


def test_nothing_and_lines_without_area_draw_nothing():
    assert not draw_polygons([], (4, 5)).any()
    assert not draw_polygons([((1, 1), (3, 3), (1, 1))], (4, 5)).any()


def test_polygons_of_a_mask_with_holes_are_the_mask():
    """Against the outlines of `outline_mask`, whose own test fills them with matplotlib."""
    rows, columns = np.indices((41, 60))
    ring = (rows - 20) ** 2 + (columns - 28) ** 2
    mask = (ring < 18**2) & (ring > 9**2)
    drawn = draw_polygons(outline_mask(mask), mask.shape)
    assert (drawn & mask).sum() / (drawn | mask).sum() > 0.98 and not drawn[20, 28]


def test_vessels_are_the_union_of_segments_and_later_segments_win():
    shifted = tuple((x + 1, y) for x, y in SQUARE)
    labelled = record(segments=((5, SQUARE), (25, shifted)))
    classes = read_label(labelled, "segments", (9, 7))
    assert classes.dtype == np.uint8 and classes[3].tolist() == [0, 5, 25, 25, 25, 0, 0]
    vessels = read_label(labelled, "vessels", (9, 7))
    assert vessels.dtype == bool and np.array_equal(vessels, classes > 0)


def test_an_image_without_stenosis_has_an_empty_mask():
    assert read_label(record(stenoses=()), "stenoses", (3, 4)).shape == (3, 4)
    assert not read_label(record(stenoses=()), "stenoses", (3, 4)).any()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16"])
def test_masks_of_every_mode(tmp_path, mode):
    truth = np.random.default_rng(0).random((9, 7)) > 0.5
    path = mask_file(tmp_path, truth.astype(np.uint8) * 255, mode)
    mask = read_label(record(vessels=path), "vessels", (9, 7))
    assert mask.dtype == bool and np.array_equal(mask, truth)


def test_noise_of_jpeg_is_no_mask(tmp_path):
    truth = np.zeros((32, 32), np.uint8)
    truth[8:21, 5:12] = 255
    path = mask_file(tmp_path, truth, suffix="jpg")
    assert len(np.unique(np.asarray(Image.open(path)))) > 2
    assert np.array_equal(read_label(record(catheter=path), "catheter", (32, 32)), truth > 0)


def test_small_values_are_classes_and_colours_count_by_their_brightest_channel(tmp_path):
    assert read_label(record(vessels=mask_file(tmp_path, np.uint8([[0, 1, 2, 25]]))), "vessels", (1, 4)).tolist() == [
        [False, True, True, True]
    ]
    colours = np.uint8([[[0, 0, 0], [255, 0, 0], [0, 0, 255], [9, 9, 9]]])
    assert read_label(record(vessels=mask_file(tmp_path, colours)), "vessels", (1, 4)).tolist() == [
        [False, True, True, False]
    ]
    assert not read_label(record(vessels=mask_file(tmp_path, np.zeros((2, 2), np.uint8))), "vessels", (2, 2)).any()


def test_masks_of_another_size_are_refused_with_both(tmp_path):
    path = mask_file(tmp_path, np.zeros((9, 7), np.uint8))
    with pytest.raises(ValueError, match=r"the mask '.*mask.png' must have the size of its image, got 9x7 and 32x30"):
        read_label(record(vessels=path), "vessels", (32, 30))


def test_broken_and_missing_masks_are_named(tmp_path):
    path = mask_file(tmp_path, np.zeros((9, 7), np.uint8))
    path.write_bytes(path.read_bytes()[:42])
    with pytest.raises(ValueError, match=r"mask.png' cannot be read as a mask"):
        read_label(record(vessels=path), "vessels", (9, 7))
    with pytest.raises(FileNotFoundError):
        read_label(record(vessels=tmp_path / "gone.png"), "vessels", (9, 7))


def test_labels_that_are_not_there_are_named():
    with pytest.raises(ValueError, match=r"1.png' must have the label 'stenoses', got 'vessels', 'lesion'"):
        read_label(record(vessels=(), lesion=True), "stenoses", (4, 4))
    with pytest.raises(ValueError, match="must have the label 'vessels', got none"):
        read_label(record(), "vessels", (4, 4))
    with pytest.raises(ValueError, match=r"label must be one of vessels, segments, .*, got 'boxes'"):
        read_label(record(boxes=()), "boxes", (4, 4))

# SPDX-License-Identifier: Apache-2.0
import itertools

import numpy as np
from PIL import Image, ImageDraw

from monai_ext.dicom.mask_outlines import mask_outlines
from monai_ext.phantom import PhantomSettings, draw_angiogram


def test_a_square_has_its_own_corners():
    """Pixels 2 to 5 of rows and 3 to 7 of columns lie between 2 and 6, 3 and 8 (PS3.3, C.10.5.1.2); corners are cut by half a pixel."""
    mask = np.zeros((10, 12), bool)
    mask[2:6, 3:8] = True
    (line,) = mask_outlines(mask, tolerance=0.0)
    assert line.min(axis=0).tolist() == [3.0, 2.0] and line.max(axis=0).tolist() == [8.0, 6.0]
    assert line.dtype == np.float32 and np.array_equal(line[0], line[-1])


def test_masks_at_the_border_are_closed_and_inside():
    (line,) = mask_outlines(np.ones((7, 9), bool), tolerance=0.0)
    assert line.min() == 0 and line.max(axis=0).tolist() == [9.0, 7.0] and np.array_equal(line[0], line[-1])


def test_nothing_has_no_outline():
    assert mask_outlines(np.zeros((7, 9), bool)) == []


def test_holes_have_their_own():
    mask = np.ones((20, 20), bool)
    mask[8:12, 8:12] = False
    assert len(mask_outlines(mask)) == 2


def test_outlines_of_vessels_enclose_them():
    """Filled again, by another library, they are the mask but for its rim, with far fewer points than the rim has pixels."""
    mask = draw_angiogram(0, 3, PhantomSettings(size=256)).vessels
    lines = mask_outlines(mask)
    picture = Image.new("L", (4 * 256, 4 * 256))
    for line in sorted(lines, key=len, reverse=True):
        ImageDraw.Draw(picture).polygon([(4 * x, 4 * y) for x, y in line.tolist()], fill=1)
    filled = np.asarray(picture)[2::4, 2::4] > 0
    assert (filled & mask).sum() / (filled | mask).sum() > 0.9
    assert sum(map(len, lines)) < mask.sum() / 4


def test_very_long_lines_come_in_parts_that_touch():
    comb = np.zeros((200, 400), bool)
    comb[:, ::2] = True
    comb[100] = True
    parts = mask_outlines(comb, tolerance=0.0)
    assert max(map(len, parts)) <= 8000 and len(parts) > 1
    assert all(np.array_equal(one[-1], other[0]) for one, other in itertools.pairwise(parts))


def test_a_single_pixel_has_an_outline():
    mask = np.zeros((5, 5), bool)
    mask[2, 1] = True
    assert len(mask_outlines(mask)) == 1

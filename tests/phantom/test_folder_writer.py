# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image

from monai_ext.phantom import FolderWriter, PhantomSettings, draw_angiogram


@pytest.mark.parametrize(("bits", "depth"), [(8, np.uint8), (12, np.uint16)])
def test_images_come_back_pixel_for_pixel(bits, depth, tmp_path):
    angiogram = draw_angiogram(0, 7, PhantomSettings(size=65, bits=bits))
    FolderWriter().write(tmp_path, 7, angiogram)
    pixels = np.asarray(Image.open(tmp_path / "images" / "00007.png"))
    assert pixels.dtype == depth and np.array_equal(pixels, angiogram.image)


def test_each_kind_lies_in_its_folder(tmp_path):
    FolderWriter().write(tmp_path, 7, draw_angiogram(0, 7, PhantomSettings(size=64)))
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    kinds = ("catheter", "images", "labels", "segments", "tree", "vessels")
    assert files == [f"{kind}/00007.{'json' if kind == 'labels' else 'png'}" for kind in kinds]

# SPDX-License-Identifier: Apache-2.0
import io

import numpy as np
import pytest
from PIL import Image

from monai_ext.data import read_grey
from monai_ext.data.open_image import open_image
from monai_ext.data.records.read_mask import read_mask

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n(marker) (w) file closefile\nshowpage\n"


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "tiff", "ppm"])
def test_plain_formats_are_opened(kind, tmp_path, recwarn):
    Image.fromarray(np.zeros((5, 7), np.uint8)).save(tmp_path / "1.png", format=kind)
    with open_image(tmp_path / "1.png") as image:
        assert image.size == (7, 5)
    assert not recwarn


@pytest.mark.parametrize("content", [EPS, b"GIF89a" + bytes(20), b"8BPS\0\1" + bytes(30)])
def test_a_format_that_needs_another_program_or_is_rare_is_refused(content, tmp_path):
    (tmp_path / "1.png").write_bytes(content)
    for read in (read_grey, read_mask):
        with pytest.raises(ValueError, match=r"cannot be read as .*cannot identify image file"):
            read(tmp_path / "1.png")


def test_postscript_would_be_taken_otherwise():
    """The test above is worth something: Pillow alone takes it for an image."""
    assert Image.open(io.BytesIO(EPS)).format == "EPS"


def test_a_large_image_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    Image.fromarray(np.zeros((5, 7), np.uint8)).save(tmp_path / "1.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    with pytest.raises(Image.DecompressionBombWarning), open_image(tmp_path / "1.png"):
        pass

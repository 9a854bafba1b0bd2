# SPDX-License-Identifier: Apache-2.0
import io

import numpy as np
import pytest
from PIL import Image

from monai_ext.data.xa.codestream_size import codestream_size


@pytest.mark.parametrize("kind", ["jpeg", "jpeg2000"])
@pytest.mark.parametrize("samples", [1, 3])
def test_size_of_images_by_pillow(kind, samples):
    packed = io.BytesIO()
    Image.fromarray(np.zeros((5, 9, 3) if samples == 3 else (5, 9), np.uint8)).save(packed, kind)
    assert codestream_size(packed.getvalue()) == (5, 9, samples, 8)


@pytest.mark.parametrize(
    "packed", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\x00\x00" * 9, b"\xff\x4f\xff\x51\x00", b"text" * 99]
)
def test_what_has_no_size_is_none(packed):
    assert codestream_size(packed) is None


JPEG = bytes.fromhex(
    "ffd8ffe0 0010 4a46494600 0102 00 0048 0048 00 00ffc0 000b 08 0005 0009 01 01 11 00ffda 0008 01 01 00 00 3f 00"
)


def test_a_jpeg_header_by_hand():
    assert codestream_size(JPEG) == (5, 9, 1, 8)
    assert codestream_size(JPEG.replace(b"\xff\xc0", b"\xff\xff\xff\xc0")) == (5, 9, 1, 8), "fill bytes"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\xff\xc0", b"\x00\xff\xc0"),  # a byte between segments
        (b"JFIF\0\1", b"JFIF\0\7"),  # a version that does not exist
        (b"\xff\xda", b"\xff\xd9"),  # no scan
        (b"\xff\xda", b"\xff\xc0\0\x0b\x08\0\x05\0\x09\1\1\x11\0\xff\xda"),  # two frame headers
        (b"\xff\xe0\0\x10", b"\xff\xe0\0\1"),  # an impossible length
        (b"\xff\xc0", b"\xff\xc4"),  # no frame header
    ],
)
def test_what_makes_gdcm_end_the_process_has_no_size(old, new):
    """Seen with python-gdcm 3.2.6: a warning of libjpeg before the first scan is an exception that nobody catches."""
    assert old in JPEG and codestream_size(JPEG.replace(old, new)) is None

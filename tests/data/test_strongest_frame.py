# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.data import read_xa
from monai_ext.data.quality import contrast_strength
from monai_ext.data.strongest_frame import strongest_frame

pytest.importorskip("pydicom")
from monai_ext.phantom import CineWriter, DicomWriter, PhantomSettings, draw_angiogram, draw_cine

SMALL = PhantomSettings.read({"size": 128, "frames": 10})


def test_it_is_the_frame_of_most_contrast_however_the_cine_is_cut(tmp_path, monkeypatch, global_rng_untouched):
    CineWriter(SMALL, 0).write(tmp_path, 0, draw_cine(0, 0, SMALL))
    path = tmp_path / "00000.dcm"
    expected = int(contrast_strength(np.rint(read_xa(path).frames * 255).astype(np.uint8)).argmax())
    assert strongest_frame(path) == expected > 0
    monkeypatch.setattr("monai_ext.data.cine_chunks._AT_ONCE", 4 * 128 * 128)
    assert strongest_frame(str(path)) == expected


def test_of_one_frame_it_is_that_and_its_pixels_are_not_read(tmp_path):
    DicomWriter(SMALL, 0).write(tmp_path, 0, draw_angiogram(0, 0, SMALL))
    path = tmp_path / "00000.dcm"
    path.write_bytes(path.read_bytes()[:-100])
    assert strongest_frame(path) == 0
    with pytest.raises(ValueError, match="cannot be read as an X-ray cine"):
        read_xa(path)

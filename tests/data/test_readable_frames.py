# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image

from monai_ext.data.readable_frames import readable_frames
from monai_ext.data.strongest_frame import strongest_frame

pytest.importorskip("pydicom")
from monai_ext.phantom import CineWriter, DicomWriter, PhantomSettings, draw_angiogram, draw_cine

TINY = PhantomSettings.read({"size": 64, "frames": 9})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    DicomWriter(TINY, 0).write(folder / "still", 0, draw_angiogram(0, 0, TINY))
    CineWriter(TINY, 0).write(folder / "cine", 0, draw_cine(0, 0, TINY))
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(folder / "image.png")
    return folder


@pytest.mark.parametrize("name", ["image.png", "still/00000.dcm"])
@pytest.mark.parametrize("frames", [None, 5, "all"])
def test_a_file_of_one_frame_has_it_whatever_is_wanted(name, frames, folder):
    assert readable_frames(folder / name, frames) == [0]


def test_frames_of_a_cine(folder):
    path = folder / "cine" / "00000.dcm"
    assert readable_frames(path) == [strongest_frame(path)]
    assert readable_frames(path, 5) == [5] and readable_frames(path, "all") == list(range(9))
    with pytest.raises(ValueError, match=r"frames must be of 0..8, got 9"):
        readable_frames(path, 9)


@pytest.mark.parametrize("name", ["image.png", "still/00000.dcm", "cine/00000.dcm"])
@pytest.mark.parametrize("frames", [None, 0, "all"])
def test_broken_pixels_are_found(name, frames, folder, tmp_path):
    path = tmp_path / f"broken{(folder / name).suffix}"
    path.write_bytes((folder / name).read_bytes()[: -30 if name == "image.png" else -5000])
    with pytest.raises(ValueError, match="cannot be read as"):
        readable_frames(path, frames)


def test_small_images_are_refused(folder):
    for name, size in (("image.png", "20x30"), ("still/00000.dcm", "64x64")):
        with pytest.raises(ValueError, match=f"must have sides of at least 99 px, got {size}"):
            readable_frames(folder / name, min_size=99)

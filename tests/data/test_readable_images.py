# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image

from monai_ext.data import readable_images


def test_broken_files_are_left_out_and_named(tmp_path, caplog):
    for name in "ab":
        Image.fromarray(np.arange(4096, dtype=np.uint8).reshape(64, 64)).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "a.png").read_bytes()[:90])
    files = [tmp_path / name for name in ("b.png", "broken.png", "a.png")]
    assert readable_images(files) == [str(files[0]), str(files[2])]
    assert "1 of 3 images are left out" in caplog.text and "broken.png" in caplog.text


def test_no_readable_image_is_an_error(tmp_path):
    (tmp_path / "empty.png").touch()
    with pytest.raises(ValueError, match=r"at least one image must be readable, got 1 broken"):
        readable_images([tmp_path / "empty.png"])

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from made_result import boxes_result, masks_result
from PIL import Image

from monai_ext.results import draw_findings, write_overlays


@pytest.mark.parametrize("result", [masks_result(), boxes_result()])
def test_pictures_are_those_of_draw_findings(result, tmp_path):
    write_overlays(result, tmp_path / "a")
    for place, number in enumerate(result.numbers):
        picture = np.asarray(Image.open(tmp_path / "a" / f"000{number}.png"))
        assert np.array_equal(picture, draw_findings(result, place)) and picture.shape == (48, 64, 3)

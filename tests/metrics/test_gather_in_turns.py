# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from monai_ext.metrics import gather_in_turns

# Of two real processes: test_segmentation_quality, test_detection_quality


def test_one_process_keeps_its_images():
    assert gather_in_turns(["a", "b"]) == ["a", "b"]


def test_no_image_is_an_error():
    with pytest.raises(RuntimeError, match="no image was evaluated; check that the data holds at least one"):
        gather_in_turns([])

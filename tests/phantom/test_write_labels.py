# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest
from PIL import Image

from monai_ext.phantom import SEGMENTS, PhantomSettings, angiogram_labels, draw_angiogram, write_labels


@pytest.fixture(scope="module")
def angiogram():
    return draw_angiogram(0, 1, PhantomSettings(size=64))


def test_masks_come_back_pixel_for_pixel(angiogram, tmp_path):
    write_labels(tmp_path, "00001", angiogram)
    for kind in ("vessels", "tree", "catheter"):
        pixels = np.asarray(Image.open(tmp_path / kind / "00001.png"))
        assert set(np.unique(pixels)) <= {0, 255} and np.array_equal(pixels > 0, getattr(angiogram, kind))
    assert np.array_equal(Image.open(tmp_path / "segments" / "00001.png"), angiogram.segments)


def test_a_frame_of_a_cine_lies_one_folder_deeper(angiogram, tmp_path):
    write_labels(tmp_path, "00001/003", angiogram)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    kinds = ("catheter", "labels", "segments", "tree", "vessels")
    assert files == [f"{kind}/00001/003.{'json' if kind == 'labels' else 'png'}" for kind in kinds]


def test_labels_tell_what_the_angiogram_knows(angiogram, tmp_path):
    write_labels(tmp_path, "a", angiogram)
    labels = json.loads((tmp_path / "labels" / "a.json").read_text())
    assert labels == angiogram_labels(angiogram)
    assert labels["segments"] == [SEGMENTS[i - 1] for i in np.unique(angiogram.segments) if i]
    assert labels["judged"] == list(angiogram.judged) and labels["bits"] == 8
    assert [line["segment"] for line in labels["centrelines"]] == [line.segment for line in angiogram.centrelines]
    for told, line in zip(labels["centrelines"], angiogram.centrelines, strict=True):
        assert np.abs(np.array(told["points"]) - line.points).max() <= 0.00501
        assert len(told["radius"]) == len(told["points"])
    for told, stenosis in zip(labels["stenoses"], angiogram.stenoses, strict=True):
        assert told["segment"] == stenosis.segment and np.allclose(told["box"], stenosis.box, atol=0.00501)
    assert labels["primary_angle"] == pytest.approx(angiogram.primary_angle, abs=0.005)
    assert labels["pixel_spacing"] == pytest.approx(angiogram.pixel_spacing, abs=1e-6)

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.data import cine_chunks as module
from monai_ext.data import read_xa

pytest.importorskip("pydicom")
from monai_ext.phantom import CineWriter, PhantomSettings, draw_cine

TINY = PhantomSettings.read({"size": 64, "frames": 7})


@pytest.mark.parametrize(("pixels", "lengths"), [(3 * 64 * 64, [3, 3, 1]), (1, [1] * 7), (2**25, [7])])
def test_chunks_hold_every_frame_once(pixels, lengths, tmp_path, monkeypatch):
    CineWriter(TINY, 0).write(tmp_path, 0, draw_cine(0, 0, TINY))
    monkeypatch.setattr("monai_ext.data.cine_chunks._AT_ONCE", pixels)
    chunks = list(module.cine_chunks(tmp_path / "00000.dcm"))
    assert [len(chunk) for chunk in chunks] == lengths
    assert np.array_equal(np.concatenate(chunks), read_xa(tmp_path / "00000.dcm").frames)


def test_only_wanted_frames_are_read(tmp_path, monkeypatch):
    CineWriter(TINY, 0).write(tmp_path, 0, draw_cine(0, 0, TINY))
    monkeypatch.setattr("monai_ext.data.cine_chunks._AT_ONCE", 2 * 64 * 64)
    chunks = list(module.cine_chunks(tmp_path / "00000.dcm", frames=range(3, 6)))
    assert [len(chunk) for chunk in chunks] == [2, 1]
    assert np.array_equal(np.concatenate(chunks), read_xa(tmp_path / "00000.dcm", frames=[3, 4, 5]).frames)

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.utils import CommonKeys

from monai_ext.handlers import SaveFeatures


def run(folder, files, batches):
    engine = Engine(lambda engine, batch: {CommonKeys.PRED: batch})
    SaveFeatures(folder, files).attach(engine)
    engine.run(batches)


def test_one_file_an_image_in_the_order_of_the_data(tmp_path):
    files = ["/data/a/1.png", "/data/b/1.png", "/data/b/c/2.jpg"]
    features = torch.rand(3, 4, 2, 5)
    run(tmp_path / "out", files, [features[:2], features[2:]])
    for path, expected in zip(("a/1.png", "b/1.png", "b/c/2.jpg"), features, strict=True):
        assert np.array_equal(np.load(tmp_path / "out" / f"{path}.npy", allow_pickle=False), expected.numpy())
    assert not list(tmp_path.rglob("*.tmp"))


def test_half_precision_is_written_as_float32(tmp_path):
    run(tmp_path, ["/data/1.png"], [torch.rand(1, 2, 3, 3, dtype=torch.float16)])
    assert np.load(tmp_path / "1.png.npy").dtype == np.float32


def test_no_image_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one image, got none"):
        SaveFeatures(tmp_path, [])

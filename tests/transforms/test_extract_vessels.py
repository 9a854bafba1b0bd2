# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Compose

from monai_ext.ops import extract_vessels
from monai_ext.phantom import PhantomSettings, draw_angiogram
from monai_ext.transforms import ExtractVessels, ExtractVesselsd


@pytest.fixture
def frame() -> np.ndarray:
    return draw_angiogram(5, 0, PhantomSettings(size=96)).image[None, :90, :71]


@pytest.mark.parametrize("method", ["robust", "published"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_an_array_gives_the_op_s_map_as_an_array(frame, method, dtype):
    found = ExtractVessels(method)(frame.astype(dtype))
    assert isinstance(found, np.ndarray) and found.dtype == bool
    expected = extract_vessels(
        torch.from_numpy(frame.astype(np.float64 if dtype == np.float64 else np.float32))[None], method=method
    )
    assert np.array_equal(found, expected[0].numpy())


def test_a_tensor_with_metadata_keeps_them(frame):
    image = MetaTensor(torch.from_numpy(frame), meta={"filename_or_obj": "1.png"})
    found = ExtractVessels()(image)
    assert isinstance(found, MetaTensor) and found.meta["filename_or_obj"] == "1.png" and found.dtype == torch.bool


def test_in_a_chain_the_map_lies_beside_the_image(frame):
    chain = Compose([ExtractVesselsd("image"), ExtractVesselsd("image", map_key="paper", method="published")])
    result = chain({"image": frame, "name": "1.png"})
    assert set(result) == {"image", "name", "vessels", "paper"} and result["image"] is frame
    assert np.array_equal(result["vessels"], ExtractVessels()(frame))
    assert np.array_equal(result["paper"], ExtractVessels("published")(frame))


def test_two_images_need_two_map_keys(frame):
    with pytest.raises(ValueError, match="map key of its own"):
        ExtractVesselsd(["a", "b"])
    result = ExtractVesselsd(["a", "b"], map_key=["va", "vb"])({"a": frame, "b": frame})
    assert np.array_equal(result["va"], result["vb"])


def test_missing_keys_fail_unless_allowed(frame):
    with pytest.raises(KeyError, match="image"):
        ExtractVesselsd("image")({"label": frame})
    assert set(ExtractVesselsd("image", allow_missing_keys=True)({"label": frame})) == {"label"}


@pytest.mark.parametrize("shape", [(64, 64), (1, 1, 64, 64), (3, 64, 64)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="image must be"):
        ExtractVessels()(np.zeros(shape, np.float32))

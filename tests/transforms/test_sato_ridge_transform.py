# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from monai.transforms import Compose, CopyItemsd

from monai_ext.ops import sato_ridge
from monai_ext.transforms import SatoRidge, SatoRidged


@pytest.fixture
def frame() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1, 45, 38), dtype=np.uint8)


@pytest.mark.parametrize(
    ("dtype", "computed"), [(np.uint8, np.float32), (np.float32, np.float32), (np.float64, np.float64)]
)
def test_an_array_gives_the_op_s_response_as_an_array(frame, dtype, computed):
    ridge = SatoRidge((1, 2))(frame.astype(dtype))
    assert isinstance(ridge, np.ndarray) and ridge.dtype == computed
    assert np.array_equal(ridge, sato_ridge(torch.from_numpy(frame.astype(computed))[None], (1, 2))[0].numpy())


def test_a_tensor_with_metadata_keeps_them(frame):
    ridge = SatoRidge()(MetaTensor(torch.from_numpy(frame), meta={"filename_or_obj": "1.png"}))
    assert isinstance(ridge, MetaTensor) and ridge.meta["filename_or_obj"] == "1.png"


def test_in_a_chain_the_response_takes_the_image_s_place(frame):
    result = Compose([CopyItemsd("image", names="ridge"), SatoRidged("ridge")])({"image": frame})
    assert np.array_equal(result["image"], frame) and np.array_equal(result["ridge"], SatoRidge()(frame))


@pytest.mark.parametrize("sigmas", [(), (1, 0), (-2,)])
def test_scales_must_be_positive(sigmas):
    with pytest.raises(ValueError, match="sigmas must be above 0"):
        SatoRidge(sigmas)


@pytest.mark.parametrize("shape", [(64, 64), (1, 1, 64, 64), (3, 64, 64)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="image must be"):
        SatoRidge()(np.zeros(shape, np.float32))

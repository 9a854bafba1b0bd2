# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch

from monai_ext.ops import unpack_bits


@pytest.mark.parametrize("shape", [(1,), (3, 5), (2, 1, 7, 3), (0, 4)])
def test_equals_numpy(shape, global_rng_untouched):
    packed = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    bits = unpack_bits(torch.from_numpy(packed))
    assert bits.dtype == torch.bool and bits.shape == (*shape[:-1], 8 * shape[-1])
    assert np.array_equal(bits.numpy(), np.unpackbits(packed, axis=-1).astype(bool))


def test_the_first_pixel_is_the_highest_bit():
    assert unpack_bits(torch.tensor([0b1000_0001], dtype=torch.uint8)).int().tolist() == [1, 0, 0, 0, 0, 0, 0, 1]


def test_packing_again_gives_the_bytes():
    packed = torch.arange(256, dtype=torch.uint8).reshape(16, 16)
    assert np.array_equal(np.packbits(unpack_bits(packed).numpy(), axis=-1), packed.numpy())


def test_other_types_are_refused():
    with pytest.raises(TypeError, match=r"must be uint8, got torch\.bool"):
        unpack_bits(torch.zeros(3, dtype=torch.bool))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_same_on_a_gpu():
    packed = torch.arange(256, dtype=torch.uint8).reshape(4, 64)
    assert torch.equal(unpack_bits(packed.cuda()).cpu(), unpack_bits(packed))

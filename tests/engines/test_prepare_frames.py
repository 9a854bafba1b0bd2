# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch

from monai_ext.engines import PrepareFrames


def frames(batch: int = 4, height: int = 40, width: int = 48) -> dict:
    generator = torch.Generator().manual_seed(0)
    image = (torch.rand(batch, 1, 48, 48, generator=generator) * 255).to(torch.uint8)
    image[..., height:, :] = 0
    vessels = image > 128
    packed = torch.from_numpy(np.packbits(vessels.numpy(), axis=-1))
    return {
        "image": image,
        "vessels": packed,
        "extent": torch.tensor([[height, width]] * batch),
        "index": torch.arange(batch),
    }


def test_whole_frame_without_augmentation():
    image, vessels = PrepareFrames(image_size=(40, 48), mean=0.4, std=0.2, augment=False)(frames(), "cpu")
    raw = frames()["image"][:, :, :40]
    assert image.dtype == torch.float32 and vessels.dtype == torch.bool
    assert torch.allclose(image * 0.2 + 0.4, raw / 255, atol=1e-6)
    assert torch.equal(vessels, raw > 128)


@pytest.mark.parametrize("size", [32, (24, 33)])
def test_crops_have_the_size_asked_and_stay_inside_the_frame(size, global_rng_untouched):
    batch = frames()
    batch["image"][..., :40, :] = 200
    image, vessels = PrepareFrames(image_size=size, mean=0.0, std=1.0)(batch, "cpu")
    assert image.shape[-2:] == vessels.shape[-2:] == ((size, size) if isinstance(size, int) else size)
    assert torch.allclose(image, torch.tensor(200 / 255))


def test_map_follows_the_image():
    """A map that is a threshold of a smooth image stays one after crop and flip."""
    ramp = torch.linspace(0, 255, 48).expand(4, 1, 48, 48).to(torch.uint8)
    batch = frames(height=48) | {"image": ramp, "vessels": torch.from_numpy(np.packbits(ramp.numpy() > 128, axis=-1))}
    image, vessels = PrepareFrames(image_size=32, mean=0.0, std=1.0)(batch, "cpu")
    sure = (image - 128 / 255).abs() > 0.03
    assert torch.equal(vessels[sure], (image > 128 / 255)[sure])


def test_crops_of_an_image_do_not_depend_on_its_batch_and_change_with_epoch_and_seed(global_rng_untouched):
    def crops(batch, epoch=1, seed=3):
        return PrepareFrames(image_size=16, mean=0.0, std=1.0, seed=seed)(batch, "cpu", epoch=epoch)[0]

    whole = crops(frames())
    parts = [crops({key: value[rows] for key, value in frames().items()}) for rows in ([2, 0], [3, 1])]
    assert torch.equal(torch.cat(parts), whole[[2, 0, 3, 1]])
    assert not torch.equal(crops(frames(), epoch=2), whole) and not torch.equal(crops(frames(), seed=4), whole)


def test_compiled_it_is_the_same_and_another_epoch_does_not_compile_anew():
    prepare = PrepareFrames(image_size=16, mean=0.0, std=1.0)
    expected = [prepare(frames(), "cpu", epoch=epoch) for epoch in (1, 2)]
    torch._dynamo.reset()
    prepare.compile(fullgraph=True, dynamic=False, backend="aot_eager")
    with torch._dynamo.config.patch(error_on_recompile=True):
        for (image, vessels), epoch in zip(expected, (1, 2), strict=True):
            ours = prepare(frames(), "cpu", epoch=epoch)
            torch.testing.assert_close(ours[0], image, atol=1e-4, rtol=0)
            assert torch.equal(ours[1], vessels)


def test_bad_knobs_are_refused():
    for size in (0, (8,), (8, 8, 8), (8, 8.5)):
        with pytest.raises(ValueError, match="one positive integer or "):
            PrepareFrames(image_size=size, mean=0, std=1)
    with pytest.raises(ValueError, match="std must be positive, got 0"):
        PrepareFrames(image_size=8, mean=0, std=0)


def test_without_flips_left_stays_left():
    """A ramp that rises to the right does so in every crop; with flips, half of many crops fall."""
    ramp = torch.linspace(0, 255, 48).expand(32, 1, 48, 48).to(torch.uint8)
    batch = frames(batch=32, height=48) | {"image": ramp}
    for flip, least, most in ((False, 1.0, 1.0), (True, 0.2, 0.8)):
        image, _ = PrepareFrames(image_size=32, mean=0.0, std=1.0, flip=flip)(batch, "cpu")
        rising = (image[..., -1] > image[..., 0]).all(-1).float().mean().item()
        assert least <= rising <= most

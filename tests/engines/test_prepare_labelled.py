# SPDX-License-Identifier: Apache-2.0
import pytest
import torch
from monai.losses import DiceCELoss

from monai_ext.engines import PrepareLabelled

PLAIN = {"rotation": 0.0, "scale": (1.0, 1.0), "shift": 0.0}


def batch(count: int = 4, height: int = 24, width: int = 33) -> dict:
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (count, 1, height, width), generator=generator, dtype=torch.uint8)
    return {"image": image, "label": (image > 128).to(torch.uint8) * 7, "index": torch.arange(count)}


def test_without_augmentation_grey_is_standardised_and_classes_stay(global_rng_untouched):
    image, label = PrepareLabelled(mean=0.45, std=0.18, augment=False)(batch(), "cpu")
    raw = batch()
    assert image.dtype == label.dtype == torch.float32
    torch.testing.assert_close(image, (raw["image"] / 255 - 0.45) / 0.18)
    assert torch.equal(label, raw["label"].float())


@pytest.mark.parametrize("size", [(16, 16), (24, 33), (1, 7)])
def test_augmented_images_keep_size_and_range_and_labels_their_classes(size, global_rng_untouched):
    image, label = PrepareLabelled(mean=0.45, std=0.18)(batch(4, *size), "cpu")
    grey = image * 0.18 + 0.45
    assert image.shape == label.shape == (4, 1, *size)
    assert grey.min() > -1e-5 and grey.max() < 1 + 1e-5 and set(label.unique().tolist()) <= {0, 7}


def test_the_label_follows_the_image():
    """Where only a smooth ramp's middle is labelled, brightness aside, it stays the darker part."""
    ramp = torch.linspace(0, 255, 64).expand(8, 1, 64, 64).to(torch.uint8)
    image, label = PrepareLabelled(mean=0.0, std=1.0)(
        {"image": ramp, "label": (ramp < 128).to(torch.uint8), "index": torch.arange(8)}, "cpu"
    )
    for picture, mask in zip(image[:, 0], label[:, 0].bool(), strict=True):
        assert picture[mask].quantile(0.9) < picture[~mask].quantile(0.1)


def test_without_mirror_images_left_stays_left():
    ramp = torch.linspace(20, 235, 48).expand(32, 1, 48, 48).to(torch.uint8)
    given = {"image": ramp, "label": (ramp > 128).to(torch.uint8), "index": torch.arange(32)}
    for flip, least, most in ((False, 1.0, 1.0), (True, 0.2, 0.8)):
        _, label = PrepareLabelled(mean=0.0, std=1.0, flip=flip, **PLAIN)(given, "cpu")
        right = (label[..., 24:].mean((1, 2, 3)) > label[..., :24].mean((1, 2, 3))).float().mean().item()
        assert least <= right <= most


def test_what_is_drawn_for_an_image_does_not_depend_on_its_batch_and_changes_with_epoch_and_seed():
    def images(given, epoch=1, seed=3):
        return PrepareLabelled(mean=0.0, std=1.0, seed=seed)(given, "cpu", epoch=epoch)[0]

    whole = images(batch())
    parts = [images({key: value[rows] for key, value in batch().items()}) for rows in ([2, 0], [3, 1])]
    torch.testing.assert_close(torch.cat(parts), whole[[2, 0, 3, 1]], atol=1e-6, rtol=0)
    assert not torch.allclose(images(batch(), epoch=2), whole) and not torch.allclose(images(batch(), seed=4), whole)


@pytest.mark.parametrize("classes", [1, 25])
def test_the_loss_takes_its_labels(classes):
    channels = 1 if classes == 1 else 1 + classes
    given = batch(2, 16, 16)
    given["label"] = given["label"].clamp(max=1) if classes == 1 else given["label"]
    image, label = PrepareLabelled(mean=0.45, std=0.18)(given, "cpu")
    loss = DiceCELoss(
        sigmoid=classes == 1, softmax=classes > 1, to_onehot_y=classes > 1, include_background=classes == 1
    )
    assert loss(image.expand(-1, channels, -1, -1), label).isfinite()


def test_bad_knobs_are_refused():
    with pytest.raises(ValueError, match="std must be positive, got 0"):
        PrepareLabelled(mean=0, std=0)
    with pytest.raises(ValueError, match=r"scale must be positive, got \(0, 1\)"):
        PrepareLabelled(mean=0, std=1, scale=(0, 1))


def test_where_mirror_images_are_wrong_nothing_lies_beyond_the_border():
    """A white image that is always made smaller: its surroundings are black, and no label lies there."""
    batch = {
        "image": torch.full((4, 1, 32, 32), 255, dtype=torch.uint8),
        "label": torch.ones(4, 1, 32, 32, dtype=torch.uint8),
        "index": torch.arange(4),
    }
    arguments = {"mean": 0.0, "std": 1.0, "rotation": 0.0, "scale": (0.5, 0.5), "shift": 0.0}
    image, label = PrepareLabelled(flip=False, **arguments)(batch, "cpu")
    assert label[:, :, 0].sum() == 0 and label[:, :, 16].sum() > 0 and image[:, :, 0].mean() < image[:, :, 16].mean()
    assert PrepareLabelled(flip=True, **arguments)(batch, "cpu")[1].min() == 1


def test_half_precision_around_it_changes_nothing():
    """Fractions of a pixel do not fit into bfloat16."""
    given = batch()
    with torch.autocast("cpu", torch.bfloat16):
        half = PrepareLabelled(mean=0.0, std=1.0)(given, "cpu", epoch=1)
    single = PrepareLabelled(mean=0.0, std=1.0)(given, "cpu", epoch=1)
    assert torch.equal(half[0], single[0]) and torch.equal(half[1], single[1])

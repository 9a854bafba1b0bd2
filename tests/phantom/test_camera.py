# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from monai_ext.phantom import PhantomSettings
from monai_ext.phantom.camera import Camera

PLAIN = {
    "scatter": (0, 0), "noise": (0, 0), "curve": (0, 0), "fall_off": (0, 0), "compression": (0, 0), "gain": (0.5, 0.5),
    "brightness": (0.5, 0.5), "sharpening_share": 0.0, "blades_share": 0.0, "blur": (0.5, 0.5),
}  # fmt: skip


def shoot(vessels: np.ndarray, background: np.ndarray | None = None, **changes):
    camera = Camera(np.random.default_rng(0), len(vessels), PhantomSettings(**(PLAIN | changes)))
    ramp = np.linspace(-0.2, 0.2, len(vessels))[:, None] + np.zeros_like(vessels)
    return camera.shoot(ramp if background is None else background, vessels, np.random.default_rng(1))


def block(depth: float = 0.4) -> np.ndarray:
    vessels = np.zeros((64, 64))
    vessels[24:40, 24:40] = depth
    return vessels


def test_grey_falls_with_attenuation_by_the_gain():
    """In the middle of the scale a neper costs `gain` of white: 0.1 nepers 0.5 * 0.1 * 255 grey levels."""
    filled, bare = shoot(block(0.1))
    assert (bare - filled)[32, 32] == pytest.approx(0.5 * 0.1 * 255, rel=0.05)
    assert np.allclose(filled[:10], bare[:10])


def test_scatter_and_blur_take_contrast_away():
    clear, _ = shoot(block())
    for changes in ({"scatter": (1, 1)}, {"blur": (80, 80)}):
        filled, bare = shoot(block(), **changes)
        assert (bare - filled)[32, 32] < 0.85 * (bare - clear)[32, 32]


def test_noise_is_stronger_in_the_dark_on_a_logarithmic_display():
    dark, bright = np.zeros((64, 64)), np.zeros((64, 64))
    dark[:32], bright[32:] = 1.0, 1.0
    _, bare = shoot(np.zeros((64, 64)), dark, noise=(0.02, 0.02))
    assert bare[4:26].std() > 1.3 * bare[38:60].std()


def test_every_curve_and_display_keeps_the_order_of_grey_values():
    for curve in (0.0, 0.5, 1.0):
        background = np.repeat(np.linspace(-2, 2, 64)[:, None], 64, 1)
        _, bare = shoot(np.zeros((64, 64)), background, curve=(curve, curve), spread=1.0)
        assert (np.diff(bare[2:-2, 30]) < 0).all() and bare.min() >= 0 and bare.max() <= 255


def test_blades_darken_the_border_and_close_the_field():
    camera = Camera(np.random.default_rng(3), 64, PhantomSettings(**(PLAIN | {"blades_share": 1.0, "blades": 0.2})))
    assert 0.1 < camera.field.mean() < 0.95 and camera.open[0, 0] < 0.2 and camera.open[camera.field].min() >= 0.5


def test_the_background_s_contrast_has_an_upper_end():
    background = 3 * np.random.default_rng(0).standard_normal((8, 8)).repeat(8, 0).repeat(8, 1)
    _, bare = shoot(np.zeros((64, 64)), background, spread=0.1)
    assert bare.std() / 255 < 0.11

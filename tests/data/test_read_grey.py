# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from PIL import Image

from monai_ext.data import read_grey

GREY = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_grey_is_read_as_it_is(tmp_path, suffix):
    Image.fromarray(GREY).save(tmp_path / f"1.{suffix}")
    values = read_grey(tmp_path / f"1.{suffix}")
    assert values.dtype == np.uint8 and np.array_equal(values, GREY)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA"])
def test_grey_stored_as_colour_is_the_same_grey(tmp_path, mode):
    Image.fromarray(GREY).convert(mode).save(tmp_path / "1.png")
    assert np.array_equal(read_grey(tmp_path / "1.png"), GREY)


def test_a_mask_is_black_and_white(tmp_path):
    Image.fromarray(GREY > 127).save(tmp_path / "1.png")
    assert np.array_equal(read_grey(tmp_path / "1.png"), np.where(GREY > 127, 255, 0))


@pytest.mark.parametrize(("largest", "depth"), [(65535, 16), (4095, 12), (1000, 10), (200, 8), (0, 8)])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_files_are_scaled_by_the_depth_that_is_used(tmp_path, largest, depth, suffix):
    values = np.linspace(0, largest, 35).reshape(5, 7).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / f"1.{suffix}")
    assert np.array_equal(read_grey(tmp_path / f"1.{suffix}"), np.rint(values * (255 / (2**depth - 1))))


def test_broken_files_are_named(tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 80), dtype=np.uint8)).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    for name, content in (("cut.png", whole[:1000]), ("empty.png", b""), ("text.png", b"no image")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name}' cannot be read as an image"):
            read_grey(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_grey(tmp_path / "missing.png")


def test_values_that_are_no_grey_values_are_refused(tmp_path):
    Image.fromarray(np.full((4, 4), -3.0, np.float32)).save(tmp_path / "1.tif")
    with pytest.raises(ValueError, match=r"must lie in 0..65535, got -3"):
        read_grey(tmp_path / "1.tif")


def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch):
    Image.fromarray(GREY).save(tmp_path / "1.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    with pytest.raises(ValueError, match="must be a single frame, it is far too large"):
        read_grey(tmp_path / "1.png")


def test_floating_point_is_a_share_of_white_or_grey_values(tmp_path):
    for largest in (1, 255):
        Image.fromarray(GREY.astype(np.float32) / 255 * largest).save(tmp_path / "1.tif")
        assert np.array_equal(read_grey(tmp_path / "1.tif"), GREY)


def test_big_endian_values_are_read(tmp_path):
    values = np.linspace(0, 4000, 35).reshape(5, 7).astype(">u2")
    Image.frombytes("I;16B", (7, 5), values.tobytes()).save(tmp_path / "1.tif")
    assert np.array_equal(read_grey(tmp_path / "1.tif"), np.rint(values * (255 / 4095)))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif"])
def test_damage_anywhere_is_a_value_error_or_an_image(tmp_path, suffix):
    """Decoders raise many kinds of errors; none of them may end a long run."""
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (40, 30), dtype=np.uint8)).save(tmp_path / f"whole.{suffix}")
    whole = np.frombuffer((tmp_path / f"whole.{suffix}").read_bytes(), np.uint8)
    for _ in range(60):
        damaged = whole.copy()
        damaged[rng.integers(0, min(len(whole), 300), 4)] = rng.integers(0, 256, 4)
        (tmp_path / f"1.{suffix}").write_bytes(damaged.tobytes())
        try:
            assert read_grey(tmp_path / f"1.{suffix}").dtype == np.uint8
        except ValueError as error:
            assert f"1.{suffix}" in str(error)

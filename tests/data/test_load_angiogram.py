# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch
from monai.data import MetaTensor
from PIL import Image

from monai_ext.data import LoadAngiogram, LoadAngiogramd, read_xa

pytest.importorskip("pydicom")
from monai_ext.phantom import CineWriter, PhantomSettings, draw_cine

GREY = np.random.default_rng(0).integers(0, 256, (33, 47), dtype=np.uint8)
TINY = PhantomSettings.read({"size": 64, "frames": 12})


@pytest.fixture(scope="module")
def cine(tmp_path_factory):
    """Starts without contrast; the agent comes and goes."""
    folder = tmp_path_factory.mktemp("cine")
    CineWriter(TINY, 0).write(folder, 0, draw_cine(0, 0, TINY))
    return folder / "00000.dcm"


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif"])
def test_an_image_is_standardised_at_its_own_size(suffix, tmp_path, global_rng_untouched):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(GREY).save(path)
    image = LoadAngiogram(mean=0.45, std=0.18)(path)
    assert type(image) is torch.Tensor and image.dtype == torch.float32 and image.shape == (1, 33, 47)
    assert np.allclose(image[0].numpy(), (GREY / 255 - 0.45) / 0.18, atol=1e-6)


def test_colour_becomes_luma(tmp_path):
    Image.fromarray(np.stack([GREY] * 3, axis=-1)).save(tmp_path / "rgb.png")
    assert np.allclose(LoadAngiogram()(tmp_path / "rgb.png")[0].numpy() * 255, GREY, atol=1e-4)


def test_the_frame_of_strongest_contrast_is_chosen(cine):
    frames = read_xa(cine).frames
    image = LoadAngiogram()(cine)
    number = int(np.argmin([np.abs(frame - image[0].numpy()).max() for frame in frames]))
    assert np.array_equal(frames[number], image[0].numpy())
    assert number > 0 and frames[number].mean() < frames[0].mean()  # more contrast agent, less light


def test_a_frame_may_be_named(cine):
    frames = read_xa(cine).frames
    assert np.array_equal(LoadAngiogram(2)(cine)[0], frames[2])
    assert np.array_equal(LoadAngiogram(2)(cine, frame=0)[0], frames[0])
    with pytest.raises(ValueError, match=r"frames must be of 0..11, got 12"):
        LoadAngiogram(12)(cine)


def test_dicom_without_a_suffix_is_known_by_its_content(cine, tmp_path):
    path = tmp_path / "IM0001"
    path.write_bytes(cine.read_bytes())
    assert torch.equal(LoadAngiogram(3)(path), LoadAngiogram(3)(cine))


def test_meta_data_are_kept_on_request(cine, tmp_path):
    image = LoadAngiogram(1, mean=0.5, track_meta=True)(cine)
    assert isinstance(image, MetaTensor) and image.meta["filename_or_obj"] == str(cine)
    assert image.meta["original_shape"].tolist() == [12, 64, 64]
    Image.fromarray(GREY).save(tmp_path / "a.png")
    image = LoadAngiogram(track_meta=True)(str(tmp_path / "a.png"))
    assert image.meta["filename_or_obj"] == str(tmp_path / "a.png") and torch.equal(image.affine, torch.eye(4).double())
    assert torch.equal(image.as_tensor(), LoadAngiogram()(tmp_path / "a.png"))


def test_the_dictionary_version_keeps_the_name(cine):
    load = LoadAngiogramd("image", 5, mean=0.45, std=0.18)
    data = load({"image": cine, "label": 1})
    assert data["image_path"] == str(cine) and data["label"] == 1
    assert torch.equal(data["image"], LoadAngiogram(5, mean=0.45, std=0.18)(cine))
    for frame in (2, "2"):  # a request over the network brings text
        assert torch.equal(load({"image": cine, "frame": frame})["image"], LoadAngiogram(2, mean=0.45, std=0.18)(cine))
    with pytest.raises(KeyError):
        load({})
    assert LoadAngiogramd("image", allow_missing_keys=True)({}) == {}


def test_bad_input_is_refused(tmp_path, cine):
    Image.fromarray(GREY).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match=r"a.png' is an image, of which frame must be 0 or None, got 3"):
        LoadAngiogram(3)(tmp_path / "a.png")
    with pytest.raises(ValueError, match="std must be above 0, got 0"):
        LoadAngiogram(std=0)
    with pytest.raises(FileNotFoundError):
        LoadAngiogram()(tmp_path / "none.png")
    (tmp_path / "broken.dcm").write_bytes(cine.read_bytes()[:3000])
    with pytest.raises(ValueError, match=r"broken.dcm' cannot be read as an X-ray cine"):
        LoadAngiogram(0)(tmp_path / "broken.dcm")

# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
import torch
from monai.data import DataLoader, Dataset, MetaTensor

from monai_ext.data.xa import LoadImageXA, LoadImageXAd, LoadImageXADict, read_xa

CINE = np.add.outer(np.arange(3) * 9, np.add.outer(np.arange(8) * 3, np.arange(10))).astype(np.uint8)


def test_frames_are_channels(write_xa, global_rng_untouched):
    path = write_xa(CINE)
    image = LoadImageXA()(path)
    assert isinstance(image, MetaTensor) and image.dtype == torch.float32
    assert np.array_equal(image.numpy(), read_xa(path).frames) and image.shape == (3, 8, 10)


def test_one_frame_is_one_channel(write_xa):
    path = write_xa(CINE)
    whole = LoadImageXA()(path)
    assert torch.equal(LoadImageXA(frame=1)(path), whole[1:2])
    assert torch.equal(LoadImageXA(frame=1)(path, frame=0), whole[:1])
    with pytest.raises(ValueError, match=r"frames must be of 0..2, got 3"):
        LoadImageXA(frame=3)(path)


def test_the_meta_data_tell_geometry_and_nothing_of_the_patient(write_xa):
    path = write_xa(
        CINE, ImagerPixelSpacing=[0.2, 0.3], FrameTime=66, PositionerPrimaryAngle=-30, BurnedInAnnotation="NO"
    )
    image = LoadImageXA(frame=2)(path)
    assert image.affine.diagonal().tolist() == [0.2, 0.3, 1, 1] and image.pixdim.tolist()[:2] == pytest.approx(
        [0.2, 0.3]
    )
    assert image.meta["filename_or_obj"] == str(path) and image.meta["original_shape"].tolist() == [3, 8, 10]
    assert (image.meta["frame_time"], image.meta["primary_angle"], image.meta["burned_in"]) == (66, -30, "NO")
    assert math.isnan(image.meta["secondary_angle"])
    assert "eheim" not in str(image.meta)


def test_the_dictionary_version_replaces_names(write_xa):
    path = write_xa(CINE)
    data = LoadImageXAd(keys="image")({"image": path, "label": 1})
    assert torch.equal(data["image"], LoadImageXA()(path)) and data["label"] == 1
    assert LoadImageXADict is LoadImageXAd


def test_the_data_choose_the_frame(write_xa):
    path = write_xa(CINE)
    whole = LoadImageXA()(path)
    assert torch.equal(LoadImageXAd("image", frame=0)({"image": path})["image"], whole[:1])
    assert torch.equal(LoadImageXAd("image", frame=0)({"image": path, "frame": 2})["image"], whole[2:])
    assert torch.equal(
        LoadImageXAd("image", frame_key="number")({"image": path, "frame": 2, "number": "1"})["image"], whole[1:2]
    )


def test_missing_keys(write_xa):
    with pytest.raises(KeyError):
        LoadImageXAd("image")({})
    assert LoadImageXAd("image", allow_missing_keys=True)({"other": 1}) == {"other": 1}


def test_batches_can_be_made_of_what_is_known_and_what_is_not(write_xa):
    paths = [write_xa(CINE, name="1.dcm"), write_xa(CINE, name="2.dcm", FrameTime=40)]
    data = Dataset([{"image": path, "frame": 1} for path in paths], LoadImageXAd("image"))
    batch = next(iter(DataLoader(data, batch_size=2)))
    assert batch["image"].shape == (2, 1, 8, 10)

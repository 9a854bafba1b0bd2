# SPDX-License-Identifier: Apache-2.0
"""Labels stored on the running server, a round of training on them, and the new weights."""

import io
import json
import re
import time

import pytest

pytest.importorskip("monailabel", reason="make test-label runs the tests of MONAI Label, in an environment of its own")

import numpy as np
import requests
import SimpleITK as sitk
import torch
from label_studies import COLUMNS, FRAMES, ROWS, mask_of

pytestmark = pytest.mark.slow

_PATIENCE = 600


@pytest.fixture(scope="module")
def store(server):
    """Stores a final label of an image."""

    def call(image: str, name: str, content: bytes, **params) -> None:
        form = {"label": (name, content), "params": (None, json.dumps(params))}
        reply = requests.put(f"{server}/datastore/label", params={"image": image, "tag": "final"}, files=form)
        assert reply.ok, reply.text

    return call


@pytest.fixture(scope="module")
def weights(server):
    """Downloads a model."""

    def call(model: str) -> dict[str, torch.Tensor]:
        reply = requests.get(f"{server}/model/{model}")
        assert reply.ok, reply.text
        return torch.load(io.BytesIO(reply.content), weights_only=True)

    return call


@pytest.fixture(scope="module")
def train(server):
    """Trains as clients do, in the background; gives the status at the end."""

    def call(model: str, **params) -> dict:
        reply = requests.post(f"{server}/train/{model}", json={"max_epochs": 1, "device": "cpu"} | params)
        assert reply.ok, reply.text
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            status = requests.get(f"{server}/train/").json()
            if status["status"] in ("DONE", "ERROR"):
                return status
            time.sleep(1)
        raise TimeoutError(status)

    return call


@pytest.fixture(scope="module")
def told(server):
    """The last that the server told of its data, network and the like before a training."""

    def call(what: str) -> str:
        log = requests.get(f"{server}/logs/", params={"text": True, "lines": 500}).text
        return re.findall(rf"  {what} +(\S.*)", log)[-1]

    return call


def regions(*boxes, spacing=(1.0, 1.0, 1.0), frame: int = 0) -> bytes:
    """A label as 3D Slicer's module of MONAI Label stores it; boxes x0 y0 x1 y1 in pixels."""
    sx, sy, sz = spacing
    markups = [
        {
            "type": "ROI",
            "coordinateSystem": "LPS",
            "center": [sx * (x0 + x1 - 1) / 2, sy * (y0 + y1 - 1) / 2, sz * frame],
            "size": [sx * (x1 - x0), sy * (y1 - y0), sz],
        }
        for x0, y0, x1, y1 in boxes
    ]
    return json.dumps({"markups": markups}).encode()


def assert_changed(old, new) -> None:
    assert old.keys() == new.keys()
    assert all(torch.isfinite(value.float()).all() for value in new.values())
    changed = [name for name in old if not torch.equal(old[name], new[name])]
    assert len(changed) > 0.9 * len(old)
    learnt = [name for name in old if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))]
    assert all(torch.allclose(old[name], new[name], atol=0.05) for name in learnt)  # it went on from the old ones


def test_without_labels_training_says_so(train):
    status = train("bare_detection")
    assert status["status"] == "ERROR"
    assert any("there must be final labels of regions (JSON)" in line for line in status["details"])


def test_a_round_of_segmentation_on_two_labels_gives_a_new_model(store, train, weights, studies, server):
    old = weights("vasomim_seg")
    for image, frame in (("first", 2), ("single", 2)):
        store(image, "mask.png", (studies / f"masks/{frame}.png").read_bytes())
    status = train("vasomim_seg", val_split=0, learning_rate=0.0005)
    assert status["status"] == "DONE", list(status["details"])
    assert_changed(old, weights("vasomim_seg"))
    reply = requests.post(f"{server}/infer/vasomim_seg", params={"image": "first", "output": "json"})
    assert reply.ok  # with the new weights


def test_segmentation_learns_from_frames_of_a_cine_that_slicer_labels(store, train, told, studies, tmp_path):
    volume = np.stack(
        [mask_of(studies, frame) if frame in (1, 3) else np.zeros((ROWS, COLUMNS), bool) for frame in range(FRAMES)]
    )
    sitk.WriteImage(sitk.GetImageFromArray(volume.astype(np.uint8)), tmp_path / "label.nii.gz")
    store("cine", "label.nii.gz", (tmp_path / "label.nii.gz").read_bytes())
    status = train("vasomim_seg", val_split=0)
    assert status["status"] == "DONE", list(status["details"])
    assert told("data") == "4 images with vessels"  # two frames beside the two images of before


def test_a_label_may_name_its_frame(store, train, told, studies):
    """One that is not there is left out with its label; of three labels one chooses the best epoch."""
    store("cine", "mask.png", (studies / "masks/1.png").read_bytes(), frame=FRAMES)
    assert train("vasomim_seg", val_split=0)["status"] == "DONE"
    assert told("data") == "2 images with vessels (1 left out)"
    store("cine", "mask.png", (studies / "masks/1.png").read_bytes(), frame=1)
    assert train("vasomim_seg", val_split=0.4)["status"] == "DONE"
    assert told("data") == "2 images with vessels"


def test_a_round_of_detection_on_two_labels_gives_a_new_model(store, train, told, weights, studies, server):
    old = weights("vasomim_detection")
    spacing = sitk.ReadImage(studies / "cine.dcm").GetSpacing()
    store("second", "regions.json", regions((30, 10, 50, 26)))
    store("cine", "regions.json", regions((30, 10, 50, 26), (60, 30, 80, 50), spacing=spacing, frame=3))
    status = train("vasomim_detection", val_split=0, batch_size=2)
    assert status["status"] == "DONE", list(status["details"])
    assert told("data") == "2 images with 3 boxes"
    assert_changed(old, weights("vasomim_detection"))
    reply = requests.post(f"{server}/infer/vasomim_detection", params={"image": "cine", "output": "json"})
    assert reply.ok


def test_a_bundle_without_weights_can_be_trained_and_used_at_once(store, train, told, server):
    """It has labels since the test before."""
    store("second", "regions.json", regions((30, 10, 50, 26)))
    status = train("bare_detection", preset="tiny", image_size=96)
    assert status["status"] == "DONE", list(status["details"])
    assert told("network").startswith("tiny, ") and told("network").endswith("images of 96 px")
    assert "bare_detection" in requests.get(f"{server}/info/").json()["models"]
    reply = requests.post(f"{server}/infer/bare_detection", params={"image": "cine", "output": "json"})
    assert reply.ok and reply.json()["frame"] == 2
    assert requests.get(f"{server}/model/bare_detection").ok


@pytest.mark.parametrize("field", ["max_epochs", "batch_size", "learning_rate", "image_size", "preset", "device"])
def test_no_field_of_training_is_run_as_an_expression(server, tmp_path, field):
    trace = tmp_path / "run"
    reply = requests.post(
        f"{server}/train/vasomim_seg", params={"run_sync": True}, json={field: f"$open('{trace}', 'w')"}
    )
    assert reply.status_code == 400 and reply.json()["detail"].startswith(f"{field} must be") and not trace.exists()


def test_a_region_with_a_configuration_in_it_is_left_out(store, train, told, tmp_path):
    """MONAI Label puts what stands there into the bundle's configuration, which would call it."""
    trace = tmp_path / "run"
    evil = {"_target_": "builtins.open", "file": str(trace), "mode": "w"}
    store("single", "regions.json", json.dumps({"markups": [{"center": [evil, 1, 1], "size": [1, 1, 1]}]}).encode())
    status = train("vasomim_detection", batch_size=2)
    assert status["status"] == "DONE" and not trace.exists()
    assert told("data") == "2 images with 3 boxes"

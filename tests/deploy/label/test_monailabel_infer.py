# SPDX-License-Identifier: Apache-2.0
"""What the running server answers, against what the bundles answer by themselves."""

import io
import json

import pytest

pytest.importorskip("monailabel", reason="make test-label runs the tests of MONAI Label, in an environment of its own")

import monai.bundle
import numpy as np
import requests
import SimpleITK as sitk
from label_studies import COLUMNS, FRAMES, ROWS, mask_of
from PIL import Image
from vasomim_label.read_boxes import read_boxes

pytestmark = pytest.mark.slow

FILES = {"first": "first.png", "single": "single.dcm", "cine": "cine.dcm"}


@pytest.fixture(scope="module")
def ask(server):
    """Asks for one image; gives the answer as JSON, or the file's bytes."""

    def call(model: str, image: str, output: str = "json", **params):
        form = {"params": (None, json.dumps(params))}
        reply = requests.post(f"{server}/infer/{model}", params={"image": image, "output": output}, files=form)
        reply.raise_for_status()
        return reply.json() if output == "json" else reply.content

    return call


@pytest.fixture(scope="module")
def refused(server):
    """Status and reason of a request that is wrong."""

    def call(model: str, image: str = "first", **params) -> tuple[int, str]:
        form = {"params": (None, json.dumps(params))}
        reply = requests.post(f"{server}/infer/{model}", params={"image": image, "output": "json"}, files=form)
        return reply.status_code, reply.json()["detail"]

    return call


@pytest.fixture(scope="module")
def alone(bundles, studies, tmp_path_factory):
    """Runs a bundle without MONAI Label; gives the folder of its results."""

    def run(bundle: str, file: str, frames: int | None, **knobs):
        folder = tmp_path_factory.mktemp("alone")
        configuration = str(bundles / bundle / "configs/inference.json")
        knobs |= {"bundle_root": str(bundles / bundle), "dataset_dir": str(studies / file), "frames": frames}
        monai.bundle.run(config_file=configuration, output_dir=str(folder), device="cpu", **knobs)
        return folder

    return run


def picture(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_both_bundles_are_offered_and_the_images_listed(server):
    told = requests.get(f"{server}/info/").json()
    assert {name: model["type"] for name, model in told["models"].items()} == {
        "vasomim_seg": "segmentation",
        "vasomim_detection": "detection",
    }
    assert sorted(told["trainers"]) == ["bare_detection", "vasomim_detection", "vasomim_seg"]
    assert told["models"]["vasomim_seg"]["config"]["model_filename"] == ["model.pt"]
    stored = requests.get(f"{server}/datastore/", params={"output": "all"}).json()
    assert sorted(stored["objects"]) == ["cine", "first", "second", "single"]


@pytest.mark.parametrize("image", FILES)
def test_the_mask_is_the_bundles_own(ask, alone, image):
    mask = picture(ask("vasomim_seg", image, "image"))
    (file,) = alone("vasomim_seg", FILES[image], None).glob("*.png")
    expected = np.asarray(Image.open(file))
    assert mask.shape == (ROWS, COLUMNS) and mask.dtype == np.uint8 and mask.sum() > 0
    assert np.array_equal(mask * 255, expected)


@pytest.mark.parametrize("image", FILES)
def test_the_mask_lies_where_the_vessels_lie(ask, studies, image):
    """And not where they would lie on an image that is turned or mirrored."""
    frame = {"cine": ask("vasomim_seg", "cine")["frame"]}.get(image, 2)
    mask, vessels = picture(ask("vasomim_seg", image, "image")) > 0, mask_of(studies, frame)
    assert dice(mask, vessels) > 0.5
    turned = np.array(Image.fromarray(vessels.T).resize((COLUMNS, ROWS)))
    for other in (vessels[::-1], vessels[:, ::-1], vessels[::-1, ::-1], turned):
        assert dice(mask, other) < 0.3
    row, column = np.argwhere(mask & vessels)[0]
    assert not vessels[ROWS - 1 - row, column] and not vessels[row, COLUMNS - 1 - column]


def test_a_frame_of_a_cine_is_chosen(ask, alone, studies):
    told = [ask("vasomim_seg", "cine", frame=frame)["frame"] for frame in range(FRAMES)]
    assert told == list(range(FRAMES))
    masks = [picture(ask("vasomim_seg", "cine", "image", frame=frame)) for frame in range(FRAMES)]
    for frame, mask in enumerate(masks):
        (file,) = alone("vasomim_seg", "cine.dcm", frame).glob("*.png")
        assert np.array_equal(mask * 255, np.asarray(Image.open(file)))
    assert dice(masks[1] > 0, mask_of(studies, 1)) > 0.5
    assert masks[0].sum() < masks[1].sum() < masks[2].sum()  # the agent comes


def test_an_upload_is_answered_like_the_stored_image(server, ask, studies):
    with open(studies / "single.dcm", "rb") as file:
        reply = requests.post(f"{server}/infer/vasomim_seg", params={"output": "image"}, files={"file": file})
    assert reply.ok and np.array_equal(picture(reply.content), picture(ask("vasomim_seg", "single", "image")))


@pytest.mark.parametrize("image", FILES)
@pytest.mark.parametrize("ending", [".nrrd", ".nii.gz"])
def test_for_slicer_the_mask_is_a_volume_upon_the_angiogram(ask, studies, tmp_path, image, ending):
    (tmp_path / f"mask{ending}").write_bytes(ask("vasomim_seg", image, "image", result_extension=ending))
    volume, angiogram = sitk.ReadImage(tmp_path / f"mask{ending}"), sitk.ReadImage(studies / FILES[image])
    assert volume.GetSize() == (*angiogram.GetSize(), 1)[:3] and volume.GetOrigin() == (0, 0, 0)
    assert volume.GetSpacing() == pytest.approx((*angiogram.GetSpacing(), 1)[:3])
    masks, frame = sitk.GetArrayFromImage(volume), ask("vasomim_seg", image)["frame"]
    assert np.array_equal(masks[frame], picture(ask("vasomim_seg", image, "image")))
    assert not np.delete(masks, frame, 0).any()


@pytest.mark.parametrize("image", FILES)
def test_the_boxes_are_the_bundles_own(ask, alone, image):
    told = ask("vasomim_detection", image, score_threshold=0.52)
    (file,) = alone("vasomim_detection", FILES[image], told["frame"], score_threshold=0.52).glob("*.json")
    (frame,) = json.loads(file.read_text())["frames"]
    assert len(told["boxes"]) > 3 and min(told["scores"]) > 0.52
    expected = np.array([found["box"] for found in frame["boxes"]])
    assert np.array(told["boxes"]) == pytest.approx(expected, abs=0.01)
    assert told["scores"] == pytest.approx([found["score"] for found in frame["boxes"]], abs=0.001)
    assert expected[:, 2].max() > ROWS + 16  # x runs along columns, of which there are more


@pytest.mark.parametrize("image", FILES)
def test_for_slicer_the_boxes_are_regions_upon_the_angiogram(ask, studies, tmp_path, image):
    """The label that it would store again: boxes in pixels, on the frame that was looked at."""
    label = tmp_path / "regions.json"
    label.write_bytes(ask("vasomim_detection", image, "image", score_threshold=0.52))
    told = ask("vasomim_detection", image, score_threshold=0.52)
    ((frame, boxes),) = read_boxes(label, studies / FILES[image]).items()
    assert frame == (told["frame"] if image == "cine" else None)
    assert [[b.x0, b.y0, b.x1, b.y1] for b in boxes] == pytest.approx(np.array(told["boxes"]), abs=0.001)


def test_a_higher_threshold_gives_fewer_boxes_and_an_empty_one_is_the_trainings(ask):
    counts = {given: len(ask("vasomim_detection", "first", score_threshold=given)["boxes"]) for given in (0.5, 0.8, 1)}
    assert counts[0.5] > counts[0.8] > counts[1] == 0
    assert len(ask("vasomim_detection", "first", score_threshold="")["boxes"]) == counts[0.5]
    assert len(ask("vasomim_detection", "first")["boxes"]) == counts[0.5]


@pytest.mark.parametrize("value", [2, -0.1, "high", [0.5], True, "$__import__('os').getpid()", "@bundle_root"])
def test_a_threshold_that_is_no_probability_is_refused(refused, value):
    status, reason = refused("vasomim_detection", score_threshold=value)
    assert status == 400 and reason == f"score_threshold must be a number from 0 to 1, got {value!r}."


@pytest.mark.parametrize("field", ["device", "result_extension", "model_filename", "frame", "label_tag"])
def test_no_field_is_run_as_an_expression(refused, tmp_path, field):
    """MONAI Label hands fields over to the bundle's configuration, which runs such texts as Python."""
    trace = tmp_path / "run"
    status, reason = refused("vasomim_seg", **{field: f"$open('{trace}', 'w')"})
    assert status == 400 and reason.startswith(f"{field} must be") and not trace.exists()


def test_what_is_not_there_is_named(refused):
    assert refused("vasomim_seg", "gone") == (
        404,
        "image must be one of the datastore, got 'gone'; see GET /datastore/?output=all.",
    )
    assert refused("vasomim_seg", "/etc/hostname")[0] == 404
    assert refused("nothing") == (
        404,
        "model must be one of vasomim_seg, vasomim_detection, bare_detection, got 'nothing'.",
    )
    status, reason = refused("vasomim_seg", "cine", frame=FRAMES)
    assert status == 400 and f"frames must be of 0..{FRAMES - 1}, got {FRAMES}" in reason
    status, reason = refused("vasomim_seg", "first", frame=1)
    assert status == 400 and "is an image, of which frame must be 0" in reason


def test_a_broken_file_is_named(server, studies):
    reply = requests.post(
        f"{server}/infer/vasomim_seg",
        params={"output": "json"},
        files={"file": ("broken.dcm", (studies / "single.dcm").read_bytes()[:500])},
    )
    assert reply.status_code == 400 and "broken" not in reply.text and "cannot be read" in reply.json()["detail"]


def test_a_bundle_without_weights_says_so(server, refused):
    status, reason = refused("bare_detection")
    assert status == 409 and reason.startswith("'bare_detection' has no weights, models/model.pt; train it here")
    assert requests.get(f"{server}/model/bare_detection").status_code == 404

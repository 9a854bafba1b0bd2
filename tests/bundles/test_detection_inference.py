# SPDX-License-Identifier: Apache-2.0
"""Inference of the detection bundle on images and DICOM files, with a network that answers something known."""

import csv
import json
import re
import sys
from pathlib import Path

import monai.bundle
import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from PIL import Image

import monai_ext
from monai_ext.data import LoadAngiogram
from monai_ext.data.strongest_frame import strongest_frame
from monai_ext.networks import StenosisDetector, load_trained, stenosis_retinanet, write_weights

pytest.importorskip("pydicom")
from monai_ext.phantom import CineWriter, DicomWriter, PhantomSettings, draw_angiogram, draw_cine

BUNDLE = Path(__file__).parents[2] / "bundles" / "vasomim_detection"
TINY = PhantomSettings.read({"size": 64, "frames": 7})
THRESHOLD = 0.52
KNOBS = {
    "model": "tiny", "image_size": 64, "device": "$torch.device('cpu')", "precision": "fp32", "score_threshold": THRESHOLD,
}  # fmt: skip
FILES = {
    "00000": "00000.dcm",
    "8": "8.jpg",
    "cines/00000": "cines/00000.dcm",
    "left/7": "left/7.png",
    "right/7": "right/7.png",
}


def infer(**knobs) -> None:
    """`python -m monai.bundle run --config_file configs/inference.json` in this process; a knob that is None keeps the default."""
    hook = sys.excepthook
    try:
        monai.bundle.run(
            config_file=str(BUNDLE / "configs" / "inference.json"), meta_file=None, logging_file=None,
            bundle_root=str(BUNDLE), **(KNOBS | knobs),
        )  # fmt: skip
    finally:
        sys.excepthook = hook


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """Untrained, with scores around a half."""
    network = stenosis_retinanet("tiny", position_grid=14, seed=0)
    head = network.classification_head.cls_logits
    head.bias.data.zero_()
    head.weight.data.mul_(20)
    path = tmp_path_factory.mktemp("models") / "model.pt"
    write_weights(network.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    """Images of odd sizes, a DICOM image and a cine, two of one name in two folders, and broken files."""
    folder = tmp_path_factory.mktemp("data") / "images"
    rng = np.random.default_rng(0)
    for name, size in (("left/7.png", (75, 51)), ("right/7.png", (64, 64)), ("8.jpg", (40, 130))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        smooth = Image.fromarray(rng.integers(0, 256, (5, 5), dtype=np.uint8)).resize(
            size[::-1], Image.Resampling.BICUBIC
        )
        smooth.save(folder / name)
    DicomWriter(TINY, 0).write(folder, 0, draw_angiogram(0, 0, TINY))
    CineWriter(TINY, 1).write(folder / "cines", 0, draw_cine(1, 0, TINY))
    (folder / "broken.png").write_bytes((folder / "left" / "7.png").read_bytes()[:60])
    (folder / "broken.dcm").write_bytes((folder / "00000.dcm").read_bytes()[:2000])
    return folder


def results(folder: Path) -> dict[str, dict]:
    return {
        str(path.relative_to(folder).with_suffix("")): json.loads(path.read_text())
        for path in sorted(folder.rglob("*.json"))
    }


def table(folder: Path) -> list[dict[str, str]]:
    with open(folder / "lesions.csv", newline="") as file:
        return list(csv.DictReader(file))


def expected_boxes(weights: Path, file: Path, frame: int, threshold: float = THRESHOLD) -> list[dict]:
    network = load_trained(stenosis_retinanet("tiny", position_grid=14), weights)
    detector = StenosisDetector(network, 64, score_threshold=threshold).eval()
    with torch.no_grad():
        (found,) = detector(LoadAngiogram(frame, mean=0.45, std=0.18)(file)[None])
    return [
        {"box": [round(value, 2) for value in box], "score": round(score, 4)}
        for box, score in zip(found["boxes"].tolist(), found["scores"].tolist(), strict=True)
    ]


def test_every_readable_file_gets_its_boxes_and_a_cine_those_of_all_frames(weights, images, tmp_path, capfd):
    before = sorted(images.rglob("*"))
    infer(dataset_dir=str(images), output_dir=str(tmp_path), weights_file=str(weights))
    found = results(tmp_path)
    assert list(found) == list(FILES) and sorted(images.rglob("*")) == before
    for stem, content in found.items():
        frames = range(7 if stem == "cines/00000" else 1)
        expected = [{"frame": i, "boxes": expected_boxes(weights, images / FILES[stem], i)} for i in frames]
        assert content["file"] == FILES[stem] and content["score_threshold"] == THRESHOLD
        assert content["frames"] == expected and any(frame["boxes"] for frame in expected), stem
    assert (found["8"]["height"], found["8"]["width"]) == (40, 130)
    assert max(box["box"][2] for box in found["8"]["frames"][0]["boxes"]) > 64  # pixels of the file, not of the network
    said = capfd.readouterr().out
    assert "2 of 7 files are left out" in said and "broken.dcm'" in said and "broken.png'" in said


def test_the_table_holds_the_lesions_of_all_files(weights, images, tmp_path):
    infer(dataset_dir=str(images), output_dir=str(tmp_path), weights_file=str(weights))
    rows = table(tmp_path)
    lesions = [(content["file"], lesion) for content in results(tmp_path).values() for lesion in content["lesions"]]
    assert [(row["file"], row["frames"], float(row["best_score"]), float(row["x1"])) for row in rows] == [
        (file, " ".join(map(str, own["frames"])), own["best_score"], own["box"][2]) for file, own in lesions
    ]
    cine = [lesion for file, lesion in lesions if file == "cines/00000.dcm"]
    assert any(len(lesion["frames"]) > 1 for lesion in cine)
    boxes = sum(len(frame["boxes"]) for frame in results(tmp_path)["cines/00000"]["frames"])
    assert sum(len(lesion["frames"]) for lesion in cine) == boxes


def test_nothing_of_a_patient_is_written(weights, images, tmp_path):
    pydicom = pytest.importorskip("pydicom")
    infer(dataset_dir=str(images / "cines"), output_dir=str(tmp_path), weights_file=str(weights))
    text = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "hantom" in str(pydicom.dcmread(images / "cines" / "00000.dcm").PatientName)
    assert "hantom" not in text


def test_knobs_of_the_lesions_are_heeded(weights, images, tmp_path):
    shared = {"dataset_dir": str(images / "cines"), "weights_file": str(weights)}
    for name, knobs in (("usual", {}), ("strict", {"min_iou": 0.99, "max_gap": 0}), ("long", {"min_frames": 3})):
        infer(output_dir=str(tmp_path / name), **shared, **knobs)
    usual, strict, long = (results(tmp_path / name)["00000"] for name in ("usual", "strict", "long"))
    assert usual["frames"] == strict["frames"] == long["frames"]
    assert len(strict["lesions"]) > len(usual["lesions"]) > len(long["lesions"])
    assert min((len(lesion["frames"]) for lesion in long["lesions"]), default=3) >= 3


@pytest.mark.parametrize("frames", [3, ""])
def test_one_frame_of_a_cine(frames, weights, images, tmp_path):
    """A shell has no null, it has `--frames ''`: that of strongest contrast."""
    file = images / "cines" / "00000.dcm"
    infer(dataset_dir=str(file), output_dir=str(tmp_path), weights_file=str(weights), frames=frames)
    number = frames if isinstance(frames, int) else strongest_frame(file)
    (content,) = results(tmp_path).values()
    assert content["frames"] == [{"frame": number, "boxes": expected_boxes(weights, file, number)}]


def test_pictures_of_the_frames_with_boxes(weights, images, tmp_path):
    infer(dataset_dir=str(images / "cines"), output_dir=str(tmp_path), weights_file=str(weights), overlays=True)
    frames = [frame["frame"] for frame in results(tmp_path)["00000"]["frames"] if frame["boxes"]]
    pictures = sorted(path.name for path in (tmp_path / "overlays").iterdir())
    assert pictures == [f"00000_{number:04}.png" for number in frames]
    assert np.asarray(Image.open(tmp_path / "overlays" / pictures[0])).shape == (64, 64, 3)


def test_the_threshold_of_the_training_is_taken_unless_another_is_given(weights, images, tmp_path):
    path, file = tmp_path / "models" / "model.pt", images / "left" / "7.png"
    scores = [box["score"] for box in expected_boxes(weights, file, 0, 0.0)]
    high, low = ((scores[rank] + scores[rank + 1]) / 2 for rank in (0, 2))
    write_weights(torch.load(weights, weights_only=True), path)
    path.with_suffix(".json").write_text(json.dumps({"threshold": high, "position_grid": 14}))
    for name, given, threshold in (("stored", None, high), ("empty", "", high), ("given", low, low)):
        infer(output_dir=str(tmp_path / name), dataset_dir=str(file), weights_file=str(path), score_threshold=given)
        content = results(tmp_path / name)["7"]
        assert content["score_threshold"] == threshold, name
        assert content["frames"][0]["boxes"] == expected_boxes(weights, file, 0, threshold), name
    assert len(results(tmp_path / "stored")["7"]["frames"][0]["boxes"]) < len(content["frames"][0]["boxes"])


def test_frames_of_a_cine_in_batches_are_as_one_by_one(weights, images, tmp_path):
    shared = {"dataset_dir": str(images / "cines"), "weights_file": str(weights)}
    for batch_size in (1, 3):
        infer(output_dir=str(tmp_path / str(batch_size)), **shared, batch_size=batch_size)
    one, three = (results(tmp_path / name)["00000"] for name in ("1", "3"))
    assert [len(frame["boxes"]) for frame in one["frames"]] == [len(frame["boxes"]) for frame in three["frames"]]


def causes_of(error: BaseException | None) -> list[str]:
    return [] if error is None else [str(error), *causes_of(error.__cause__ or error.__context__)]


WRONG = [
    ({"weights_file": "/nowhere/model.pt"}, "weights '/nowhere/model.pt' do not exist"),
    ({"model": "small"}, "Check that the model, and the number of classes, are those of the training"),
    ({"model": "huge"}, "preset must be one of tiny, small, base, large, got 'huge'"),
    ({"dataset_dir": "/nowhere"}, "'/nowhere' must be a folder of images or a file"),
    ({"frames": "some"}, "frames must be null, a number from 0 or 'all', got 'some'"),
    ({"score_threshold": 50}, r"score_threshold must lie in \[0, 1\], got 50"),
    ({"image_size": 60}, "image_size must be a multiple of 32 px, got 60"),
    ({"min_iou": 0}, r"min_iou must lie in \(0, 1\], got 0"),
    ({"batch_size": 5}, "images of a batch must be of one size, got .*'; set batch_size to 1"),
    ({"output_dir": "IMAGES"}, "output_dir must not be the folder of the images"),
    ({"overlays": "perhaps"}, "must be true or false, got 'perhaps'"),
]


@pytest.mark.parametrize(("knobs", "message"), WRONG, ids=[" ".join(knobs) for knobs, _ in WRONG])
def test_a_mistake_is_one_clear_error_and_leaves_nothing(knobs, message, weights, images, tmp_path):
    before = sorted(images.rglob("*"))
    usual = {"dataset_dir": str(images), "output_dir": str(tmp_path / "out"), "weights_file": str(weights)}
    knobs = {key: str(images) if value == "IMAGES" else value for key, value in knobs.items()}
    with pytest.raises((RuntimeError, ValueError, OSError)) as caught:
        infer(**(usual | knobs))
    assert any(re.search(message, cause) for cause in causes_of(caught.value)), causes_of(caught.value)
    assert not list(tmp_path.iterdir()) and sorted(images.rglob("*")) == before


def test_positions_of_another_training_are_refused(weights, images, tmp_path):
    path = tmp_path / "models" / "model.pt"
    write_weights(torch.load(weights, weights_only=True), path)
    path.with_suffix(".json").write_text(json.dumps({"position_grid": 14}))
    with pytest.raises((RuntimeError, ValueError)) as caught:
        infer(dataset_dir=str(images), output_dir=str(tmp_path / "out"), weights_file=str(path), position_grid=32)
    assert any("position_grid must be that of the training, got 32" in cause for cause in causes_of(caught.value))


def label_parts(weights: Path, **knobs) -> tuple[ConfigParser, dict]:
    """What MONAI Label takes from inference.json."""
    parser = ConfigParser()
    parser.read_config(str(BUNDLE / "configs" / "inference.json"))
    settings = KNOBS | {"bundle_root": str(BUNDLE), "weights_file": str(weights), "device": "cpu"} | knobs
    for key, value in settings.items():
        parser[key] = value
    keys = ("network_def", "preprocessing", "inferer", "detector", "detector_ops", "postprocessing")
    return parser, {key: parser.get_parsed_content(key) for key in keys}


def test_monai_label_finds_what_it_reads_and_infers(weights, images):
    """In the order of its `BundleInferTask`: it puts a network of its own into the detector."""
    file = images / "cines" / "00000.dcm"
    _, parts = label_parts(weights)
    data = parts["preprocessing"]({"image": str(file), "frame": "3", "label": "unused"})
    detector = parts["detector"]
    assert vars(detector.inferer) is not None and parts["detector_ops"] == []
    detector.network = load_trained(stenosis_retinanet("tiny", position_grid=14), weights).eval()
    with torch.no_grad():
        data.update(detector.eval()(data["image"][None], use_inferer=True)[0])
    data = parts["postprocessing"](data)
    expected = expected_boxes(weights, file, 3)
    assert data["result"]["boxes"] == pytest.approx(np.array([own["box"] for own in expected]), abs=0.006)
    assert data["box"].shape == (len(expected), 6) and data["label"].tolist() == [0] * len(expected)


def test_the_annotator_of_monai_label_may_set_the_threshold(weights):
    parser, parts = label_parts(weights, score_threshold=None)
    assert parser.get_parsed_content("displayable_configs") == {"score_threshold": None}
    assert parts["detector"].box_selector.score_thresh == 0.5  # nothing is stored beside these weights
    parser["displayable_configs"].update({"score_threshold": "0.7"})
    parser.parse()
    assert parser.get_parsed_content("detector").box_selector.score_thresh == 0.7


def test_metadata_follow_the_schema_and_agree_with_the_configuration():
    """`monai.bundle verify_metadata` wants the schema's file; its rules that matter are deploy/model_zoo/metadata_schema.json."""
    config, metadata = (
        json.loads((BUNDLE / "configs" / name).read_text()) for name in ("inference.json", "metadata.json")
    )
    schema = Path(__file__).parents[2] / "deploy" / "model_zoo" / "metadata_schema.json"
    monai.bundle.verify_metadata(meta_file=str(BUNDLE / "configs" / "metadata.json"), filepath=str(schema))
    assert metadata["version"] in metadata["changelog"] and metadata["version"] == monai_ext.__version__
    assert f"mean {config['image_mean']} and standard deviation {config['image_std']}" in metadata["image_classes"]
    assert metadata["network_data_format"]["outputs"]["pred"]["channel_def"] == {
        "0": "stenosis"
    }  # MONAI Label shows it

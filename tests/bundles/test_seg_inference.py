# SPDX-License-Identifier: Apache-2.0
"""Inference of the segmentation bundle on images and DICOM files, with a network that answers something known."""

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

from monai_ext.data import LoadAngiogram
from monai_ext.inferers import AngiogramInferer
from monai_ext.networks import load_trained, vessel_segmenter, write_weights

pytest.importorskip("pydicom")
from monai_ext.phantom import SEGMENTS, CineWriter, DicomWriter, PhantomSettings, draw_angiogram, draw_cine

BUNDLE = Path(__file__).parents[2] / "bundles" / "vasomim_seg"
TINY = PhantomSettings.read({"size": 64, "frames": 9})
KNOBS = {"model": "tiny", "image_size": 64, "device": "$torch.device('cpu')", "precision": "fp32"}


def infer(*overlays: str, **knobs) -> None:
    """`python -m monai.bundle run --config_file configs/inference.json` in this process."""
    files = [str(BUNDLE / "configs" / name) for name in ("inference.json", *overlays)]
    hook = sys.excepthook
    try:
        monai.bundle.run(
            config_file=files, meta_file=None, logging_file=None, bundle_root=str(BUNDLE), **(KNOBS | knobs)
        )
    finally:
        sys.excepthook = hook


def segmenter(out_channels: int = 1):
    """Untrained, with logits around 0."""
    network = vessel_segmenter("tiny", out_channels, position_grid=14, seed=0)
    network.head.bias.data.zero_()
    return network.eval()


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.pt"
    write_weights(segmenter().state_dict(), path)
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


def masks(folder: Path) -> dict[str, np.ndarray]:
    return {str(path.relative_to(folder)): np.asarray(Image.open(path)) for path in sorted(folder.rglob("*.png"))}


def expected_mask(weights: Path, file: Path, threshold: float = 0.5, image_size: int = 64) -> np.ndarray:
    network = load_trained(segmenter(), weights)
    with torch.no_grad():
        logits = AngiogramInferer(image_size)(LoadAngiogram(mean=0.45, std=0.18)(file)[None], network)
    return (logits[0, 0].sigmoid() > threshold).numpy() * 255


def test_every_readable_file_gets_a_mask_of_its_size(weights, images, tmp_path, capfd):
    before = sorted(images.rglob("*"))
    infer(dataset_dir=str(images), output_dir=str(tmp_path), weights_file=str(weights))
    found = masks(tmp_path)
    files = {
        "00000.png": "00000.dcm",
        "8.png": "8.jpg",
        "cines/00000.png": "cines/00000.dcm",
        "left/7.png": "left/7.png",
        "right/7.png": "right/7.png",
    }
    assert list(found) == list(files) and sorted(images.rglob("*")) == before
    for name, mask in found.items():
        expected = expected_mask(weights, images / files[name])
        assert mask.dtype == np.uint8 and np.array_equal(mask, expected), name
    assert {value for mask in found.values() for value in np.unique(mask)} == {0, 255}
    said = capfd.readouterr().out
    assert "2 of 7 files are left out" in said and "broken.dcm'" in said and "broken.png'" in said


def test_a_single_file_with_every_frame_and_overlays(weights, images, tmp_path):
    infer(
        dataset_dir=str(images / "cines" / "00000.dcm"), output_dir=str(tmp_path), weights_file=str(weights),
        frames="all", overlays=True,
    )  # fmt: skip
    names = [f"00000_{i:04}.png" for i in range(9)]
    assert list(masks(tmp_path)) == names + [f"overlays/{name}" for name in names]
    assert masks(tmp_path)["overlays/" + names[0]].shape == (64, 64, 3)


def test_segments_are_written_by_their_numbers(images, tmp_path):
    write_weights(segmenter(26).state_dict(), tmp_path / "model.pt")
    infer(
        "segment.json",
        dataset_dir=str(images / "left"),
        output_dir=str(tmp_path / "out"),
        weights_file=str(tmp_path / "model.pt"),
    )
    mask = masks(tmp_path / "out")["7.png"]
    assert mask.shape == (75, 51) and len(SEGMENTS) == 25 and 0 < mask.max() <= 25 and len(np.unique(mask)) > 2


def test_the_threshold_of_the_training_is_taken_unless_another_is_given(weights, images, tmp_path):
    path = tmp_path / "models" / "model.pt"
    write_weights(torch.load(weights, weights_only=True), path)
    path.with_suffix(".json").write_text(json.dumps({"threshold": 0.51}))
    knobs = {"dataset_dir": str(images / "left" / "7.png"), "weights_file": str(path)}
    for name, extra, threshold in (("stored", {}, 0.51), ("given", {"threshold": 0.49}, 0.49)):
        infer(output_dir=str(tmp_path / name), **knobs, **extra)
        (mask,) = masks(tmp_path / name).values()
        assert np.array_equal(mask, expected_mask(weights, images / "left" / "7.png", threshold)), name


def test_nothing_on_the_command_line_means_null(weights, images, tmp_path):
    """A shell has no null: `--threshold ''`."""
    shared = {"dataset_dir": str(images / "cines"), "weights_file": str(weights)}
    infer(output_dir=str(tmp_path / "null"), **shared)
    infer(output_dir=str(tmp_path / "empty"), **shared, threshold="", frames="", window="")
    null, empty = (masks(tmp_path / name)["00000.png"] for name in ("null", "empty"))
    assert np.array_equal(null, empty)


def test_windows_and_mirror_images_and_small_specks(weights, images, tmp_path):
    shared = {"dataset_dir": str(images / "8.jpg"), "weights_file": str(weights), "image_size": 128}
    for name, knobs in (
        ("plain", {}),
        ("window", {"window": 32}),
        ("flip", {"flip": True}),
        ("area", {"min_area": 10**6}),
    ):
        infer(output_dir=str(tmp_path / name), **shared, **knobs)
    plain, window, flip, area = (masks(tmp_path / name)["8.png"] for name in ("plain", "window", "flip", "area"))
    assert np.array_equal(plain, expected_mask(weights, images / "8.jpg", image_size=128))
    assert (plain != window).any() and (plain != flip).any() and plain.any() and not area.any()


def test_the_baseline_is_inferred_too(images, tmp_path):
    config = ConfigParser.load_config_files(
        [str(BUNDLE / "configs" / name) for name in ("inference.json", "baseline_unet.json")]
    )
    parser = ConfigParser(config)
    write_weights(parser.get_parsed_content("network_def").state_dict(), tmp_path / "unet.pt")
    infer(
        "baseline_unet.json", model="unet", dataset_dir=str(images / "left"), output_dir=str(tmp_path / "out"),
        weights_file=str(tmp_path / "unet.pt"),
    )  # fmt: skip
    assert masks(tmp_path / "out")["7.png"].shape == (75, 51)


def causes_of(error: BaseException | None) -> list[str]:
    return [] if error is None else [str(error), *causes_of(error.__cause__ or error.__context__)]


WRONG = [
    ({"weights_file": "/nowhere/model.pt"}, "weights '/nowhere/model.pt' do not exist"),
    ({"model": "small"}, "Check that the model, and the number of classes, are those of the training"),
    ({"classes": 25}, "head.weight .expected 26x24x1x1, got 1x24x1x1"),
    ({"dataset_dir": "/nowhere"}, "'/nowhere' must be a folder of images or a file"),
    ({"frames": "some"}, "frames must be null, a number from 0 or 'all', got 'some'"),
    ({"threshold": 50}, "threshold must lie between 0 and 1, got 50"),
    ({"image_size": [60, 64]}, r"image_size must be of multiples of patch_size, got \[60, 64\] and 16"),
    ({"window": 60}, r"window must be of multiples of patch_size, got \[60\] and 16"),
    ({"batch_size": 5}, "images of a batch must be of one size, got .*'; set batch_size to 1"),
    ({"output_dir": "IMAGES"}, "output_dir must not be the folder of the images"),
    ({"flip": "perhaps"}, "must be true or false, got 'perhaps'"),
]


@pytest.mark.parametrize(("knobs", "message"), WRONG, ids=[next(iter(knobs)) for knobs, _ in WRONG])
def test_a_mistake_is_one_clear_error_and_leaves_nothing(knobs, message, weights, images, tmp_path):
    before = sorted(images.rglob("*"))
    usual = {"dataset_dir": str(images), "output_dir": str(tmp_path / "out"), "weights_file": str(weights)}
    knobs = {key: str(images) if value == "IMAGES" else value for key, value in knobs.items()}
    with pytest.raises((RuntimeError, ValueError, OSError)) as caught:
        infer(**(usual | knobs))
    assert any(re.search(message, cause) for cause in causes_of(caught.value)), causes_of(caught.value)
    assert not list(tmp_path.iterdir()) and sorted(images.rglob("*")) == before


def test_tensorrt_that_is_not_there_is_one_clear_error(weights, images, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises((RuntimeError, ImportError)) as caught:
        infer(
            "inference_trt.json",
            dataset_dir=str(images),
            output_dir=str(tmp_path),
            weights_file=str(weights),
            image_size=[64, 64],
        )
    assert any(re.search("TensorRT needs .*; (pip install|leave)", cause) for cause in causes_of(caught.value))
    assert not list(tmp_path.iterdir())


def test_what_monai_label_reads_is_there(weights, images):
    """It loads, infers and transforms by itself, from these parts of inference.json."""
    parser = ConfigParser()
    parser.read_config(str(BUNDLE / "configs" / "inference.json"))
    for key, value in (KNOBS | {"bundle_root": str(BUNDLE), "weights_file": str(weights), "device": "cpu"}).items():
        parser[key] = value
    parts = {
        key: parser.get_parsed_content(key) for key in ("network_def", "preprocessing", "inferer", "postprocessing")
    }
    assert parser.get_parsed_content("displayable_configs") == {"result_dtype": "uint8", "result_extension": ".png"}
    network = load_trained(parts["network_def"], weights).eval()
    data = parts["preprocessing"]({"image": str(images / "cines" / "00000.dcm"), "frame": "3"})
    with torch.no_grad():
        data["pred"] = parts["inferer"](data["image"][None], network)[0]
    mask = parts["postprocessing"](data)["pred"]
    assert mask.shape == (64, 64) and mask.dtype == torch.uint8 and mask.max() == 1
    metadata = json.loads((BUNDLE / "configs" / "metadata.json").read_text())
    assert metadata["network_data_format"]["outputs"]["pred"]["channel_def"] == {"0": "background", "1": "vessel"}

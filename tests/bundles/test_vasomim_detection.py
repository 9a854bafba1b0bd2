# SPDX-License-Identifier: Apache-2.0
import csv
import json
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image
from small_detection import DETECTION, SMALL, SMALL_TRAINING, run_detection

import monai_ext

CONFIGS = sorted(path.name for path in (DETECTION / "configs").glob("*.json"))
OVERLAYS = {"multi_gpu_train.json", "multi_gpu_evaluate.json", "smoke.json"}
MEASURES = {"mAP", "mAP50", "mAP75", "sensitivity_0.5fp", "sensitivity_1fp", "sensitivity_2fp"}


def read_config(name: str) -> dict:
    return json.loads((DETECTION / "configs" / name).read_text())


@pytest.fixture(scope="module")
def trained(tmp_path_factory, cache) -> Path:
    """A training from pre-trained weights and its evaluation on the test split."""
    folder = tmp_path_factory.mktemp("detection")
    monai_ext.networks.save_encoder(monai_ext.networks.vit_encoder("tiny", seed=3), folder / "encoder.safetensors")
    shared = {"output_dir": str(folder), "weights_file": str(folder / "model.pt"), "cache_dir": cache}
    run_detection("train.json", initial_weights=str(folder / "encoder.safetensors"), **shared, **SMALL_TRAINING)
    run_detection("train.json", "evaluate.json", split="test", **shared, **SMALL)
    return folder


def short_knobs(folder: Path, cache: str) -> dict:
    """Of a training of one epoch."""
    shared = {"output_dir": str(folder), "weights_file": str(folder / "model.pt"), "cache_dir": cache}
    return shared | SMALL_TRAINING | {"epochs": 1}


@pytest.fixture
def knobs(tmp_path, cache) -> dict:
    return short_knobs(tmp_path, cache)


WORDS = {"window": "", "position_grid": "", "by_patient": "false", "device": "cpu", "validate_every": 9}


@pytest.fixture(scope="module")
def one_epoch(tmp_path_factory, cache) -> Path:
    """A training from nothing, its switches told in words of the command line; tests look at it and leave it as it is."""
    folder = tmp_path_factory.mktemp("one_epoch")
    run_detection("train.json", **short_knobs(folder, cache) | WORDS)
    return folder


def test_every_configuration_is_known():
    assert OVERLAYS | {"evaluate.json", "inference.json", "metadata.json", "train.json"} == set(CONFIGS)


@pytest.mark.parametrize("name", [name for name in CONFIGS if name != "metadata.json"])
def test_configuration_is_json_for_people(name):
    """Every configuration says what it is, an overlay sets nothing that is not there, and every knob is told."""
    config = read_config(name)
    assert len(config["_desc_"]) > 40
    if name in OVERLAYS:
        set_ = {key.partition("#")[0] for key in config} - {"finalize"}
        assert set_ <= {*read_config("train.json"), *read_config("inference.json")}
    if "_desc_rest" in config:
        knobs = [key for key in list(config)[: list(config).index("_desc_rest")] if not key.startswith("_")]
        told = " ".join(text for key, text in config.items() if key.startswith("_desc_"))
        spared = ("imports", "bundle_root", "image_mean", "image_std", "displayable")
        assert not [knob for knob in knobs if knob not in told and not knob.startswith(spared)]


def test_training_leaves_what_it_promises(trained):
    for name in ("checkpoint.pt", "curves.csv", "report.html", "run.json", "validation_curve.png", "loss_curves.png"):
        assert (trained / name).stat().st_size > 0, name
    rows = list(csv.DictReader((trained / "curves.csv").open()))
    assert [row["epoch"] for row in rows] == ["1", "2"] and all(row["validation_mAP50"] for row in rows)
    assert all(
        float(row["loss"]) == pytest.approx(float(row["classification"]) + float(row["box_regression"]), rel=1e-3)
        for row in rows
    )
    facts = json.loads((trained / "model.json").read_text())
    assert facts["mAP50"] == max(float(row["validation_mAP50"]) for row in rows)
    assert 0 < facts["threshold"] < 1 and facts["split"] == "val" and facts["knobs"]["model"] == "tiny"
    assert not list(trained.rglob("*.tmp"))


def test_weights_are_the_moving_average_as_a_plain_state_dict(one_epoch):
    saved = torch.load(one_epoch / "checkpoint.pt", weights_only=True)["objects"]
    kept = torch.load(one_epoch / "model.pt", weights_only=True)
    monai_ext.networks.stenosis_retinanet("tiny").load_state_dict(kept)
    assert all(torch.equal(kept[name], saved["average"][name]) for name in kept)
    name = "classification_head.cls_logits.weight"
    assert not torch.equal(saved["network"][name], saved["average"][name])


def test_evaluation_measures_what_it_promises(trained):
    metrics = json.loads((trained / "metrics.json").read_text())
    assert set(metrics) >= MEASURES
    assert all(0 <= metrics[name]["mean"] <= 1 for name in MEASURES)
    context = metrics["context"]
    facts = json.loads((trained / "model.json").read_text())
    assert context["split"] == "test" and context["threshold"] == facts["threshold"] and context["training"] == facts
    assert context["phantoms"] == {"count": 12, "seed": 0, "size": 64} and context["by_patient"] is False
    rows = list(csv.DictReader((trained / "metrics.csv").open()))
    assert rows and all(Path(row["image"]).is_file() for row in rows)
    with Image.open(trained / "detections.png") as picture:
        assert min(picture.size) > 100
    page = (trained / "report.html").read_text()
    assert "Detections" in page and "Validation" in page and "http" not in page


def test_evaluation_takes_model_size_and_split_of_the_training(trained, tmp_path, cache):
    data = {name: value for name, value in SMALL.items() if name.startswith("phantom")}
    run_detection(
        "train.json", "evaluate.json", output_dir=str(tmp_path), weights_file=str(trained / "model.pt"), cache_dir=cache, split="test", **data
    )  # fmt: skip
    one, two = (json.loads((folder / "metrics.json").read_text()) for folder in (trained, tmp_path))
    assert one == two and two["context"]["image_size"] == 64 and two["context"]["model"] == "tiny"


def test_words_of_the_command_line_mean_what_they_say(one_epoch):
    facts = json.loads((one_epoch / "model.json").read_text())
    assert facts["position_grid"] is None and facts["knobs"]["window"] is None and facts["knobs"]["by_patient"] is False


def test_windows_train(knobs, tmp_path):
    run_detection("train.json", window=2, **knobs)
    assert json.loads((tmp_path / "model.json").read_text())["knobs"]["window"] == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"image_size": 48}, "image_size must be a multiple of 32 px, got 48; take 32 or 64"),
        ({"model": "huge"}, "preset must be one of tiny, small, base, large, got 'huge'"),
        ({"box_weight": -1}, "box_weight must be >= 0, got -1"),
    ],
)
def test_mistakes_show_before_data_are_touched(wrong, message, knobs):
    with pytest.raises(Exception) as caught:
        run_detection("train.json", **knobs | {"dataset_dir": "/nowhere"} | wrong)
    assert message in cause(caught.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"position_grid": 7}, "position_grid must be that of the training, got 7 and"),
        ({"window": 3}, "window must be that of the training, got 3 and"),
        ({"weights_file": "/nowhere/model.pt"}, "weights '/nowhere/model.pt' do not exist; check the path"),
        ({"threshold": 2}, "score_threshold must be in [0, 1], got 2"),
        ({"threshold": "high"}, "score_threshold must be in [0, 1], got 'high'"),
    ],
)
def test_an_evaluation_tells_what_is_wrong(wrong, message, trained, tmp_path, cache):
    shared = {"output_dir": str(tmp_path), "weights_file": str(trained / "model.pt"), "cache_dir": cache}
    with pytest.raises(Exception) as caught:
        run_detection("train.json", "evaluate.json", **shared | SMALL | wrong)
    assert message in cause(caught.value)


def test_resumed_training_keeps_the_average_and_the_best_value(one_epoch, tmp_path, knobs):
    shutil.copytree(one_epoch, tmp_path, dirs_exist_ok=True)
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["objects"]
    assert saved["best_weights"] == {"best": json.loads((tmp_path / "model.json").read_text())["mAP50"]}
    run_detection("train.json", resume="true", **knobs | WORDS | {"epochs": 2})
    assert [row["epoch"] for row in csv.DictReader((tmp_path / "curves.csv").open())] == ["1", "2"]


def cause(error: BaseException) -> str:
    """What the user reads last."""
    while error.__cause__ is not None and str(error).startswith("Failed to"):
        error = error.__cause__
    return str(error)

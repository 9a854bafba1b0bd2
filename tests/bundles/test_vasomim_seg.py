# SPDX-License-Identifier: Apache-2.0
import csv
import json
from pathlib import Path

import pytest
import torch
from monai.bundle import ConfigParser
from PIL import Image
from small_segmentation import SEGMENTATION, SMALL, SMALL_TRAINING, run_segmentation

import monai_ext
from monai_ext.phantom import SEGMENTS

CONFIGS = sorted(path.name for path in (SEGMENTATION / "configs").glob("*.json"))
OVERLAYS = {"baseline_unet.json", "multi_gpu_train.json", "multi_gpu_evaluate.json", "segment.json", "smoke.json", "stenosis.json", "vessel.json"}  # fmt: skip


def read_config(name: str) -> dict:
    return json.loads((SEGMENTATION / "configs" / name).read_text())


@pytest.fixture(scope="module")
def trained(tmp_path_factory, cache) -> Path:
    """A training from pre-trained weights and its evaluation on the test split."""
    folder = tmp_path_factory.mktemp("segmentation")
    monai_ext.networks.save_encoder(monai_ext.networks.vit_encoder("tiny", seed=3), folder / "encoder.safetensors")
    shared = {"output_dir": str(folder), "weights_file": str(folder / "model.pt"), "cache_dir": cache}
    run_segmentation("train.json", initial_weights=str(folder / "encoder.safetensors"), **shared, **SMALL_TRAINING)
    run_segmentation("train.json", "evaluate.json", split="test", **shared, **SMALL)
    return folder


def test_every_configuration_is_known():
    assert OVERLAYS | {"evaluate.json", "inference.json", "inference_trt.json", "metadata.json", "train.json"} == set(
        CONFIGS
    )


@pytest.mark.parametrize("name", [name for name in CONFIGS if name != "metadata.json"])
def test_configuration_is_json_for_people(name):
    """Every configuration says what it is, an overlay sets nothing that is not there, and every knob is told."""
    config = read_config(name)
    assert len(config["_desc_"]) > 40
    if name in OVERLAYS:
        assert set(config) - {"finalize"} <= {*read_config("train.json"), *read_config("inference.json")}
    if "_desc_rest" in config:
        knobs = [key for key in list(config)[: list(config).index("_desc_rest")] if not key.startswith("_")]
        told = " ".join(text for key, text in config.items() if key.startswith("_desc_"))
        assert not [
            k for k in knobs if k not in told and not k.startswith(("imports", "bundle_root", "image_", "displayable"))
        ]


def test_defaults_are_those_of_the_design():
    train = read_config("train.json")
    recipe = {
        "image_size": 512,
        "drop_path": 0.1,
        "label": "vessels",
        "classes": 1,
        "layer_decay": "$0.75 if @initial_weights else 1.0",
    }
    assert {key: train[key] for key in recipe} == recipe
    assert train["loss"]["_target_"] == "monai.losses.DiceCELoss"
    assert read_config("segment.json")["classes"] == len(SEGMENTS) == 25 and not read_config("segment.json")["mirror"]
    metadata = read_config("metadata.json")
    assert all(
        f"mean {train['image_mean']}" in text and str(train["image_std"]) in text
        for text in [metadata["image_classes"]]
    )


def test_training_leaves_what_it_promises(trained):
    for name in ("checkpoint.pt", "curves.csv", "report.html", "run.json", "validation_curve.png"):
        assert (trained / name).stat().st_size > 0, name
    rows = list(csv.DictReader((trained / "curves.csv").open()))
    assert [row["epoch"] for row in rows] == ["1", "2"] and all(row["validation_dice"] for row in rows)
    facts = json.loads((trained / "model.json").read_text())
    assert facts["dice"] == max(float(row["validation_dice"]) for row in rows)
    assert 0 < facts["threshold"] < 1 and facts["split"] == "val" and facts["knobs"]["model"] == "tiny"
    assert not list(trained.rglob("*.tmp"))


def test_weights_are_a_plain_state_dict_of_the_network(trained):
    network = monai_ext.networks.vessel_segmenter("tiny")
    network.load_state_dict(torch.load(trained / "model.pt", weights_only=True))


def test_evaluation_measures_what_it_promises(trained):
    metrics = json.loads((trained / "metrics.json").read_text())
    assert {"dice", "cldice"} <= set(metrics)
    low, high = metrics["dice"]["ci95"]
    assert low <= metrics["dice"]["mean"] <= high and metrics["dice"]["n"] == 2  # a quarter of 8
    context = metrics["context"]
    assert context["split"] == "test" and context["threshold"] == 0.5 and context["split_seed"] == 0
    assert context["phantoms"] == {"count": 8, "seed": 0, "size": 64}
    assert context["weights_file"] == str(trained / "model.pt")
    assert context["training"] == json.loads((trained / "model.json").read_text())
    rows = list(csv.DictReader((trained / "metrics.csv").open()))
    assert len(rows) == 2 and all(Path(row["image"]).is_file() for row in rows)
    with Image.open(trained / "overlays.png") as picture:
        assert min(picture.size) > 100
    page = (trained / "report.html").read_text()
    assert "Overlays" in page and "Validation" in page and "http" not in page


def test_evaluation_takes_the_threshold_of_the_training(trained, tmp_path, cache):
    facts = json.loads((trained / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(facts | {"threshold": 0.35}))
    (tmp_path / "model.pt").write_bytes((trained / "model.pt").read_bytes())
    run_segmentation(
        "train.json", "evaluate.json", output_dir=str(tmp_path), weights_file=str(tmp_path / "model.pt"), cache_dir=cache,
        threshold="", flip="true", min_area=5, **SMALL,
    )  # fmt: skip
    assert json.loads((tmp_path / "metrics.json").read_text())["context"]["threshold"] == 0.35


@pytest.fixture
def knobs(tmp_path, cache) -> dict:
    """Of a training of one epoch."""
    shared = {"output_dir": str(tmp_path), "weights_file": str(tmp_path / "model.pt"), "cache_dir": cache}
    return shared | SMALL_TRAINING | {"epochs": 1}


def test_words_of_the_command_line_mean_what_they_say(knobs, tmp_path):
    """`--mirror false` mirrors nothing, '' is null, a device is a name; and a validation rarer than the run has epochs comes at its end."""
    words = {
        "mirror": "false",
        "full_resolution": "true",
        "position_grid": "",
        "window": "",
        "device": "cpu",
        "validate_every": 9,
    }
    run_segmentation("train.json", **knobs | words)
    facts, weights = (
        json.loads((tmp_path / "model.json").read_text()),
        torch.load(tmp_path / "model.pt", weights_only=True),
    )
    assert facts["position_grid"] is None and any(name.startswith("full_detail") for name in weights)
    run_segmentation("train.json", **knobs | words | {"full_resolution": "false"})
    weights = torch.load(tmp_path / "model.pt", weights_only=True)
    assert not any(name.startswith("full_detail") for name in weights)


@pytest.mark.parametrize(("word", "mirrors"), [("false", False), ("true", True)])
def test_mirror_is_a_switch(word, mirrors):
    parser = ConfigParser(read_config("train.json") | {"mirror": word, "rank": 0})
    assert parser.get_parsed_content("prepare_batch").geometry["flip"] is mirrors


@pytest.mark.parametrize(
    ("overlays", "wrong", "message"),
    [
        ((), {"image_size": 50}, "image_size must be a multiple of 16 px, got 50; take 48 or 64"),
        ((), {"model": "none"}, "preset must be one of tiny"),
        (("baseline_unet.json",), {"initial_weights": "any.pt"}, "got DynUNet; leave initial_weights out"),
    ],
)
def test_mistakes_show_before_data_are_touched(overlays, wrong, message, knobs):
    with pytest.raises(Exception) as caught:
        run_segmentation("train.json", *overlays, **knobs | {"dataset_dir": "/nowhere"} | wrong)
    assert message in cause(caught.value)


@pytest.mark.parametrize(
    ("overlays", "wrong", "message"),
    [
        ((), {"threshold": 0}, "threshold must lie between 0 and 1, got 0"),
        (("stenosis.json",), {}, "must be of a training of the label 'stenoses', got one of 'vessels'"),
        ((), {"weights_file": "/nowhere/model.pt"}, "weights '/nowhere/model.pt' do not exist; check the path"),
    ],
)
def test_an_evaluation_tells_what_is_wrong(overlays, wrong, message, trained, tmp_path, cache):
    shared = {"output_dir": str(tmp_path), "weights_file": str(trained / "model.pt"), "cache_dir": cache}
    with pytest.raises(Exception) as caught:
        run_segmentation("train.json", "evaluate.json", *overlays, **shared | SMALL | wrong)
    assert message in cause(caught.value)


def test_monai_label_sets_data_epochs_and_device(tmp_path, cache, knobs):
    """Lists of files, `train#trainer#max_epochs` and not `epochs`, the device by its name: rate, validation and weights follow."""
    del knobs["epochs"], knobs["validate_every"]
    data = []
    for number in range(4):
        data.append({kind: str(tmp_path / f"{kind}{number}.png") for kind in ("image", "label")})
        values = (torch.arange(48 * 40).reshape(48, 40) + number) % 256
        Image.fromarray(values.byte().numpy()).save(data[-1]["image"])
        Image.fromarray((255 * (values > 128)).byte().numpy()).save(data[-1]["label"])
    told = {"train#dataset#data": data[:3], "validate#dataset#data": data[3:], "train#trainer#max_epochs": 2}
    run_segmentation("train.json", device="cpu", **knobs | told)
    rows = list(csv.DictReader((tmp_path / "curves.csv").open()))
    assert len(rows) == 2 and all(row["validation_dice"] for row in rows)
    assert float(rows[1]["learning_rate"]) < 1e-4 < float(rows[0]["learning_rate"])  # of 1e-3, the cosine has ended
    assert json.loads((tmp_path / "model.json").read_text())["knobs"]["epochs"] == 2


def test_maps_of_classes_of_ones_own_train_and_are_judged(tmp_path, knobs):
    """Three classes, without names, in two folders."""
    for number in range(6):
        for kind in ("images", "masks"):
            (tmp_path / "mine" / kind).mkdir(parents=True, exist_ok=True)
            values = (torch.arange(48 * 40).reshape(48, 40) + number) % (256 if kind == "images" else 4)
            Image.fromarray(values.byte().numpy()).save(tmp_path / "mine" / kind / f"{number}.png")
    knobs |= {"dataset_dir": str(tmp_path / "mine"), "classes": 3}
    run_segmentation("train.json", "segment.json", **knobs)
    run_segmentation("train.json", "evaluate.json", "segment.json", split="all", **knobs)
    assert set(json.loads((tmp_path / "metrics.json").read_text())["classes"]) == {"1", "2", "3"}


@pytest.mark.parametrize("overlay", ["segment.json", "stenosis.json", "baseline_unet.json"])
def test_each_task_and_the_baseline_train_and_are_judged(overlay, tmp_path, cache):
    shared = {"output_dir": str(tmp_path), "weights_file": str(tmp_path / "model.pt"), "cache_dir": cache}
    small = {
        key: value for key, value in SMALL_TRAINING.items() if not (overlay == "baseline_unet.json" and key == "model")
    }
    if overlay == "baseline_unet.json":
        small |= {"network_def#filters": [4, 4, 4, 4, 4]}
    run_segmentation("train.json", overlay, **shared, **small | {"epochs": 1})
    run_segmentation("train.json", overlay, "evaluate.json", **shared, **small)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert "dice" in metrics
    if overlay == "segment.json":
        assert set(metrics["classes"]) == set(SEGMENTS)


def test_resumed_training_keeps_the_best_value(tmp_path, cache):
    shared = {"output_dir": str(tmp_path), "weights_file": str(tmp_path / "model.pt"), "cache_dir": cache}
    run_segmentation("train.json", **shared, **SMALL_TRAINING | {"epochs": 1})
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    best = json.loads((tmp_path / "model.json").read_text())["dice"]
    assert saved["objects"]["best_weights"] == {"best": best}
    run_segmentation("train.json", resume="true", **shared, **SMALL_TRAINING)
    assert [row["epoch"] for row in csv.DictReader((tmp_path / "curves.csv").open())] == ["1", "2"]


def test_starting_weights_of_another_size_are_refused_before_data_are_touched(tmp_path):
    monai_ext.networks.save_encoder(monai_ext.networks.vit_encoder("small"), tmp_path / "small.pt")
    with pytest.raises(Exception) as caught:
        run_segmentation(
            "train.json", initial_weights=str(tmp_path / "small.pt"), dataset_dir=str(tmp_path / "none"),
            output_dir=str(tmp_path / "out"), **SMALL_TRAINING,
        )  # fmt: skip
    assert (
        "384" in cause(caught.value) and "192" in cause(caught.value) and not (tmp_path / "out" / "model.pt").exists()
    )


def test_weights_of_another_task_are_refused(trained, tmp_path, cache):
    with pytest.raises(Exception) as caught:
        run_segmentation(
            "train.json", "segment.json", "evaluate.json", weights_file=str(trained / "model.pt"), output_dir=str(tmp_path), cache_dir=cache, **SMALL,
        )  # fmt: skip
    assert "head.weight" in cause(caught.value) and "classes" in cause(caught.value)


def test_missing_split_says_what_there_is(trained, tmp_path, cache):
    with pytest.raises(Exception) as caught:
        run_segmentation(
            "train.json", "evaluate.json", dataset_dir=str(next(Path(cache).glob("phantoms-*/syntax/test"))), split="train",
            weights_file=str(trained / "model.pt"), output_dir=str(tmp_path), cache_dir=cache, **SMALL,
        )  # fmt: skip
    assert "split 'train' must have images" in cause(caught.value)


def cause(error: BaseException) -> str:
    """What the user reads last."""
    while error.__cause__ is not None and str(error).startswith("Failed to"):
        error = error.__cause__
    return str(error)

# SPDX-License-Identifier: Apache-2.0
import csv
import json
import re
from pathlib import Path

import monai.bundle
import numpy as np
import pytest
import torch
from monai.bundle import ComponentLocator, ConfigParser
from PIL import Image
from small_run import BUNDLE, SMALL_DATA, SMALL_RUN, run_bundle
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import monai_ext

CONFIGS = sorted(str(p.relative_to(BUNDLE / "configs")) for p in (BUNDLE / "configs").rglob("*.json"))
METHODS = [name for name in CONFIGS if name.startswith("methods/")]


def read_config(name: str) -> dict:
    return json.loads((BUNDLE / "configs" / name).read_text())


def test_every_configuration_is_known():
    assert CONFIGS == [
        "evaluate.json", "inference.json", "metadata.json",
        "methods/consistency_only.json", "methods/guidance_only.json", "methods/mae.json", "methods/vasomim_v1.json",
        "multi_gpu_train.json", "smoke.json", "train.json", "train_segmentor.json",
    ]  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_configuration_is_json_for_people(name):
    """Knobs of an overlay are knobs of what it lies over, and every configuration says what it is."""
    config = json.loads((BUNDLE / "configs" / name).read_text())
    if name == "metadata.json":
        return
    assert len(config["_desc_"]) > 40
    if name in METHODS or name in ("smoke.json", "multi_gpu_train.json"):
        assert set(config) - {"finalize"} <= {*read_config("train.json"), *read_config("train_segmentor.json")}
    elif config.get("_desc_rest"):
        knobs = [key for key in list(config)[: list(config).index("_desc_rest")] if not key.startswith("_")]
        told = " ".join(text for key, text in config.items() if key.startswith("_desc_"))
        told += " ".join(text for key, text in read_config("train.json").items() if key.startswith("_desc_data"))
        untold = [key for key in knobs if key not in told and not key.startswith(("imports", "bundle_root", "image_"))]
        assert not untold


def test_defaults_are_the_published_recipe():
    """arXiv 2602.11536; the schedule of S from arXiv 2508.10794."""
    train, segmentor = read_config("train.json"), read_config("train_segmentor.json")
    recipe = {
        "model": "base", "image_size": 224, "mask_ratio": 0.5, "guided_share_start": 0.0, "guided_share_end": 0.5,
        "eta": 0.5, "reconstruction_weight": 1.0, "consistency_weight": 1.0, "epochs": 800, "batch_size": 2048,
        "base_rate": 1.5e-4, "weight_decay": 0.05, "warmup_epochs": "$@epochs / 20",
    }  # fmt: skip
    assert {key: train[key] for key in recipe} == recipe and train["optimizer"]["betas"] == [0.9, 0.95]
    recipe = {"image_size": 224, "epochs": 200, "batch_size": 256, "learning_rate": 1e-3}
    assert {key: segmentor[key] for key in recipe} == recipe
    assert segmentor["optimizer"]["_target_"] == "torch.optim.Adam"
    loss = segmentor["loss"]
    assert (loss["lambda_dice"], loss["lambda_ce"], loss["smooth_nr"], loss["smooth_dr"]) == (0.5, 0.5, 1e-5, 1e-5)


def test_pretraining_leaves_what_it_promises(pretrained):
    for name in ("checkpoint.pt", "curves.csv", "run.json", "report.html", "reconstructions.png", "loss_curves.png"):
        assert (pretrained.folder / name).stat().st_size > 0, name
    rows = list(csv.DictReader((pretrained.folder / "curves.csv").open()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert {"loss", "reconstruction", "consistency", "hidden_vessel_share", "guided_share"} <= set(rows[0])
    assert [float(row["guided_share"]) for row in rows] == [0.0, 0.25]
    assert not list(pretrained.folder.rglob("*.tmp"))


def test_encoder_alone_is_saved(pretrained):
    state = torch.load(pretrained.encoder, weights_only=True)
    network = monai_ext.networks.vit_encoder("tiny")
    network.load_state_dict(state)
    assert network(torch.zeros(1, 1, 32, 48)).shape == (1, 192, 2, 3)


def test_evaluation_measures_what_it_promises(pretrained):
    metrics = json.loads((pretrained.folder / "metrics.json").read_text())
    expected = {"masked_error", "masked_error_vessel", "masked_error_background", "hidden_vessel_share", "vessel_dice"}
    assert expected <= set(metrics)
    assert metrics["masked_error"]["n"] == 6 and metrics["masked_error"]["mean"] > 0
    assert len(list(csv.DictReader((pretrained.folder / "metrics.csv").open()))) == 6


def test_report_holds_everything_itself(pretrained):
    page = (pretrained.folder / "report.html").read_text()
    assert page.count("data:image/png;base64,") >= 3
    assert "http://" not in page and "https://" not in page and "masked error, vessel patches" in page


def test_tensorboard_gets_scalars_and_pictures(pretrained):
    events = EventAccumulator(str(pretrained.folder))
    events.Reload()
    assert {"loss", "reconstruction", "consistency", "hidden_vessel_share"} <= set(events.Tags()["scalars"])
    assert "reconstructions" in events.Tags()["images"]


def test_segmentor_leaves_what_it_promises(segmentor):
    for name in ("segmentations.png", "report.html", "curves.csv"):
        assert (segmentor.parent / name).stat().st_size > 0, name


@pytest.mark.parametrize("method", METHODS)
def test_each_method_trains(method, tmp_path, cache, segmentor):
    known = json.loads((BUNDLE / "configs" / method).read_text())
    run_bundle(
        "train.json", method, output_dir=str(tmp_path), encoder_file=str(tmp_path / "model.pt"), cache_dir=cache,
        **({} if "segmentor" in known else {"segmentor": str(segmentor)}), **SMALL_RUN,
    )  # fmt: skip
    *_, row = csv.DictReader((tmp_path / "curves.csv").open())
    assert ("consistency" in row) == (known.get("consistency_weight", 1) > 0)
    assert float(row["guided_share"]) == known.get("guided_share_end", 0.5) / 2
    run = json.loads((tmp_path / "run.json").read_text())["knobs"]
    assert known.items() <= (run | {"_desc_": known["_desc_"]}).items()


def test_features_of_a_folder(pretrained, tmp_path):
    for name, size in (("a/1.png", (64, 48)), ("b/1.png", (33, 90))):
        (tmp_path / "images" / name).parent.mkdir(parents=True)
        Image.fromarray(np.random.default_rng(0).integers(0, 255, size, dtype=np.uint8)).save(
            tmp_path / "images" / name
        )
    run_bundle(
        "inference.json", dataset_dir=str(tmp_path / "images"), output_dir=str(tmp_path / "out"), model="tiny",
        encoder_file=str(pretrained.encoder), image_size=[64, 96],
    )  # fmt: skip
    files = sorted((tmp_path / "out").rglob("*.npy"))
    assert [str(f.relative_to(tmp_path / "out")) for f in files] == ["a/1.png.npy", "b/1.png.npy"]
    first, second = (np.load(f, allow_pickle=False) for f in files)
    assert first.shape == second.shape == (192, 4, 6) and first.dtype == np.float32
    assert np.abs(first - second).max() > 1e-3


def test_training_on_a_folder_skips_and_reports_the_broken_file(tmp_path, cache, segmentor, capsys):
    images = tmp_path / "images"
    (images / "val").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(4):
        Image.fromarray(rng.integers(0, 255, (80, 70), dtype=np.uint8)).save(images / f"{i}.png")
    Image.fromarray(rng.integers(0, 255, (80, 70), dtype=np.uint8)).save(images / "val" / "9.png")
    (images / "broken.png").write_bytes((images / "0.png").read_bytes()[:200])
    run_bundle(
        "train.json", dataset_dir=str(images), output_dir=str(tmp_path / "run"), encoder_file=str(tmp_path / "model.pt"),
        segmentor=str(segmentor), cache_dir=cache, **(SMALL_RUN | {"epochs": 1}),
    )  # fmt: skip
    said = capsys.readouterr().out
    data = next(line for line in said.splitlines() if line.strip().startswith("data"))
    assert "4 angiograms" in data and "1 skipped" in data and "1 left out" in data
    assert sorted(p.name for p in images.rglob("*")) == [
        "0.png",
        "1.png",
        "2.png",
        "3.png",
        "9.png",
        "broken.png",
        "val",
    ]


def causes_of(error: BaseException | None) -> list[str]:
    return [] if error is None else [str(error), *causes_of(error.__cause__ or error.__context__)]


BAD = [
    ({"dataset_dir": "EMPTY"}, "no image"),
    ({"dataset_dir": "/nowhere/angiograms"}, "'/nowhere/angiograms'"),
    ({"image_size": 60}, "multiple of patch_size, got 60x60 and 16"),
    ({"mask_ratio": 1.0}, "mask_ratio must lie between 0 and 1"),
    ({"segmentor": "/nowhere/s.safetensors"}, "'/nowhere/s.safetensors' do(es)? not exist"),
    ({"model": "gigantic"}, "gigantic"),
    ({"guided_share_end": 3.0}, "guided_share_end must lie in"),
    ({"segmentor": "", "consistency_weight": 0}, "eta 0.5 needs a segmentor"),
    ({"precision": "float32"}, "precision must be one of fp32, bf16, fp16"),
    ({"resume": "perhaps"}, "resume must be true, false or auto, got 'perhaps'"),
    ({"image_size": 48}, "multiple of 32 for UNeXt, got 48x48"),
    ({"warmup_epochs": 9}, "warmup_epochs must be >= 0 and below epochs, got 9 of 2"),
    ({"resume": True}, "no checkpoint .* to resume from"),
    ({"initial_weights": "/nowhere/vit.pth"}, "/nowhere/vit.pth"),
]


@pytest.mark.parametrize(
    ("knobs", "message"), BAD, ids=[next(iter(knobs)) + str(i) for i, (knobs, _) in enumerate(BAD)]
)
def test_bad_input_is_one_clear_error_and_leaves_nothing(knobs, message, tmp_path, cache, segmentor):
    (tmp_path / "empty").mkdir()
    knobs = {k: str(tmp_path / "empty") if v == "EMPTY" else v for k, v in knobs.items()}
    with pytest.raises((RuntimeError, ValueError, OSError)) as caught:
        run_bundle(
            "train.json",
            **(SMALL_RUN | {"segmentor": str(segmentor), "cache_dir": cache, "output_dir": str(tmp_path / "run"),
                            "encoder_file": str(tmp_path / "model.pt")} | knobs),
        )  # fmt: skip
    assert any(re.search(message, cause) for cause in causes_of(caught.value)), causes_of(caught.value)
    left = [p.name for p in tmp_path.rglob("*") if p.is_file()]
    assert not left


def test_checkpoint_of_another_size_is_refused(pretrained, tmp_path, cache):
    with pytest.raises((RuntimeError, ValueError, OSError)) as caught:
        run_bundle(
            "train.json", **(SMALL_RUN | {"model": "small", "resume": True, "cache_dir": cache}),
            segmentor=str(pretrained.segmentor), output_dir=str(pretrained.folder), encoder_file=str(tmp_path / "m.pt"),
        )  # fmt: skip
    text = str(caught.value) + str(caught.value.__cause__)
    assert re.search(r"must be of the same network .* in the file and .* here", text), text
    assert not (tmp_path / "m.pt").exists()


def test_model_of_the_encoder_is_told_beside_it(pretrained):
    assert monai_ext.networks.trained_with(pretrained.encoder, "model") == "tiny"


def test_network_matches_its_metadata():
    configs = BUNDLE / "configs"
    monai.bundle.verify_net_in_out(
        net_id="network_def",
        meta_file=str(configs / "metadata.json"),
        config_file=str(configs / "inference.json"),
        device="cpu",
        n=2,
    )


def test_metadata_follows_the_schema():
    """`monai.bundle verify_metadata` wants the schema's file; its rules that matter are deploy/model_zoo/metadata_schema.json."""
    schema = Path(__file__).parents[2] / "deploy" / "model_zoo" / "metadata_schema.json"
    monai.bundle.verify_metadata(meta_file=str(BUNDLE / "configs" / "metadata.json"), filepath=str(schema))
    metadata = json.loads((BUNDLE / "configs" / "metadata.json").read_text())
    assert metadata["version"] in metadata["changelog"] and metadata["version"] == monai_ext.__version__


def test_constants_of_normalisation_agree():
    values = {
        (config["image_mean"], config["image_std"])
        for name in ("train.json", "train_segmentor.json", "evaluate.json", "inference.json")
        for config in [json.loads((BUNDLE / "configs" / name).read_text())]
    }
    assert len(values) == 1
    mean, std = values.pop()
    metadata = json.loads((BUNDLE / "configs" / "metadata.json").read_text())
    assert f"mean {mean} and standard deviation {std}" in metadata["image_classes"]


PARTS = [
    "data",
    "engines",
    "handlers",
    "inferers",
    "losses",
    "metrics",
    "networks",
    "optimizers",
    "phantom",
    "transforms",
]


@pytest.mark.parametrize("part", PARTS)
def test_bare_target_names_resolve(part):
    """`"_target_": "VasoMIMLoss"` finds ours; no name of ours is one of MONAI's, which would win."""
    locator = ComponentLocator()
    for name in getattr(monai_ext, part).__all__:
        thing = getattr(getattr(monai_ext, part), name)
        if callable(thing) and not name.isupper():
            module = locator.get_component_module_name(name)
            assert isinstance(module, str) and module.startswith(f"monai_ext.{part}"), (name, module)


def test_a_configuration_with_bare_names_is_built():
    parser = ConfigParser({"imports": ["$import monai_ext"], "network": {"_target_": "UNeXt", "seed": 0}})
    parser.get_parsed_content("imports")
    assert isinstance(parser.get_parsed_content("network"), monai_ext.networks.UNeXt)


def test_a_broken_image_does_not_end_the_inference(pretrained, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(images / "good.png")
    (images / "bad.png").write_bytes((images / "good.png").read_bytes()[:60])
    run_bundle(
        "inference.json", dataset_dir=str(images), output_dir=str(tmp_path / "out"), model="tiny",
        encoder_file=str(pretrained.encoder), image_size=[64, 64],
    )  # fmt: skip
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.png.npy"]


WRONG = [
    ("evaluate.json", {"checkpoint_file": "/nowhere/checkpoint.pt"}, "no checkpoint '/nowhere/checkpoint.pt'"),
    ("evaluate.json", {"model": "small"}, "must be of the same network"),
    ("inference.json", {"encoder_file": "/nowhere/model.pt"}, "weights '/nowhere/model.pt' do not exist"),
    ("inference.json", {"model": "small"}, "weights must fit the encoder tensor by tensor"),
    ("inference.json", {"dataset_dir": "/nowhere"}, "'/nowhere' must be a folder of images"),
    ("train_segmentor.json", {"image_size": 48}, "multiple of 32 for UNeXt, got 48x48"),
    ("train_segmentor.json", {"initial_segmentor": "/nowhere/s.pt"}, "'/nowhere/s.pt' do not exist"),
]


@pytest.mark.parametrize(("config", "knobs", "message"), WRONG, ids=range(len(WRONG)))
def test_bad_input_of_the_other_configurations(config, knobs, message, pretrained, tmp_path, cache):
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / "image.png")
    usual = {
        "evaluate.json": {"checkpoint_file": str(pretrained.folder / "checkpoint.pt"), "segmentor": str(pretrained.segmentor), "model": "tiny", **SMALL_DATA},
        "inference.json": {"encoder_file": str(pretrained.encoder), "dataset_dir": str(tmp_path), "model": "tiny"},
        "train_segmentor.json": {"epochs": 1, "batch_size": 3, "segmentor_file": str(tmp_path / "s.pt"), **SMALL_DATA},
    }[config]  # fmt: skip
    with pytest.raises((RuntimeError, ValueError, OSError)) as caught:
        run_bundle(config, **(usual | {"output_dir": str(tmp_path / "out"), "cache_dir": cache} | knobs))
    assert any(re.search(message, cause) for cause in causes_of(caught.value)), causes_of(caught.value)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["image.png"]

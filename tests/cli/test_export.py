# SPDX-License-Identifier: Apache-2.0
import json
import re
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from monai_ext.cli import main
from monai_ext.cli.export_formats import FORMATS
from monai_ext.networks import (
    load_trained,
    save_encoder,
    stenosis_retinanet,
    vessel_segmenter,
    vit_encoder,
    write_weights,
)

BUNDLES = Path(__file__).parents[2] / "bundles"
FACTS = {"position_grid": 14}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """The segmentation bundle with the first weights of the small network without a transformer."""
    folder = tmp_path_factory.mktemp("bundles") / "vasomim_seg"
    shutil.copytree(BUNDLES / "vasomim_seg", folder, ignore=shutil.ignore_patterns("runs", "models"))
    write_weights(vessel_segmenter("unext", seed=0).state_dict(), folder / "models" / "model.pt")
    (folder / "models" / "model.json").write_text(json.dumps({"knobs": {"model": "unext"}}))
    return folder


def export(bundle, out, *options) -> int:
    return main(["export", str(bundle), "--out", str(out), *map(str, options)])


def facts_of(out) -> dict:
    return json.loads((out / "export.json").read_text())


def test_files_and_facts_of_an_export(bundle, tmp_path, capsys, global_rng_untouched):
    assert export(bundle, tmp_path / "out", "--format", "ts,zip") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["export.json", "model.ts", "vasomim_seg.zip"]
    facts = facts_of(tmp_path / "out")
    assert (facts["bundle"], facts["outputs"], facts["input"]["sides_are_multiples_of"]) == (
        "vasomim_seg",
        ["pred"],
        32,
    )
    assert facts["formats"].keys() == {"ts", "zip"} and facts["left_out"] == {}
    for told in facts["formats"].values():
        sizes = told["compared_on"]
        assert told["largest_difference"] <= 1e-4
        assert len({batch for batch, *_ in sizes}) > 1 and len({tuple(size[2:]) for size in sizes}) > 2
        assert any(height != width and height // 32 % 2 for _, _, height, width in sizes)
    printed = capsys.readouterr().out
    assert (
        re.search(r"ts: model.ts, 1\.\d MB, differs from the network by at most \d", printed)
        and "export.json" in printed
    )


def test_torchscript_of_the_command_answers_as_the_network(bundle, tmp_path):
    export(bundle, tmp_path / "out", "--format", "ts")
    network = load_trained(vessel_segmenter("unext"), bundle / "models" / "model.pt").eval()
    image = torch.randn(1, 1, 96, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(torch.jit.load(tmp_path / "out" / "model.ts")(image), network(image))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--format", "ts,png"), "--format must be a list of onnx,boxes,pt2,ts,hf,zip, got 'png'"),
        (
            ("--format", "hf"),
            "--format hf cannot be: a ViTMAE folder needs a network with a vision transformer, got UNeXt",
        ),
        (("--format", "boxes"), "--format boxes cannot be: boxes need a bundle with a detector, this one has none"),
        (("--weights", "none.pt"), "weights 'none.pt' do not exist"),
    ],
)
def test_wrong_options_are_told_in_one_line(bundle, tmp_path, capsys, options, message):
    pytest.importorskip("transformers", reason="pip install transformers")
    assert export(bundle, tmp_path / "out", *options) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("vasomim export: ") == 1
    assert not list(tmp_path.iterdir())


def test_folder_with_something_in_it_is_left_alone(bundle, tmp_path, capsys):
    (tmp_path / "mine").write_text("x")
    assert export(bundle, tmp_path, "--format", "ts") == 2
    assert "--out must be a new or empty folder" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "x"


@pytest.mark.parametrize("package", ["onnxscript", "onnxruntime"])
def test_missing_package_is_named_with_its_extra(bundle, tmp_path, capsys, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    assert export(bundle, tmp_path / "out", "--format", "onnx") == 2
    error = capsys.readouterr().err
    assert f"--format onnx cannot be: it needs {package}, not installed; pip install 'monai_ext[export]'" in error
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_done_is_said_and_left_out_by_default(bundle, tmp_path, capsys, monkeypatch):
    for package in ("onnx", "transformers"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(FORMATS, "pt2")  # it takes ten seconds
    assert export(bundle, tmp_path / "out") == 0
    assert facts_of(tmp_path / "out")["left_out"].keys() == {"onnx", "boxes", "hf"}
    assert "onnx: left out, it needs onnx, not installed" in capsys.readouterr().out
    assert (tmp_path / "out" / "model.ts").is_file()


def test_file_that_differs_is_an_error_and_nothing_is_left(bundle, tmp_path, capsys, monkeypatch):
    faulty = type(FORMATS["ts"])()
    monkeypatch.setattr(faulty, "load", lambda path: lambda image: torch.jit.load(path)(image) + 2e-4, raising=False)
    monkeypatch.setitem(FORMATS, "ts", faulty)
    assert export(bundle, tmp_path / "out", "--format", "zip,ts") == 4
    error = capsys.readouterr().err
    assert "'model.ts' must answer as the network to 0.0001, it differs by 0.0002; nothing was written" in error
    assert not list(tmp_path.iterdir())


def test_file_that_its_runtime_cannot_read_is_an_error_and_nothing_is_left(bundle, tmp_path, capsys, monkeypatch):
    faulty = type(FORMATS["ts"])()
    monkeypatch.setattr(faulty, "write", lambda trained, path: path.write_bytes(b"no archive"), raising=False)
    monkeypatch.setitem(FORMATS, "ts", faulty)
    assert export(bundle, tmp_path / "out", "--format", "ts") == 4
    assert "'model.ts' cannot be used (" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def detection(folder, window) -> list[str]:
    network = stenosis_retinanet("tiny", position_grid=14, window=window, seed=0)
    write_weights(network.state_dict(), folder / "weights.pt")
    (folder / "weights.json").write_text(json.dumps({**FACTS, "knobs": {"model": "tiny", "window": window}}))
    return [str(BUNDLES / "vasomim_detection"), "--weights", str(folder / "weights.pt")]


def segments(folder) -> list[str]:
    write_weights(vessel_segmenter("tiny", 26, position_grid=14, seed=0).state_dict(), folder / "weights.pt")
    (folder / "weights.json").write_text(json.dumps({**FACTS, "knobs": {"model": "tiny", "classes": 25}}))
    return [str(BUNDLES / "vasomim_seg"), "--weights", str(folder / "weights.pt")]


def encoder(folder) -> list[str]:
    save_encoder(vit_encoder("tiny", seed=0), folder / "weights.pt", knobs={"model": "tiny"})
    return [str(BUNDLES / "vasomim_pretrain"), "--weights", str(folder / "weights.pt")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["segments", "detection", "detection with windows", "encoder"])
def test_every_bundle_in_every_format(name, tmp_path):
    for package in ("onnxscript", "onnxruntime", "transformers"):
        pytest.importorskip(package, reason="pip install monai_ext[export]")
    (tmp_path / "weights").mkdir()
    kinds = {"segments": segments, "encoder": encoder}
    kinds |= {
        "detection": lambda path: detection(path, None),
        "detection with windows": lambda path: detection(path, 14),
    }
    assert main(["export", *kinds[name](tmp_path / "weights"), "--out", str(tmp_path / "out")]) == 0
    facts = facts_of(tmp_path / "out")
    assert facts["left_out"].keys() == (set() if "detection" in name else {"boxes"})
    assert facts["formats"].keys() == set(FORMATS) - set(facts["left_out"])
    assert all(0 <= told["largest_difference"] <= 1e-4 for told in facts["formats"].values())
    assert len(facts["outputs"]) == (8 if "detection" in name else 1)
    check_onnx(tmp_path / "out" / "model.onnx", facts)


def check_onnx(path, facts) -> None:
    """By the runtime's own account: names and free sizes."""
    session = pytest.importorskip("onnxruntime").InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == facts["outputs"]
    assert session.get_inputs()[0].shape == ["batch", 1, "height", "width"]
    assert all(
        np.isfinite(output).all() for output in session.run(None, {"image": np.zeros((1, 1, 96, 128), np.float32)})
    )


def test_zip_of_the_command_is_a_bundle_by_itself(bundle, tmp_path):
    export(bundle, tmp_path / "out", "--format", "zip")
    with zipfile.ZipFile(tmp_path / "out" / "vasomim_seg.zip") as packed:
        packed.extractall(tmp_path)
    assert export(tmp_path / "vasomim_seg", tmp_path / "again", "--format", "zip") == 0
    first, second = (contents(tmp_path / name / "vasomim_seg.zip") for name in ("out", "again"))
    assert first == second


def contents(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist() if not name.endswith(".whl")}

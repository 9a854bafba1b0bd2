# SPDX-License-Identifier: Apache-2.0
"""What a bundle must do when MONAI's own commands run it: on small synthetic angiograms, in a temporary folder, without a network."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import monai.bundle
import numpy as np
import torch
from file_checks import LeftOut, read_strictly
from monai.bundle import ConfigParser, ConfigWorkflow
from PIL import Image
from torch import Tensor, nn

__all__ = ["RUN_CHECKS"]

SMALL = {
    "model": "tiny", "device": "cpu", "image_size": 64, "phantom_count": 12, "phantom_size": 64, "frame_size": 64, "epochs": 1,
    "batch_size": 2, "validate_every": 1,
}  # fmt: skip
ZOO_IDS = {
    "train": (
        "output_dir", "train#trainer", "train#trainer#max_epochs", "train#dataset", "train#handlers",
    ),
    "validate": ("train#dataset#data", "validate#evaluator", "validate#handlers", "validate#dataset", "validate#dataset#data"),
    "inference": ("output_dir", "network_def", "inferer", "dataset", "evaluator"),
}  # fmt: skip
"""Ids that the zoo's guide for contributors asks for besides MONAI's properties."""
CLOSE = 1e-4


def metadata_pass_monai(bundle: Path) -> Iterator[str]:
    """`python -m monai.bundle verify_metadata`; the schema is there already, so nothing is fetched."""
    monai.bundle.verify_metadata(
        meta_file=str(_config(bundle, "metadata")), filepath=str(Path(__file__).with_name("metadata_schema.json"))
    )
    yield from ()


def training_has_its_properties(bundle: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        config = read_strictly(_config(bundle, "train"))
        small = _small(config) | _outputs(config, folder)
        yield from _missing(bundle, "train", [_config(bundle, "train"), _config(bundle, "smoke")], small)
        yield from _ids(config, "train")
        if "validate" in config:
            yield from _ids(config, "validate")


def inference_has_its_properties(bundle: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        config = read_strictly(_config(bundle, "inference"))
        weights, _ = _random_weights(bundle, Path(folder))
        Image.fromarray(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64)).save(Path(folder, "angiogram.png"))
        small = _outputs(config, folder) | {"model": "tiny", "device": "cpu", "dataset_dir": folder}
        small |= {key: str(weights) for key in ("weights_file", "encoder_file") if key in config}
        yield from _missing(bundle, "inference", [_config(bundle, "inference")], small)
        yield from _ids(config, "inference")


def network_is_as_told(bundle: Path) -> Iterator[str]:
    """`python -m monai.bundle verify_net_in_out`, at two sizes; a detector, which the zoo leaves out, by what it gives."""
    if _detects(bundle):
        yield from _boxes_are_as_told(bundle)
        return
    for n in (1, 3):
        monai.bundle.verify_net_in_out("network_def", **_files(bundle), device="cpu", n=n)


def torchscript_answers_alike(bundle: Path) -> Iterator[str]:
    """`python -m monai.bundle ckpt_export`, traced: TorchScript's compiler knows less Python than the networks use.

    A detector's network, which gives a dictionary of lists, cannot be traced; ONNX takes it.
    """
    if _detects(bundle):
        raise LeftOut
    with tempfile.TemporaryDirectory() as folder:
        weights, network = _random_weights(bundle, Path(folder))
        path, image = Path(folder, "model.ts"), _image()
        monai.bundle.ckpt_export(
            "network_def", filepath=str(path), ckpt_file=str(weights), **_files(bundle), use_trace=True, model="tiny",
            input_shape=list(image.shape),
        )  # fmt: skip
        with torch.no_grad():
            yield from _differences(torch.jit.load(path)(image), network(image), "TorchScript")


def onnx_answers_alike(bundle: Path) -> Iterator[str]:
    """`python -m monai.bundle onnx_export`, at another batch and size than it was traced with."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        weights, network = _random_weights(bundle, Path(folder))
        with torch.no_grad():
            names = [f"pred_{number}" for number in range(len(_tensors(network(_image()))))]
        path = _onnx(bundle, Path(folder), weights, names)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        image = _image(1, 96, 64)
        with torch.no_grad():
            yield from _differences(session.run(names, {"image": image.numpy()}), network(image), "ONNX")


RUN_CHECKS: dict[str, Callable[[Path], Iterator[str]]] = {
    "verify_metadata": metadata_pass_monai,
    "training": training_has_its_properties,
    "inference": inference_has_its_properties,
    "network": network_is_as_told,
    "TorchScript": torchscript_answers_alike,
    "ONNX": onnx_answers_alike,
}
"""By the name in the table; each yields what is wrong, or raises."""


def _config(bundle: Path, name: str) -> Path:
    return bundle / "configs" / f"{name}.json"


def _files(bundle: Path) -> dict[str, str]:
    files = {
        "meta_file": _config(bundle, "metadata"),
        "config_file": _config(bundle, "inference"),
        "bundle_root": bundle,
    }
    return {key: str(path) for key, path in files.items()}


def _detects(bundle: Path) -> bool:
    return "detector" in read_strictly(_config(bundle, "inference"))


def _small(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in SMALL.items() if key in config}


def _outputs(config: dict[str, Any], folder: str) -> dict[str, Any]:
    """Every knob that names a place to write to, so that the bundle stays as it is."""
    names = {"output_dir": "out", "cache_dir": "cache", "weights_file": "new.pt", "encoder_file": "new.pt"}
    return {key: str(Path(folder, name)) for key, name in names.items() if key in config}


def _missing(bundle: Path, kind: str, configs: list[Path], knobs: dict[str, Any]) -> Iterator[str]:
    workflow = ConfigWorkflow(
        config_file=[str(path) for path in configs], meta_file=str(_config(bundle, "metadata")), logging_file=False,
        workflow_type=kind, bundle_root=str(bundle), **knobs,
    )  # fmt: skip
    if kind == "train":  # MONAI 1.6 cannot read a handler that is a reference, such as "@curves"
        handlers = workflow.parser.get("train#handlers")
        workflow.parser["train#handlers"] = [handler for handler in handlers if isinstance(handler, dict)]
    workflow.initialize()
    yield from (f"{kind} must have the property '{name}' of monai.bundle" for name in workflow.check_properties() or [])


def _ids(config: dict[str, Any], kind: str) -> Iterator[str]:
    parser = ConfigParser(config)
    yield from (f"{kind} must have the id '{id_}'" for id_ in ZOO_IDS[kind] if id_ not in parser)


def _random_weights(bundle: Path, folder: Path) -> tuple[Path, nn.Module]:
    parser = ConfigParser()
    parser.read_config(str(_config(bundle, "inference")))
    parser.update({"model": "tiny", "bundle_root": str(bundle)})
    network = parser.get_parsed_content("network_def").eval()
    torch.save(network.state_dict(), folder / "model.pt")
    return folder / "model.pt", network


def _boxes_are_as_told(bundle: Path) -> Iterator[str]:
    parser = ConfigParser()
    parser.read_config(str(_config(bundle, "inference")))
    parser.read_meta(str(_config(bundle, "metadata")))
    parser.update({"model": "tiny", "bundle_root": str(bundle), "device": "cpu", "score_threshold": 0.001})
    told = parser.get("_meta_#network_data_format#outputs#pred")
    with torch.no_grad():
        boxes = parser.get_parsed_content("detector").eval()(_image(1, 64, 96))[0]["boxes"]
    if boxes.ndim != 2 or boxes.shape[1] != told["spatial_shape"][1] or str(boxes.dtype) != f"torch.{told['dtype']}":
        yield f"boxes must be {told['spatial_shape']} {told['dtype']}, got {tuple(boxes.shape)} {boxes.dtype}"


def _onnx(bundle: Path, folder: Path, weights: Path, names: list[str]) -> Path:
    place = tempfile.tempdir
    tempfile.tempdir = str(folder)  # MONAI leaves the weights there
    try:
        monai.bundle.onnx_export(
            "network_def", filepath=str(folder / "model.onnx"), ckpt_file=str(weights), **_files(bundle), use_trace=True, model="tiny",
            input_shape=[2, 1, 64, 96],
            converter_kwargs={"input_names": ["image"], "output_names": names, "dynamic_axes": {"image": {0: "batch", 2: "height", 3: "width"}}},
        )  # fmt: skip
    finally:
        tempfile.tempdir = place
    return folder / "model.onnx"


def _image(batch: int = 1, height: int = 64, width: int = 64) -> Tensor:
    return torch.randn(batch, 1, height, width, generator=torch.Generator().manual_seed(0))


def _tensors(answer: Any) -> list[Tensor]:
    """Of a network's answer, in order, whatever holds them."""
    if isinstance(answer, dict):
        return [tensor for value in answer.values() for tensor in _tensors(value)]
    if isinstance(answer, list | tuple):
        return [tensor for value in answer for tensor in _tensors(value)]
    return [torch.as_tensor(answer)]


def _differences(got: Any, expected: Any, of: str) -> Iterator[str]:
    pairs = list(zip(_tensors(got), _tensors(expected), strict=True))
    off = max(float((one - two).abs().max()) for one, two in pairs)
    if not off < CLOSE:
        yield f"{of} must answer as torch does to {CLOSE}, got a difference of {off:.2g}"

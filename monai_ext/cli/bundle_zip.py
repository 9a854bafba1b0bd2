# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import torch

from monai_ext.networks import weights_facts
from monai_ext.ops import atomic_file

from .own_wheel import own_wheel
from .trained_network import TrainedNetwork

__all__ = ["write_bundle_zip"]

_FOLDERS = ("configs", "docs")
_PRIVATE = (
    "dataset_dir",
    "initial_weights",
)  # knobs of the training: where somebody's data lie is nobody else's business
_README = """\
# {name} {version}

A MONAI bundle with its weights, and `monai_ext`, which it needs, as a wheel. In this folder:

    pip install {wheel}
    python -m monai.bundle run --config_file configs/inference.json --dataset_dir FOLDER

`pip install '{wheel}[dicom]'` reads DICOM files, too. More: docs/README.md.
"""


def write_bundle_zip(trained: TrainedNetwork, path: Path) -> None:
    """Packs a bundle so that it runs where pip and Python are, and nothing of ours: one folder with its configurations, docs, licence, weights and wheel.

    The weights are a plain state dict where the bundle looks for them, whatever file they come from; the facts of their training lie beside, without
    the paths of the data. What else the bundle's folder holds (runs, data, other weights) stays out, but for networks that training needs (`*.safetensors`).

    Args:
        trained: the bundle with its weights.
        path: of the zip file; the same bundle gives the same bytes.
    """
    name = trained.folder.resolve().name
    wheel, content = own_wheel()
    readme = _README.format(name=name, version=trained.metadata.get("version", ""), wheel=wheel)
    files = {"README.md": readme.encode(), wheel: content, **_files(trained), **_weights(trained)}
    with atomic_file(path) as temporary, zipfile.ZipFile(temporary, "w") as packed:
        for file, content in sorted(files.items()):
            member = zipfile.ZipInfo(f"{name}/{file}")  # of 1980, so that the time does not matter
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            packed.writestr(member, content)


def _files(trained: TrainedNetwork) -> dict[str, bytes]:
    folder, own = trained.folder, {trained.home, Path(trained.weights.name)}
    paths = [path for part in _FOLDERS for path in (folder / part).rglob("*")]
    paths += [path for path in (folder / "models").glob("*.safetensors") if path != trained.weights]
    paths += [folder / "LICENSE"]
    kept = (path for path in paths if path.is_file() and path.relative_to(folder) not in own)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


def _weights(trained: TrainedNetwork) -> dict[str, bytes]:
    stream = io.BytesIO()
    torch.save(trained.network.state_dict(), stream)
    facts: dict[str, Any] = weights_facts(trained.weights)
    if "knobs" in facts:
        facts["knobs"] = {name: value for name, value in facts["knobs"].items() if name not in _PRIVATE}
    told = json.dumps(facts, indent=2) + "\n"
    weights = {trained.home.as_posix(): stream.getvalue()}
    return weights | ({trained.home.with_suffix(".json").as_posix(): told.encode()} if facts else {})

# SPDX-License-Identifier: Apache-2.0
"""How a trained network is written in each format, and read again by the means of those who will use it."""

from __future__ import annotations

import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from monai_ext.networks import (
    NamedOutputs,
    StenosisDetector,
    export_boxes_onnx,
    export_huggingface,
    export_onnx,
    export_pt2,
    export_torchscript,
)
from monai_ext.networks.boxes_onnx_file import AllBoxes

from .bundle_zip import write_bundle_zip
from .largest_difference import Outputs
from .trained_network import TrainedNetwork
from .unpack_bundle import unpack_bundle

__all__ = ["FORMATS", "ExportFormat"]

Network = Callable[[Tensor], Outputs]


class ExportFormat(ABC):
    """A format.

    Attributes:
        needs: packages that do not come with ours.
        extra: of ours that brings them.
        small: it takes images that are smaller than `NamedOutputs.least`.
    """

    needs: tuple[str, ...] = ()
    extra = "export"
    small: bool = True

    def check_packages(self) -> None:
        """Raises an ImportError if something that is needed is missing."""
        missing = [name for name in self.needs if find_spec(name) is None]
        if missing:
            raise ImportError(
                f"it needs {' and '.join(missing)}, not installed; pip install 'monai_ext[{self.extra}]'."
            )

    @abstractmethod
    def file(self, bundle: str) -> str:
        """Name of the file or folder that is written for a bundle of this name."""

    @abstractmethod
    def write(self, trained: TrainedNetwork, path: Path) -> None:
        """Writes it; raises a ValueError if the format cannot hold the network."""

    @abstractmethod
    def load(self, path: Path) -> Network:
        """What takes an image and gives the outputs of `original`, from the file alone."""

    def original(self, trained: TrainedNetwork) -> Network:
        """What the file must answer as."""
        return NamedOutputs(trained.network)

    def images(self, trained: TrainedNetwork, path: Path) -> list[Tensor]:
        """What both look at: noise, of several batches and sizes, odd multiples, not square."""
        module = NamedOutputs(trained.network)
        n = module.least
        sizes = [(1, n, n + 1), (3, n + 3, n), (2, n + 1, n + 5)] + self.small * [(1, 1, 2), (2, 3, 1)]
        return [module.image(*size, seed=number) for number, size in enumerate(sizes)]


class _Onnx(ExportFormat):
    needs = ("onnx", "onnxscript", "onnxruntime")

    def file(self, bundle: str) -> str:
        return "model.onnx"

    def write(self, trained: TrainedNetwork, path: Path) -> None:
        export_onnx(trained.network, path)

    def load(self, path: Path) -> Network:
        return _onnx_session(path, None)


class _Boxes(ExportFormat):
    needs = _Onnx.needs

    def file(self, bundle: str) -> str:
        return "boxes.onnx"

    def write(self, trained: TrainedNetwork, path: Path) -> None:
        if not isinstance(trained.detector, StenosisDetector):
            raise ValueError("boxes need a bundle with a detector, this one has none.")
        export_boxes_onnx(trained.detector, path)

    def load(self, path: Path) -> Network:
        """All boxes: which are the best changes at once where two scores differ in the seventh digit only."""
        return _onnx_session(path, list(AllBoxes.names))

    def original(self, trained: TrainedNetwork) -> Network:
        return NamedOutputs(AllBoxes(trained.detector))


class _Pt2(ExportFormat):
    small = False

    def file(self, bundle: str) -> str:
        return "model.pt2"

    def write(self, trained: TrainedNetwork, path: Path) -> None:
        export_pt2(trained.network, path)

    def load(self, path: Path) -> Network:
        return torch.export.load(path).module()


class _TorchScript(ExportFormat):
    def file(self, bundle: str) -> str:
        return "model.ts"

    def write(self, trained: TrainedNetwork, path: Path) -> None:
        config = {"inference.json": json.dumps(trained.config).encode()}
        export_torchscript(trained.network, path, metadata=trained.metadata, extra_files=config)

    def load(self, path: Path) -> Network:
        return torch.jit.load(path)


class _HuggingFace(ExportFormat):
    needs = ("transformers",)
    extra = "huggingface"

    def file(self, bundle: str) -> str:
        return "hf"

    def write(self, trained: TrainedNetwork, path: Path) -> None:
        export_huggingface(trained.network, path, mean=trained.mean, std=trained.std)

    def load(self, path: Path) -> Network:
        from transformers import ViTMAEModel, logging

        logging.disable_progress_bar()
        model = ViTMAEModel.from_pretrained(path).eval()
        patches = (model.config.image_size // model.config.patch_size) ** 2
        order = torch.arange(patches, dtype=torch.float32)  # without, it gives the patches in random order
        return lambda image: model(image, noise=order.expand(len(image), -1)).last_hidden_state

    def original(self, trained: TrainedNetwork) -> Network:
        return getattr(trained.network, "encoder", trained.network).tokens

    def images(self, trained: TrainedNetwork, path: Path) -> list[Tensor]:
        """Of the only size that needs no interpolation."""
        side = json.loads((path / "config.json").read_text())["image_size"]
        shapes = [(batch, NamedOutputs(trained.network).in_channels, side, side) for batch in (1, 3)]
        return [torch.randn(shape, generator=torch.Generator().manual_seed(0)) for shape in shapes]


class _Zip(ExportFormat):
    def file(self, bundle: str) -> str:
        return f"{bundle}.zip"

    def write(self, trained: TrainedNetwork, path: Path) -> None:
        write_bundle_zip(trained, path)

    def load(self, path: Path) -> Network:
        with tempfile.TemporaryDirectory() as folder:
            return NamedOutputs(TrainedNetwork.read(unpack_bundle(path, folder)).network)


def _onnx_session(path: Path, names: list[str] | None) -> Network:
    from onnxruntime import InferenceSession

    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda image: [torch.from_numpy(output) for output in session.run(names, {"image": image.numpy()})]


FORMATS: dict[str, ExportFormat] = {
    "onnx": _Onnx(),
    "boxes": _Boxes(),
    "pt2": _Pt2(),
    "ts": _TorchScript(),
    "hf": _HuggingFace(),
    "zip": _Zip(),
}

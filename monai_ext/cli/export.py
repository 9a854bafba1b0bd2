# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import logging
import warnings
from argparse import Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tqdm import tqdm

from monai_ext.networks import NamedOutputs
from monai_ext.ops import atomic_file

from .command_error import CommandError
from .export_formats import FORMATS, ExportFormat
from .largest_difference import largest_difference
from .new_folder import new_folder
from .readable_json import readable_json
from .trained_network import TrainedNetwork

__all__ = ["add_export"]

_MOST = 1e-4  # that a file may differ from the network
_PACKAGES = ("monai_ext", "monai", "torch", "onnx", "onnxscript", "onnxruntime", "transformers")
_DESCRIPTION = """\
Write a bundle's trained network for other runtimes, each file read again and compared with the network before it counts.

The folder appears whole, or not at all.
"""
_EPILOG = """\
formats
  onnx   model.onnx: any batch and size; ONNX Runtime, TensorRT, OpenVINO
  boxes  boxes.onnx, of a detector: boxes and scores instead of maps
  pt2    model.pt2 of torch.export: any batch, sizes from two patches a side on; torch alone
  ts     model.ts, TorchScript with the bundle's metadata inside: any batch and size; MONAI Deploy
  hf     hf/: the encoder as Hugging Face's ViTMAEModel, for images of 224 px
  zip    BUNDLE.zip: configurations, weights, and our package as a wheel, for a machine without either
  All write export.json: names and shapes of inputs and outputs, sizes looked at, the largest difference. See docs/export.md.

examples
  vasomim export bundles/vasomim_seg --out exported
  vasomim export bundles/vasomim_seg --weights runs/segments/model.pt --format onnx --out segments
  vasomim export bundles/vasomim_pretrain --format hf --out encoder

exit codes
  0 done, 2 nothing was done for a reason that you can mend, 4 a file did not answer as the network does, 130 stopped
"""


def add_export(commands: _SubParsersAction) -> None:
    """Adds `vasomim export`, which writes a trained network for other runtimes."""
    parser = commands.add_parser(
        "export",
        help="write a bundle's network as ONNX, torch.export, TorchScript, Hugging Face folder, or zip",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="folder of a bundle, with configs/inference.json")
    parser.add_argument("--out", required=True, metavar="DIR", help="a new or empty folder")
    parser.add_argument(
        "--format", metavar="LIST", help=f"of {','.join(FORMATS)}; all that the bundle can do if left out"
    )
    parser.add_argument("--weights", metavar="FILE", help="instead of the bundle's own")
    parser.set_defaults(run=_run, stopped="stopped; nothing was written.")


def _run(options: Namespace) -> None:
    chosen = _chosen(options.format)
    trained = TrainedNetwork.read(Path(options.bundle), options.weights)
    with _quiet(), new_folder(options.out) as folder:
        made, left_out = {}, {}
        for name in tqdm(chosen, "exporting", unit="format", disable=None):
            try:
                made[name] = _export(FORMATS[name], trained, folder)
            except (ImportError, ValueError) as error:
                if options.format:
                    raise CommandError(f"--format {name} cannot be: {error}") from error
                left_out[name] = str(error)
            except RuntimeError as error:
                raise CommandError(f"{name} failed ({_first_line(error)}); nothing was written.", 4) from error
            tqdm.write(_told(name, made, left_out))
        _write_facts(folder, trained, made, left_out)
    print(f"{', '.join(made)} in '{options.out}'; '{Path(options.out, 'export.json')}' tells inputs and outputs.")


def _chosen(formats: str | None) -> list[str]:
    if formats is None:
        return list(FORMATS)
    names = [name.strip() for name in formats.split(",")]
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise CommandError(f"--format must be a list of {','.join(FORMATS)}, got '{unknown[0]}'.")
    return list(dict.fromkeys(names))


def _export(format: ExportFormat, trained: TrainedNetwork, folder: Path) -> dict[str, Any]:
    """What is told of a file that was written and read again."""
    format.check_packages()
    path = folder / format.file(trained.folder.resolve().name)
    format.write(trained, path)
    images = format.images(trained, path)
    try:
        difference = largest_difference(format.original(trained), format.load(path), images)
    except Exception as error:  # of any runtime; what was written is of no use then
        raise CommandError(f"'{path.name}' cannot be used ({_first_line(error)}); nothing was written.", 4) from error
    if not difference <= _MOST:
        raise CommandError(
            f"'{path.name}' must answer as the network to {_MOST:g}, it differs by {difference:.3g}; nothing was written. "
            "Report it with the versions of torch and onnx.",
            4,
        )
    return {
        "file": path.name,
        "bytes": sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file()),
        "largest_difference": difference,
        "compared_on": [list(image.shape) for image in images],
    }


def _told(name: str, made: dict[str, Any], left_out: dict[str, str]) -> str:
    if name in left_out:
        return f"{name}: left out, {left_out[name]}"
    facts = made[name]
    return (
        f"{name}: {facts['file']}, {facts['bytes'] / 1e6:.1f} MB, differs from the network by at most "
        f"{facts['largest_difference']:.1e} on {len(facts['compared_on'])} batches of noise"
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _write_facts(folder: Path, trained: TrainedNetwork, made: dict[str, Any], left_out: dict[str, str]) -> None:
    module = NamedOutputs(trained.network)
    facts = {
        "bundle": trained.folder.resolve().name,
        "version": trained.metadata.get("version"),
        "weights": trained.weights.name,
        "network": type(trained.network).__name__,
        "input": {
            "name": "image",
            "shape": ["batch", module.in_channels, "height", "width"],
            "sides_are_multiples_of": module.multiple,
            "mean": trained.mean,
            "std": trained.std,
        },
        "outputs": list(module.names),
        "formats": made,
        "left_out": left_out,
        "versions": {name: _version(name) for name in _PACKAGES},
    }
    with atomic_file(folder / "export.json") as temporary:
        temporary.write_text(readable_json(facts) + "\n", encoding="utf-8")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporters tell of every operator that they know, and of packages that nobody here needs."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

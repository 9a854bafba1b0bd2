# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .command_error import CommandError
from .frame_choice import FrameChoice
from .predict_output import PredictOutput, chosen_outputs

__all__ = ["PredictOptions"]

_SENDERS = {"dicom": "pynetdicom", "http": "dicomweb_client", "https": "dicomweb_client"}
_MOST_SPACING = 10.0  # mm; a detector's pixel has a tenth to half of one


@dataclass(frozen=True, kw_only=True)
class PredictOptions:
    """What `vasomim predict` was asked for, checked as far as that takes no time.

    Attributes:
        input: file or folder; None with a PACS.
        bundle: folder or zip file.
        out: folder of results.
        outputs: to write.
        choice: of frames.
        frames: the choice as it was typed.
        knobs: of the bundle, by name.
        weights, threshold, device, batch_size: None leaves it to the bundle.
        pixel_spacing: mm; None leaves it to the files.
        pacs: address to fetch from, or None.
        query: attributes by keyword.
        keep: folder for what is fetched, or None.
        send: address to store to, or None.
    """

    input: str | None
    bundle: str
    out: str
    outputs: Sequence[PredictOutput]
    choice: FrameChoice
    frames: str
    knobs: Mapping[str, Any]
    weights: str | None
    threshold: float | None
    device: str | None
    batch_size: int | None
    pixel_spacing: float | None
    pacs: str | None
    query: Mapping[str, str]
    keep: str | None
    send: str | None

    @classmethod
    def read(cls, options: Namespace) -> PredictOptions:
        """Takes what the parser has parsed.

        Raises:
            CommandError: if options are out of range or do not belong together.
        """
        _check_numbers(options)
        _check_places(options)
        outputs = chosen_outputs(options.format, viewer=not options.no_viewer)
        if options.send and not any(output.of_dicom for output in outputs):
            raise CommandError(f"--send needs DICOM results, got --format {options.format}; add seg, sr, gsps or sc.")
        made = {
            "outputs": outputs,
            "choice": FrameChoice.parse(options.frames),
            "knobs": {name: _value(text) for name, text in _pairs("set", options.set).items()},
            "query": _pairs("query", options.query),
        }
        return cls(
            **{field.name: getattr(options, field.name) for field in fields(cls) if field.name not in made}, **made
        )


def _check_numbers(options: Namespace) -> None:
    threshold, spacing, size = options.threshold, options.pixel_spacing, options.batch_size
    if threshold is not None and not 0 < threshold < 1:
        raise CommandError(f"--threshold must lie between 0 and 1, got {threshold}.")
    if spacing is not None and not 0 < spacing <= _MOST_SPACING:
        raise CommandError(f"--pixel-spacing must be above 0 and at most {_MOST_SPACING:g} mm, got {spacing}.")
    if size is not None and size < 1:
        raise CommandError(f"--batch-size must be at least 1, got {size}.")


def _check_places(options: Namespace) -> None:
    if bool(options.input) == bool(options.pacs):
        raise CommandError(f"INPUT or --pacs must be given, got {'both' if options.pacs else 'neither'}.")
    if options.input and not Path(options.input).exists():
        raise CommandError(f"INPUT must be a file or a folder, got '{options.input}', there is none; check the path.")
    if options.pacs and not options.query:
        raise CommandError("--query must tell which series to fetch, got none; add --query StudyInstanceUID=1.2.3.")
    if options.send:
        _check_send(options.send)
    for name in ("query", "keep"):
        if getattr(options, name) and not options.pacs:
            raise CommandError(f"--{name} must go with --pacs; leave it out.")
    if options.input or options.keep:
        _check_out(options)


def _check_out(options: Namespace) -> None:
    place = Path(options.input or options.keep).resolve()
    root = place.parent if place.is_file() else place
    if Path(options.out).resolve() in (root, *root.parents):
        name = "INPUT" if options.input else "--keep"
        raise CommandError(f"--out must not be the folder of {name} or hold it, got '{options.out}'; name another.")


def _check_send(address: str) -> None:
    """Before hours of work, not after."""
    module = _SENDERS.get(urlsplit(address).scheme)
    if module is None:
        raise CommandError(f"--send must be dicom://AET@host:port or http(s)://..., got '{address}'.")
    if find_spec(module) is None:
        raise CommandError(f"--send needs {module}, which is not installed; pip install 'monai_ext[dicom]'.")


def _pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise CommandError(f"--{option} must be KEY=VALUE, got '{text}'.")
        pairs[name] = value
    return pairs


def _value(text: str) -> Any:
    """JSON, or else a word."""
    try:
        return json.loads(text)
    except ValueError:
        return text

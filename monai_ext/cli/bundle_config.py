# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .bundle_json import bundle_json
from .command_error import CommandError

__all__ = ["bundle_config"]

_FILE = Path("configs", "inference.json")
_NEEDED = ("inferer", "weights_file", "initialize", "device", "image_mean", "image_std")
_THRESHOLDS = ("threshold", "score_threshold")
_OURS = ("bundle_root", "dataset_dir", "exclude", "frames", "output_dir", "overlays", "num_workers", "batch_size")
"""Knobs of a run of the bundle, in whose place the command has options of its own."""


def bundle_config(
    folder: str | os.PathLike[str],
    *,
    weights: str | None = None,
    threshold: float | None = None,
    knobs: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The configuration of a bundle's inference, with what the user wants to be different.

    Args:
        folder: of the bundle.
        weights: file that takes the place of the bundle's.
        threshold: that takes the place of the bundle's, of a probability or of a score.
        knobs: of inference.json by name.

    Returns:
        What MONAI's `ConfigParser` takes.

    Raises:
        CommandError: if it is no bundle that finds masks or boxes, or has no such knob.
    """
    config = bundle_json(Path(folder), _FILE.name, rule="--bundle must be the folder or the zip file of a bundle")
    needed = (*_NEEDED, "detector") if "detector" in config else (*_NEEDED, "network", "postprocessing")
    if missing := [name for name in needed if name not in config]:
        raise CommandError(
            f"--bundle must be one that finds masks or boxes, '{folder}' has no '{missing[0]}' in its {_FILE}; name another."
        )
    given = dict(knobs or {})
    if threshold is not None:
        given[next((name for name in _THRESHOLDS if name in config), _THRESHOLDS[0])] = threshold
    for name in given:
        _check_knob(name, config)
    own = {"bundle_root": _expression(Path(folder).resolve())}
    return {**config, **own, **given, **({"weights_file": Path(weights).resolve()} if weights else {})}


def _check_knob(name: str, config: Mapping[str, Any]) -> None:
    if name in _OURS:
        raise CommandError(f"--set must not be '{name}', the command has its own way for that; see --help.")
    settable = [key for key in config if not key.startswith("_") and key not in _OURS]
    if name not in settable:
        near = get_close_matches(name, settable, n=3, cutoff=0.5)
        raise CommandError(
            f"--set must name a knob of '{_FILE}', got '{name}'; did you mean {' or '.join(near) or 'one of its knobs'}?"
        )


def _expression(path: Path) -> str:
    """A path as the parser takes it: of a plain string it changes # to ::, and @ is a reference."""
    return f"$bytes.fromhex('{os.fsencode(path).hex()}').decode('utf-8', 'surrogateescape')"

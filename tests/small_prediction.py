# SPDX-License-Identifier: Apache-2.0
"""`vasomim predict` by the shipped segmentation bundle with small random weights, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from made_prediction import SEG, write_seg_weights

from monai_ext.cli import main

__all__ = ["BUNDLE", "predict", "small_weights"]

BUNDLE = SEG


def small_weights(path: Path, **knobs: Any) -> Path:
    """Weights of an untrained network that finds something everywhere.

    Args:
        path: of the file; what training would say of it goes beside.
        knobs: instead of those of its training.
    """
    write_seg_weights(path)
    facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    facts["knobs"] |= knobs
    path.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")
    return path


def predict(input_: Path, out: Path, weights: Path, *options: str, bundle: Path = BUNDLE) -> int:
    """The exit code of the command."""
    given = ("--bundle", str(bundle), "--weights", str(weights), "--out", str(out))
    return main(["predict", str(input_), *given, *options])

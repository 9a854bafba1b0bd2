# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["changed_knobs"]

_HARMLESS = {
    "bundle_root", "cache_dir", "checkpoint_every", "compile", "device", "encoder_file", "output_dir", "picture_every",
    "resume", "segmentor_file", "weights_file", "workers",
}  # fmt: skip
"""Where a run computes and writes, not what it learns."""


def changed_knobs(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Settings that a run that goes on has otherwise than the one that it goes on with, those apart that do not change what is learnt.

        changed_knobs({"epochs": 800, "workers": 2}, {"epochs": 400, "workers": 4})  # ["epochs 800 -> 400"]

    Args:
        before: by name; a knob that only one of the two knows is no change.
        now: by name.
    """
    shared = [name for name in now if name in before and name not in _HARMLESS]
    return [f"{name} {before[name]!r} -> {now[name]!r}" for name in shared if before[name] != now[name]]

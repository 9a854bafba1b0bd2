# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .command_error import CommandError

__all__ = ["FewLabelPlan"]

_OWN = {
    "bundle_root", "dataset_dir", "label", "classes", "split", "label_fraction", "split_seed", "seed", "epochs", "initial_weights",
    "output_dir", "weights_file", "checkpoint_file", "resume",
}  # fmt: skip
"""Knobs that the experiment turns itself."""


@dataclass(frozen=True)
class FewLabelPlan:
    """What all cells of an experiment have in common.

    Raises:
        CommandError: if the bundle lacks a configuration, there is no such data, or a knob is unknown or the experiment's own.
    """

    bundle: Path
    task: str = "vessel"
    """vessel, segment or stenosis."""
    dataset_dir: tuple[str, ...] = ()
    """Absolute; empty for synthetic angiograms."""
    split: str = "val"
    """The images that are judged."""
    epochs: int = 40
    """With all labels."""
    knobs: dict[str, str] = field(default_factory=dict)
    """Further options of the bundle."""

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise CommandError(f"--epochs must be at least 1, got {self.epochs}.")
        for folder in self.dataset_dir:
            if not Path(folder).exists():
                raise CommandError(
                    f"--dataset_dir must be a folder of images with labels, got '{folder}', there is none."
                )
        for name in ("train", self.task, "baseline_unet", "evaluate"):
            if not (file := self.bundle / "configs" / f"{name}.json").is_file():
                raise CommandError(
                    f"--bundle must be the segmentation bundle, got '{self.bundle}' without '{file.relative_to(self.bundle)}'; "
                    "name the folder bundles/vasomim_seg of the source."
                )
        for name in self.knobs:
            self._check_knob(name)

    def asked(self) -> dict[str, Any]:
        """What results depend on, JSON values; with something else they cannot stand in one table."""
        asked = {"task": self.task, "dataset_dir": list(self.dataset_dir), "split": self.split, "epochs": self.epochs}
        return asked | {"knobs": dict(sorted(self.knobs.items()))}

    def configs(self, *, unet: bool, last: Sequence[str] = ()) -> str:
        """For `--config_file`: what lies over each other."""
        names = ["train", self.task, *(["baseline_unet"] if unet else []), *last]
        return str([f"configs/{name}.json" for name in names])

    def options(self, *, unet: bool, evaluate: bool = False) -> dict[str, str]:
        """Data and knobs, as options of the bundle's training or evaluation."""
        folders = self.dataset_dir
        data = {"dataset_dir": folders[0] if len(folders) == 1 else str(list(folders))} if folders else {}
        known = self._known["train"] | (self._known["evaluate"] if evaluate else set())
        return data | {k: v for k, v in self.knobs.items() if _root(k) in known and not (unet and k == "model")}

    @cached_property
    def _known(self) -> dict[str, set[str]]:
        files = {name: self.bundle / "configs" / f"{name}.json" for name in ("train", "evaluate")}
        return {name: set(json.loads(file.read_text(encoding="utf-8"))) for name, file in files.items()}

    def _check_knob(self, name: str) -> None:
        if _root(name) in _OWN:
            raise CommandError(f"--knob must not be '{name}', which the experiment sets; see its own options.")
        if _root(name) not in set().union(*self._known.values()):
            raise CommandError(
                f"--knob must be an option of the bundle, got '{name}'; see '{self.bundle / 'configs' / 'train.json'}'."
            )


def _root(knob: str) -> str:
    return knob.partition("#")[0]

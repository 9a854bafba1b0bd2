# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from .few_label_plan import FewLabelPlan
from .starting_weights import StartingWeights

__all__ = ["FewLabelCell"]

_SAVES = 5  # of a training's state, which is three times as large as its weights


@dataclass(frozen=True)
class FewLabelCell:
    """One training and its evaluation: these weights, this share of the labels, this seed.

    The seed draws the labelled images, too, so all weights see the same ones. Every cell sees about the same number of images:
    half the labels, twice the epochs.

    It is finished when `evaluation/report.html` is there, the last file that it writes; a training is when `run.json` is.
    """

    plan: FewLabelPlan
    weights: StartingWeights
    fraction: float
    seed: int
    out: Path
    """Folder of the experiment, absolute."""

    @property
    def name(self) -> str:
        """Unique in the experiment, also the name of the folder."""
        return f"{self.weights.name}_{self.fraction:g}_{self.seed}"

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return self.out / self.name

    @property
    def epochs(self) -> int:
        """Of this training."""
        return max(1, round(self.plan.epochs / self.fraction))

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left to do."""
        return (self.folder / "evaluation" / "report.html").is_file()

    def left_to_do(self) -> list[list[str]]:
        """Commands of `python -m monai.bundle`, started in the bundle, that bring the cell to its end from where it is."""
        if self.is_finished:
            return []
        if (self.folder / "run.json").is_file():
            return [self.evaluation()]
        return [self.training(resume=any(self.folder.glob("checkpoint*.pt"))), self.evaluation()]

    def training(self, *, resume: bool = False) -> list[str]:
        """The command that trains."""
        unet = self.weights.is_unet
        own = {
            "label_fraction": f"{self.fraction:g}", "split_seed": str(self.seed), "seed": str(self.seed), "epochs": str(self.epochs),
            "checkpoint_every": str(max(1, self.epochs // _SAVES)), "output_dir": str(self.folder), "weights_file": str(self._model),
        }  # fmt: skip
        start = {"initial_weights": str(self.weights.file)} if self.weights.file else {}
        return _command(
            self.plan.configs(unet=unet), own | start | self.plan.options(unet=unet) | {"resume": str(resume).lower()}
        )

    def evaluation(self) -> list[str]:
        """The command that judges the trained network."""
        unet = self.weights.is_unet
        own = {
            "split": self.plan.split, "split_seed": str(self.seed), "output_dir": str(self.folder / "evaluation"), "weights_file": str(self._model),
        }  # fmt: skip
        configs = self.plan.configs(unet=unet, last=["evaluate"])
        return _command(configs, own | self.plan.options(unet=unet, evaluate=True) | {"resume": "false"})

    def shown(self) -> list[str]:
        """Both commands as one would type them, in the bundle."""
        return [
            shlex.join(["python", "-m", "monai.bundle", *command]) for command in (self.training(), self.evaluation())
        ]

    @property
    def _model(self) -> Path:
        return self.folder / "model.pt"


def _command(configs: str, options: dict[str, str]) -> list[str]:
    return [
        "run",
        "--config_file",
        configs,
        *(word for name, value in options.items() for word in (f"--{name}", value)),
    ]

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from monai.bundle import ConfigParser

from monai_ext.ops import Lesion, link_boxes
from monai_ext.results import Algorithm

from .command_error import CommandError
from .file_digest import file_digest
from .parsed_content import parsed_content

__all__ = ["BundleNetwork", "Found"]


class Found(NamedTuple):
    """What a network found on some frames.

    Attributes:
        masks: (n, rows, columns), uint8, numbers of classes; None if it finds boxes.
        boxes: n arrays (k, 4), float32, pixels; None if it finds masks.
        scores: n arrays (k,), float32; None if it finds masks.
    """

    masks: np.ndarray | None
    boxes: list[np.ndarray] | None
    scores: list[np.ndarray] | None

    @classmethod
    def join(cls, parts: Sequence[Found]) -> Found:
        """What was found on parts of a cine, as one."""
        if parts[0].masks is not None:
            return cls(np.concatenate([part.masks for part in parts]), None, None)
        boxes, scores = ([one for part in parts for one in getattr(part, kind)] for kind in ("boxes", "scores"))
        return cls(None, boxes, scores)


class BundleNetwork:
    """The network of a bundle with its weights and all that its inference.json says of how to use it; which bundle it is does not matter.

    Of the configuration it takes network or detector, inferer, postprocessing (of masks), initialize (which loads the weights), weights_file, device, image_mean,
    image_std, and if they are there amp_dtype, class_names, min_iou, max_gap and min_frames.

    Args:
        folder: of the bundle.
        config: see `bundle_config`.
        device: such as `cpu` or `cuda:1`, instead of the bundle's choice.

    Attributes:
        algorithm: name and version from metadata.json, and the weights.
        class_names: of the classes of the masks.
        finds_boxes: boxes, not masks.
        seconds: that the network has worked so far.

    Raises:
        CommandError: if there are no weights, they do not fit, a knob has no good value, or there is no such device.
    """

    def __init__(self, folder: Path, config: Mapping[str, Any], *, device: str | None = None) -> None:
        own = {"device": _device(device)} if device else {}
        self._parser = ConfigParser({**config, **own})
        self.finds_boxes = "detector" in config
        weights = Path(self._get("weights_file"))
        _check_weights(folder, weights)
        self._build()
        self.algorithm = _algorithm(folder, weights)
        self.class_names = self._get("class_names", None) or _class_names(folder)
        self.seconds = 0.0

    def find(self, frames: np.ndarray) -> Found:
        """What there is on some frames, all at a time.

        Args:
            frames: (n, rows, columns), float32, 0..1, vessels dark.

        Raises:
            ValueError: if the network cannot take frames of that size.
            CommandError: if the machine has no room, or the device fails; its code is 4.
        """
        start = time.perf_counter()
        try:
            with torch.inference_mode(), self._precision():
                images = (torch.from_numpy(frames)[:, None].to(self.device) - self._mean) / self._std
                answers = self._inferer(images, self._network)
                return self._boxes(answers) if self.finds_boxes else self._masks(answers)
        except torch.OutOfMemoryError as error:
            raise CommandError("the device has no room for the batch; try a smaller --batch-size.", 4) from error
        except RuntimeError as error:
            raise CommandError(f"the network failed ({_first_line(error)}); check --set and --device.", 4) from error
        finally:
            self.seconds += time.perf_counter() - start

    def link(self, numbers: Sequence[int], found: Found) -> Sequence[Lesion]:
        """The boxes of frames with these numbers as lesions, by the bundle's rule; none if it finds masks."""
        if not self.finds_boxes:
            return ()
        rule = {name: self._get(name) for name in ("min_iou", "max_gap", "min_frames") if name in self._parser}
        rule["min_frames"] = min(rule.get("min_frames", 1), len(numbers))
        boxes, scores = ([torch.from_numpy(values) for values in kind] for kind in (found.boxes, found.scores))
        return link_boxes(boxes, scores, numbers, **rule)

    def _build(self) -> None:
        hook = sys.excepthook  # bundles set it, for runs of their own
        try:
            self.device = torch.device(self._get("device"))
            self._inferer, self._network = (
                self._get("inferer"),
                self._get("detector" if self.finds_boxes else "network"),
            )
            self._post = None if self.finds_boxes else self._get("postprocessing")
            self._mean, self._std, self._dtype = (
                self._get("image_mean"),
                self._get("image_std"),
                self._get("amp_dtype", None),
            )
            self._get("initialize")
            self._network.eval()
        finally:
            sys.excepthook = hook

    def _get(self, *key_and_default: Any) -> Any:
        key, *default = key_and_default
        if default and key not in self._parser:
            return default[0]
        try:
            return parsed_content(self._parser, key)
        except ValueError as error:
            raise CommandError(
                f"--bundle cannot be used: {error} It is '{key}' of its inference.json; check the values of --set, if any."
            ) from error

    def _precision(self) -> Any:
        return nullcontext() if self._dtype is None else torch.autocast(self.device.type, self._dtype)

    def _masks(self, logits: torch.Tensor) -> Found:
        masks = [np.asarray(self._post({"pred": one})["pred"].cpu(), np.uint8) for one in logits]
        return Found(np.stack([mask.reshape(mask.shape[-2:]) for mask in masks]), None, None)

    def _boxes(self, answers: Sequence[Mapping[str, torch.Tensor]]) -> Found:
        kinds = ([own[name].float().cpu().numpy() for own in answers] for name in ("boxes", "scores"))
        return Found(None, *kinds)


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise CommandError(
            f"--device must be one of this machine, such as cpu or cuda:0, got '{name}' ({_first_line(error)})."
        ) from error
    return device


def _check_weights(folder: Path, weights: Path) -> None:
    if not weights.is_file():
        raise CommandError(
            f"bundle '{folder}' must have weights, there is no '{weights}'; train them (python -m monai.bundle run --config_file "
            "configs/train.json, in the bundle), or name a file by --weights."
        )


def _algorithm(folder: Path, weights: Path) -> Algorithm:
    facts = _metadata(folder)
    name, version = facts.get("name") or folder.resolve().name, facts.get("version") or "unknown"
    return Algorithm(name=str(name), version=str(version), weights=file_digest(weights))


def _class_names(folder: Path) -> list[str]:
    """As metadata.json tells, but for the background."""
    outputs = _metadata(folder).get("network_data_format", {}).get("outputs", {})
    channels = outputs.get("pred", {}).get("channel_def", {})
    return [str(name) for number, name in sorted(channels.items(), key=lambda item: int(item[0])) if int(number) > 0]


def _metadata(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / "configs" / "metadata.json").read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        return {}  # it is not needed to find anything


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__

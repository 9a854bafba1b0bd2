# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from monailabel.interfaces.datastore import Datastore, DefaultLabelTag
from monailabel.tasks.train.bundle import BundleTrainTask

from monai_ext.data.records import Record
from monai_ext.networks import weights_facts

from .checked_request import checked_request, choice, flag, number, whole, word
from .infer_task import known_devices
from .read_boxes import read_boxes
from .read_masks import read_masks

__all__ = ["AngiogramTrainTask"]

_KNOBS = {"preset": "model", "image_size": "image_size", "batch_size": "batch_size", "learning_rate": "learning_rate"}
"""Fields of a request and the knobs of train.json that they set; a request's `model` is the bundle."""

_OF_WEIGHTS = ("label", "classes", "mirror", "model", "image_size", "window", "full_resolution", "position_grid")
"""Knobs that a network's weights decide."""

logger = logging.getLogger(__name__)


class AngiogramTrainTask(BundleTrainTask):
    """A bundle's training on the final labels of the datastore, from the weights that it has: masks for segmentation, regions of 3D Slicer for detection.

    A label of a cine belongs to the frame that it names: by `frame` among the label's parameters, by its slice in a volume or by the place of its region; else to
    the frame of strongest contrast. Where no label is left to choose the best epoch, those of the training choose it.

    Fields of a request: max_epochs, val_split, pretrained, device, model_filename as MONAI Label's; batch_size, learning_rate, image_size and preset are the knobs
    of train.json, `preset` is its `model`. Weights decide their network's knobs.

    Args:
        bundle: its folder.
        conf: of the server.
    """

    def __init__(self, bundle: str, conf: Mapping[str, str]) -> None:
        super().__init__(bundle, conf)

    def config(self) -> dict[str, Any]:
        """What a client shows for its user to set."""
        options = super().config()
        shown = {name: options[name] for name in ("device", "pretrained", "max_epochs", "val_split", "model_filename")}
        return shown | {name: self.bundle_config.get(name) for name in ("batch_size", "learning_rate")}

    def __call__(self, request: Mapping[str, Any], datastore: Datastore) -> dict:
        """Trains, and puts the new weights in the place of the old ones.

        Raises:
            ValueError: if a field is wrong, or there is no label.
        """
        checked = checked_request(request, self._rules()) | {"model": request["model"], "multi_gpu": False}
        with TemporaryDirectory() as self._folder:
            return super().__call__(checked, datastore)

    def run_single_gpu(self, request: Mapping[str, Any], overrides: dict[str, Any]) -> None:
        """As MONAI Label's, with the knobs of the weights and of the request."""
        facts = weights_facts(self._weights) if self._weights else {}
        told = facts.get("knobs", {}) | facts
        overrides |= {knob: told[knob] for knob in _OF_WEIGHTS if knob in told and knob in self.bundle_config.config}
        overrides |= {knob: request[field] for field, knob in _KNOBS.items() if field in request}
        if self._weights:
            load = "$monai_ext.networks.load_trained(@network_def, @continued_weights)"
            overrides["continued_weights"] = str(self._weights)
            overrides["initialize"] = [*self.bundle_config.config["initialize"], load]
        super().run_single_gpu(request, overrides)

    def _load_checkpoint(self, model_pytorch: str, pretrained: bool, train_handlers: list) -> None:
        """Keeps the weights in mind: MONAI Label's handler loads them when the moving average has copied others, and fails where there are none."""
        self._weights = Path(model_pytorch) if pretrained and Path(model_pytorch).is_file() else None

    def _fetch_datalist(self, request: Mapping[str, Any], datastore: Datastore) -> list[dict[str, Any]]:
        regions = "detection" in request["model"]
        items = []
        for image in datastore.get_labeled_images():
            label = datastore.get_label_uri(image, DefaultLabelTag.FINAL)
            frame = datastore.get_label_info(image, DefaultLabelTag.FINAL).get("frame")
            if label.endswith(".json") == regions:
                items += self._items(Path(datastore.get_image_uri(image)), Path(label), frame)
        if not items:
            kind = "regions (JSON)" if regions else "masks"
            raise ValueError(
                f"there must be final labels of {kind} to train '{request['model']}', got none; draw some."
            )
        return items

    def _items(self, image: Path, label: Path, frame: int | None) -> list[dict[str, Any]]:
        try:
            if label.suffix == ".json":
                labels = {
                    at: Record(image, "monailabel", labels={"boxes": boxes})
                    for at, boxes in read_boxes(label, image).items()
                }
            else:
                labels = {at: str(mask) for at, mask in read_masks(label, self._folder).items()}
        except ValueError as error:
            logger.warning("left out: %s", error)
            return []
        return [
            {"image": str(image), "label": what, "frame": frame if at is None else at} for at, what in labels.items()
        ]

    def _partition_datalist(
        self, datalist: list, request: Mapping[str, Any], shuffle: bool = False
    ) -> tuple[list, list]:
        train, val = super()._partition_datalist(datalist, request, shuffle)
        return (train, val) if train and val else (datalist, datalist)

    def _rules(self) -> dict[str, Any]:
        return {
            "max_epochs": whole(1),
            "val_split": number(0, 0.9),
            "pretrained": flag,
            "device": choice(known_devices()),
            "model_filename": choice(self.config()["model_filename"] or ["model.pt"]),
            "preset": word,
            "image_size": whole(16),
            "batch_size": whole(1),
            "learning_rate": number(0, 1),
        }

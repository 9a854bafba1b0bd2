# SPDX-License-Identifier: Apache-2.0
"""The app that MONAI Label starts: segmentation and detection of angiograms by this project's bundles."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi import HTTPException
from monailabel.config import settings
from monailabel.interfaces.app import MONAILabelApp
from monailabel.tasks.activelearning.first import First
from monailabel.tasks.activelearning.random import Random
from monailabel.utils.others.generic import get_bundle_models
from vasomim_label.infer_task import AngiogramInferTask
from vasomim_label.train_task import AngiogramTrainTask

import monai_ext


class VasoMIMApp(MONAILabelApp):
    """Bundles in `model/` of the app's folder, each for inference, if it has weights, and for training.

    A bundle is loaded anew when its weights are others: a training on the server is at once in use. Wrong requests are answered by a status of 4xx and a reason.

    Args:
        app_dir: the app's folder.
        studies: folder of the images.
        conf: of the server; `models`, the bundles' names with commas.
    """

    def __init__(self, app_dir: str, studies: str, conf: Mapping[str, str]) -> None:
        self.bundles = get_bundle_models(app_dir, conf)
        self._stamps: dict[str, int | None] = {}
        super().__init__(
            app_dir,
            studies,
            conf,
            name="VasoMIM",
            description="Vessels and stenoses of X-ray angiograms",
            version=monai_ext.__version__,
        )

    def init_infers(self) -> dict[str, AngiogramInferTask]:
        self._infers: dict[str, AngiogramInferTask] = {}
        self._refresh()
        return self._infers

    def init_trainers(self) -> dict[str, AngiogramTrainTask]:
        return {name: AngiogramTrainTask(folder, self.conf) for name, folder in self.bundles.items()}

    def init_strategies(self) -> dict[str, Any]:
        return {"random": Random(), "first": First()}

    def info(self) -> dict[str, Any]:
        self._refresh()
        return super().info()

    def model_file(self, model: str, validate: bool = True) -> str | None:
        self._refresh()
        return super().model_file(model, validate)

    def infer(self, request: Mapping[str, Any], datastore: Any = None) -> dict[str, Any]:
        self._refresh()
        self._check_model(request.get("model"))
        self._check_image(request.get("image"))
        return _told(super().infer, request, datastore)

    def train(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return _told(super().train, request)

    def _refresh(self) -> None:
        for name, folder in self.bundles.items():
            weights = Path(folder, "models", "model.pt")
            stamp = weights.stat().st_mtime_ns if weights.is_file() else None
            if self._stamps.get(name) != stamp:
                self._infers[name] = AngiogramInferTask(folder, self.conf)
                self._stamps[name] = stamp

    def _check_model(self, name: Any) -> None:
        if name not in self.bundles:
            raise HTTPException(404, f"model must be one of {', '.join(self.bundles)}, got {name!r}.")
        if self._stamps.get(name) is None:
            raise HTTPException(
                409, f"'{name}' has no weights, models/model.pt; train it here (POST /train/{name}) or put some there."
            )

    def _check_image(self, image: Any) -> None:
        """Of the datastore, or uploaded: a path of the request must not lead to other files."""
        uploads = [
            Path(folder).resolve() for folder in (tempfile.gettempdir(), settings.MONAI_LABEL_SESSION_PATH) if folder
        ]
        if not isinstance(image, str) or not image:
            raise HTTPException(404, f"image must be an image's name, got {image!r}.")
        uploaded = os.path.exists(image) and any(folder in Path(image).resolve().parents for folder in uploads)
        if not uploaded and image not in self.datastore().list_images():
            raise HTTPException(
                404, f"image must be one of the datastore, got {image!r}; see GET /datastore/?output=all."
            )


def _told(work: Callable[..., dict], *arguments: Any) -> dict[str, Any]:
    """The answer; what a file or a request has wrong becomes a reason that the client sees."""
    try:
        return work(*arguments)
    except (ValueError, OSError) as error:
        raise HTTPException(400, str(error)) from error

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events
from torch.nn.utils import get_total_norm

from monai_ext.ops import one_line

from .training_checkpoint import TrainingCheckpoint

__all__ = ["replay_bad_batch"]


def replay_bad_batch(
    engine: Engine, folder: str | os.PathLike[str], checkpoint: TrainingCheckpoint, amp_dtype: torch.dtype | None = None
) -> list[dict[str, Any]]:
    """Looks for the image that made a gradient infinite or NaN: every image of the last bad batch alone, drawn as it was then.

    The crop and the mask of an image follow from the seed, the epoch and its number, so these are exactly those of the run. The weights are those
    that it was stopped with; of a run that went on, those of its newest checkpoint. Nothing is trained. In a bundle, in one process:

        python -m monai.bundle run replay --config_file configs/train.json --output_dir FOLDER

    Args:
        engine: the trainer, which has not run.
        folder: where `NonFiniteGuard` left `bad_batches.json`.
        checkpoint: of the run.
        amp_dtype: of its automatic mixed precision; None for fp32.

    Returns:
        For each image, printed, too: `image`, its number, `file`, `loss`, and `gradient`, the norm.

    Raises:
        FileNotFoundError: if there is no bad batch.
        ValueError: if the run had another seed.
    """
    folder = Path(folder)
    path = folder / "bad_batches.json"
    if not path.is_file():
        raise FileNotFoundError(
            f"no '{path}': no step of a run in this folder was bad, or output_dir must name another one."
        )
    record = json.loads(path.read_text(encoding="utf-8"))[-1]
    if record["seed"] != (seed := getattr(engine.prepare_batch, "seed", None)):
        raise ValueError(f"seed must be that of the run, {record['seed']}, to draw its batch again, got {seed}.")
    if record["weights"]:
        engine.network.load_state_dict(torch.load(folder / record["weights"], map_location="cpu", weights_only=True))
    else:
        checkpoint.load_objects()
    engine.state.epoch = record["epoch"]
    engine.fire_event(Events.EPOCH_STARTED)  # sets what follows from the epoch, such as the guided share
    print(f"iteration {record['iteration']}, epoch {record['epoch']}, each image alone:")
    numbers = [number for rank in record["images"] for number in rank]
    files = [file for rank in record["files"] for file in rank] or [""] * len(numbers)
    return [_judge(engine, number, file, amp_dtype) for number, file in zip(numbers, files, strict=True)]


def _judge(engine: Engine, number: int, file: str, amp_dtype: torch.dtype | None) -> dict[str, Any]:
    loss = _loss(engine.network.train(), engine, number, amp_dtype)
    engine.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    gradients = [parameter.grad for parameter in engine.network.parameters() if parameter.grad is not None]
    found = {"image": number, "file": file, "loss": float(loss.detach()), "gradient": float(get_total_norm(gradients))}
    bad = "" if math.isfinite(found["gradient"]) else "  <- this one"
    print(f"  image {number} {one_line(file)}: loss {found['loss']:.4g}, gradient {found['gradient']:.4g}{bad}")
    return found


def _loss(network: torch.nn.Module, engine: Engine, number: int, amp_dtype: torch.dtype | None) -> torch.Tensor:
    loader, device = engine.data_loader, torch.device(engine.state.device)
    batch = loader.collate_fn(loader.dataset.__getitems__([number]))
    with torch.autocast(device.type, dtype=amp_dtype, enabled=amp_dtype is not None):
        image, targets, *rest = engine.prepare_batch(batch, device, False, epoch=engine.state.epoch)
        args, kwargs = rest or ((), {})
        return engine.loss_function(engine.inferer(image, network, *args, **kwargs), targets).mean()

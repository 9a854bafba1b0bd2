# SPDX-License-Identifier: Apache-2.0
"""Weights of a trained network on disk, and what training found out about them beside: `<stem>.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from .check_weights import check_weights
from .weights_file import read_weights

__all__ = ["load_trained", "stored_threshold", "trained_with", "weights_facts"]

NO_THRESHOLD = 0.5

Network = TypeVar("Network", bound=nn.Module)


def load_trained(network: Network, path: str | os.PathLike[str], *, label: str | None = None) -> Network:
    """Give the network of a task its trained weights, all of them or none.

    Args:
        network: of the file's size and classes, of any kind; changed in place.
        path: `.safetensors`, or a state dict of torch.
        label: what it is used for, to compare with what `<stem>.json` says that it was trained for; vessels and stenoses fit
            the same tensors. None does not compare.

    Returns:
        The network itself.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if tensors are missing, of another shape or unknown, the message lists them; or if positions or attention windows
            of the network are not those of the training or the label is another, which no tensor shows. The network is as it was then.
    """
    weights = read_weights(path)
    try:
        check_weights(network.state_dict(), weights, of=type(network).__name__)
    except ValueError as error:
        raise ValueError(
            f"weights '{path}': {error}\nCheck that the model, and the number of classes, are those of the training."
        ) from error
    facts = weights_facts(path)
    _check_unseen(network, facts, Path(path).with_suffix(".json"))
    _check_label(label, facts, path)
    network.load_state_dict(weights)
    return network


def stored_threshold(path: str | os.PathLike[str]) -> float:
    """The threshold of the probability or score that training found best, from `<stem>.json` beside the weights.

    Args:
        path: of the weights; they need not exist.

    Returns:
        In (0, 1); 0.5 where there is no such file, or nothing of a threshold in it.

    Raises:
        ValueError: if the file is broken, or the threshold out of range.
    """
    threshold = weights_facts(path).get("threshold", NO_THRESHOLD)
    path = Path(path).with_suffix(".json")
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 < threshold < 1:
        raise ValueError(
            f"the threshold in '{path}' must lie between 0 and 1, got {threshold!r}; repair it, or set a threshold."
        )
    return float(threshold)


def weights_facts(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What training wrote of its weights into `<stem>.json` beside them: epoch, split, threshold, knobs.

    Args:
        path: of the weights; they need not exist.

    Returns:
        Empty where there is no such file.

    Raises:
        ValueError: if the file is broken.
    """
    path = Path(path).with_suffix(".json")
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"'{path}' must be a JSON object that tells of the weights, it is not ({error}); repair or remove it."
        ) from error


def trained_with(path: str | os.PathLike[str], knob: str, default: Any = None) -> Any:
    """The value that a knob had when weights were trained, from `<stem>.json` beside them: what an evaluation takes unless told otherwise.

    Args:
        path: of the weights; they need not exist.
        knob: its name.
        default: where there is no such file, or nothing of the knob in it.

    Raises:
        ValueError: if the file is broken.
    """
    return weights_facts(path).get("knobs", {}).get(knob, default)


def _check_unseen(network: nn.Module, facts: Mapping[str, Any], path: Path) -> None:
    encoder, told = getattr(network, "encoder", None), {**facts.get("knobs", {}), **facts}
    for name in ("position_grid", "window") if encoder is not None else ():
        if name in told and told[name] != getattr(encoder, name):
            raise ValueError(
                f"{name} must be that of the training, got {getattr(encoder, name)} and, in '{path}', {told[name]}; set {name}."
            )


def _check_label(label: str | None, facts: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    knobs = facts.get("knobs")
    trained = knobs.get("label") if isinstance(knobs, Mapping) else None
    if label and trained and label != trained:
        raise ValueError(
            f"weights '{path}' must be of a training of the label '{label}', got one of '{trained}'; "
            "give that task's weights_file, or lay the overlay of the training over it."
        )

# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from torch import nn

from monai_ext.networks import ViTEncoder, load_pretrained_encoder, load_trained

from .bundle_json import bundle_json
from .command_error import CommandError
from .parsed_content import parsed_content

__all__ = ["TrainedNetwork"]

_RULE = "BUNDLE must be the folder of a bundle,"
_KNOBS = ("weights_file", "encoder_file")  # what a bundle's inference calls its weights


@dataclass(frozen=True)
class TrainedNetwork:
    """The `network_def` of a bundle's inference with its trained weights; which bundle it is does not matter.

    Attributes:
        folder: of the bundle.
        network: on the CPU, in evaluation mode.
        weights: file that they come from.
        home: where the bundle looks for them, relative to it.
        config: of inference.json, as it stands there.
        metadata: of metadata.json, as it stands there.
        mean: of grey values in [0, 1].
        std: of grey values in [0, 1].
        detector: what makes boxes of the network's maps; None in a bundle without.
    """

    folder: Path
    network: nn.Module
    weights: Path
    home: Path
    config: Mapping[str, Any]
    metadata: Mapping[str, Any]
    mean: float
    std: float
    detector: nn.Module | None = None

    @classmethod
    def read(cls, folder: Path, weights: str | None = None) -> TrainedNetwork:
        """Builds the network and loads its weights, all of them or none.

        Args:
            folder: of the bundle.
            weights: a file that takes the place of the bundle's.

        Raises:
            CommandError: if there is no bundle, its configuration has no such network, or the weights are missing or do not fit.
        """
        config, metadata = (bundle_json(folder, name, rule=_RULE) for name in ("inference.json", "metadata.json"))
        knob = next((name for name in _KNOBS if name in config), None)
        if knob is None or "network_def" not in config:
            raise CommandError(
                f"'{folder / 'configs' / 'inference.json'}' must have 'network_def' and 'weights_file', it has not; name another bundle."
            )
        config_here = {**config, "bundle_root": "."}
        home = Path(_content(ConfigParser(config_here), knob))
        file = Path(weights) if weights else folder / home
        parser = ConfigParser({**config_here, knob: file, "device": torch.device("cpu")})
        mean, std = (_content(parser, name) for name in ("image_mean", "image_std"))
        with torch.random.fork_rng():  # first weights are drawn, and replaced
            network = _content(parser, "network_def")
            detector = _content(parser, "detector") if "detector" in config else None
        _load(network, file, mean, std)
        return cls(folder, network.eval(), file, home, config, metadata, mean, std, detector)


def _load(network: nn.Module, file: Path, mean: float, std: float) -> None:
    try:
        if isinstance(network, ViTEncoder):
            load_pretrained_encoder(network, file, mean=mean, std=std)
        else:
            load_trained(network, file)
    except (OSError, ValueError) as error:
        raise CommandError(f"{error} --weights names another file.") from error


def _content(parser: ConfigParser, name: str) -> Any:
    try:
        return parsed_content(parser, name)
    except ValueError as error:
        raise CommandError(f"BUNDLE cannot be used, '{name}' of its inference.json fails: {error}") from error

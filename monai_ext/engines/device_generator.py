# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch

__all__ = ["DeviceGenerator"]


class DeviceGenerator:
    """Source of randomness of a batch that is prepared on the device: seeded by rank, and part of the checkpoint.

    Args:
        seed: of the generator.
        rank: of this process; every rank draws its own.
    """

    def __init__(self, seed: int, rank: int = 0) -> None:
        self.seed = seed + 1_000_003 * rank
        self.generator: torch.Generator | None = None
        self._state: Mapping[str, Any] | None = None

    def on(self, device: torch.device) -> torch.Generator:
        """The generator, made on first use, since only the first batch tells the device."""
        if self.generator is None:
            self.generator = torch.Generator(device).manual_seed(self.seed)
            if self._state and self._state["device"] == self.generator.device.type:
                self.generator.set_state(self._state["generator"])
            elif self._state:
                warnings.warn(
                    f"what is drawn for a batch starts anew from the seed: its generator was saved on a {self._state['device']} device "
                    f"and goes on on a {self.generator.device.type} device.",
                    stacklevel=3,
                )
        return self.generator

    def state_dict(self) -> dict[str, Any]:
        """State of the generator, for the checkpoint; empty before anything was drawn."""
        if self.generator is None:
            return dict(self._state or {})
        return {"generator": self.generator.get_state(), "device": self.generator.device.type}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state; on another kind of device, whose generators differ, from the seed."""
        self._state = state or None
        self.generator = None

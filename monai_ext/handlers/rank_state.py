# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from ignite.engine import Engine

__all__ = ["RankState"]


class RankState:
    """What differs between the processes of one run: torch's global generators, from which dropped paths come, the state of `engine.prepare_batch` if it has one (ours
    have none), and what objects keep for their rank alone.

    Args:
        objects: by name; those with `rank_state_dict` and `load_rank_state_dict` take part.
    """

    def __init__(self, objects: Mapping[str, Any]) -> None:
        self.objects = {name: thing for name, thing in objects.items() if hasattr(thing, "rank_state_dict")}

    def of(self, engine: Engine) -> dict[str, Any]:
        """State of this rank."""
        state: dict[str, Any] = {"cpu": torch.get_rng_state()}
        device = torch.device(getattr(engine.state, "device", None) or "cpu")
        if device.type == "cuda":
            state["cuda"] = torch.cuda.get_rng_state(device)
        if hasattr(prepare_batch := getattr(engine, "prepare_batch", None), "state_dict"):
            state["prepare_batch"] = prepare_batch.state_dict()
        return state | {"objects": {name: thing.rank_state_dict() for name, thing in self.objects.items()}}

    def load(self, state: Mapping[str, Any], engine: Engine) -> None:
        """Go on from a saved state, the global generators apart; what it lacks stays as it is."""
        if "prepare_batch" in state and hasattr(engine.prepare_batch, "load_state_dict"):
            engine.prepare_batch.load_state_dict(state["prepare_batch"])
        for name in self.objects.keys() & state.get("objects", {}).keys():
            self.objects[name].load_rank_state_dict(state["objects"][name])

    @staticmethod
    def set_generators(state: Mapping[str, Any], engine: Engine) -> None:
        """Bring torch's global generators to a saved state."""
        if "cpu" in state:
            torch.set_rng_state(state["cpu"])
        if "cuda" in state and torch.device(engine.state.device).type == "cuda":
            torch.cuda.set_rng_state(state["cuda"], engine.state.device)

# SPDX-License-Identifier: Apache-2.0
"""On a GPU the host never waits in a step of the pre-training bundle's own trainer, its loader and handlers included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from ignite.engine import Engine, Events
from monai.bundle import ConfigParser
from monai.engines import SupervisedTrainer
from monai.engines.utils import IterationEvents

from monai_ext.engines import compile_parts

CONFIG = Path(__file__).parents[2] / "bundles" / "vasomim_pretrain" / "configs" / "train.json"
SMALL = {
    "model": "tiny",
    "phantom_count": 16,
    "frame_size": 64,
    "image_size": 64,
    "batch_size": 2,
    "device_batch_size": 1,
}
FIRST, LAST = 4, 14  # of 16 micro-batches in 8 steps: what is made once is made before, the epoch's end comes after

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def trainer_of(tmp_path: Path, **knobs) -> tuple[SupervisedTrainer, list]:
    """The trainer that train.json describes, and its parts that can be compiled."""
    parser = ConfigParser()
    parser.read_config(str(CONFIG))
    folders = {"bundle_root": str(CONFIG.parents[1]), "output_dir": str(tmp_path), "cache_dir": str(tmp_path / "cache")}
    parser.update({**SMALL, **folders, "epochs": 1, "warmup_epochs": 0, **knobs})
    parts = [parser.get_parsed_content(name) for name in ("network", "loss", "prepare_batch")]
    return parser.get_parsed_content("train#trainer"), parts


def forbid_waiting(trainer: SupervisedTrainer) -> None:
    """From the end of one step to the end of another: loading, all handlers and steps in between."""

    def mode(name: str) -> Callable[[Engine], None]:
        return lambda _: torch.cuda.set_sync_debug_mode(name)

    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=FIRST), mode("error"))
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=LAST), mode("default"))


@pytest.fixture
def default_mode():
    yield
    torch.cuda.set_sync_debug_mode("default")


@needs_gpu
@pytest.mark.gpu
@pytest.mark.slow
@pytest.mark.parametrize("knobs", [{"precision": "bf16"}, {"precision": "fp32"}, {"workers": 1}], ids=str)
def test_host_never_waits_in_a_step(tmp_path, default_mode, knobs):
    trainer, _ = trainer_of(tmp_path, **knobs)
    forbid_waiting(trainer)
    trainer.run()
    assert trainer.state.iteration == 16 and torch.isfinite(trainer.state.output["loss"])


@needs_gpu
@pytest.mark.gpu
@pytest.mark.slow
def test_host_never_waits_in_a_compiled_step(tmp_path, default_mode):
    trainer, parts = trainer_of(tmp_path)
    compile_parts(parts)
    forbid_waiting(trainer)
    trainer.run()
    assert trainer.state.iteration == 16


@needs_gpu
@pytest.mark.gpu
@pytest.mark.slow
def test_a_step_that_waits_is_found(tmp_path, default_mode):
    trainer, _ = trainer_of(tmp_path)
    forbid_waiting(trainer)
    trainer.add_event_handler(IterationEvents.LOSS_COMPLETED, lambda engine: engine.state.output["loss"].item())
    with pytest.raises(RuntimeError, match="synchroniz"):
        trainer.run()

# SPDX-License-Identifier: Apache-2.0
"""What a run does before the network: its plan, its switches, and batches made on the device."""

from .announce_run import announce_run
from .as_bool import as_bool
from .autocast_dtype import autocast_dtype
from .check_image_size import check_image_size
from .check_knobs import check_knobs
from .check_processes import check_processes
from .compile_parts import compile_parts
from .exit_on_signal import exit_on_signal
from .prepare_boxes import PrepareBoxes
from .prepare_frames import PrepareFrames
from .prepare_labelled import PrepareLabelled
from .prepare_masked_batch import PrepareMaskedBatch
from .resumes import resumes
from .run_config import RunConfig
from .run_plan import RunPlan
from .seed_run import seed_run
from .state_cause_last import state_cause_last
from .train_step import TrainStep

__all__ = [
    "PrepareBoxes",
    "PrepareFrames",
    "PrepareLabelled",
    "PrepareMaskedBatch",
    "RunConfig",
    "RunPlan",
    "TrainStep",
    "announce_run",
    "as_bool",
    "autocast_dtype",
    "check_image_size",
    "check_knobs",
    "check_processes",
    "compile_parts",
    "exit_on_signal",
    "resumes",
    "seed_run",
    "state_cause_last",
]

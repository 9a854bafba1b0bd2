# SPDX-License-Identifier: Apache-2.0
"""What a run does before the network: its plan, its switches, and batches made on the device."""

from .announce_run import announce_run
from .as_bool import as_bool
from .autocast_dtype import autocast_dtype
from .check_image_size import check_image_size
from .check_processes import check_processes
from .device_generator import DeviceGenerator
from .prepare_boxes import PrepareBoxes
from .prepare_frames import PrepareFrames
from .prepare_labelled import PrepareLabelled
from .prepare_masked_batch import PrepareMaskedBatch
from .run_plan import RunPlan
from .state_cause_last import state_cause_last

__all__ = [
    "DeviceGenerator",
    "PrepareBoxes",
    "PrepareFrames",
    "PrepareLabelled",
    "PrepareMaskedBatch",
    "RunPlan",
    "announce_run",
    "as_bool",
    "autocast_dtype",
    "check_image_size",
    "check_processes",
    "state_cause_last",
]

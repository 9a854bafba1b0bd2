# SPDX-License-Identifier: Apache-2.0
"""What a training step does before the network: batches made on the device, and the plan of a run."""

from .announce_run import announce_run
from .prepare_frames import PrepareFrames
from .prepare_masked_batch import PrepareMaskedBatch
from .run_plan import RunPlan

__all__ = ["PrepareFrames", "PrepareMaskedBatch", "RunPlan", "announce_run"]

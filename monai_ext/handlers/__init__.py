# SPDX-License-Identifier: Apache-2.0
"""What happens around training: checkpoints, curves, progress, pictures, the report."""

from .curve_recorder import CurveRecorder
from .epoch_progress_bar import EpochProgressBar
from .training_checkpoint import TrainingCheckpoint

__all__ = ["CurveRecorder", "EpochProgressBar", "TrainingCheckpoint"]

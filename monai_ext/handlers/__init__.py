# SPDX-License-Identifier: Apache-2.0
"""What happens around training: checkpoints, curves, progress, pictures, the report."""

from .curve_recorder import CurveRecorder
from .draw_reconstructions import draw_reconstructions
from .epoch_progress_bar import EpochProgressBar
from .reconstruction_pictures import ReconstructionPictures
from .training_checkpoint import TrainingCheckpoint

__all__ = ["CurveRecorder", "EpochProgressBar", "ReconstructionPictures", "TrainingCheckpoint", "draw_reconstructions"]

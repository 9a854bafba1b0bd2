# SPDX-License-Identifier: Apache-2.0
"""What happens around training: checkpoints, curves, progress, pictures, the report."""

from .curve_recorder import CurveRecorder
from .draw_curves import draw_curves
from .draw_reconstructions import draw_reconstructions
from .epoch_progress_bar import EpochProgressBar
from .html_report import HtmlReport
from .reconstruction_pictures import ReconstructionPictures
from .training_checkpoint import TrainingCheckpoint
from .write_report import write_report

__all__ = [
    "CurveRecorder",
    "EpochProgressBar",
    "HtmlReport",
    "ReconstructionPictures",
    "TrainingCheckpoint",
    "draw_curves",
    "draw_reconstructions",
    "write_report",
]

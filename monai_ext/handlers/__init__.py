# SPDX-License-Identifier: Apache-2.0
"""What happens around training: checkpoints, curves, progress, pictures, the report."""

from .curve_recorder import CurveRecorder
from .draw_curves import draw_curves
from .draw_reconstructions import draw_reconstructions
from .epoch_progress_bar import EpochProgressBar
from .html_report import HtmlReport
from .metrics_file import MetricsFile
from .reconstruction_pictures import ReconstructionPictures
from .save_features import SaveFeatures
from .training_checkpoint import TrainingCheckpoint
from .write_report import write_report

__all__ = [
    "CurveRecorder",
    "EpochProgressBar",
    "HtmlReport",
    "MetricsFile",
    "ReconstructionPictures",
    "SaveFeatures",
    "TrainingCheckpoint",
    "draw_curves",
    "draw_reconstructions",
    "write_report",
]

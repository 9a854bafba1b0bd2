# SPDX-License-Identifier: Apache-2.0
"""What happens around training: checkpoints, curves, progress, pictures, the report."""

from .curve_recorder import CurveRecorder
from .draw_curves import draw_curves
from .draw_reconstructions import draw_reconstructions
from .epoch_pictures import EpochPictures
from .epoch_progress_bar import EpochProgressBar
from .html_report import HtmlReport
from .metrics_file import MetricsFile
from .open_epoch import OpenEpoch
from .picture_grid import on_white, picture_grid, to_grey
from .rank_state import RankState
from .reconstruction_pictures import ReconstructionPictures
from .save_features import SaveFeatures
from .segmentation_pictures import SegmentationPictures
from .training_checkpoint import TrainingCheckpoint
from .write_report import write_report

__all__ = [
    "CurveRecorder",
    "EpochPictures",
    "EpochProgressBar",
    "HtmlReport",
    "MetricsFile",
    "OpenEpoch",
    "RankState",
    "ReconstructionPictures",
    "SaveFeatures",
    "SegmentationPictures",
    "TrainingCheckpoint",
    "draw_curves",
    "draw_reconstructions",
    "on_white",
    "picture_grid",
    "to_grey",
    "write_report",
]

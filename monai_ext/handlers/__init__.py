# SPDX-License-Identifier: Apache-2.0
"""What happens around training: checkpoints, curves, progress, pictures, the report."""

from .best_weights import BestWeights
from .case_pictures import CasePictures
from .clip_gradients import ClipGradients
from .curve_recorder import CurveRecorder
from .detection_pictures import DetectionPictures
from .draw_curves import draw_curves
from .draw_detections import Detections, draw_detections
from .draw_overlays import Overlay, draw_overlays
from .draw_reconstructions import draw_reconstructions
from .epoch_pictures import EpochPictures
from .epoch_progress_bar import EpochProgressBar
from .html_report import HtmlReport
from .metrics_file import MetricsFile
from .open_epoch import OpenEpoch
from .overlay_pictures import OverlayPictures
from .picture_grid import on_white, picture_grid, to_grey
from .rank_state import RankState
from .reconstruction_pictures import ReconstructionPictures
from .save_boxes import SaveBoxes
from .save_features import SaveFeatures
from .save_masks import SaveMasks
from .segmentation_pictures import SegmentationPictures
from .training_checkpoint import TrainingCheckpoint
from .write_report import write_report

__all__ = [
    "BestWeights",
    "CasePictures",
    "ClipGradients",
    "CurveRecorder",
    "DetectionPictures",
    "Detections",
    "EpochPictures",
    "EpochProgressBar",
    "HtmlReport",
    "MetricsFile",
    "OpenEpoch",
    "Overlay",
    "OverlayPictures",
    "RankState",
    "ReconstructionPictures",
    "SaveBoxes",
    "SaveFeatures",
    "SaveMasks",
    "SegmentationPictures",
    "TrainingCheckpoint",
    "draw_curves",
    "draw_detections",
    "draw_overlays",
    "draw_reconstructions",
    "on_white",
    "picture_grid",
    "to_grey",
    "write_report",
]

# SPDX-License-Identifier: Apache-2.0
"""What happens around training: checkpoints, curves, progress, pictures, the report."""

from .best_weights import BestWeights
from .case_pictures import CasePictures
from .changed_knobs import changed_knobs
from .checkpoint_file import CheckpointFile
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
from .non_finite_guard import NonFiniteGuard
from .open_epoch import OpenEpoch
from .overlay_pictures import OverlayPictures
from .picture_grid import on_white, picture_grid, to_grey
from .rank_state import RankState
from .reconstruction_pictures import ReconstructionPictures
from .replay_bad_batch import replay_bad_batch
from .run_environment import run_environment
from .running_averages import RunningAverages
from .save_boxes import SaveBoxes
from .save_features import SaveFeatures
from .save_masks import SaveMasks
from .segmentation_pictures import SegmentationPictures
from .stop_on_signal import StopOnSignal
from .training_checkpoint import TrainingCheckpoint
from .write_report import write_report

__all__ = [
    "BestWeights",
    "CasePictures",
    "CheckpointFile",
    "ClipGradients",
    "CurveRecorder",
    "DetectionPictures",
    "Detections",
    "EpochPictures",
    "EpochProgressBar",
    "HtmlReport",
    "MetricsFile",
    "NonFiniteGuard",
    "OpenEpoch",
    "Overlay",
    "OverlayPictures",
    "RankState",
    "ReconstructionPictures",
    "RunningAverages",
    "SaveBoxes",
    "SaveFeatures",
    "SaveMasks",
    "SegmentationPictures",
    "StopOnSignal",
    "TrainingCheckpoint",
    "changed_knobs",
    "draw_curves",
    "draw_detections",
    "draw_overlays",
    "draw_reconstructions",
    "on_white",
    "picture_grid",
    "replay_bad_batch",
    "run_environment",
    "to_grey",
    "write_report",
]

# SPDX-License-Identifier: Apache-2.0
"""Leaf of the package: tensor functions, drawing on images, and the one way to write a file or a name of one; imports nothing else of ours."""

from .affine import affine_warp, random_affines
from .atomic_file import atomic_file
from .bits import unpack_bits
from .boxes import clip_boxes, outline_boxes, warp_points
from .class_color import class_color
from .code_revision import code_revision
from .crop import crop_resize, crop_resize_nearest, full_boxes, random_crop_boxes
from .draw_boxes import draw_boxes
from .exclusive_file import exclusive_file
from .gaussian_blur import gaussian_blur
from .image_draws import ImageDraws
from .intensity import vary_intensity
from .json_rows import json_rows
from .link_boxes import Lesion, link_boxes
from .masking import guided_count, guided_mask, hidden_count, patch_distribution, random_mask
from .match_boxes import match_boxes
from .measure_vessels import measure_vessels
from .one_line import one_line
from .outline_classes import outline_classes
from .patch_norm import denormalise_patches, normalise_patches, patch_errors
from .patches import patch_grid, patchify, unpatchify
from .positions import sincos_positions
from .sato_ridge import sato_ridge
from .sheet_name import sheet_name
from .step_follows import step_follows
from .usable_cores import usable_cores
from .vessel_map import extract_vessels
from .vessel_path import VesselPath
from .xray_field import xray_field
from .zip_seal import ZipSeal

__all__ = [
    "ImageDraws",
    "Lesion",
    "VesselPath",
    "ZipSeal",
    "affine_warp",
    "atomic_file",
    "class_color",
    "clip_boxes",
    "code_revision",
    "crop_resize",
    "crop_resize_nearest",
    "denormalise_patches",
    "draw_boxes",
    "exclusive_file",
    "extract_vessels",
    "full_boxes",
    "gaussian_blur",
    "guided_count",
    "guided_mask",
    "hidden_count",
    "json_rows",
    "link_boxes",
    "match_boxes",
    "measure_vessels",
    "normalise_patches",
    "one_line",
    "outline_boxes",
    "outline_classes",
    "patch_distribution",
    "patch_errors",
    "patch_grid",
    "patchify",
    "random_affines",
    "random_crop_boxes",
    "random_mask",
    "sato_ridge",
    "sheet_name",
    "sincos_positions",
    "step_follows",
    "unpack_bits",
    "unpatchify",
    "usable_cores",
    "vary_intensity",
    "warp_points",
    "xray_field",
]

# SPDX-License-Identifier: Apache-2.0
"""Networks, and their weights in and out.

No file bears the name of a function that a configuration may name: a dotted `_target_` would find the file first.
"""

from .attention_windows import AttentionWindows
from .boxes_onnx_file import export_boxes_onnx
from .check_weights import check_weights
from .detector import StenosisDetector
from .encoder_file import load_pretrained_encoder, save_encoder
from .encoder_layouts import to_hf_state_dict, to_timm_state_dict
from .fold_rgb import fold_rgb
from .huggingface_folder import export_huggingface
from .initial_weights import load_initial_weights
from .mae import MaskedAutoencoder
from .named_outputs import NamedOutputs
from .onnx_file import export_onnx
from .presets import masked_autoencoder, stenosis_retinanet, vessel_segmenter, vit_encoder
from .pt2_file import export_pt2
from .retinanet import ViTRetinaNet
from .seeded import seeded
from .segmenter import VesselSegmenter
from .segmentor_file import load_segmentor, save_segmentor
from .tensorrt_engine import compile_tensorrt
from .torchscript_file import export_torchscript
from .trained_file import load_trained, stored_threshold, trained_with, weights_facts
from .transformer_stack import transformer_stack
from .unext import UNeXt
from .vit import ViTEncoder
from .vit_pyramid import ViTPyramid
from .weights_file import read_weights, write_weights

__all__ = [
    "AttentionWindows",
    "MaskedAutoencoder",
    "NamedOutputs",
    "StenosisDetector",
    "UNeXt",
    "VesselSegmenter",
    "ViTEncoder",
    "ViTPyramid",
    "ViTRetinaNet",
    "check_weights",
    "compile_tensorrt",
    "export_boxes_onnx",
    "export_huggingface",
    "export_onnx",
    "export_pt2",
    "export_torchscript",
    "fold_rgb",
    "load_initial_weights",
    "load_pretrained_encoder",
    "load_segmentor",
    "load_trained",
    "masked_autoencoder",
    "read_weights",
    "save_encoder",
    "save_segmentor",
    "seeded",
    "stenosis_retinanet",
    "stored_threshold",
    "to_hf_state_dict",
    "to_timm_state_dict",
    "trained_with",
    "transformer_stack",
    "vessel_segmenter",
    "vit_encoder",
    "weights_facts",
    "write_weights",
]

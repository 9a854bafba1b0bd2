# SPDX-License-Identifier: Apache-2.0
"""Stands in for torchvision, which MONAI Label imports and this app does not use: beside a torch without CUDA it does not start."""

__version__ = "0+stub"

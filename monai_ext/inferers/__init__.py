# SPDX-License-Identifier: Apache-2.0
"""How a network sees an image that is not of its size."""

from .angiogram_inferer import AngiogramInferer

__all__ = ["AngiogramInferer"]

# SPDX-License-Identifier: Apache-2.0
"""What is measured."""

from .reconstruction_quality import ReconstructionQuality

__all__ = ["ReconstructionQuality"]

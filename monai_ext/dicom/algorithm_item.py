# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

from monai_ext.results import Algorithm

from .code_item import code_item

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["algorithm_item"]

_FAMILY = ("123110", "DCM", "Artificial Intelligence")


def algorithm_item(algorithm: Algorithm) -> Dataset:
    """Which algorithm, as an item of a sequence; its weights by their SHA-256.

    References:
        DICOM PS3.3, table 10-19 (Algorithm Identification).
    """
    from pydicom import Dataset

    item = Dataset()
    item.AlgorithmFamilyCodeSequence = [code_item(_FAMILY)]
    item.AlgorithmName, item.AlgorithmVersion = algorithm.name[:64], algorithm.version[:64]
    item.AlgorithmParameters, item.AlgorithmSource = f"weights SHA-256 {algorithm.weights}", "monai_ext"
    return item

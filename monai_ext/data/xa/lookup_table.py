# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .attributes import Attributes
from .full_scale import full_scale
from .xa_fault import XAFault

__all__ = ["LookupTable"]


@dataclass(frozen=True)
class LookupTable:
    """A lookup table of DICOM (PS3.3, C.11.1.1).

    Attributes:
        first: value that the first entry belongs to.
        outputs: (entries,), float64.
        white: output that counts as white.
    """

    first: int
    outputs: np.ndarray
    white: int

    @classmethod
    def read(
        cls, item: Attributes, signed: bool, descriptor: str = "LUTDescriptor", data: str = "LUTData"
    ) -> LookupTable:
        """From an item of a lookup table's sequence.

        Args:
            item: of the sequence.
            signed: whether the values that it is for are signed.
            descriptor: keyword of the attribute with the number of entries, the first value and the bits.
            data: keyword of the attribute with the outputs.

        Raises:
            XAFault: if it is broken.
        """
        count, first, bits = (item.number(descriptor, position) for position in range(3))
        if count is None or first is None or bits is None or not 0 <= count < 2**16 or not 1 <= bits <= 16:
            raise XAFault(
                f"{descriptor} must be entries (0..65535), first value and bits (1..16), got none; leave it out."
            )
        entries = int(count) or 2**16
        outputs = _outputs(item.values(data), entries, int(bits))
        if len(outputs) < entries:
            raise XAFault(f"{data} must have {entries} values, got {len(outputs)}; leave it out.")
        start = int(first) - 2**16 * (signed and first >= 2**15)  # many write a negative value as unsigned
        return cls(start, outputs[:entries], full_scale(int(bits), outputs[:entries].max()))

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Outputs for values of any shape; beyond its ends the table goes on with its first and last output."""
        return self.outputs[np.clip(np.rint(values) - self.first, 0, len(self.outputs) - 1).astype(np.intp)]


def _outputs(values: tuple, entries: int, bits: int) -> np.ndarray:
    if values and isinstance(values[0], bytes):
        packed = values[0]
        return np.frombuffer(
            packed, "u1" if len(packed) < 2 * entries else "<u2", len(packed) // (1 + (len(packed) >= 2 * entries))
        ).astype(np.float64)
    numbers = np.array(values, dtype=np.float64)
    if bits <= 8 and len(numbers) == (entries + 1) // 2 < entries:  # two outputs a word
        return numbers.astype("<u2").view("u1").astype(np.float64)
    return numbers

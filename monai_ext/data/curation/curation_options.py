# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["HASH_BITS", "CurationOptions"]

HASH_BITS = 256
_VERSION = 1  # of the rules: another one makes everything anew


@dataclass(frozen=True)
class CurationOptions:
    """What to keep, and how.

    Distances are counts of differing bits between perceptual hashes, of 256. Measured on 800 frames of ARCADE and a cine: a frame stored
    twice has 0 to 4, neighbours in a cine 0 to 16 (median 4), two moments of one view up to 54, pictures that do not look alike 66 and more.

    Args:
        size: side of the corpus' squares in pixels; a multiple of 8. Larger frames are reduced, smaller ones padded.
        near: frames of at most this distance from a kept one are dropped.
        exclude_near: frames of at most this distance from an evaluation image are dropped.
        min_side: shortest side in pixels that a frame may have.
        text: "flag" marks frames with burned-in text in the manifest, "drop" drops them.
        keep_all: keep frames without contrast.
        method: rule of the vessel map, see `ops.extract_vessels`.

    Raises:
        ValueError: if one is out of its range.
    """

    size: int = 512
    near: int = 8
    exclude_near: int = 56
    min_side: int = 64
    text: str = "flag"
    keep_all: bool = False
    method: str = "robust"

    def __post_init__(self) -> None:
        if self.size < 32 or self.size % 8 or self.size >= 2**16:
            raise ValueError(f"size must be a multiple of 8 from 32 on, got {self.size}.")
        for name in ("near", "exclude_near"):
            if not -1 <= getattr(self, name) < HASH_BITS:
                raise ValueError(
                    f"{name} must lie in -1..{HASH_BITS - 1} bits, got {getattr(self, name)}; -1 keeps duplicates, 8 is usual."
                )
        if self.min_side < 8:
            raise ValueError(f"min_side must be at least 8 px, got {self.min_side}.")
        if self.text not in ("flag", "drop"):
            raise ValueError(f"text must be flag or drop, got {self.text!r}.")
        if self.method not in ("robust", "published"):
            raise ValueError(f"method must be robust or published, got {self.method!r}.")

    def to_dict(self) -> dict[str, Any]:
        """JSON values, with the version of the rules."""
        return {"rules": _VERSION, **asdict(self)}

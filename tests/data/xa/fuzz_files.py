# SPDX-License-Identifier: Apache-2.0
"""Damaged files, one a seed."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from dicom_files import SYNTAXES, items, write_dataset
from PIL import Image

_LENGTH = re.compile(rb"[\x08\x10\x18\x20\x28\xe0]\x00..(?:OB|OW|SQ|US|UI|IS|DS|CS|LO|PN|UL)..", re.DOTALL)


def dicom_files(folder: Path) -> list[bytes]:
    """Whole files: every transfer syntax of 8 and of 12 bits, colours, lookup tables and functional groups."""
    grey = np.add.outer(np.arange(3) * 9, np.add.outer(np.arange(32) * 3, np.arange(40) * 2)).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 4096, (2, 32, 40), dtype=np.uint16)
    groups = items({"FrameVOILUTSequence": {"WindowCenter": 90, "WindowWidth": 80}}, {}, {})
    table = items({"LUTDescriptor": [256, 0, 8], "LUTData": bytes(range(256))})
    cases = [(grey, syntax, {"FrameTimeVector": [0, 33, 33]}) for syntax in SYNTAXES]
    cases += [(noise, syntax, {"BitsStored": 12}) for syntax in SYNTAXES if syntax != "JPEGBaseline8Bit"]
    cases += [
        (np.repeat(grey[..., None], 3, axis=-1), syntax, {})
        for syntax in ("RLELossless", "JPEG2000", "ExplicitVRLittleEndian")
    ]
    cases += [
        (np.repeat(grey[..., None], 3, axis=-1), "JPEGBaseline8Bit", {"PhotometricInterpretation": "YBR_FULL_422"})
    ]
    cases += [(grey, "ImplicitVRLittleEndian", {"PerFrameFunctionalGroupsSequence": groups, "VOILUTSequence": table})]
    return [write_dataset(folder / "whole.dcm", *case).read_bytes() for case in cases]


def image_files() -> list[bytes]:
    """Whole files of what `read_grey` reads."""
    grey = np.add.outer(np.arange(32) * 3, np.arange(40) * 2).astype(np.uint8)
    pictures = [
        Image.fromarray(grey),
        Image.fromarray(grey).convert("RGB"),
        Image.fromarray(grey.astype(np.uint16) * 16),
    ]
    result = []
    for kind, compression in (
        ("png", {}),
        ("tiff", {}),
        ("tiff", {"compression": "tiff_lzw"}),
        ("jpeg", {}),
        ("bmp", {}),
    ):
        for picture in pictures[: 2 if kind in ("jpeg", "bmp") else 3]:
            packed = io.BytesIO()
            picture.save(packed, kind, **compression)
            result.append(packed.getvalue())
    return result


def damage(whole: bytes, rng: np.random.Generator) -> bytes:
    """Flipped bytes, a cut, a broken length, or bytes left out."""
    content = bytearray(whole)
    kind = rng.integers(5)
    if kind == 0:
        return bytes(content[: rng.integers(len(content))])
    if kind == 1 and (found := list(_LENGTH.finditer(whole))):
        place = found[rng.integers(len(found))].end() - 2
        broken = (b"\0\0", b"\xff\xff", b"\1\0\xff\xff\xff\xff", b"\0\0\xfe\xff\xff\x7f", rng.bytes(2))[rng.integers(5)]
        content[place : place + len(broken)] = broken
    elif kind == 2:
        start = rng.integers(len(content))
        del content[start : start + rng.integers(1, 40)]
    else:
        start = (0, len(content) // 8, len(content) // 2)[rng.integers(3)]
        for place in rng.integers(start, len(content), (1, 3, 30)[rng.integers(3)]):
            content[place] = (content[place] ^ (1 << rng.integers(8)), rng.integers(256), 0, 255)[rng.integers(4)]
    return bytes(content)

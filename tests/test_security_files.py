# SPDX-License-Identifier: Apache-2.0
"""Files that claim or hide much more than they are (docs/security.md). Each is read by a process that may have 256 MB more memory, and must be refused
by a rule, not by the lack of it."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from limited_memory import error_within

from monai_ext.data import read_grey, read_nifti
from monai_ext.data.records.coco_file import CocoFile
from monai_ext.data.records.read_mask import read_mask
from monai_ext.data.records.read_xml import read_xml
from monai_ext.data.xa import read_xa, read_xa_header

MEGABYTES = 256


def test_the_limit_is_real():
    assert error_within(MEGABYTES, bytearray, 1 << 30).startswith("MemoryError")
    assert error_within(MEGABYTES, bytearray, 1 << 20) == ""
    assert error_within(MEGABYTES, os._exit, 0) == "died"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, depth: int = 8, *more: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    rows = zlib.compress(bytes(min(10**7, (1 + width * depth // 8) * height)), 9)
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def tiff(width: int, height: int) -> bytes:
    """One strip of 16 bytes that claims to be the whole."""
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: 16}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<I", 24) + bytes(16) + struct.pack("<H", len(tags)) + entries + bytes(4)


TEXT = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(30_000_000), 9))
IMAGES = {
    "the largest PNG that there can be": (png(2**31 - 1, 2**31 - 1), "far too large|exceeds limit"),
    "a PNG of 100 million pixels": (png(10_000, 10_000), "far too large|exceeds limit"),
    "a PNG with 30 MB of text": (png(8, 8, 8, TEXT), "too large"),
    "a TIFF of 65535 x 65535": (tiff(65535, 65535), "far too large|exceeds limit"),
    "a TIFF of four gigabytes a row": (tiff(2**32 - 1, 1), "far too large|exceeds limit"),
}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("read", [read_grey, read_mask])
def test_an_image_bomb_is_refused(name, read, tmp_path):
    content, message = IMAGES[name]
    assert len(content) < 500_000
    (tmp_path / "1.png").write_bytes(content)
    error = error_within(MEGABYTES, read, tmp_path / "1.png")
    assert error.startswith("ValueError") and any(part in error for part in message.split("|")), error


DICOM = {
    "65535 x 65535 pixels": ({"Rows": 65535, "Columns": 65535}, "must have at most"),
    "two billion frames": ({"NumberOfFrames": 2**31 - 1}, "must hold 2147483647 frames"),
    "both": ({"Rows": 65535, "Columns": 65535, "NumberOfFrames": 2**31 - 1}, "must have at most"),
    "frames of one row": ({"Rows": 1, "Columns": 65535, "NumberOfFrames": 2**31 - 1}, "must hold 2147483647 frames"),
}


@pytest.mark.parametrize("name", DICOM)
def test_a_dicom_file_that_claims_giant_frames_is_refused(name, tmp_path):
    pytest.importorskip("pydicom")
    from secret_cine import write_secret_cine

    attributes, message = DICOM[name]
    path = write_secret_cine(tmp_path / "1.dcm", **attributes)
    error = error_within(MEGABYTES, read_xa, path)
    assert error.startswith("ValueError") and message in error, error
    assert error_within(16, read_xa_header, path).partition(":")[0] in ("", "ValueError"), (
        "the header alone needs no memory"
    )


def test_a_deflated_dicom_bomb_is_refused(tmp_path):
    """A fifth of a megabyte that inflates to 200."""
    pydicom = pytest.importorskip("pydicom")
    from secret_cine import write_secret_cine

    dataset = pydicom.dcmread(write_secret_cine(tmp_path / "1.dcm"))
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    dataset.save_as(tmp_path / "2.dcm")
    content = (tmp_path / "2.dcm").read_bytes()
    start = 144 + pydicom.dcmread(tmp_path / "2.dcm").file_meta.FileMetaInformationGroupLength
    packer, block = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS), bytes(10**7)
    (tmp_path / "2.dcm").write_bytes(
        content[:start] + b"".join(packer.compress(block) for _ in range(20)) + packer.flush()
    )
    error = error_within(MEGABYTES, read_xa, tmp_path / "2.dcm")
    assert error.startswith("ValueError") and "must inflate to less than" in error, error


def nifti(shape: tuple[int, ...], kind: int = 2, bits: int = 8) -> bytes:
    """Header of a NIfTI file of bytes, without its data."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, len(shape), *shape, *[1] * (7 - len(shape)))
    struct.pack_into("<hh", header, 70, kind, bits)
    struct.pack_into("<8f", header, 76, *[1.0] * 8)
    struct.pack_into("<f", header, 108, 352.0)
    header[344:348] = b"n+1\0"
    return bytes(header)


NIFTI = {
    "32767 in each of three directions": (nifti((32767,) * 3), False),
    "a packed one of 64 GB": (nifti((32767, 32767, 64), 64, 64), True),
    "what a short file does not hold": (nifti((4096, 4096, 4)), False),
}


@pytest.mark.parametrize("name", NIFTI)
def test_a_nifti_file_that_claims_giant_frames_is_refused(name, tmp_path):
    pytest.importorskip("nibabel")
    content, packed = NIFTI[name]
    path = tmp_path / ("1.nii.gz" if packed else "1.nii")
    path.write_bytes(gzip.compress(content + bytes(10**6)) if packed else content)
    error = error_within(MEGABYTES, read_nifti, path)
    assert error.startswith("ValueError") and "MemoryError" not in error, error


def test_an_xml_bomb_is_refused(tmp_path):
    """A billion laughs, in memory that the outcome would not fit in; more of it in tests/data/records/test_read_xml.py."""
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
    (tmp_path / "1.xml").write_bytes(b'<!DOCTYPE x [<!ENTITY e0 "laugh">%s]><x>&e9;</x>' % entities)
    error = error_within(MEGABYTES, read_xml, tmp_path / "1.xml")
    assert error == "ValueError: it must have no document type (DOCTYPE)"


@pytest.mark.parametrize("text", ["[" * 500_000, '{"images": [' + "[" * 500_000, '{"images": ' + "1" * 10_000 + "}"])
def test_json_that_is_too_deep_or_too_long_is_told(text, tmp_path):
    (tmp_path / "1.json").write_text(text)
    error = error_within(MEGABYTES, CocoFile.read, tmp_path / "1.json")
    assert error.startswith("ValueError") and "cannot be read as COCO annotations" in error, error


def test_links_that_lead_in_circles_end(tmp_path):
    """Links in data sets are followed, archives are made of them; what comes of them is named after the link."""
    from monai_ext.data import find_images

    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "gone.png").symlink_to(tmp_path / "nowhere")
    np.save(tmp_path / "x.npy", np.zeros(1))
    (tmp_path / "1.png").write_bytes(png(8, 8))
    assert [Path(file).name for file in find_images(tmp_path).files if Path(file).exists()] == ["1.png"]

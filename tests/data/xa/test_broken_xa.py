# SPDX-License-Identifier: Apache-2.0
"""Broken and strange files: an error that names the file, says what to do, and tells nothing of the patient."""

import logging
import sys
import tracemalloc
import zlib

import numpy as np
import pydicom
import pytest
from dicom_files import SECRETS, SYNTAXES

from monai_ext.data.xa import read_xa, read_xa_header

CINE = np.add.outer(np.arange(3) * 9, np.add.outer(np.arange(32) * 3, np.arange(40))).astype(np.uint8)


@pytest.mark.parametrize("read", [read_xa, read_xa_header])
def test_what_is_no_dicom_file_is_named(tmp_path, read):
    for content in (b"", b"no image", bytes(5000)):
        (tmp_path / "1.dcm").write_bytes(content)
        with pytest.raises(
            ValueError, match=r"1.dcm' cannot be read as an X-ray cine: it is no DICOM file; leave it out"
        ):
            read(tmp_path / "1.dcm")
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing.dcm")
    with pytest.raises(ValueError, match="the system says 'Is a directory'"):
        read(tmp_path)


def test_a_file_without_pixels(write_xa):
    path = write_xa(CINE)
    dataset = pydicom.dcmread(path)
    del dataset.PixelData
    dataset.save_as(path)
    with pytest.raises(ValueError, match="it has no pixel data; copy it again"):
        read_xa(path)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_truncation_anywhere_is_an_error(write_xa, syntax):
    whole = write_xa(CINE, syntax).read_bytes()
    for length in np.linspace(0, len(whole) - 40, 15).astype(int):
        path = write_xa(CINE, syntax, "cut.dcm")
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cut.dcm' cannot be read"):
            read_xa(path)


def test_truncation_says_how_many_frames_there_are(write_xa):
    path = write_xa(CINE)
    path.write_bytes(path.read_bytes()[:-1400])
    with pytest.raises(ValueError, match=r"must hold 3 frames of 32x40, got 2440 bytes, enough for 1; copy it again"):
        read_xa(path)
    path = write_xa(CINE, "JPEGBaseline8Bit")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="its pixel data end early: at least 1 of 3 frames are whole"):
        read_xa(path)


@pytest.mark.parametrize("frames", [[3], [-1], [0, 99]])
def test_frames_that_are_not_there(write_xa, frames):
    with pytest.raises(ValueError, match=rf"frames must be of 0..2, got {frames[-1]}"):
        read_xa(write_xa(CINE), frames=frames)


def test_no_frames_are_refused(write_xa):
    with pytest.raises(ValueError, match=r"frames must be of 0..2, got none"):
        read_xa(write_xa(CINE), frames=[])


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"Rows": 0}, r"Rows must be 1..65535, got 0; repair the header"),
        ({"Rows": None}, r"Rows must be 1..65535, got none that can be read"),
        ({"Columns": [40, 41, 42], "Rows": 0}, r"Rows must be"),
        ({"BitsAllocated": 32}, r"BitsAllocated must be 8..16, got 32"),
        ({"BitsAllocated": 12, "BitsStored": 8}, r"bits allocated must be 8 or 16, got 12; convert it"),
        ({"BitsStored": 9}, r"BitsStored must be 1..8, got 9"),
        ({"HighBit": 3}, r"HighBit must be 7..7, got 3"),
        ({"PixelRepresentation": 7}, r"PixelRepresentation must be 0..1, got 7"),
        ({"SamplesPerPixel": 3}, r"samples per pixel must be 1 for MONOCHROME2, got 3"),
        ({"NumberOfFrames": -2}, r"NumberOfFrames must be 0..\d+, got -2"),
        ({"NumberOfFrames": 2**31 - 1}, r"must hold 2147483647 frames of 32x40, got 3840 bytes, enough for 3"),
        ({"Rows": 65535, "Columns": 65535}, r"must have at most 67108864 pixels, got 65535x65535"),
        (
            {"PhotometricInterpretation": "CMYK"},
            r"photometric interpretation must be one of MONOCHROME1, .*; convert it",
        ),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, r"it must be X-ray angiography, .*; leave it out"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_impossible_headers(write_xa, attributes, message):
    with pytest.raises(ValueError, match=message):
        read_xa(write_xa(CINE, **attributes))


@pytest.mark.parametrize("syntax", ["JPEGBaseline8Bit", "JPEGLossless", "JPEGLSLossless", "JPEG2000Lossless"])
def test_compressed_frames_of_another_size_reach_no_decoder(write_xa, syntax):
    path = write_xa(CINE, syntax)
    dataset = pydicom.dcmread(path)
    dataset.Rows = 64
    dataset.save_as(path)
    with pytest.raises(ValueError, match=r"must be 64x40x1x8 .* as in the header, got 32x40x1x8"):
        read_xa(path)


def test_many_claimed_frames_are_refused_before_memory_is_taken(write_xa):
    path = write_xa(CINE, "RLELossless")
    dataset = pydicom.dcmread(path)
    dataset.NumberOfFrames = 100_000_000
    dataset.save_as(path)
    tracemalloc.start()
    with pytest.raises(ValueError, match="must hold 100000000 frames"):
        read_xa(path)
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()


def test_too_many_pixels_at_once_are_refused(write_xa, monkeypatch):
    monkeypatch.setattr("monai_ext.data.xa.wanted_frames._MOST_PIXELS", 3000)
    path = write_xa(CINE)
    with pytest.raises(ValueError, match="at most 3000 pixels are read at once, got 3 frames; name fewer"):
        read_xa(path)
    assert read_xa(path, frames=[0, 2]).frames.shape == (2, 32, 40)


def test_a_length_of_four_gigabytes_takes_no_memory(write_xa):
    path = write_xa(CINE)
    content = bytearray(path.read_bytes())
    place = content.index(b"\x08\x00\x16\x00UI")
    content[place + 4 : place + 8] = b"OB\0\0"
    content[place + 8 : place + 12] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(ValueError, match="cannot be read"):
        read_xa(path)
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()


def test_a_deflate_bomb_is_refused(write_xa):
    path = write_xa(CINE, "DeflatedExplicitVRLittleEndian")
    content = path.read_bytes()
    start = 144 + pydicom.dcmread(path).file_meta.FileMetaInformationGroupLength
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    path.write_bytes(content[:start] + packer.compress(bytes(20_000_000)) + packer.flush())
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"must inflate to less than \d+ bytes"):
        read_xa(path)
    assert tracemalloc.get_traced_memory()[1] < 60e6
    tracemalloc.stop()


def test_uncompressed_in_name_only(write_xa):
    path = write_xa(CINE, "JPEGBaseline8Bit")
    dataset = pydicom.dcmread(path)
    content = path.read_bytes().replace(dataset.file_meta.TransferSyntaxUID.encode(), b"1.2.840.10008.1.2.1\0\0\0")
    path.write_bytes(content)
    with pytest.raises(ValueError, match="its pixel data are compressed, its transfer syntax says they are not"):
        read_xa(path)


def test_a_transfer_syntax_without_any_decoder(write_xa):
    path = write_xa(CINE, "JPEGBaseline8Bit")
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.MPEG2MPML
    dataset.save_as(path)
    with pytest.raises(
        ValueError, match=r"there is no decoder for its transfer syntax MPEG2 Main Profile.*; convert it"
    ):
        read_xa(path)


def test_a_transfer_syntax_that_does_not_exist(write_xa):
    path = write_xa(CINE, "JPEGBaseline8Bit")
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.4.49"))
    with pytest.raises(ValueError, match="its transfer syntax must be one of the standard's, got none or another"):
        read_xa(path)


@pytest.mark.parametrize(
    ("syntax", "name"), [("JPEGLosslessSV1", "JPEG Lossless"), ("JPEGBaseline8Bit", "JPEG Baseline")]
)
def test_a_missing_decoder_is_named_with_the_extra_that_brings_it(write_xa, syntax, name, monkeypatch):
    from pydicom.pixels import get_decoder

    path = write_xa(CINE, syntax)
    monkeypatch.setattr(get_decoder(getattr(pydicom.uid, syntax)), "_available", {})
    with pytest.raises(ImportError, match=rf"the transfer syntax {name}.* pip install 'monai_ext\[dicom\]'"):
        read_xa(path)


def test_twelve_bits_of_jpeg_extended_need_gdcm(write_xa, monkeypatch):
    from pydicom.pixels.decoders import JPEGExtended12BitDecoder as decoder

    path = write_xa(CINE.astype(np.uint16) * 16, "JPEGExtended12Bit", BitsStored=12)
    monkeypatch.setattr(decoder, "_available", {"pillow": decoder._available["pillow"]})
    with pytest.raises(ImportError, match=r"JPEG Extended.* pip install 'monai_ext\[dicom\]'"):
        read_xa(path)


def test_without_pydicom_the_extra_is_named(write_xa, monkeypatch):
    path = write_xa(CINE)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    for read in (read_xa, read_xa_header):
        with pytest.raises(ImportError, match=r"pip install 'monai_ext\[dicom\]'"):
            read(path)


def test_nothing_tells_who_the_patient_is(write_xa, caplog, capfd, recwarn):
    """Values that do not fit their kind, which pydicom quotes in warnings, logs and errors."""
    caplog.set_level(logging.DEBUG)
    whole = write_xa(
        CINE, "JPEGLossless", FrameTime="33", PositionerPrimaryAngle="-30", RescaleSlope="1.5"
    ).read_bytes()
    broken = [
        whole,
        whole.replace(b"33", b"Fr").replace(b"-30", b"Geh"),
        whole.replace(b"PN\x0b", b"DS\x0b"),
        whole.replace(b"\x10\x00\x10\x00PN", b"\x28\x00\x10\x00US"),
        whole.replace(b"\x10\x00\x20\x00LO", b"\x28\x00\x08\x00IS"),
        whole.replace(b"1.2.840.10008.5.1.4.1.1.12.1", b"Geheim^Frau.5.1.4.1.1.12.1.1"),
        whole[:-500],
        whole[: len(whole) - 900] + b"Geheim" * 80,
    ]
    told = []
    for content in broken:
        path = write_xa(CINE, name="1.dcm")
        path.write_bytes(content)
        for read in (read_xa, read_xa_header):
            try:
                told.append(repr(read(path)))
            except ValueError as error:
                assert error.__cause__ is None and error.__context__ is None
                told.append(str(error))
    output = capfd.readouterr()
    told += [output.out, output.err, caplog.text, *(str(warning.message) for warning in recwarn)]
    assert len(set(told)) > 5
    assert not [secret for secret in SECRETS if any(secret in text for text in told)]


def test_logging_and_warnings_are_as_before(write_xa):
    import warnings

    logger, filters = logging.getLogger("pydicom"), list(warnings.filters)
    level = logger.level
    read_xa(write_xa(CINE))
    assert logger.level == level and warnings.filters == filters

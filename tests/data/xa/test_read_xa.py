# SPDX-License-Identifier: Apache-2.0
"""Grey values against hand-computed ones; formulas are those of DICOM PS3.3, C.11."""

import numpy as np
import pytest
from dicom_files import LOSSLESS, SYNTAXES, items

from monai_ext.data.xa import XACine, read_xa

RNG = np.random.default_rng(0)
CINE = RNG.integers(0, 256, (3, 6, 10), dtype=np.uint8)
CINE12 = RNG.integers(0, 4096, (3, 16, 10), dtype=np.uint16)
SMOOTH = (np.add.outer(np.arange(3) * 9, np.add.outer(np.arange(32) * 3, np.arange(40) * 2))).astype(np.uint8)
ENHANCED = "1.2.840.10008.5.1.4.1.1.12.1.1"
SECONDARY = "1.2.840.10008.5.1.4.1.1.7.3"


def shown(path, **options) -> np.ndarray:
    return read_xa(path, **options).frames


def row(*values, dtype=np.uint8) -> np.ndarray:
    """One frame of one row."""
    return np.array(values, dtype=dtype)[None, None]


def test_frames_are_float32_shares_of_white_in_frames_rows_columns(write_xa, global_rng_untouched):
    cine = read_xa(write_xa(CINE))
    assert cine.frames.dtype == np.float32 and cine.frames.shape == (3, 6, 10)
    assert np.array_equal(cine.frames, (CINE / 255).astype(np.float32))
    assert (cine.frame_count, cine.bits) == (3, 8)


def test_a_single_frame_without_a_number_of_frames_is_one(write_xa):
    assert np.array_equal(shown(write_xa(CINE[:1], NumberOfFrames=None)), (CINE[:1] / 255).astype(np.float32))


@pytest.mark.parametrize("bits", [8, 10, 12, 14])
def test_the_depth_that_the_file_tells_is_white(write_xa, bits):
    pixels = row(0, 1, 2**bits - 1, dtype=np.uint16)
    assert np.allclose(shown(write_xa(pixels, BitsStored=bits)), [0, 1 / (2**bits - 1), 1])


@pytest.mark.parametrize(("largest", "depth"), [(65535, 16), (16383, 14), (4095, 12), (1000, 10), (255, 8)])
def test_sixteen_bits_are_as_deep_as_the_largest_value_of_all_frames(write_xa, largest, depth):
    pixels = np.array([[[0, 5]], [[largest, 7]]], np.uint16)
    path = write_xa(pixels)
    assert np.allclose(shown(path), pixels / (2**depth - 1))
    assert np.array_equal(shown(path, frames=[0]), shown(path)[:1])


@pytest.mark.parametrize(("low", "high", "depth"), [(-2048, 2047, 12), (-5, 300, 10), (-32768, 1, 16), (0, 4095, 12)])
def test_signed_values_of_sixteen_bits(write_xa, low, high, depth):
    pixels = row(low, 0, high, dtype=np.int16)
    black = -(2 ** (depth - 1)) if low < 0 else 0
    assert np.allclose(shown(write_xa(pixels)), (pixels - float(black)) / (2**depth - 1), atol=1e-6)


def test_signed_values_of_twelve_bits_use_their_range(write_xa):
    pixels = row(-2048, -1, 0, 2047, dtype=np.int16)
    assert np.allclose(shown(write_xa(pixels, BitsStored=12)), [0, 2047 / 4095, 2048 / 4095, 1])


def test_overlays_in_unused_bits_are_left_out(write_xa):
    pixels = row(0x0FFF, 0x1FFF, 0xF000, dtype=np.uint16)
    assert np.allclose(shown(write_xa(pixels, BitsStored=12)), [1, 1, 0])


def test_values_in_the_upper_bits_are_shifted(write_xa):
    pixels = row(0xFFF0, 0x8000, 0x000F, dtype=np.uint16)
    assert np.allclose(shown(write_xa(pixels, BitsStored=12, HighBit=15)), [1, 0x800 / 4095, 0])


def test_monochrome1_is_inverted(write_xa):
    assert np.allclose(shown(write_xa(CINE, PhotometricInterpretation="MONOCHROME1")), 1 - CINE / 255, atol=1e-7)
    assert np.allclose(shown(write_xa(CINE, PresentationLUTShape="INVERSE")), 1 - CINE / 255, atol=1e-7)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_sign_of_intensity_decides_the_polarity(write_xa, photometric, sign):
    """1: lower values are less X-rays (PS3.3, C.8.11.3.1.2), so vessels are dark as stored."""
    path = write_xa(CINE, PhotometricInterpretation=photometric, PixelIntensityRelationshipSign=sign)
    assert np.allclose(shown(path), CINE / 255 if sign == 1 else 1 - CINE / 255, atol=1e-7)


def test_a_falling_voi_table_does_not_turn_the_polarity_twice(write_xa):
    falling = items({"LUTDescriptor": [256, 0, 8], "LUTData": bytes(range(255, -1, -1))})
    path = write_xa(CINE, VOILUTSequence=falling)
    assert np.allclose(shown(path), 1 - CINE / 255, atol=1e-7)
    path = write_xa(CINE, VOILUTSequence=falling, PixelIntensityRelationshipSign=1)
    assert np.allclose(shown(path), CINE / 255, atol=1e-7)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (None, [0, 0, 1 / 9, 5 / 9, 1, 1]),  # (x - 99.5) / 9 + 0.5
        ("LINEAR", [0, 0, 1 / 9, 5 / 9, 1, 1]),
        ("LINEAR_EXACT", [0, 0, 0.1, 0.5, 0.9, 1]),  # (x - 100) / 10 + 0.5
        ("SIGMOID", [1 / (1 + np.exp(40)), 1 / (1 + np.exp(2)), 1 / (1 + np.exp(1.6)), 0.5, 1 / (1 + np.exp(-1.6)), 1]),
    ],
)
def test_windows(write_xa, function, expected):
    more = {} if function is None else {"VOILUTFunction": function}
    path = write_xa(row(0, 95, 96, 100, 104, 255), WindowCenter=100, WindowWidth=10, **more)
    assert np.allclose(shown(path), expected, atol=1e-6)


def test_the_first_of_several_windows_is_taken(write_xa):
    path = write_xa(row(0, 63, 127, 200), WindowCenter=[64, 128], WindowWidth=[128, 256])
    assert np.allclose(shown(path), [0, 63 / 127, 1, 1])


def test_a_window_of_one_is_a_threshold(write_xa):
    assert np.array_equal(shown(write_xa(row(99, 100, 101), WindowCenter=100, WindowWidth=1))[0, 0], [0, 1, 1])


@pytest.mark.parametrize("width", [0, -5])
def test_an_impossible_window_counts_as_none(write_xa, width):
    assert np.allclose(shown(write_xa(CINE, WindowCenter=100, WindowWidth=width)), CINE / 255)


def test_a_rescaled_window(write_xa):
    """Values of 0..255 become -100..410; a window of 410 around 105 reaches from -100 to 309."""
    path = write_xa(row(0, 100, 255), RescaleSlope=2, RescaleIntercept=-100, WindowCenter=105, WindowWidth=410)
    assert np.allclose(shown(path), [0, 200 / 409, 1], atol=1e-6)


def test_rescaling_alone_changes_nothing(write_xa):
    assert np.allclose(shown(write_xa(CINE, RescaleSlope=2, RescaleIntercept=-100)), CINE / 255)


def test_a_voi_table_goes_before_a_window(write_xa):
    """Values below the first entry take the first output, those above the last one the last."""
    table = items({"LUTDescriptor": [3, 10, 12], "LUTData": [0, 1000, 4095]})
    path = write_xa(row(0, 10, 11, 12, 200), VOILUTSequence=table, WindowCenter=100, WindowWidth=10)
    assert np.allclose(shown(path), [0, 0, 1000 / 4095, 1, 1])


def test_a_voi_table_of_numbers(write_xa):
    table = items({"LUTDescriptor": [2, 10, 12]})
    table[0].add_new("LUTData", "US", [0, 4095])
    assert np.array_equal(shown(write_xa(row(10, 11), VOILUTSequence=table)), row(0, 1))


def test_a_voi_table_that_claims_sixteen_bits_is_as_deep_as_its_outputs(write_xa):
    table = items({"LUTDescriptor": [4096, 0, 16], "LUTData": list(range(4096))})
    assert np.allclose(shown(write_xa(CINE12, BitsStored=12, VOILUTSequence=table)), CINE12 / 4095)


def test_a_voi_table_for_signed_values(write_xa):
    table = items({"LUTDescriptor": [3, 2**16 - 1, 8], "LUTData": [0, 100, 255]})
    assert np.allclose(
        shown(write_xa(row(-9, -1, 0, 1, 9, dtype=np.int16), VOILUTSequence=table)) * 255, [0, 0, 100, 255, 255]
    )


def test_a_modality_table_is_for_secondary_captures_only(write_xa):
    """In angiograms it leads back to X-ray intensity and is not for display, as dcmtk, dcm4che and fo-dicom hold."""
    table = items({"LUTDescriptor": [256, 0, 8], "LUTData": [0] * 128 + [255] * 128, "ModalityLUTType": "US"})
    assert np.allclose(shown(write_xa(CINE, ModalityLUTSequence=table)), CINE / 255)
    path = write_xa(CINE, ModalityLUTSequence=table, SOPClassUID=SECONDARY)
    assert np.array_equal(shown(path), (CINE > 127).astype(np.float32))


def test_linear_intensity_of_more_than_eight_bits_gets_a_logarithm(write_xa):
    path = write_xa(CINE12, BitsStored=12, PixelIntensityRelationship="LIN")
    assert np.allclose(shown(path), np.log(1 + 255.0 * CINE12 / 4095) / np.log(256), atol=1e-6)


@pytest.mark.parametrize("relation", ["LOG", "DISP"])
def test_other_relations_are_shown_as_they_are(write_xa, relation):
    path = write_xa(CINE12, BitsStored=12, PixelIntensityRelationship=relation)
    assert np.allclose(shown(path), CINE12 / 4095)


def test_no_logarithm_where_the_file_says_what_to_show_or_has_eight_bits(write_xa):
    assert np.allclose(shown(write_xa(CINE, PixelIntensityRelationship="LIN")), CINE / 255)
    path = write_xa(CINE12, BitsStored=12, PixelIntensityRelationship="LIN", WindowCenter=2048, WindowWidth=4096)
    assert np.allclose(shown(path), CINE12 / 4095)


COLORS = RNG.integers(0, 256, (2, 4, 6, 3), dtype=np.uint8)
LUMA = COLORS @ np.array([0.299, 0.587, 0.114])


def test_colours_become_luma(write_xa):
    assert np.allclose(shown(write_xa(COLORS, SOPClassUID="1.2.840.10008.5.1.4.1.1.7.4")), LUMA / 255, atol=1e-6)


def test_colours_by_plane(write_xa):
    planes = np.ascontiguousarray(np.moveaxis(COLORS, -1, 1)).reshape(COLORS.shape)
    assert np.allclose(shown(write_xa(planes, PlanarConfiguration=1)), LUMA / 255, atol=1e-6)


def test_luma_of_luminance_and_chrominance_is_the_luminance(write_xa):
    pixels = np.stack([CINE, np.full_like(CINE, 128), np.full_like(CINE, 128)], axis=-1)
    assert np.allclose(shown(write_xa(pixels, PhotometricInterpretation="YBR_FULL")), CINE / 255, atol=1e-6)


def test_luminance_of_colours_that_two_pixels_share(write_xa):
    """YBR_FULL_422 stores two luminances and then the two colours of both (PS3.3, C.7.6.3.1.2)."""
    pixels = CINE[..., :8]
    shared = np.full((*pixels.shape[:2], 4, 4), 128, np.uint8)
    shared[..., :2] = pixels.reshape(*pixels.shape[:2], 4, 2)
    path = write_xa(shared, PhotometricInterpretation="YBR_FULL_422", SamplesPerPixel=3, Columns=8)
    assert np.allclose(shown(path), pixels / 255, atol=1e-6)


def test_jpeg_colours_become_luma(write_xa):
    grey = np.repeat(SMOOTH[..., None], 3, axis=-1)
    path = write_xa(grey, "JPEGBaseline8Bit", PhotometricInterpretation="YBR_FULL_422")
    assert np.abs(shown(path) * 255 - SMOOTH).max() <= 3


@pytest.mark.parametrize("as_words", [False, True])
def test_palettes_become_luma(write_xa, as_words):
    colors = RNG.integers(0, 256, (3, 256))
    attributes = {}
    for name, values in zip(("Red", "Green", "Blue"), colors, strict=True):
        attributes[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16 if as_words else 8]
        words = (values * 257).astype("<u2") if as_words else values.astype("u1")
        attributes[f"{name}PaletteColorLookupTableData"] = words.tobytes()
    path = write_xa(CINE, PhotometricInterpretation="PALETTE COLOR", **attributes)
    assert np.allclose(shown(path), (np.array([0.299, 0.587, 0.114]) @ colors)[CINE] / 255, atol=1e-6)


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_compression_changes_nothing(write_xa, syntax, bits):
    pixels = np.tile(SMOOTH.astype(np.uint16) if bits > 8 else SMOOTH, (1, 1, 1)) * (2 ** (bits - 8))
    plain = shown(write_xa(pixels, BitsStored=bits, WindowCenter=2 ** (bits - 1), WindowWidth=2**bits))
    packed = write_xa(pixels, syntax, "packed.dcm", BitsStored=bits, WindowCenter=2 ** (bits - 1), WindowWidth=2**bits)
    assert plain.max() > 0.5 and np.array_equal(shown(packed), plain)


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_lossless_compression_of_signed_values_changes_nothing(write_xa, syntax):
    pixels = SMOOTH.astype(np.int16) * 100 - 12000
    assert np.array_equal(shown(write_xa(pixels, syntax, "packed.dcm")), shown(write_xa(pixels)))


@pytest.mark.parametrize(
    ("syntax", "bits", "off"), [("JPEGBaseline8Bit", 8, 3), ("JPEG2000", 8, 3), ("JPEGExtended12Bit", 12, 3)]
)
def test_lossy_compression_changes_little(write_xa, syntax, bits, off):
    pixels = SMOOTH.astype(np.uint16) * 16 if bits == 12 else SMOOTH
    values = shown(write_xa(pixels, syntax, BitsStored=bits)) * (2**bits - 1)
    assert np.abs(values - pixels).max() <= off


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_some_frames_are_those_of_the_whole_in_the_order_asked(write_xa, syntax):
    path = write_xa(SMOOTH, syntax)
    whole = shown(path)
    assert np.array_equal(shown(path, frames=[2, 0, 2]), whole[[2, 0, 2]])
    assert np.array_equal(shown(path, frames=np.array([1])), whole[1:2])


def test_big_endian_words_of_an_odd_number_of_bytes(write_xa):
    pixels = CINE[:1, :3, :5]
    swapped = (
        np.concatenate([pixels.ravel(), np.zeros(1, np.uint8)])
        .view("<u2")
        .astype(">u2")
        .view(np.uint8)
        .reshape(1, 1, 16)
    )
    path = write_xa(swapped, "ExplicitVRBigEndian", Rows=3, Columns=5)
    path.write_bytes(path.read_bytes().replace(b"\x7f\xe0\0\x10OB", b"\x7f\xe0\0\x10OW"))
    assert np.allclose(shown(path), pixels / 255)


def test_pixel_data_that_forget_their_kind(write_xa):
    path = write_xa(SMOOTH, "JPEGBaseline8Bit")
    whole, content = shown(path), path.read_bytes()
    path.write_bytes(content.replace(b"\xe0\x7f\x10\0OB\0\0", b"\xe0\x7f\x10\0"))
    assert np.array_equal(shown(path), whole)


@pytest.mark.parametrize(
    ("name", "mean", "largest", "bits"),
    [
        ("JPGExtended", 14.383, 264, 12),
        ("JPEGLSNearLossless_08", 55.5556, 255, 8),
        ("JPEGLSNearLossless_16", 12014.5, 65535, 16),
    ],
)
def test_files_of_other_writers_that_come_with_pydicom(name, mean, largest, bits):
    """Mean and largest value are those that pylibjpeg-libjpeg 2.5.0 (GPL, not used here) decodes."""
    from pydicom.data import get_testdata_file

    values = shown(get_testdata_file(f"{name}.dcm", download=False)) * (2.0**bits - 1)
    assert values.mean() == pytest.approx(mean, abs=0.2) and values.max() == pytest.approx(largest, abs=1)


def test_fragments_of_a_frame_are_joined(write_xa):
    import pydicom

    path = write_xa(SMOOTH, "JPEGBaseline8Bit")
    whole, dataset = shown(path), pydicom.dcmread(path)
    frames = list(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=3))
    for table in (True, False):
        dataset.PixelData = pydicom.encaps.encapsulate(frames, fragments_per_frame=2, has_bot=table)
        dataset.save_as(path)
        assert np.array_equal(shown(path), whole)
    dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = (
        pydicom.encaps.encapsulate_extended(frames)
    )
    dataset.save_as(path)
    assert np.array_equal(shown(path), whole)


def test_an_enhanced_image_tells_frame_by_frame_how_to_show_it(write_xa):
    def frame(center: int, sign: int):
        window = {"WindowCenter": center, "WindowWidth": 128}
        return {
            "FrameVOILUTSequence": window,
            "FramePixelDataPropertiesSequence": {
                "PixelIntensityRelationship": "LOG",
                "PixelIntensityRelationshipSign": sign,
            },
        }

    path = write_xa(
        CINE, SOPClassUID=ENHANCED, PerFrameFunctionalGroupsSequence=items(frame(64, 1), frame(192, 1), frame(64, -1))
    )
    first, second, third = (np.clip(values, 0, 127) / 127 for values in (CINE[0], CINE[1] - 128.0, CINE[2]))
    expected = np.stack([first, second, 1 - third])
    assert np.allclose(shown(path), expected, atol=1e-6)
    assert np.allclose(shown(path, frames=[2, 1]), expected[[2, 1]], atol=1e-6)


def test_an_enhanced_image_shares_groups(write_xa):
    shared = {"FrameVOILUTSequence": {"WindowCenter": 64, "WindowWidth": 128}}
    path = write_xa(CINE, SOPClassUID=ENHANCED, SharedFunctionalGroupsSequence=items(shared))
    assert np.allclose(shown(path), np.clip(CINE / 127, 0, 1), atol=1e-6)


def test_an_enhanced_image_brings_its_own_logarithm(write_xa):
    steps = np.round(np.log1p(np.arange(4096)) / np.log(4096) * 1023).astype(int)
    inverse = {"LUTFunction": "TO_LINEAR", "LUTDescriptor": [2, 0, 8], "LUTData": [0, 1]}
    log = {"LUTFunction": "TO_LOG", "LUTDescriptor": [4096, 0, 10], "LUTData": steps.tolist()}
    shared = items({"FramePixelDataPropertiesSequence": {"PixelIntensityRelationship": "LIN"}})
    shared[0].PixelIntensityRelationshipLUTSequence = items(inverse, log)
    path = write_xa(CINE12, SOPClassUID=ENHANCED, BitsStored=12, SharedFunctionalGroupsSequence=shared)
    assert np.allclose(shown(path), steps[CINE12] / 1023, atol=1e-6)


def test_a_phantom_is_read_as_it_was_drawn(tmp_path):
    from monai_ext.phantom import PhantomSettings, draw_angiogram
    from monai_ext.phantom.dicom_angiogram import dicom_angiogram

    angiogram = draw_angiogram(0, 0, PhantomSettings(size=64))
    dicom_angiogram(angiogram.image, angiogram, "a", "b").save_as(tmp_path / "1.dcm", enforce_file_format=True)
    cine = read_xa(tmp_path / "1.dcm")
    assert np.array_equal(cine.frames, (angiogram.image[None] / 255).astype(np.float32))
    assert cine.primary_angle == pytest.approx(angiogram.primary_angle, abs=1e-5)
    assert cine.imager_pixel_spacing == pytest.approx((angiogram.pixel_spacing,) * 2, abs=1e-5)
    assert cine.source_detector == pytest.approx(angiogram.source_detector, abs=1e-5)
    assert cine.burned_in is False


def test_a_real_cine(xa):
    cine = read_xa(xa / "dicom" / "coronary_rca_96f.dcm")
    assert isinstance(cine, XACine) and cine.frames.shape == (96, 512, 512)
    assert (cine.frame_time, cine.primary_angle, cine.secondary_angle, cine.bits) == (33, -32, 2, 8)
    assert np.isclose(cine.frames.mean(), 72.5 / 255, atol=0.2) and cine.frames.max() == 1
    assert np.array_equal(read_xa(xa / "dicom" / "coronary_rca_96f.dcm", frames=[95]).frames, cine.frames[95:])

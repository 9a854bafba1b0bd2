# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from dicom_results import ALGORITHM, made_result

from monai_ext.dicom import read_segmentation, write_segmentation
from monai_ext.phantom import SEGMENTS

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")


def written(result, tmp_path):
    write_segmentation(result, tmp_path / "a.seg.dcm")
    return pydicom.dcmread(tmp_path / "a.seg.dcm")


@pytest.mark.parametrize("kind", ["single", "cine"])
def test_masks_come_back_bit_for_bit(kind, tmp_path, request):
    result = made_result(request.getfixturevalue(kind))
    source, dataset = pydicom.dcmread(result.source), written(result, tmp_path)
    back = read_segmentation(tmp_path / "a.seg.dcm")
    assert np.array_equal(back.masks, result.masks) and back.masks.dtype == np.uint8
    assert back.numbers == tuple(result.numbers) and back.class_names == ("vessel", "stenosis")
    assert back.source == source.SOPInstanceUID and back.series == source.SeriesInstanceUID
    assert back.study == source.StudyInstanceUID and back.uid == dataset.SOPInstanceUID


@pytest.mark.parametrize("numbers", [(1,), (0, 2)])
def test_some_frames_of_a_cine_come_back_with_their_numbers(numbers, cine, tmp_path):
    whole, keep = made_result(cine), list(numbers)
    written(replace(whole, frames=whole.frames[keep], masks=whole.masks[keep], numbers=numbers), tmp_path)
    back = read_segmentation(tmp_path / "a.seg.dcm")
    assert back.numbers == numbers and np.array_equal(back.masks, whole.masks[keep])


def test_masks_without_anything_come_back_empty(cine, tmp_path):
    result = made_result(cine)
    written(replace(result, masks=np.zeros_like(result.masks)), tmp_path)
    back = read_segmentation(tmp_path / "a.seg.dcm")
    assert back.masks.shape == result.masks.shape and not back.masks.any() and back.numbers == (0, 1, 2)


def test_25_segments_come_back_with_their_names(cine, tmp_path):
    result = made_result(cine)
    masks = np.random.default_rng(0).integers(0, 26, result.masks.shape, np.uint8)
    dataset = written(replace(result, masks=masks, class_names=SEGMENTS), tmp_path)
    back = read_segmentation(tmp_path / "a.seg.dcm")
    assert np.array_equal(back.masks, masks) and back.class_names == SEGMENTS
    assert dataset.NumberOfFrames == 75 and len(dataset.SegmentSequence) == 25
    ninth = dataset.SegmentSequence[SEGMENTS.index("9a")]
    assert ninth.SegmentLabel == "9a" and ninth.SegmentedPropertyTypeCodeSequence[0].CodeValue == "91750005"


def test_bits_of_frames_follow_each_other_without_gap(cine, tmp_path):
    """PS3.5, 8.2 and A.2: the first pixel is the lowest bit; 65 x 65 pixels do not end at a byte. Read with pydicom's own decoder."""
    result = made_result(cine)
    dataset = written(result, tmp_path)
    assert dataset.NumberOfFrames == 5 and len(dataset.PixelData) == 2642  # 5 x 4225 bits are 2640.6 bytes
    planes = dataset.pixel_array
    assert np.array_equal(planes[0], result.masks[0] == 1) and np.array_equal(planes[4], result.masks[2] == 2)
    assert dataset.PixelData[0] & 1 == planes[0, 0, 0] and not planes[2].any()


@pytest.mark.parametrize("spacing", [None, (0.3, 0.2)])
def test_highdicom_reads_it(spacing, cine, tmp_path):
    highdicom = pytest.importorskip("highdicom", reason="pip install monai_ext[dicom]")
    result = made_result(cine, spacing=spacing)
    written(result, tmp_path)
    segmentation = highdicom.seg.segread(tmp_path / "a.seg.dcm")
    source = pydicom.dcmread(cine)
    pixels = segmentation.get_pixels_by_source_frame(
        source.SOPInstanceUID, [1, 3], combine_segments=True, ignore_spatial_locations=True
    )
    assert np.array_equal(pixels, result.masks[[0, 2]])
    description = segmentation.get_segment_description(2)
    assert description.segment_label == "stenosis" and description.segmented_property_type.value == "415582006"
    assert description.algorithm_identification[0].AlgorithmVersion == ALGORITHM.version


def test_each_frame_references_its_frame_of_the_source(cine, tmp_path):
    dataset, source = written(made_result(cine), tmp_path), pydicom.dcmread(cine)
    for frame, number, segment in zip(
        dataset.PerFrameFunctionalGroupsSequence, (1, 1, 2, 3, 3), (1, 2, 1, 1, 2), strict=True
    ):
        image = frame.DerivationImageSequence[0].SourceImageSequence[0]
        assert image.ReferencedSOPInstanceUID == source.SOPInstanceUID and image.ReferencedFrameNumber == number
        assert frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber == segment
        assert frame.FrameContentSequence[0].DimensionIndexValues == [number, segment]


def test_a_single_frame_is_referenced_without_a_number(single, tmp_path):
    dataset = written(made_result(single), tmp_path)
    image = dataset.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[0]
    assert "ReferencedFrameNumber" not in image


@pytest.mark.parametrize(("spacing", "expected"), [(None, None), ((0.3, 0.25), [0.3, 0.25])])
def test_spacing_is_there_where_it_is_known(spacing, expected, cine, tmp_path):
    shared = written(replace(made_result(cine), spacing=spacing), tmp_path).SharedFunctionalGroupsSequence[0]
    assert expected == (
        list(shared.PixelMeasuresSequence[0].PixelSpacing) if "PixelMeasuresSequence" in shared else None
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"masks": None}, "a DICOM Segmentation needs masks, '.*00001.dcm' has none"),
        ({"class_names": ("vessel",)}, "every class must have a name, got class 2 and 1 names"),
        ({"class_names": ("a" * 65, "b")}, "class names must have 1 to 64 characters and no backslash, got 'a{65}'"),
        ({"class_names": ("a\\b", "b")}, "class names must have 1 to 64 characters"),
        ({"numbers": (0, 1, 3)}, "has 3 frames, got number 3; count from 0"),
    ],
)
def test_impossible_results_are_refused(changes, message, cine, tmp_path):
    with pytest.raises(ValueError, match=message):
        write_segmentation(replace(made_result(cine), **changes), tmp_path / "a.seg.dcm")
    assert not list(tmp_path.iterdir())

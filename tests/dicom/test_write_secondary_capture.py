# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from dicom_results import made_result

from monai_ext.dicom import write_secondary_capture
from monai_ext.results import draw_findings

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")


def capture(result, tmp_path):
    write_secondary_capture(result, tmp_path / "a.sc.dcm")
    return pydicom.dcmread(tmp_path / "a.sc.dcm")


def test_the_drawn_frames_come_back_pixel_for_pixel(cine, tmp_path):
    result = made_result(cine)
    dataset = capture(result, tmp_path)
    assert np.array_equal(dataset.pixel_array, [draw_findings(result, index) for index in range(3)])
    assert dataset.SOPClassUID.name == "Multi-frame True Color Secondary Capture Image Storage"


def test_one_frame_is_a_single_picture(single, tmp_path):
    result = made_result(single)
    dataset = capture(result, tmp_path)
    assert np.array_equal(dataset.pixel_array, draw_findings(result, 0)) and "NumberOfFrames" not in dataset
    assert dataset.SOPClassUID.name == "Secondary Capture Image Storage"


@pytest.mark.parametrize(
    ("time", "expected", "rate"), [(80.0, 80, 12), (33.333333333333336, 33.3333333333333, 30), (None, 100, 10)]
)
def test_it_plays_as_fast_as_the_source(time, expected, rate, cine, tmp_path):
    dataset = capture(made_result(cine, frame_time=time), tmp_path)
    assert dataset.FrameTime == pytest.approx(expected) and dataset.RecommendedDisplayFrameRate == rate
    assert dataset[dataset.FrameIncrementPointer].keyword == "FrameTime"


def test_it_says_what_it_was_made_of(cine, tmp_path):
    result = made_result(cine)
    dataset = capture(
        replace(
            result,
            frames=result.frames[1:],
            masks=result.masks[1:],
            boxes=result.boxes[1:],
            scores=result.scores[1:],
            numbers=(1, 2),
        ),
        tmp_path,
    )
    (image,) = dataset.SourceImageSequence
    assert image.ReferencedSOPInstanceUID == pydicom.dcmread(cine).SOPInstanceUID and image.ReferencedFrameNumber == [
        2,
        3,
    ]
    assert dataset.ImageType == ["DERIVED", "SECONDARY"] and dataset.Modality == "OT"
    assert "test vessels 1.2.3" in dataset.DerivationDescription and dataset.BurnedInAnnotation == "NO"
    assert dataset.LossyImageCompression == "00"

# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from dicom_files import SYNTAXES, items

from monai_ext.data.xa import read_xa, read_xa_header

CINE = np.add.outer(np.arange(3) * 9, np.add.outer(np.arange(32) * 3, np.arange(40))).astype(np.uint8)
ENHANCED = "1.2.840.10008.5.1.4.1.1.12.1.1"
NUMBERS = (
    "frame_time",
    "primary_angle",
    "secondary_angle",
    "imager_pixel_spacing",
    "source_detector",
    "source_patient",
    "burned_in",
)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_header_of_every_transfer_syntax(write_xa, syntax):
    import pydicom

    header = read_xa_header(write_xa(CINE, syntax))
    assert (header.frame_count, header.rows, header.columns, header.bits) == (3, 32, 40, 8)
    assert header.transfer_syntax == getattr(pydicom.uid, syntax)
    assert header.photometric == "MONOCHROME2" and header.sop_class == "1.2.840.10008.5.1.4.1.1.12.1"


def test_numbers_of_the_acquisition(write_xa):
    path = write_xa(
        CINE,
        FrameTime=66.7,
        PositionerPrimaryAngle=-30.5,
        PositionerSecondaryAngle=20,
        ImagerPixelSpacing=[0.2, 0.25],
        DistanceSourceToDetector=1100,
        DistanceSourceToPatient=765,
        BurnedInAnnotation="YES",
    )
    for told in (read_xa_header(path), read_xa(path)):
        assert [getattr(told, name) for name in NUMBERS] == [66.7, -30.5, 20, (0.2, 0.25), 1100, 765, True]


def test_what_is_not_told_is_none(write_xa):
    for told in (read_xa_header(write_xa(CINE)), read_xa(write_xa(CINE))):
        assert [getattr(told, name) for name in NUMBERS] == [None] * len(NUMBERS)


def test_impossible_numbers_count_as_not_told(write_xa):
    path = write_xa(
        CINE,
        FrameTime=0,
        PositionerPrimaryAngle=200,
        PositionerSecondaryAngle=-91,
        ImagerPixelSpacing=[0.2, 0],
        DistanceSourceToDetector=-1,
        BurnedInAnnotation="PERHAPS",
    )
    header = read_xa_header(path)
    assert [getattr(header, name) for name in NUMBERS] == [None] * len(NUMBERS)


def test_frame_times_that_differ_give_their_median(write_xa):
    vector = {"FrameTimeVector": [0, 60, 80], "FrameIncrementPointer": 0x00181065}
    assert read_xa_header(write_xa(CINE, **vector)).frame_time == 70
    assert read_xa_header(write_xa(CINE, FrameTime=33, **vector)).frame_time == 70
    assert read_xa_header(write_xa(CINE, FrameTime=33, FrameTimeVector=[0, 60, 80])).frame_time == 33


def test_a_cine_rate_gives_the_frame_time(write_xa):
    assert read_xa_header(write_xa(CINE, CineRate=25)).frame_time == 40


@pytest.mark.parametrize("groups", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"])
def test_numbers_of_an_enhanced_image(write_xa, groups):
    group = {
        "PositionerPositionSequence": {"PositionerPrimaryAngle": 12.5, "PositionerSecondaryAngle": -25.0},
        "FramePixelDataPropertiesSequence": {"ImagerPixelSpacing": [0.3, 0.3]},
        "XRayGeometrySequence": {"DistanceSourceToIsocenter": 750.0, "DistanceSourceToDetector": 1000.0},
    }
    path = write_xa(CINE, SOPClassUID=ENHANCED, FrameTime=50, **{groups: items(group)})
    header = read_xa_header(path)
    assert [getattr(header, name) for name in NUMBERS] == [50, 12.5, -25, (0.3, 0.3), 1000, 750, None]


def test_the_patient_is_kept_for_grouping_but_not_shown(write_xa):
    header = read_xa_header(write_xa(CINE))
    assert header.patient_id == "geheim-4711" and "geheim" not in repr(header).lower()


def test_pixels_are_not_decoded(write_xa):
    path = write_xa(CINE, "JPEGBaseline8Bit")
    path.write_bytes(path.read_bytes()[:-400])
    assert read_xa_header(path).frame_count == 3


def test_a_real_header(xa):
    header = read_xa_header(xa / "dicom" / "coronary_rca_96f.dcm")
    assert (header.frame_count, header.rows, header.columns) == (96, 512, 512)
    assert (header.frame_time, header.primary_angle, header.secondary_angle) == (33, -32, 2)

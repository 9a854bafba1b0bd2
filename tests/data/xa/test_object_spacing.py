# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from dicom_files import items

from monai_ext.data.xa import object_spacing, read_xa, read_xa_header

CINE = np.zeros((2, 32, 40), np.uint8)
ENHANCED = "1.2.840.10008.5.1.4.1.1.12.1.1"
DETECTOR = {"ImagerPixelSpacing": [0.3, 0.4]}
GEOMETRY = {"DistanceSourceToDetector": 1000, "DistanceSourceToPatient": 750}
FACTOR = {"EstimatedRadiographicMagnificationFactor": 1.25}
FIDUCIAL = {"PixelSpacing": [0.21, 0.22], "PixelSpacingCalibrationType": "FIDUCIAL"}


@pytest.fixture
def told(write_xa):
    """Spacing and words of a file with attributes; header and cine must agree."""

    def told(**attributes):
        path = write_xa(CINE, **attributes)
        found = object_spacing(read_xa_header(path))
        assert object_spacing(read_xa(path)) == found
        return found

    return told


def test_a_calibrated_spacing_comes_first(told):
    spacing, words = told(**FIDUCIAL, **FACTOR, **DETECTOR, **GEOMETRY)
    assert spacing == (0.21, 0.22) and words == "calibrated on an object of known size"
    spacing, words = told(PixelSpacing=[0.3, 0.4], PixelSpacingCalibrationType="GEOMETRY", **DETECTOR)
    assert spacing == (0.3, 0.4) and words == "calibrated by the geometry of the C-arm"


def test_a_spacing_that_is_not_the_detectors_is_calibrated_somehow(told):
    for more in (DETECTOR, {}):
        spacing, words = told(PixelSpacing=[0.2, 0.2], **more)
        assert spacing == (0.2, 0.2) and "does not say how" in words


def test_a_spacing_that_repeats_the_detectors_is_none_of_the_patient(told):
    spacing, words = told(PixelSpacing=[0.3, 0.4], **DETECTOR, **GEOMETRY)
    assert spacing == pytest.approx((0.225, 0.3)) and words.startswith("geometry")


def test_the_magnification_factor_comes_before_the_geometry(told):
    spacing, words = told(**FACTOR, **DETECTOR, **GEOMETRY)
    assert spacing == pytest.approx((0.24, 0.32)) and "magnification factor of the file" in words


def test_the_geometry_leads_to_the_isocentre(told):
    spacing, words = told(**DETECTOR, **GEOMETRY)
    assert spacing == pytest.approx((0.225, 0.3)) and words == "geometry of the C-arm, at the isocentre"


def test_the_spacing_of_the_detector_alone_is_none_of_the_vessels(told):
    impossible = {"DistanceSourceToDetector": 700, "DistanceSourceToPatient": 750}
    for more in ({}, {"DistanceSourceToDetector": 1000}, impossible, {"EstimatedRadiographicMagnificationFactor": 0.5}):
        assert told(**DETECTOR, **more) == (None, "")


def test_nothing_is_known_of_a_file_that_says_nothing(told):
    for more in ({}, GEOMETRY, FACTOR, {"PixelSpacing": [0.2, 0]}, {"PixelSpacingCalibrationType": "FIDUCIAL"}):
        assert told(**more) == (None, "")


def test_the_calibration_of_an_enhanced_image(told):
    group = {
        "FramePixelDataPropertiesSequence": {"ImagerPixelSpacing": [0.3, 0.4]},
        "XRayGeometrySequence": {"DistanceSourceToIsocenter": 750.0, "DistanceSourceToDetector": 1000.0},
    }
    shared = {"SOPClassUID": ENHANCED, "SharedFunctionalGroupsSequence": items(group)}
    assert told(**shared)[0] == pytest.approx((0.225, 0.3))
    group["ProjectionPixelCalibrationSequence"] = {"ObjectPixelSpacingInCenterOfBeam": [0.125, 0.25]}
    shared["SharedFunctionalGroupsSequence"] = items(group)
    assert told(**shared) == ((0.125, 0.25), "calibrated by the geometry of the C-arm")


def test_words_of_another_kind_are_not_repeated(write_xa):
    header = read_xa_header(write_xa(CINE, PixelSpacing=[0.2, 0.2], PixelSpacingCalibrationType="GEHEIM"))
    assert header.pixel_calibration is None and header.pixel_spacing == (0.2, 0.2)


def test_a_phantoms_vessels_are_measured_at_the_heart(tmp_path):
    from monai_ext.phantom import DicomWriter, PhantomSettings, draw_angiogram

    settings = PhantomSettings(size=65, bits=8)
    angiogram = draw_angiogram(0, 1, settings)
    DicomWriter(settings, 0).write(tmp_path, 1, angiogram)
    spacing, words = object_spacing(read_xa_header(next(tmp_path.rglob("*.dcm"))))
    at_heart = angiogram.pixel_spacing * angiogram.source_patient / angiogram.source_detector
    assert spacing == pytest.approx((at_heart, at_heart), rel=1e-4) and "magnification factor" in words


def test_a_real_cine_does_not_say_it(xa):
    assert object_spacing(read_xa_header(xa / "dicom" / "coronary_rca_96f.dcm")) == (None, "")

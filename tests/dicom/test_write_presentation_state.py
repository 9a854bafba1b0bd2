# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from dicom_results import made_result

from monai_ext.dicom import write_presentation_state

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")


def state(result, tmp_path):
    write_presentation_state(result, tmp_path / "a.gsps.dcm")
    return pydicom.dcmread(tmp_path / "a.gsps.dcm")


def test_each_frame_has_its_outlines_and_boxes(cine, tmp_path):
    dataset = state(made_result(cine), tmp_path)
    drawn = [
        (annotation.ReferencedImageSequence[0].ReferencedFrameNumber, annotation.GraphicLayer)
        for annotation in dataset.GraphicAnnotationSequence
    ]
    assert drawn == [(frame, layer) for frame in (1, 3) for layer in ("CLASS 1", "CLASS 2", "BOXES")]
    layers = [(layer.GraphicLayer, layer.GraphicLayerDescription) for layer in dataset.GraphicLayerSequence]
    assert layers == [("CLASS 1", "vessel"), ("CLASS 2", "stenosis"), ("BOXES", "boxes with scores")]


def test_a_box_is_a_closed_line_with_its_score(cine, tmp_path):
    box = state(made_result(cine), tmp_path).GraphicAnnotationSequence[2]
    (line,), (text,) = box.GraphicObjectSequence, box.TextObjectSequence
    assert line.GraphicData == [5.5, 6, 20.25, 6, 20.25, 19, 5.5, 19, 5.5, 6] and line.NumberOfGraphicPoints == 5
    assert text.UnformattedTextValue == "0.75" and text.AnchorPoint == [5.5, 6]


def test_a_rectangle_is_outlined_where_it_lies(cine, tmp_path):
    """Class 2 is rows 9 to 12 and columns 10 to 39: from 10\\9 to 40\\13, give or take the thinning."""
    (line,) = state(made_result(cine), tmp_path).GraphicAnnotationSequence[1].GraphicObjectSequence
    points = np.reshape(line.GraphicData, (-1, 2))
    assert points.min(axis=0).tolist() == pytest.approx([10, 9], abs=0.5)
    assert points.max(axis=0).tolist() == pytest.approx([40, 13], abs=0.5)
    assert line.GraphicAnnotationUnits == "PIXEL" and line.GraphicType == "POLYLINE"


def test_the_picture_is_shown_as_the_source_says(cine, edited, tmp_path):
    dataset = state(made_result(cine), tmp_path)
    assert (dataset.SoftcopyVOILUTSequence[0].WindowCenter, dataset.SoftcopyVOILUTSequence[0].WindowWidth) == (
        2048,
        4096,
    )
    assert dataset.PresentationLUTShape == "IDENTITY"
    assert dataset.DisplayedAreaSelectionSequence[0].DisplayedAreaBottomRightHandCorner == [65, 65]
    plain = edited(cine, WindowCenter=None, WindowWidth=None, PhotometricInterpretation="MONOCHROME1")
    dataset = state(made_result(plain), tmp_path)
    assert "SoftcopyVOILUTSequence" not in dataset and dataset.PresentationLUTShape == "INVERSE"


def test_frames_without_anything_have_no_annotation(cine, tmp_path):
    result = made_result(cine, boxes=None, scores=None)
    dataset = state(replace(result, masks=np.zeros_like(result.masks)), tmp_path)
    assert "GraphicAnnotationSequence" not in dataset and "GraphicLayerSequence" not in dataset


def test_noise_can_be_outlined(single, tmp_path):
    noise = np.random.default_rng(0).integers(0, 2, (1, 64, 64), np.uint8)
    dataset = state(made_result(single, masks=noise), tmp_path)
    assert len(dataset.GraphicAnnotationSequence[0].GraphicObjectSequence) > 50


def test_a_result_without_masks_and_boxes_is_refused(cine, tmp_path):
    with pytest.raises(ValueError, match=r"a presentation state needs masks or boxes, '.*00001.dcm' has none"):
        state(made_result(cine, masks=None, boxes=None), tmp_path)


def test_sources_in_colour_are_refused(cine, tmp_path):
    dataset = pydicom.dcmread(cine)
    dataset.set_pixel_data(np.zeros((3, 65, 65, 3), np.uint8), "RGB", 8, generate_instance_uid=False)
    dataset.save_as(tmp_path / "colour.dcm")
    with pytest.raises(ValueError, match=r"needs a grey source, '.*colour.dcm' is in colour; write sc instead"):
        state(replace(made_result(cine), source=tmp_path / "colour.dcm"), tmp_path)


@pytest.mark.parametrize("syntax", ["ImplicitVRLittleEndian", "ExplicitVRLittleEndian"])
def test_a_lookup_table_of_the_source_is_kept(syntax, cine, tmp_path, errors_of):
    """Its numbers are signed or not as the source's pixels are; without explicit VR, only the source tells."""
    source = pydicom.dcmread(cine)
    table = pydicom.Dataset()
    table.add_new("LUTDescriptor", "US", [4096, 0, 16])
    table.add_new("LUTData", "US", list(range(0, 65536, 16)))
    source.VOILUTSequence = [table]
    uid = getattr(pydicom.uid, syntax)
    source.file_meta.TransferSyntaxUID = uid
    source.save_as(tmp_path / "table.dcm", implicit_vr=uid.is_implicit_VR, little_endian=True)
    dataset = state(made_result(tmp_path / "table.dcm"), tmp_path)
    (kept,) = dataset.SoftcopyVOILUTSequence[0].VOILUTSequence
    assert kept.LUTDescriptor == [4096, 0, 16]
    assert np.frombuffer(kept.LUTData, "<u2").tolist() == list(range(0, 65536, 16))
    assert errors_of(tmp_path / "a.gsps.dcm") == []

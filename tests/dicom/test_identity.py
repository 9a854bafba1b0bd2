# SPDX-License-Identifier: Apache-2.0
import pytest
from dicom_results import made_result

from monai_ext.dicom import write_secondary_capture, write_segmentation

pydicom = pytest.importorskip("pydicom", reason="pip install monai_ext[dicom]")


@pytest.fixture
def result_of(tmp_path):
    """The Segmentation of a source, read back."""

    def write(source):
        write_segmentation(made_result(source), tmp_path / "a.seg.dcm")
        return pydicom.dcmread(tmp_path / "a.seg.dcm")

    return write


@pytest.mark.parametrize(
    ("charset", "name", "study"),
    [
        (None, "Phantom^Plain", "plain"),
        ("ISO_IR 100", "Müller^Jürgen", "Überprüfung"),
        ("ISO_IR 144", "Люкceмбypг", "Коронарография"),
        ("ISO_IR 192", "Wang^XiaoDong=王^小东=", "冠脉造影"),
        ("GB18030", "Wang^XiaoDong=王^小东=", "冠脉造影"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう", "心臓"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동", "관상동맥"),
    ],
)
def test_letters_survive_whatever_the_character_set(charset, name, study, single, edited, result_of):
    source = edited(single, SpecificCharacterSet=charset or "ISO_IR 6", PatientName=name, StudyDescription=study)
    dataset = result_of(source)
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert str(dataset.PatientName).rstrip("=") == name.rstrip("=") and dataset.StudyDescription == study


def test_letters_in_sequences_survive(single, edited, result_of):
    issuer = pydicom.Dataset()
    issuer.LocalNamespaceEntityID = "Zürich"
    source = edited(single, SpecificCharacterSet="ISO_IR 100", IssuerOfAccessionNumberSequence=[issuer])
    assert result_of(source).IssuerOfAccessionNumberSequence[0].LocalNamespaceEntityID == "Zürich"


def test_nobody_who_worked_there_and_nothing_private_is_carried_along(single, edited, tmp_path):
    secrets = {
        "OperatorsName": "Secret^Operator", "PerformingPhysicianName": "Secret^Performer", "InstitutionName": "Secret Hospital",
        "StationName": "SECRET", "PatientAddress": "Secret Street", "PatientTelephoneNumbers": "Secret", "PatientComments": "Secret",
        "AdditionalPatientHistory": "Secret", "OtherPatientIDsSequence": [pydicom.Dataset()],
    }  # fmt: skip
    source = edited(single, **secrets)
    dataset = pydicom.dcmread(source)
    dataset.private_block(0x0011, "SECRET BLOCK", create=True).add_new(1, "LO", "Secret private")
    dataset.OtherPatientIDsSequence[0].PatientID = "kept"
    dataset.OtherPatientIDsSequence[0].private_block(0x0011, "SECRET BLOCK", create=True).add_new(
        1, "LO", "Secret private"
    )
    dataset.save_as(source)
    write_secondary_capture(made_result(source), tmp_path / "a.sc.dcm")
    content = (tmp_path / "a.sc.dcm").read_bytes()
    assert b"ecret" not in content and b"SECRET" not in content and b"kept" in content


def test_what_must_be_there_and_is_missing_is_empty(single, edited, result_of):
    source = edited(single, PatientName=None, PatientID=None, PatientSex=None, StudyDate=None, AccessionNumber=None)
    dataset = result_of(source)
    for keyword in ("PatientName", "PatientID", "PatientSex", "StudyDate", "AccessionNumber"):
        assert keyword in dataset and not dataset[keyword].value


@pytest.mark.parametrize(
    ("facts", "method"),
    [
        ({"PatientIdentityRemoved": "YES"}, "not stated by the source"),
        ({"PatientIdentityRemoved": "YES", "DeidentificationMethod": "by hand"}, "by hand"),
        ({"PatientIdentityRemoved": "NO"}, None),
        ({}, None),
    ],
)
def test_removed_identity_is_told_with_a_method(facts, method, single, edited, result_of):
    dataset = result_of(edited(single, **facts))
    assert dataset.get("PatientIdentityRemoved") == facts.get("PatientIdentityRemoved")
    assert dataset.get("DeidentificationMethod") == method


def test_age_and_weight_at_the_study_are_carried_along(single, edited, result_of):
    dataset = result_of(edited(single, PatientAge="061Y", PatientWeight="82.5"))
    assert dataset.PatientAge == "061Y" and dataset.PatientWeight == 82.5

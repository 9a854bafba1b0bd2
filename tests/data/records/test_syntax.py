# SPDX-License-Identifier: Apache-2.0
import pytest

from monai_ext.data.records import read_records


def scores(folder):
    return [(r.path.name, r.patient, r.labels.get("syntax_score")) for r in read_records(folder).records]


@pytest.mark.parametrize("table", ["Patient,Syntax Score\n1,22.5\n2,0\n", "SYNTAX;ID\n22,5;001\n0;Patient_2\n"])
def test_a_score_a_patient_by_folder(draw, write, table):
    write("scores.csv", table)
    folder = draw("Patient_001/a.png", "Patient_001/b.png", "patient 2/images/c.png")
    assert scores(folder) == [("a.png", "1", 22.5), ("b.png", "1", 22.5), ("c.png", "2", 0.0)]
    assert read_records(folder).source == "syntax" and not read_records(folder).faults


def test_a_score_a_patient_by_name_of_the_file(draw, write):
    write("scores.csv", "name,syntax_score\n17,3\nabc,4\n")
    assert scores(draw("images/017_2.png", "images/abc.png")) == [("017_2.png", "17", 3), ("abc.png", "abc", 4)]


def test_patients_without_a_score_are_reported(draw, write):
    write("scores.csv", "id,syntax\n1,3\n2,high\n3,4\n3,5\n")
    folder = draw("1/a.png", "2/a.png", "3/a.png", "4/a.png")
    assert [score for _, _, score in scores(folder)] == [3, None, None, None]
    assert [fault.reason for fault in read_records(folder).faults] == [
        "2 patients have no number or two different ones as their score",
        "3 patients have no score in the table",
    ]


@pytest.mark.parametrize("table", ["", "a,b\n1,2\n"])
def test_without_a_table_of_scores_folders_are_patients(draw, write, table):
    write("scores.csv", table)
    listing = read_records(draw("5/images/a.png", "6_x.png", "b.png"), kind="syntax")
    assert [record.patient for record in listing.records] == ["5", "6", None]
    assert "a header with a column 'syntax' or 'score'" in listing.faults[0].reason


def test_scores_in_xlsx_are_asked_for_as_csv(draw, write):
    write("scores.xlsx", "x")
    assert "save the table as csv" in read_records(draw("1/a.png"), kind="syntax").faults[0].reason
